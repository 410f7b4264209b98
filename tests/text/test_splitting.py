"""Where a text is cut: where a reader would."""

import pytest

from tests.text.checks import TelegramText, visible_words
from turnkeeper.model.contents import Sections
from turnkeeper.model.limits import Markup
from turnkeeper.text.cutting import split_words
from turnkeeper.text.rendering import length, plain_line, render, render_line

URL = "https://example.org/a/long/way/to/go"


@pytest.mark.parametrize(
    "label, markdown, limit, parts",
    [
        ("it fits exactly", "a" * 30, 30, ["a" * 30]),
        ("one too many", "a" * 31, 30, ["a" * 30, "a"]),
        ("sections first", "# A\n\nOne two.\n\nThree.\n\n# B\n\nFour five six.", 39,
         ["*A*\nOne two.\n\nThree.", "*B*\nFour five six."]),
        ("the higher section", "# A\n\na\n\n## B\n\nb\n\n# C\n\nc\n\n## D\n\nd d d d d", 30,
         ["*A*\na\n\n*B*\nb", "*C*\nc\n\n*D*\nd d d d d"]),
        ("a section that fits is whole", "One two three four.\n\n# A\n\nOne two three.\n\nFour five.", 36,
         ["One two three four.", "*A*\nOne two three.\n\nFour five."]),
        ("a heading goes with its text", "One two three four.\n\n# Head\n\n" + "Five six. " * 6, 34,
         ["One two three four.", "*Head*\nFive six. Five six.", "Five six. Five six. Five six.", "Five six."]),
        ("then blocks", "One two three.\n\nFour five six.\n\nSeven.", 32,
         ["One two three.\n\nFour five six.", "Seven."]),
        ("what leads to a list stays with it", "One two three four.\n\nSo:\n- aaaaa\n- bbbbb\n- ccccc", 40,
         ["One two three four.", "So:\n- aaaaa\n- bbbbb\n- ccccc"]),
        ("then items", "- one two\n- three four\n- five six\n- seven", 32,
         ["- one two\n- three four", "- five six\n- seven"]),
        ("then lines", "one two three\nfour five six\nseven", 30, ["one two three\nfour five six", "seven"]),
        ("then sentences", "It is here now. It came today at noon.", 30, ["It is here now.", "It came today at noon."]),
        ("not at an abbreviation", "We met e.g. on some days at about noon.", 24,
         ["We met e.g. on some days", "at about noon."]),
        ("other scripts' sentences", "سؤال أول هنا؟ سؤال ثان هناك وراءه", 24,
         ["سؤال أول هنا؟", "سؤال ثان هناك وراءه"]),
        ("without spaces", "一二三四五六七八九十。一二三四五六七八九十一二三", 20,
         ["一二三四五六七八九十。", "一二三四五六七八九十一二三"]),
        ("then words", "one two three four five six", 20, ["one two three four", "five six"]),
        ("a space that holds words together", "one two three 10\u00a0km on", 16, ["one two three", "10\u00a0km on"]),
        ("never an emoji", "👨‍👩‍👧" * 5, 22, ["👨‍👩‍👧" * 4, "👨‍👩‍👧"]),
        ("nor a flag", "🇩🇪" * 11, 21, ["🇩🇪" * 10, "🇩🇪"]),
        ("nor an accent", "e\u0301" * 12, 21, ["e\u0301" * 10, "e\u0301" * 2]),
        ("nor a word from its citation", "one two three four [12], five", 22, ["one two three", "four [12], five"]),
        ("nor a citation", "one two three four [1, 2] five", 23, ["one two three", "four [1, 2] five"]),
        ("nor an address", f"one two three {URL} four", 40, ["one two three", f"{URL}", "four"]),
        ("nor one without a space before it", f"{'字' * 10}{URL}", 40, ["字" * 10, URL]),
        ("nor a link", f"one two [three four]({URL}) five", 55, ["one two", f"three four ({URL}) five"]),
        ("nor a short pair", "one two three **four five** six", 22, ["one two three", "*four five* six"]),
        ("a long pair is closed and opened", "**one two three four five six**", 19,
         ["*one two three*", "*four five six*"]),
        ("so are two", "***one two three four five six***", 20, ["*_one two three_*", "*_four five six_*"]),
        ("even a short one that no part holds", "# one two three fours", 20, ["*one two three*", "*fours*"]),
        ("and fences", "```py\none\ntwo\nthree\nfour\n```", 20, ["```\none\ntwo\n```", "```\nthree\nfour\n```"]),
        ("code keeps its indentation", "```\nif one:\n    two()\n    three()\n```", 26,
         ["```\nif one:\n    two()\n```", "```\n    three()\n```"]),
        ("a quote stays a quote", "> one two three four five", 19, ["> one two three", "> four five"]),
        ("an item goes on", "1. one two three four five\n2. six", 20, ["1. one two three", "  four five\n2. six"]),
        ("a number by itself", "# one two three fours\n1.", 20, ["*one two three*", "*fours*\n1."]),
        ("rules at a cut", "one two three\n\n---\n\nfour five six", 20, ["one two three", "four five six"]),
        ("a table between records", "|A|B|C|\n|-|-|-|\n|1|2|3|\n|4|5|6|", 30,
         ["*A*: 1\n*B*: 2\n*C*: 3", "*A*: 4\n*B*: 5\n*C*: 6"]),
    ],
)  # fmt: skip
def test_where_it_cuts(label: str, markdown: str, limit: int, parts: list[str]) -> None:
    assert render(markdown, "whatsapp", limit) == parts


