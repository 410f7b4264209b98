"""Typed values out of a text: at most two questions, and what is right is kept."""

import json
from datetime import date
from typing import Literal

import pytest
from pydantic import BaseModel, Field

from turnkeeper.llm.extraction import Extracted, extract
from turnkeeper.model.llm import Attached, ChatRequest


class Visit(BaseModel):
    """What came of a visit."""

    doctor: str
    products: list[str] = []
    score: float = Field(ge=-1, le=1)
    receptivity: Literal["Positive", "Neutral", "Negative"] | None = None
    follow_up: date | None = Field(None, alias="followUp")


RIGHT = {"doctor": "Dr Rao", "products": ["A"], "score": 0.5, "receptivity": "Positive", "followUp": "2026-12-01"}
VOICE = Attached("key", "audio/ogg", "visit.ogg", 1000)


class Script:
    """Answers in order; keeps what was asked."""

    def __init__(self, *answers: str | None) -> None:
        self.answers = list(answers)
        self.asked: list[ChatRequest] = []

    async def __call__(self, request: ChatRequest) -> str | None:
        self.asked.append(request)
        return self.answers.pop(0)


async def test_a_right_answer_takes_one_question() -> None:
    ask = Script(json.dumps(RIGHT))
    found = await extract(Visit, "the transcript", ask, instructions="A pharmacy visit.")
    assert found.value == Visit.model_validate(RIGHT)
    assert found.partial["follow_up"] == "2026-12-01"
    (request,) = ask.asked
    assert request.messages[0].text == "the transcript"  # type: ignore[union-attr]
    assert request.json_schema is not None
    assert "followUp" in request.json_schema["properties"]
    assert "A pharmacy visit." in request.instructions
    assert request.settings.temperature == 0.0


@pytest.mark.parametrize(
    "label, answer",
    [
        ("in a fence", f"Here it is:\n```json\n{json.dumps(RIGHT)}\n```"),
        ("trailing commas", json.dumps(RIGHT)[:-1] + ",}"),
        ("cut off at the end", json.dumps(RIGHT)[:-1]),
    ],
)
async def test_broken_json_is_mended_without_a_question(label: str, answer: str) -> None:
    ask = Script(answer)
    assert (await extract(Visit, "text", ask)).value == Visit.model_validate(RIGHT)


async def test_the_second_question_is_about_words_alone_and_cheap() -> None:
    wrong = json.dumps({**RIGHT, "score": 7})
    ask = Script(wrong, json.dumps(RIGHT))
    found = await extract(Visit, "the transcript", ask, files=[VOICE], max_tokens=300)
    assert found.value == Visit.model_validate(RIGHT)
    first, second = ask.asked
    assert first.messages[0].files == (VOICE,)  # type: ignore[union-attr]
    (said,) = second.messages
    assert said.files == ()  # type: ignore[union-attr]
    assert "the transcript" not in said.text  # type: ignore[union-attr]
    assert "score: Input should be less than or equal to 1" in said.text  # type: ignore[union-attr]
    assert (second.settings.temperature, second.settings.max_tokens) == (0.0, 300)


@pytest.mark.parametrize(
    "label, answers, partial, problem",
    [
        ("one field is wrong twice", [json.dumps({**RIGHT, "score": 7})] * 2,
         {"doctor": "Dr Rao", "products": ["A"], "receptivity": "Positive", "follow_up": "2026-12-01"}, "score"),
        ("both have something", [json.dumps({"doctor": "Dr Rao", "score": "no"}), json.dumps({"products": ["B"]})],
         {"doctor": "Dr Rao", "products": ["B"]}, "doctor"),
        ("the second does not come", [json.dumps({"doctor": "Dr Rao"}), None], {"doctor": "Dr Rao"}, "score"),
        ("no JSON, twice", ["I cannot", "Sorry"], {}, "the answer is no JSON object"),
        ("another object", ['{"name": "x"}', "[]"], {}, "the answer is no JSON object"),
        ("a list of wrong things", ['{"products": [1, 2], "doctor": null}', "{"], {}, "doctor"),
        ("nobody answers", [None], {}, "no model answered"),
    ],
)  # fmt: skip
async def test_what_is_right_is_kept(
    label: str, answers: list[str | None], partial: dict[str, object], problem: str
) -> None:
    found = await extract(Visit, "text", Script(*answers))
    assert found.value is None
    assert dict(found.partial) == partial
    assert any(each.startswith(problem) for each in found.problems)


async def test_two_halves_make_a_whole() -> None:
    ask = Script(json.dumps({**RIGHT, "score": 7}), '{"score": 0.5}')
    assert (await extract(Visit, "text", ask)).value == Visit.model_validate(RIGHT)


async def test_a_model_without_fields_and_an_empty_text() -> None:
    class Nothing(BaseModel):
        pass

    ask = Script("{}")
    assert await extract(Nothing, "", ask) == Extracted(Nothing(), {}, ())
    assert ask.asked[0].messages[0].text == "(nothing was said)"  # type: ignore[union-attr]


async def test_what_the_question_raises_is_raised() -> None:
    async def ask(request: ChatRequest) -> str | None:
        raise RuntimeError("lost the lease")

    with pytest.raises(RuntimeError, match="lost the lease"):
        await extract(Visit, "text", ask)
