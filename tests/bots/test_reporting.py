"""A note becomes a report, as far as that works: partial rather than absent."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from pydantic import BaseModel, Field

from turnkeeper.bots.reporting import layout_of, report
from turnkeeper.llm.extraction import Extracted, read
from turnkeeper.model.voice import UNAVAILABLE, Spoken, Transcript
from turnkeeper.text.report import ReportField, ReportLayout, ReportSection

TALK = (Spoken("Good morning.", 0, 2, "MR"), Spoken("It is too dear.", 2, 4, "Doctor"), Spoken("  ", 4, 5, "MR"))
TRANSCRIPT = Transcript("Good morning. It is too dear.", 4.0, TALK)
SAID = "## 🗒️ Transcript\n**MR:** Good morning.\n**Doctor:** It is too dear."
LOST = "## 🗒️ Transcript\n(Transcript was unavailable)"


class Visit(BaseModel):
    doctor: str | None = None
    sentiment: int | None = Field(None, ge=1, le=10)
    date: str | None = None
    seconds: float | None = None

    layout: ClassVar = ReportLayout(
        (
            ReportSection(
                "Visit",
                "🩺",
                tuple(ReportField(name.capitalize(), name) for name in ("doctor", "sentiment", "date", "seconds")),
            ),
        )
    )

    @staticmethod
    def measured(transcript: Transcript) -> dict[str, Any]:
        return {"seconds": transcript.seconds}


class Asked:
    """Answers as a model did, and remembers what it was asked."""

    def __init__(self, answer: str | None) -> None:
        self.answer = answer
        self.told = ""

    async def __call__(self, model: type[Any], text: str, *, instructions: str = "") -> Extracted[Any]:
        self.told = text
        assert instructions
        return Extracted(problems=("no model answered",)) if self.answer is None else read(model, self.answer)


ENDS: list[tuple[str, Transcript | None, str | None, Mapping[str, str], tuple[str, ...]]] = [
    ("all is well", TRANSCRIPT, '{"doctor": "Rao"}', {}, ("## 🩺 Visit\n**Doctor:** Rao\n**Seconds:** 4", SAID)),
    ("what is known", TRANSCRIPT, '{"doctor": "Rao"}', {"date": "Friday"},
     ("## 🩺 Visit\n**Doctor:** Rao\n**Date:** Friday\n**Seconds:** 4", SAID)),
    ("a field is wrong", TRANSCRIPT, '{"doctor": "Rao", "sentiment": 70}', {},
     ("## 🩺 Visit\n**Doctor:** Rao\n**Seconds:** 4", SAID)),
    ("in a fence, cut off", TRANSCRIPT, '```json\n{"doctor": "Rao", "sentiment": 7, "da', {},
     ("## 🩺 Visit\n**Doctor:** Rao\n**Sentiment:** 7\n**Seconds:** 4", SAID)),
    ("nothing was found", TRANSCRIPT, '{"doctor": "Not mentioned"}', {}, ("## 🩺 Visit\n**Seconds:** 4", SAID)),
    ("the models failed", TRANSCRIPT, None, {"date": "Friday"},
     ("## 🩺 Visit\n**Date:** Friday\n**Seconds:** 4", SAID)),
    ("nobody heard it", None, '{"doctor": "Rao"}', {}, ("## 🩺 Visit\n**Doctor:** Rao", LOST)),
    ("nobody heard it, and nothing is known", None, '{"doctor": null}', {"date": "Friday"},
     ("## 🩺 Visit\n**Date:** Friday", LOST)),
    ("nor is an answer one", None, "I am sorry.", {"date": "Friday"}, ()),
    ("both failed", None, None, {"date": "Friday"}, ()),
    ("code knows better", TRANSCRIPT, '{"seconds": 90, "date": "Monday"}', {"date": "Friday"},
     ("## 🩺 Visit\n**Date:** Friday\n**Seconds:** 4", SAID)),
]  # fmt: skip


@pytest.mark.parametrize("label, transcript, answer, known, expected", ENDS, ids=[row[0] for row in ENDS])
async def test_there_is_as_much_of_it_as_there_can_be(
    label: str, transcript: Transcript | None, answer: str | None, known: Mapping[str, str], expected: tuple[str, ...]
) -> None:
    found = await report(Visit, transcript, Asked(answer), known=known)
    assert found.texts == expected
    assert found.read is (answer is not None and any(said in answer for said in ('"Rao"', "Monday")))
    assert bool(found.problems) is (answer is None or "70" in answer or "sorry" in answer)


async def test_the_model_reads_the_words_and_what_is_known() -> None:
    asked = Asked("{}")
    await report(Visit, TRANSCRIPT, asked, known={"visit_date": "Friday", "town": ""})
    assert asked.told == "Visit date: Friday\n\nTranscript:\nMR: Good morning.\nDoctor: It is too dear."
    await report(Visit, Transcript("one\ntwo"), asked)
    assert asked.told == "Transcript:\none\ntwo"
    await report(Visit, None, asked, written="at the clinic")
    assert asked.told == f"Written with it:\nat the clinic\n\nTranscript:\n{UNAVAILABLE}"


async def test_a_schema_without_a_layout_is_shown_too() -> None:
    class Note(BaseModel):
        key_point: str = ""
        steps: list[str] | None = None
        by: str = Field("", title="Until")

    assert layout_of(Note).texts({"key_point": "Call", "steps": ["a", "b"], "by": "Friday"}) == (
        "## 📋 Note\n**Key point:** Call\n**Steps:**\n- a\n- b\n\n**Until:** Friday",
    )


def test_what_the_page_shows_works() -> None:
    page = (Path(__file__).parents[2] / "docs/reports.md").read_text("utf-8")
    code = page.split("```python\n")[1].split("```")[0]
    made: dict[str, Any] = {"__name__": "visit"}
    exec(compile(code, "reports.md", "exec", dont_inherit=True), made)
    layout = layout_of(made["Report"])
    assert set(layout.names) == set(made["Report"].model_fields)
    assert layout.texts({"doctor": "Rao"}) == ("# Visit report\n\n## 🩺 Visit\n**Doctor:** Rao",)