@pytest.mark.parametrize(
    "label, markdown, limit, parts",
    [
        ("tags do not count", "**one two** three", 20, ["<b>one two</b> three"]),
        ("nor does an address behind a label", f"[one two]({URL})", 20, [f'<a href="{URL}">one two</a>']),
        ("an escaped sign is one", "<" * 20, 20, ["&lt;" * 20]),
        ("an emoji is two units", "😀" * 11, 20, ["😀" * 10, "😀"]),
        ("tags are closed and opened", "**one two three four five**", 20, ["<b>one two three four</b>", "<b>five</b>"]),
        ("code keeps its language", "```py\none two\nthree four\nfive\n```", 20,
         ['<pre><code class="language-py">one two\nthree four</code></pre>',
          '<pre><code class="language-py">five</code></pre>']),
        ("a quote in each part", "> one two three\n>\n> four five six", 20,
         ["<blockquote>one two three</blockquote>", "<blockquote>four five six</blockquote>"]),
    ],
)  # fmt: skip
def test_as_telegram_counts(label: str, markdown: str, limit: int, parts: list[str]) -> None:
    assert render(markdown, "telegram", limit) == parts
    assert all(length(part, "telegram") == TelegramText(part).units() <= limit for part in parts)


@pytest.mark.parametrize("markup", ["whatsapp", "telegram", "plain"])
def test_an_address_longer_than_a_part_begins_a_part_and_is_cut_where_the_part_is_full(markup: Markup) -> None:
    url = "https://example.org/" + "abcdefghij" * 5
    first, *others = render(f"See here: {url} now", markup, 30)
    assert first == "See here:"
    assert [*others[:2], others[2].split()[0]] == [url[:30], url[30:60], url[60:]]


def test_a_link_whose_label_is_too_long_is_one_in_each_part() -> None:
    parts = render(f"[{'one two three four five six ' * 3}]({URL})", "telegram", 40)
    assert len(parts) > 2
    assert all(TelegramText(part).links[0][0] == URL for part in parts)


