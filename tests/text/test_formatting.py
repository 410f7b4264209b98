"""What each piece of Markdown becomes on each platform."""

from typing import Literal

import pytest

from turnkeeper.text.rendering import render

_ = "​"  # the zero-width space that keeps literal marks apart

# label, Markdown, WhatsApp, Telegram (None: as on WhatsApp)
INLINE = [
    ("bold", "**Hi** you", "*Hi* you", "<b>Hi</b> you"),
    ("bold with underscores", "so __very__ good, __very good__", "so *very* good, *very good*",
     "so <b>very</b> good, <b>very good</b>"),
    ("italics", "*a* and _b_", "_a_ and _b_", "<i>a</i> and <i>b</i>"),
    ("both", "***x***", "*_x_*", "<b><i>x</i></b>"),
    ("one within the other", "**a *b* c**", "*a _b_ c*", "<b>a <i>b</i> c</b>"),
    ("strike", "~~10~~ 8", "~10~ 8", "<s>10</s> 8"),
    ("inline code", "`a*b_c`", None, "<code>a*b_c</code>"),
    ("code has no other style", "**use `x` now**", "*use* `x` *now*", "<b>use </b><code>x</code><b> now</b>"),
    ("code with a backtick", "``a`b``", "```a`b```", "<code>a`b</code>"),
    ("over lines", "**a\nb**", "*a*\n*b*", "<b>a\nb</b>"),
    ("line breaks", "a  \nb\\\nc\nd", "a\nb\nc\nd", None),
    ("between words that are written as one", "و**مطر** 这**字**是", "ومطر 这字是", "و<b>مطر</b> 这<b>字</b>是"),
    ("before a mark of a script without spaces", "**重点：** 字", "*重点：* 字", "<b>重点：</b> 字"),
    ("a word's end of a vowel sign", "**नम**ा **कि**त", "नमा कित", "<b>नम</b>ा <b>कि</b>त"),
    ("a face with arms", "(o_o)_/ a_", f"(o_o)_{_}/ a_", "(o_o)_/ a_"),
    ("the end of a word", "**API**s", "APIs", "<b>API</b>s"),
    ("crossing", "**a _b** c_", f"*a _{_}b* c_", "<b>a _b</b> c_"),
    ("code without its edges", "`` `a `` ` ` ` b `", f"`{_}a   `b`", "<code>`a</code>   <code>b</code>"),
    ("in quotes", "**\"x\"** (*y*)", "*\"x\"* (_y_)", "<b>\"x\"</b> (<i>y</i>)"),
]  # fmt: skip
LITERAL = [
    ("a product", "2*3*4 and 5 * 3 * 2"),
    ("a power after a mark", "**a x**2 b"),
    ("a power", "x**2 + y**2, 2**3**4"),
    ("a name with underscores", "snake_case_name and _private and file_name.py"),
    ("a name between underscores", "__init__ and __post_init__, __name__"),
    ("a stray tilde", "a ~ b, ~/path, ~5 km"),
    ("never closed", "*not closed, **nor this, _nor that, ~~no"),
    ("prices", "$5, £3*, 4*"),
    ("faces", ":-* ^_^ ;) o_O"),
    ("a power and a product", "a**2 and **2 *b"),
    ("arguments", "f(*args, **kwargs)"),
    ("math", "$$x_1 + x_2$$ and 3^2"),
    ("brackets", "[x] [1] [a, b] (c) ]["),
    ("an address", "https://a.b/_x_/*y*/~z?q=__a__"),
    ("the marks of direction and of joining", "\u200fمی\u200cخواهم 👩\u200d🚀 \u2066a\u2069"),
]
LINKS = [
    ("a label", "[the docs](https://a.b/c_d)", "the docs (https://a.b/c_d)", '<a href="https://a.b/c_d">the docs</a>'),
    ("a label with style", "[**b** c](https://a.b)", "*b* c (https://a.b)", '<a href="https://a.b"><b>b</b> c</a>'),
    ("a style around it", "**[x](https://a.b)**", "*x* (https://a.b)", '<a href="https://a.b"><b>x</b></a>'),
    ("the address as its label", "[https://a.b/](https://a.b)", "https://a.b", '<a href="https://a.b">https://a.b/</a>'),
    ("the host as its label", "[a.b](https://a.b/)", "https://a.b/", '<a href="https://a.b/">a.b</a>'),
    ("in angles", "<https://a.b>", "https://a.b", '<a href="https://a.b">https://a.b</a>'),
    ("bare, with a stop", "See https://a.b/c, ok.", None, None),
    ("brackets in it", "(https://a.b/c_(d))", None, None),
    ("a quote and a sign in it", '[x](https://a.b?c="d"&e)', 'x (https://a.b?c="d"&e)',
     '<a href="https://a.b?c=&quot;d&quot;&amp;e">x</a>'),
    ("a link in a link", "[a [b](https://c.d) e] (f)", "[a b (https://c.d) e] (f)",
     '[a <a href="https://c.d">b</a> e] (f)'),
    ("a link in a link's label", "[a [b](https://c.d) e](./f)", "[a b (https://c.d) e](./f)",
     '[a <a href="https://c.d">b</a> e](./f)'),
    ("a title", '[x](https://a.b "Title")', "x (https://a.b)", '<a href="https://a.b">x</a>'),
    ("no label", "[](https://a.b)", "https://a.b", None),
    ("mail and telephone", "[me](mailto:a@b.c) <tel:+1-2> <x@y.z>", "me (a@b.c) +1-2 x@y.z", None),
    ("telegram's own", "[chat](tg://resolve?domain=x)", "chat (tg://resolve?domain=x)",
     '<a href="tg://resolve?domain=x">chat</a>'),
    ("no link for people", "[x](javascript:alert(1)) [y](./z.md)", "x (javascript:alert(1)) y (./z.md)", None),
    ("an image", "![a cat](https://a.b/c.png)", "a cat (https://a.b/c.png)", '<a href="https://a.b/c.png">a cat</a>'),
    ("a picture that is a link", "[![a film](https://a.b/c.png)](https://a.b/d)", "a film (https://a.b/d)",
     '<a href="https://a.b/d">a film</a>'),
    ("an address with a space", "[x](<https://a.b/c d>)", "x (https://a.b/c%20d)", '<a href="https://a.b/c%20d">x</a>'),
    ("an image within", "![x](data:image/png;base64,AAAA)", "x", None),
    ("a citation", "so [1](https://a.b) and [[2]](https://c.d), [3].",
     "so [1] (https://a.b) and [2] (https://c.d), [3].",
     'so <a href="https://a.b">[1]</a> and <a href="https://c.d">[2]</a>, [3].'),
    ("a list of sources", "[1]: https://a.b", None, None),
]  # fmt: skip
BLOCKS = [
    ("a heading", "# A *b*\n\ntext", "*A _b_*\ntext", "<b>A <i>b</i></b>\ntext"),
    ("underlined", "A\n===\ntext", "*A*\ntext", "<b>A</b>\ntext"),
    ("as models write it", "**Sources**\n\n- a", "*Sources*\n- a", "<b>Sources</b>\n• a"),
    ("a bold sentence is none", "**Stop.**\n\na", "*Stop.*\n\na", "<b>Stop.</b>\n\na"),
    ("a list", "So:\n- a\n- b\n\nc", "So:\n- a\n- b\n\nc", "So:\n• a\n• b\n\nc"),
    ("a list in a list", "- a\n  - b\n    - c\n- d", "- a\n  ◦ b\n    ◦ c\n- d", "• a\n  ◦ b\n    ◦ c\n• d"),
    ("numbers as they begin", "3. a\n4. b\n   1. c", "3. a\n4. b\n  1. c", None),
    ("numbers with a bracket", "1) a\n2) b", None, None),
    ("a wide list", "- a\n\n- b\n\n  c", "- a\n\n- b\n\n  c", "• a\n\n• b\n\n  c"),
    ("tasks", "- [ ] a\n- [x] b\n1. [X] c", "☐ a\n☑ b\n\n1. ☑ c", None),
    ("an empty item", "1.\n2. b\n-\n- c", "1.\n2. b\n\n- c", "1.\n2. b\n\n• c"),
    ("not a list", "1986\\. A year\n\n\\- a", "1986. A year\n\n- a", None),
    ("a quote", "> a\n> b\n\nc", "> a\n> b\n\nc", "<blockquote>a\nb</blockquote>\n\nc"),
    ("a quote in a quote", "> a\n> > b", "> a\n\n> > b", "<blockquote>a\n\n&gt; b</blockquote>"),
    ("a list in a quote", "> - a\n> - b", "> - a\n> - b", "<blockquote>• a\n• b</blockquote>"),
    ("code in a quote", "> ```\n> a\n> b\n> ```", "> ```a```\n> ```b```", "<blockquote><pre>a\nb</pre></blockquote>"),
    ("not a quote", "\\> a", f"{_}> a", "&gt; a"),
    ("code", "```py\nx = 1\n\n  y*\n```", "```\nx = 1\n\n  y*\n```",
     '<pre><code class="language-py">x = 1\n\n  y*</code></pre>'),
    ("code that is never closed", "```\na", "```\na\n```", "<pre>a</pre>"),
    ("code between tildes", "~~~\na\n~~~", "```\na\n```", "<pre>a</pre>"),
    ("code about code", "~~~\n```\n~~~", f"```\n{_}`{_}`{_}`{_}\n```", "<pre>```</pre>"),
    ("an odd language", '```"><b>\na\n```', "```\na\n```", "<pre>a</pre>"),
    ("indented text", "    a\n\n        b", "a\n\nb", None),
    ("a rule", "a\n\n---\n\nb", "a\n\n———\n\nb", None),
    ("a rule below words", "a\n___\nb", "a\n\n———\n\nb", None),
    ("rules at the ends", "---\n\na\n\n***", "a", None),
    ("html", "a <b>b</b>\n\n<div>\n\n<!-- c -->", "a <b>b</b>\n\n<div>\n\n<!-- c -->",
     "a &lt;b&gt;b&lt;/b&gt;\n\n&lt;div&gt;\n\n&lt;!-- c --&gt;"),
    ("entities", "&lt;a&gt; &amp;amp; &copy; &#8364; &nosuch;", "<a> &amp; © € &nosuch;",
     "&lt;a&gt; &amp;amp; © € &amp;nosuch;"),
    ("numbers that count", "1. a\n   1. b\n   1. c\n   1. d\n1. e", "1. a\n  1. b\n  2. c\n  3. d\n2. e", None),
    ("numbers that do not", "3. a\n2. b\n07. c\n1. d", "3. a\n2. b\n07. c\n1. d", None),
    ("a rule right below words", "It is so.\n---\nNext", "It is so.\n\n———\n\nNext", None),
    ("a rule right below lines", "a\n**b**\n---\nc", "a\n*b*\n\n———\n\nc", "a\n<b>b</b>\n\n———\n\nc"),
    ("a heading underlined", "It\n---\nNext", "*It*\nNext", "<b>It</b>\nNext"),
    ("a byte order mark", "\ufeff# It\nNext", "*It*\nNext", "<b>It</b>\nNext"),
    ("two columns", "|A|B|\n|-|-|\n|1|2|\n|3||", "*A: B*\n- 1: 2\n- 3", "<b>A: B</b>\n• 1: 2\n• 3"),
    ("three columns", "|A|B|C|\n|:-|-:|:-:|\n|1|**2**|`3`|\n|4||x<br>y|",
     "*A*: 1\n*B*: *2*\n*C*: `3`\n\n*A*: 4\n*B*: –\n*C*: x\ny",
     "<b>A</b>: 1\n<b>B</b>: <b>2</b>\n<b>C</b>: <code>3</code>\n\n<b>A</b>: 4\n<b>B</b>: –\n<b>C</b>: x\ny"),
    ("without bars at the ends, after text", "so\na | b\n--- | ---\n1 \\| 2 | 3", "so\n\n*a: b*\n- 1 | 2: 3",
     "so\n\n<b>a: b</b>\n• 1 | 2: 3"),
    ("a bar in code", "|A|B|\n|-|-|\n|`a \\| b`|1|", "*A: B*\n- `a | b`: 1",
     "<b>A: B</b>\n• <code>a | b</code>: 1"),
    ("a bar in code", "|A|B|\n|-|-|\n|or|`a | b`|\n|`|`|pipe|", "*A: B*\n- or: `a | b`\n- `|`: pipe",
     "<b>A: B</b>\n• or: <code>a | b</code>\n• <code>|</code>: pipe"),
    ("a backtick that begins no code", "|A|B|\n|-|-|\n|`x|y|z|", "*A: B*\n- `x: y | z", "<b>A: B</b>\n• `x: y | z"),
    ("text behind a table, and another one", "|A|B|\n|-|-|\n|1|2|\nso\n|C|D|\n|-|-|\n|3|4|\nend",
     "*A: B*\n- 1: 2\n\nso\n\n*C: D*\n- 3: 4\n\nend",
     "<b>A: B</b>\n• 1: 2\n\nso\n\n<b>C: D</b>\n• 3: 4\n\nend"),
    ("a table of heads only", "|A|B|\n|-|-|", "A | B", None),
    ("no head for the names", "||B|C|\n|-|-|-|\n|x|1|2|", "*x*\n*B*: 1\n*C*: 2", "<b>x</b>\n<b>B</b>: 1\n<b>C</b>: 2"),
    ("no table", "a | b\n\n|-|", "a | b\n\n|-|", None),
    ("right to left", "# عنوان\n\n1. **أولاً** [1].\n2. كلمة (ABC)، نعم؟",
     "*عنوان*\n1. *أولاً* [1].\n2. كلمة (ABC)، نعم؟",
     "<b>عنوان</b>\n1. <b>أولاً</b> [1].\n2. كلمة (ABC)، نعم؟"),
    ("nothing", "", "", None),
    ("nothing to read", " \n\n\t\n```\n```\n# \n> ", "", None),
    ("what cannot be sent", "a\0b\ud83dc\r\nd", "a\ufffdb\ufffdc\nd", None),
]  # fmt: skip
KEPT_APART = [
    ("a pair", r"\*x\*", f"*{_}x*"),
    ("a pair of words", r"say \_x y\_ so", f"say _{_}x y_ so"),
    ("no pair over lines", "\\*x\ny\\*", "*x\ny*"),
    ("no pair with a space", r"\* x \*", "* x *"),
    ("no pair in words", r"a\*x\*b \*x y", "a*x*b *x y"),
    ("a pair with ours", r"\*a **b**", f"*{_}a *b*"),
    ("one within ours", r"**(a\*) b**", f"*(a{_}*) b*"),
    ("another mark's pair is no matter", r"\*a __b__ \_", f"*{_}a *b* _"),
    ("backticks", r"\`x\` a", f"`{_}x` a"),
    ("doubled against single", r"\*\*x y\* z", "**x y* z"),
    ("both opening and closing", r"*a\_ b \_. c*", f"_a{_}_ b {_}_{_}. c_"),
    ("beside ours, which is left out", r"**a**\*", "a*"),
    ("doubled ones are none", r"\*\*x y\*\* z", "**x y** z"),
    ("a face", r"¯\_(ツ)_/¯", f"¯_{_}(ツ)_/¯"),
    ("within a word, ours would be stray", "a~~b~~c **d**", "abc *d*"),
]


