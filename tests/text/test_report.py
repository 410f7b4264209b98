"""Reports: what is empty is left out, what is hostile is shown as it is, and a section that fits is never cut."""

import re
from typing import Any, get_args

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from tests.text.checks import TelegramText, visible_words, whatsapp_pairs
from turnkeeper.model.contents import Sections
from turnkeeper.model.limits import Markup
from turnkeeper.text.escaping import escaped, one_line
from turnkeeper.text.rendering import length, render
from turnkeeper.text.report import LONGEST, MOST_ITEMS, ReportField, ReportLayout, ReportSection, short

MARKUPS: tuple[Markup, ...] = get_args(Markup)
LAYOUT = ReportLayout(
    (
        ReportSection(
            "Visit",
            "🩺",
            (
                ReportField("Doctor", "doctor"),
                ReportField("Products", "products", as_="list"),
                ReportField("Receptivity", "receptivity", as_="choice", because="why"),
                ReportField("Talk", "talk", as_="number", unit=" %"),
            ),
        ),
        ReportSection("Next", "➡️", (ReportField("", "next", as_="list"),)),
    ),
    title="Report",
)
HOSTILE = [
    "*bold*", "_x_ ~y~ `z`", "```\ncode\n```", "# Title", "> quote", "- item", "1. one", "2) two", "===", "---", "+ a",
    "| a | b |\n|---|---|\n| c | d |", "<b>bold</b> &amp; &lt;", "[label](https://x.y)", "![p](https://x.y)", "\\* \\",
    "**", "https://a.b/c_d_e*f*?g=[h]", "www.a.b_c_", "[1]", "【4†a】", "\u202eright to left", "\u2066open", "שלום",
    "د. أحمد *مهم*", "👨‍👩‍👧", "\0", "\ud83d", "a\rb", "x" * 10_000, "word " * 2_000, "* " * 5_000, "    indented",
    "- [x] done", "~~~", "٣. x",
    "<https://x.y>", "a:\n- b", "<!-- x", "&#42;", "__init__", "(https://a.b/(c))_", "https://a.b/_*",
]  # fmt: skip
VALUES = st.one_of(
    st.sampled_from(HOSTILE), st.text(max_size=60), st.lists(st.sampled_from(HOSTILE), max_size=4).map(" ".join)
)


def rendered(values: dict[str, Any], markup: Markup = "plain", limit: int = 4096) -> str:
    return "\n\n".join(render(Sections(LAYOUT.texts(values)), markup, limit))


WRITTEN: list[tuple[str, dict[str, Any], str]] = [
    ("a text", {"doctor": "Dr. Rao"}, "Report\n🩺 Visit\nDoctor: Dr. Rao"),
    ("several values on a line", {"doctor": ["Rao", "Iyer"]}, "Doctor: Rao, Iyer"),
    ("a list", {"products": ["A", "B"]}, "Products:\n- A\n- B"),
    ("one value as a list", {"products": "A"}, "Products:\n- A"),
    ("a field after a list", {"products": ["A"], "talk": 4}, "Products:\n- A\n\nTalk: 4 %"),
    ("a choice", {"receptivity": "polite_deflection"}, "Receptivity: Polite deflection"),
    ("and why", {"receptivity": "Positive", "why": "She asked."}, "Receptivity: Positive – She asked."),
    ("why, without the choice", {"doctor": "Rao", "why": "She asked."}, "🩺 Visit\nDoctor: Rao"),
    ("a number", {"talk": 41.0}, "Talk: 41 %"),
    ("another", {"talk": 41.666}, "Talk: 41.67 %"),
    ("nothing is a number too", {"talk": 0}, "Talk: 0 %"),
    ("objects", {"next": [{"what": "Call", "by": None, "how": "Strong"}]}, "➡️ Next\n- Call – Strong"),
    ("yes", {"doctor": True}, "Doctor: yes"),
    ("nothing in brackets", {"doctor": {"name": "Rao", "town": "n/a"}}, "Doctor: Rao"),
    ("several lines", {"doctor": "Rao\n\n  of\tPune"}, "Doctor: Rao of Pune"),
]


@pytest.mark.parametrize("label, values, expected", WRITTEN, ids=[row[0] for row in WRITTEN])
def test_values_are_written_as_people_write_them(label: str, values: dict[str, Any], expected: str) -> None:
    assert rendered(values).endswith(expected)


