"""Scripts as plain text: what each line means, what is refused in which words, and that nothing is lost on the way."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from turnkeeper.text.comparing import difference, fits
from turnkeeper.text.script_reading import ScriptUnreadable, Wrong, parse
from turnkeeper.text.scripts import (
    FILES,
    HEARD,
    Colleague,
    Gives,
    Happens,
    Hears,
    Line,
    Note,
    Passes,
    Pays,
    SendsCard,
    SendsFile,
    SendsPlace,
    Taps,
    Thinks,
    Writes,
    tidy,
    written,
)

LINES: list[tuple[str, Line]] = [
    ("# a comment", Note("a comment")),
    ("#", Note("#")),
    ("> hello", Writes("hello")),
    (">   hello   ", Writes("hello")),
    ("> #60", Writes("#60")),
    ("> > quoted", Writes("> quoted")),
    (">> and", Writes("and", at_once=True)),
    (">ad 120208 I saw\n  your ad", Writes("I saw\nyour ad", ad="120208")),
    (">>image", SendsFile("image", at_once=True)),
    ("> one\n  two\n    indented\n\n  last", Writes("one\ntwo\n  indented\n\nlast")),
    ("> سلام", Writes("سلام")),
    ("< Hi! What is your name?", Hears("Hi! What is your name?")),
    ("< one\n  two", Hears("one\ntwo")),
    ("<~ welcome", Hears("welcome", part=True)),
    ("<image a caption", Hears("a caption", kind="image")),
    ("<sticker", Hears("", kind="sticker")),
    ("< Sure?\n<button Yes\n<button No way", Hears("Sure?", offers=("Yes", "No way"))),
    ("~ 3h", Passes(10_800.0)),
    ("~3h", Passes(10_800.0)),
    ("~ 90s", Passes(90.0)),
    ("~ 2d 4h", Passes(187_200.0)),
    ("~ 1.5h", Passes(5_400.0)),
    ("~ 10 min", Passes(600.0)),
    ("! It costs 10 dollars.", Thinks("It costs 10 dollars.")),
    ("!", Thinks("")),
    ("! way", Thinks("way")),
    ("!way buy Very\n  well.", Thinks("Very\nwell.", way="buy")),
    ("!way buy", Thinks("", way="buy")),
    ("!! too many requests", Thinks("too many requests", fails=True)),
    ('= {"total": 12}', Gives('{"total": 12}')),
    ("== 503", Gives("503", fails=True)),
    ("$ paid", Pays()),
    ("$ expired", Pays("expired")),
    ("* gives back", Colleague("gives back")),
    (">button Yes", Taps("Yes")),
    (">row Tea with milk", Taps("Tea with milk")),
    (">image shop.jpg a caption", SendsFile("image", "shop.jpg", "a caption")),
    (">image", SendsFile("image")),
    ('>document "my report.pdf" as\n  promised', SendsFile("document", "my report.pdf", "as\npromised")),
    ('>image "" a caption', SendsFile("image", "", "a caption")),
    (">voice note.ogg", SendsFile("voice", "note.ogg")),
    (">location -6.2,106.8 Monas", SendsPlace(-6.2, 106.8, "Monas")),
    (">location 0, 0", SendsPlace(0.0, 0.0)),
    (">contact +6281234567890 Sari", SendsCard("+6281234567890", "Sari")),
    ('@ order_paid {"order": 7}', Happens("order_paid", {"order": 7})),
    ("@ order_paid", Happens("order_paid")),
]


@pytest.mark.parametrize(("text", "expected"), LINES, ids=[text for text, _ in LINES])
def test_what_a_line_means(text: str, expected: Line) -> None:
    assert parse(text) == (expected,)
    assert parse(written([expected])) == (expected,)


WRONG = [
    ("hello", 1, "begins with none of > < ~ ! = $ @ * #"),
    ("# fine\nhello", 2, "begins with none of"),
    ("  hello", 1, "goes on with nothing"),
    ("\n\n  hello", 3, "goes on with nothing"),
    (">", 1, "says nothing: write it like '> hello'"),
    ("<", 1, "says nothing"),
    ("<~", 1, "says nothing"),
    (">hello", 1, "before words comes a space: '> hello'"),
    ("<hello", 1, "before words comes a space: '< hello'"),
    (">button", 1, "says nothing: write it like '>button Yes'"),
    ("<button Yes", 1, "stands below the message that offers it"),
    (">>button Yes", 1, "a tap waits until its button is there"),
    ("!it costs", 1, "before words comes a space: '! it'"),
    ("!way", 1, "says nothing"),
    (">ad 120208", 1, "says nothing: write it like '>ad 120208"),
    ("~ soon", 1, "'soon' is no time"),
    ("~", 1, "is no time"),
    ("~ 0s", 1, "more than nothing"),
    ("~ 4000d", 1, "at most 400 days"),
    ("~ 3h 3h", 1, "is no time"),
    (">location here", 1, "a place is written like"),
    (">location 91,0", 1, "a place is written like"),
    ("* sleeps", 1, "a colleague '* takes over' or"),
    ("$", 1, "a payment is '$ paid'"),
    ("@ order_paid {", 1, "is not JSON"),
]


@pytest.mark.parametrize(("text", "line", "words"), WRONG, ids=[text for text, _, _ in WRONG])
def test_what_is_no_script_is_told_with_its_line(text: str, line: int, words: str) -> None:
    with pytest.raises(ScriptUnreadable) as refused:
        parse(text)
    (wrong,) = refused.value.wrongs
    assert wrong.line == line
    assert words in wrong.what


def test_everything_wrong_is_told_at_once() -> None:
    with pytest.raises(ScriptUnreadable, match=r"line 1: .*; line 3: "):
        parse("hello\n> fine\n~ never")


def test_lines_know_where_they_stand() -> None:
    assert [line.line for line in parse("# a\n\n> one\n  two\n< three")] == [1, 2, 3, 5]


def test_files_from_elsewhere() -> None:
    assert parse("\ufeff> hello\r\n  there\r\n< hi\r\n\r\n") == (Writes("hello\nthere"), Hears("hi"))


def test_a_script_is_not_endless() -> None:
    with pytest.raises(ScriptUnreadable, match="at most 1000000"):
        parse("#" * 1_000_001)


words = st.text(max_size=40).map(tidy)
said = words.filter(bool)
flat = said.map(lambda text: " ".join(text.split())).filter(bool)
names = st.from_regex(r"[A-Za-z0-9_. -]{1,12}", fullmatch=True).map(str.strip)
degrees = st.integers(-90_000_000, 90_000_000).map(lambda millionths: millionths / 1e6)
LINE: st.SearchStrategy[Line] = st.one_of(
    st.builds(Note, said),
    st.just(Note()),
    st.builds(Writes, said, st.booleans(), st.sampled_from(["", "120208"])),
    st.builds(Taps, flat),
    st.builds(SendsFile, st.sampled_from(list(FILES.values())), names, words, st.booleans()),
    st.builds(SendsPlace, degrees, degrees, words),
    st.builds(SendsCard, st.just("+15551230001"), words),
    st.builds(Passes, st.integers(1, 30_000_000).map(lambda thousandths: thousandths / 1000)),
    st.builds(Thinks, words, fails=st.booleans()),
    st.builds(Thinks, words, st.sampled_from(["buy", "2"])),
    st.builds(Gives, words, st.booleans()),
    st.builds(Pays, st.sampled_from(["paid", "failed", "expired"])),
    st.builds(Colleague, st.sampled_from(["takes over", "gives back"])),
    st.builds(Happens, st.just("order_paid"), st.none() | st.dictionaries(st.text(max_size=5), st.integers())),
    st.builds(Hears, said, part=st.booleans(), offers=st.none() | st.lists(flat, min_size=1, max_size=3).map(tuple)),
    st.builds(Hears, words, kind=st.sampled_from(HEARD)),
)


@given(st.lists(LINE, max_size=8))
def test_a_script_is_written_and_read_again(script: list[Line]) -> None:
    while script and script[-1] == Note():
        script.pop()
    assert parse(written(script)) == tuple(script)


@given(st.text(alphabet=st.sampled_from('> <~!@#\n\r\tbutonimage "{}1hd,.\u2028é'), max_size=60))
def test_any_text_is_a_script_or_refused_in_words(text: str) -> None:
    assert all(wrong.what and wrong.line >= 1 for wrong in _wrongs(text)) or parse(written(parse(text))) == parse(text)


def _wrongs(text: str) -> tuple[Wrong, ...]:
    try:
        parse(text)
    except ScriptUnreadable as error:
        return error.wrongs
    return (Wrong(0, ""),)


FITS = [
    ("the same", Hears("Hi"), Hears("Hi"), True),
    ("another case", Hears("Hi"), Hears("hi"), False),
    ("more", Hears("Hi"), Hears("Hi!"), False),
    ("blanks at ends of lines", Hears("a\nb"), Hears("a  \nb\n"), True),
    ("contained, whatever the case", Hears("welcome", part=True), Hears("You are Welcome!"), True),
    ("not contained", Hears("welcome", part=True), Hears("Hello"), False),
    ("words of a picture", Hears("a shop"), Hears("a shop", kind="image"), True),
    ("a picture without words", Hears("[image]"), Hears("", kind="image"), True),
    ("a picture", Hears("a shop", kind="image"), Hears("a shop", kind="image"), True),
    ("a picture, not words", Hears("a shop", kind="image"), Hears("a shop"), False),
    ("another picture's words", Hears("a shop", kind="image"), Hears("shop", kind="image"), False),
    ("choices unsaid", Hears("Sure?"), Hears("Sure?", offers=("Yes", "No")), True),
    ("the same choices", Hears("Sure?", offers=("Yes", "No")), Hears("Sure?", offers=("Yes", "No")), True),
    ("one choice less", Hears("Sure?", offers=("Yes",)), Hears("Sure?", offers=("Yes", "No")), False),
    ("choices where none are", Hears("Sure?", offers=("Yes",)), Hears("Sure?"), False),
]


@pytest.mark.parametrize(("label", "expected", "heard", "whether"), FITS, ids=[row[0] for row in FITS])
def test_what_fits(label: str, expected: Hears, heard: Hears, whether: bool) -> None:
    assert fits(expected, heard) is whether


DIFFERENCES = [
    ("as expected", "> hi\n< Hello\n> bye\n< Bye", "> hi\n< Hello\n> bye\n< Bye", []),
    ("comments do not count", "# x\n> hi\n! x\n< Hello", "> hi\n< Hello", []),
    ("other words", "> hi\n< Hello", "> hi\n< Hey", ["  > hi", "- < Hello    (line 2)", "+ < Hey"]),
    ("silence", "> hi\n< Hello\n  you", "> hi", ["  > hi", "- < Hello    (line 2)", "-   you"]),
    ("unexpected", "> hi", "> hi\n< Hello", ["  > hi", "+ < Hello"]),
    (
        "one in the middle",
        "> hi\n< a\n< c",
        "> hi\n< a\n< b\n< c",
        ["  > hi", "  < a", "+ < b", "  < c"],
    ),
    (
        "the rest goes on",
        "> hi\n< a\n> ho\n< b",
        "> hi\n< x\n> ho\n< b",
        ["  > hi", "- < a    (line 2)", "+ < x", "  > ho", "  < b"],
    ),
    (
        "sooner than expected",
        "> hi\n~ 3h\n< there?",
        "> hi\n< there?\n~ 3h",
        ["  > hi", "+ < there?", "  ~ 3h", "- < there?    (line 3)"],
    ),
    (
        "a play that broke off",
        "> hi\n< a\n> ho\n< b",
        "> hi\n< a",
        ["  > hi", "  < a", "  > ho", "- < b    (line 4)"],
    ),
]


@pytest.mark.parametrize(("label", "expected", "played", "lines"), DIFFERENCES, ids=[row[0] for row in DIFFERENCES])
def test_what_differs(label: str, expected: str, played: str, lines: list[str]) -> None:
    assert difference(parse(expected), parse(played)) == lines


def test_very_many_messages_are_compared_one_by_one() -> None:
    many = "> hi\n" + "".join(f"< {n}\n" for n in range(600))
    assert difference(parse(many), parse(many)) == []
    assert difference(parse(many), parse(many.replace("< 7\n", "< seven\n"))) != []