def shown(markdown: str, markup: Literal["whatsapp", "telegram", "plain"]) -> str:
    parts = render(markdown, markup, 4096)
    assert len(parts) <= 1
    return "".join(parts)


@pytest.mark.parametrize("label, markdown, whatsapp, telegram", [*INLINE, *LINKS, *BLOCKS])
def test_as_each_platform_writes_it(label: str, markdown: str, whatsapp: str | None, telegram: str | None) -> None:
    whatsapp = markdown if whatsapp is None else whatsapp
    assert shown(markdown, "whatsapp") == whatsapp
    assert shown(markdown, "telegram") == (whatsapp if telegram is None else telegram)


@pytest.mark.parametrize("label, text", LITERAL)
def test_literal_characters_stay_literal(label: str, text: str) -> None:
    for markup in ("whatsapp", "telegram", "plain"):
        assert shown(text, markup) == text


@pytest.mark.parametrize("label, markdown, whatsapp", KEPT_APART)
def test_literal_marks_are_kept_apart_only_where_whatsapp_would_pair_them(
    label: str, markdown: str, whatsapp: str
) -> None:
    assert shown(markdown, "whatsapp") == whatsapp
    assert _ not in shown(markdown, "telegram")


@pytest.mark.parametrize(
    "label, markdown, plain",
    [
        ("no marks", "**a** _b_ ~~c~~ `d`", "a b c d"),
        ("a heading and a list", "# A\n- b\n  - c\n1. d", "A\n- b\n  - c\n\n1. d"),
        ("a link", "[a](https://b.c)", "a (https://b.c)"),
        ("a quote", "> a\n> > b", "> a\n\n> > b"),
        ("code", "```py\na\n```", "a"),
    ],
)
def test_without_markup(label: str, markdown: str, plain: str) -> None:
    assert shown(markdown, "plain") == plain
