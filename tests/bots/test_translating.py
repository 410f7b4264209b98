"""Notes in the reader's language: all at once, in time, and never at the answer's expense."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from turnkeeper.bots.translating import LIMIT, MOST, with_translations
from turnkeeper.llm.base import ModelAway
from turnkeeper.llm.chain import Chain
from turnkeeper.model.llm import ModelChoice, Said
from turnkeeper.testing.models import ScriptedModel, Stalled
from turnkeeper.testing.virtual_time import run
from turnkeeper.text.citations import Cited, Note, Passage

QURAN = Note("Quran 2:255", (Passage("الله لا إله إلا هو", "ar"),))
BOTH = Note("Bukhari 1", (Passage("إنما", "ar"), Passage("Verily", "en")))
VERSE = Note("Quran 1:1", (Passage("بسم الله", "ar"),))


class Kept:
    """Steps that remember their results."""

    def __init__(self, *known: Any) -> None:
        self.known = list(known)
        self.ran: list[tuple[Any, ...]] = []

    async def step(
        self, name: str, function: Callable[..., Any], *args: Any, effect: bool = False, spent: bool = False
    ) -> Any:
        assert (name, effect, spent) == ("translate", False, True)
        if self.known:
            return self.known.pop(0)
        self.ran.append(args)
        return await function(*args)


def translate(model: ScriptedModel | None, steps: Kept, *notes: Note, language: str = "en") -> tuple[Note, ...]:
    async def go() -> Cited:
        loop = asyncio.get_running_loop()
        chain = None if model is None else Chain([(ModelChoice("p", "m"), model)], loop.time)
        return await with_translations(Cited("A [1].", notes), language, chain, steps)

    return run(go()).notes


def test_only_what_lacks_the_language_is_translated() -> None:
    model, steps = ScriptedModel("God, there is none but He."), Kept()
    assert translate(model, steps, BOTH, QURAN) == (
        BOTH,
        Note("Quran 2:255", (QURAN.passages[0], Passage("God, there is none but He.", "en"))),
    )
    (asked,) = model.asked
    assert asked.messages == (Said("user", "الله لا إله إلا هو"),)
    assert "into English" in asked.instructions
    assert asked.settings.temperature == 0.0
    assert steps.ran == [("الله لا إله إلا هو", "en")]


def test_they_are_translated_at_the_same_time() -> None:
    async def go() -> float:
        loop = asyncio.get_running_loop()
        model = ScriptedModel(Stalled(5.0, "one"), repeat=True)
        chain = Chain([(ModelChoice("p", "m"), model)], loop.time)
        began = loop.time()
        found = await with_translations(Cited("A.", (QURAN, VERSE)), "en", chain, Kept())
        assert all(len(note.passages) == 2 for note in found.notes)
        return loop.time() - began

    assert run(go()) == pytest.approx(5.0, abs=0.5)


@pytest.mark.parametrize(
    "label, script", [("it is down", ModelAway("down")), ("it stalls", Stalled(LIMIT * 3)), ("it says nothing", " ")]
)
def test_what_cannot_be_translated_stays_as_it_is(label: str, script: Any) -> None:
    assert translate(ScriptedModel(script, repeat=True), Kept(), QURAN, BOTH) == (QURAN, BOTH)


def test_a_resumed_turn_asks_for_none_again() -> None:
    first = Kept()
    model = ScriptedModel("one", "two")
    translated = translate(model, first, QURAN, VERSE)
    again = ScriptedModel()

    async def results() -> list[Any]:
        kept = Kept()
        seen: list[Any] = []

        class Seeing(Kept):
            async def step(self, *args: Any, **named: Any) -> Any:
                seen.append(await kept.step(*args, **named))
                return seen[-1]

        loop = asyncio.get_running_loop()
        chain = Chain([(ModelChoice("p", "m"), ScriptedModel("one", "two"))], loop.time)
        await with_translations(Cited("A.", (QURAN, VERSE)), "en", chain, Seeing())
        return seen

    assert translate(again, Kept(*run(results())), QURAN, VERSE) == translated
    assert again.asked == []


def test_bounds() -> None:
    long = Note("x", (Passage("كلمة " * 2000, "ar"),))
    model = ScriptedModel("words", repeat=True)
    notes = translate(model, Kept(), long, *[Note(str(n), (Passage(f"كلمة {n}", "ar"),)) for n in range(MOST + 3)])
    assert [len(note.passages) for note in notes] == [1, *[2] * MOST, 1, 1, 1]
    assert translate(None, Kept(), QURAN) == (QURAN,)