def test_part_numbers_count() -> None:
    text = "One two three four. " * 20
    for markup in ("whatsapp", "telegram", "plain"):
        parts = render(text, markup, 60, numbered=True)
        assert [part.rpartition("\n\n")[2] for part in parts] == [
            f"({n}/{len(parts)})" for n in range(1, len(parts) + 1)
        ]
        assert len(parts) > 9
        assert max(map(len, parts)) <= 60
    assert render("One.", "whatsapp", 60, numbered=True) == ["One."]
    assert render("one two three four five", "plain", 10, numbered=True) == ["one two", "three four", "five"]


def test_part_numbers_of_two_digits_count_in_full_parts() -> None:
    for length_of_text in range(500, 560):
        assert max(map(len, render("a" * length_of_text, "plain", 60, numbered=True))) <= 60


def test_a_declared_section_ends_where_it_is_declared_though_it_is_a_heading() -> None:
    sections = Sections(("# Head one two", "Five six seven eight."))
    assert render(sections, "whatsapp", 30) == ["*Head one two*", "Five six seven eight."]


def test_declared_sections_are_whole_where_they_fit() -> None:
    sections = Sections(("One two three.\n\nFour.", "Five six seven.\n\nEight nine.", "", "Ten. " * 20))
    assert render(sections, "whatsapp", 40) == [
        "One two three.\n\nFour.",
        "Five six seven.\n\nEight nine.",
        *render("Ten. " * 20, "whatsapp", 40),
    ]
    assert render(sections, "whatsapp", 1000) == [
        "One two three.\n\nFour.\n\nFive six seven.\n\nEight nine.\n\n" + ("Ten. " * 20).strip()
    ]


@pytest.mark.parametrize("limit", [0, -1])
def test_a_part_holds_something(limit: int) -> None:
    with pytest.raises(ValueError, match="at least 1 character"):
        render("a", "whatsapp", limit)


@pytest.mark.parametrize(
    "label, markdown, limit, line",
    [
        ("it fits", "**one** two", 20, "*one* two"),
        ("cut at a word", "one two three", 10, "one two…"),
        ("marks count", "**one two three**", 11, "*one two*…"),
        ("after blocks that fit", "one\n\ntwo three", 9, "one\n\ntwo…"),
        ("nothing of the next fits", "one\n\ntwo", 5, "one…"),
        ("nothing", " \n", 5, ""),
        ("code", "```\none\ntwo\nthree\n```", 20, "```\none\ntwo…\n```"),
        ("one character", "one", 1, "…"),
    ],
)
def test_in_one_piece(label: str, markdown: str, limit: int, line: str) -> None:
    assert render_line(markdown, "whatsapp", limit) == line


@pytest.mark.parametrize(
    "label, markdown, limit, line",
    [
        ("no marks", "**Yes**, `it` is", 20, "Yes, it is"),
        ("no blocks", "1. Yes", 20, "1. Yes"),
        ("one line", "# a\n- b", 20, "# a - b"),
        ("cut at a word", "one two three", 10, "one two…"),
        ("within a word", "abcdefghij", 5, "abcd…"),
        ("not within an emoji", "a👨‍👩‍👧", 4, "a…"),
        ("a label", "[docs](https://a.b)", 20, "docs"),
        ("nothing", "", 20, ""),
        ("no room", "ab", 1, "…"),
    ],
)
def test_a_title(label: str, markdown: str, limit: int, line: str) -> None:
    assert plain_line(markdown, limit) == line


def test_literal_words_in_parts() -> None:
    assert split_words(" *one* two\nthree ", 9) == ["*one* two", "three"]
    assert split_words("  ", 9) == []


def test_no_part_is_a_scrap_of_what_came_before() -> None:
    text = "\n\n".join(f"# Head {n}\n\n" + "Some words here. " * (6 + n % 5) for n in range(12))
    for limit in (200, 300, 500, 1000):
        parts = render(text, "whatsapp", limit)
        assert all(len(part) >= limit // 4 for part in parts[:-1])
        assert all(not part.rpartition("\n")[2].startswith("*Head") for part in parts)
        assert visible_words("".join(parts)) == visible_words(text)