EMPTY = [
    None,
    "",
    "  ",
    "N/A",
    "Not mentioned.",
    "none",
    "–",
    [],
    [None, ""],
    {},
    {"a": "unknown"},
    float("nan"),
    "\u202e",
]


@pytest.mark.parametrize("nothing", EMPTY, ids=repr)
def test_what_is_empty_is_left_out_and_so_are_empty_sections(nothing: object) -> None:
    names = ("doctor", "products", "receptivity", "why", "talk", "next")
    assert LAYOUT.texts(dict.fromkeys(names, nothing)) == ()
    only = rendered(dict.fromkeys(names, nothing) | {"next": ["Call"]})
    assert only == "Report\n➡️ Next\n- Call"


def test_a_model_fills_it_whole_or_in_part() -> None:
    class Visit(BaseModel):
        doctor: str
        products: list[str] = []

    assert LAYOUT.texts(Visit(doctor="Rao")) == LAYOUT.texts({"doctor": "Rao"})
    assert LAYOUT.texts(Visit.model_construct(products=["A"])) == LAYOUT.texts({"products": ["A"]})


def test_it_looks_as_it_should_on_both_platforms() -> None:
    values = {"doctor": "Dr. Rao", "products": ["A <1>"], "next": ["Call"]}
    assert rendered(values, "whatsapp") == (
        "*Report*\n*🩺 Visit*\n*Doctor:* Dr. Rao\n*Products:*\n- A <1>\n\n*➡️ Next*\n- Call"
    )
    assert rendered(values, "telegram") == (
        "<b>Report</b>\n<b>🩺 Visit</b>\n<b>Doctor:</b> Dr. Rao\n<b>Products:</b>\n• A &lt;1&gt;\n\n"
        "<b>➡️ Next</b>\n• Call"
    )


@settings(max_examples=150, deadline=None)
@given(words=VALUES)
def test_no_mark_in_words_is_markup(words: str) -> None:
    said = short(one_line(words), LONGEST)
    assume(said)
    for before in ("", "- ", "words\n"):
        assert "".join(render(f"{before}{escaped(said)}", "plain", 4096)) == f"{before}{said}"
    on_telegram = "".join(render(f"**x:** {escaped(said)}", "telegram", 4096))
    assert TelegramText(on_telegram).text == f"x: {said}".strip()
    assert re.findall(r"<[^>]*>", on_telegram) == ["<b>", "</b>"]
    (on_whatsapp,) = render(f"**x:** {escaped(said)}", "whatsapp", 4096)
    assert [pair for pair in whatsapp_pairs(on_whatsapp) if "\u200b" not in pair] == ["*x:"]


def test_an_address_stays_whole() -> None:
    words = "see https://a.b/_new_/*x* and www.a.b/_y_, (https://a.b/~z~)"
    assert render(escaped(words), "whatsapp", 4096) == [words]


@pytest.mark.parametrize("markup", MARKUPS)
@settings(max_examples=100, deadline=None)
@given(
    values=st.fixed_dictionaries(
        {}, optional={name: st.one_of(VALUES, st.lists(VALUES, max_size=4)) for name in LAYOUT.names}
    ),
    limit=st.sampled_from([60, 300, 4096]),
)
def test_whatever_the_values_a_section_that_fits_is_whole(values: dict[str, Any], limit: int, markup: Markup) -> None:
    texts = LAYOUT.texts(values)
    parts = render(Sections(texts), markup, limit)
    for part in parts:
        assert 0 < length(part, markup) <= limit
        if markup == "telegram":
            TelegramText(part)
    for text in texts:
        alone = render(text, markup, limit)
        if len(alone) == 1:
            assert any(alone[0] in part for part in parts)
    assert all(len(text) < 30_000 for text in texts)


def test_what_is_too_long_is_cut_at_a_word_and_says_so() -> None:
    line = rendered({"doctor": "word " * 2_000}).splitlines()[-1]
    assert line.endswith("word…")
    assert LONGEST - 10 < len(line.removeprefix("Doctor: ")) <= LONGEST
    listed = rendered({"next": [f"step {number}" for number in range(MOST_ITEMS + 3)]})
    assert listed.splitlines()[-2:] == [f"- step {MOST_ITEMS - 1}", "- … and 3 more"]


def test_right_to_left_stays_on_its_line() -> None:
    shown = rendered({"doctor": "\u202eد. أحمد", "talk": 4})
    assert "\u202e" not in shown
    assert visible_words(shown).startswith("ReportVisitDoctorد")
