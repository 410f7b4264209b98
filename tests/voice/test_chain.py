"""The chain of transcribers: who is asked, what is kept, and that no note is heard twice."""

import asyncio
import contextlib
import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from tests.llm.journal import Attempt, Crash, Notebook
from turnkeeper.model.voice import UNAVAILABLE, Heard, Sound, Transcript, Wish
from turnkeeper.testing.models import Stalled
from turnkeeper.testing.transcribers import ScriptedTranscriber, hearing, spoken
from turnkeeper.testing.virtual_time import VirtualClock, run
from turnkeeper.voice.base import (
    LanguageUnknown,
    TooMuchSound,
    TranscriberAway,
    TranscriberBusy,
    TranscriberMisconfigured,
    Unhearable,
)
from turnkeeper.voice.chain import Chain, Member
from turnkeeper.voice.tries import Try

NOTE = Sound(b"OggS" + b"\0" * 2_000, "audio/ogg", "note.ogg")
AWAY = TranscriberAway("HTTP 502")
WORDS = "Two tickets."


class Rig:
    """A chain over scripted transcribers, a notebook and a clock; counts how often the note was fetched."""

    def __init__(self, *scripts: Any, **more: Any) -> None:
        self.transcribers = [
            each
            if isinstance(each, ScriptedTranscriber)
            else ScriptedTranscriber(*(each if isinstance(each, tuple) else (each,)))
            for each in scripts
        ]
        self.clock = VirtualClock()
        self.notebook = Notebook()
        self.fetched = 0
        self.sound = NOTE
        self.chain = hearing(*self.transcribers, now=self.clock.now, **more)

    async def fetch(self) -> Sound:
        self.fetched += 1
        return self.sound

    async def hear(self, attempt: Attempt | None = None, **more: Any) -> Heard:
        return await self.chain.hear(self.fetch, attempt or self.notebook.attempt(), **more)

    @property
    def asked(self) -> list[int]:
        return [len(each.asked) for each in self.transcribers]


# label, each transcriber's script, reason, text, how often each was asked
CASES = [
    ("the first hears", [WORDS, "never"], "", WORDS, [1, 0]),
    ("the first is away", [AWAY, WORDS], "", WORDS, [1, 1]),
    ("misconfigured", [TranscriberMisconfigured("401"), WORDS], "", WORDS, [1, 1]),
    ("its language is unknown", [LanguageUnknown("id"), WORDS], "", WORDS, [1, 1]),
    ("a bug", [KeyError("x"), WORDS], "", WORDS, [1, 1]),
    ("too long for one", [TooMuchSound("too_long", "25 min"), WORDS], "", WORDS, [1, 1]),
    ("too large for each", [TooMuchSound("too_large", "30 MB")] * 2, "too_large", "", [1, 1]),
    ("one away, too large for the other", [AWAY, TooMuchSound("too_large", "x")], "unavailable", UNAVAILABLE, [1, 1]),
    ("not to be heard by anybody", [Unhearable("damaged", "no packet"), "never"], "damaged", "", [1, 0]),
    ("a language that nobody knows", [LanguageUnknown("id")] * 2, "language", "", [1, 1]),
    ("a language, and one away", [LanguageUnknown("id"), AWAY], "unavailable", UNAVAILABLE, [1, 1]),
    ("nothing is said in it", ["  ", "never"], "no_words", "  ", [1, 0]),
    ("all are away", [AWAY, AWAY], "unavailable", UNAVAILABLE, [1, 1]),
    ("nobody is there", [], "unavailable", UNAVAILABLE, []),
    ("busy for a moment", [(TranscriberBusy("429", 1.5), WORDS), "never"], "", WORDS, [2, 0]),
    ("busy twice", [(TranscriberBusy("429", 1.5), TranscriberBusy("429", 1.5)), WORDS], "", WORDS, [2, 1]),
    ("busy for long", [TranscriberBusy("429", 30), WORDS], "", WORDS, [1, 1]),
    ("busy for nobody knows how long", [TranscriberBusy("429"), WORDS], "", WORDS, [1, 1]),
]  # fmt: skip


@pytest.mark.parametrize("label, scripts, reason, text, asked", CASES, ids=[row[0] for row in CASES])
def test_who_is_asked(label: str, scripts: list[Any], reason: str, text: str, asked: list[int]) -> None:
    rig = Rig(*scripts)
    heard = run(rig.hear())
    assert (heard.reason, heard.text, rig.asked) == (reason, text, asked)
    assert rig.fetched == (1 if scripts else 0)


# label, each transcriber's script, reason, text, how often each was asked
DECODED = [
    ("another hears it", [Unhearable("damaged", "HTTP 415"), WORDS], "", WORDS, [1, 1]),
    ("all refuse it", [Unhearable("damaged", "x"), Unhearable("empty", "x")], "damaged", "", [1, 1]),
    ("the other is away", [Unhearable("damaged", "x"), AWAY], "unavailable", UNAVAILABLE, [1, 1]),
]


@pytest.mark.parametrize("label, scripts, reason, text, asked", DECODED, ids=[row[0] for row in DECODED])
def test_who_refuses_a_note_that_can_be_read_speaks_for_itself(
    label: str, scripts: list[Any], reason: str, text: str, asked: list[int]
) -> None:
    async def examine(_: Sound) -> float:
        return 4.0

    rig = Rig(*scripts, examine=examine)
    heard = run(rig.hear())
    assert (heard.reason, heard.text, rig.asked) == (reason, text, asked)


def test_the_exact_words_where_nobody_hears() -> None:
    assert run(Rig(AWAY).hear()).text == "(Transcript was unavailable)"


def test_who_heard_it_and_why_others_did_not() -> None:
    heard = run(Rig(AWAY, spoken("MR: Hello.", "Doctor: Hi.")).hear())
    assert heard.transcript is not None
    assert heard.transcript.heard_by == "t2"
    assert [each.speaker for each in heard.transcript.spoken] == ["MR", "Doctor"]
    assert heard.told == ("t1: away, HTTP 502",)


@pytest.mark.parametrize("crash_after", [1, 2, 3])
def test_after_a_crash_nobody_is_asked_again(crash_after: int) -> None:
    rig = Rig(AWAY, LanguageUnknown("id"), WORDS)

    async def story() -> Heard:
        with pytest.raises(Crash):
            await rig.hear(rig.notebook.attempt(crash_after=crash_after))
        return await rig.hear(rig.notebook.attempt())

    heard = run(story())
    assert (heard.text, rig.asked) == (WORDS, [1, 1, 1])
    assert heard.told == ("t1: away, HTTP 502", "t2: language, id")
    assert rig.fetched == (1 if crash_after == 3 else 2)


LINES = st.sampled_from(
    [AWAY, TranscriberBusy("429", 0.5), TranscriberBusy("429", 9), LanguageUnknown("id"), KeyError("x"), "", WORDS,
     TooMuchSound("too_long", "x"), Unhearable("damaged", "x"), Stalled(500, WORDS), Stalled(20, WORDS)]
)  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(LINES, LINES), max_size=4), st.integers(1, 8))
def test_wherever_a_worker_dies_the_note_is_heard_as_if_it_had_not(scripts: list[Any], crash_after: int) -> None:
    whole, broken = Rig(*scripts), Rig(*scripts)
    expected = run(whole.hear())

    async def story() -> Heard:
        with contextlib.suppress(Crash):
            await broken.hear(broken.notebook.attempt(crash_after=crash_after))
        return await broken.hear(broken.notebook.attempt())

    assert run(story()) == expected
    assert broken.asked == whole.asked
    assert all(count <= 2 for count in whole.asked)
    assert bool(expected.reason) == (expected.text != WORDS)


def test_a_short_wait_is_kept_over_a_crash() -> None:
    rig = Rig((TranscriberBusy("429", 1.5), TranscriberBusy("429", 1.5)), WORDS)

    async def story() -> Heard:
        with pytest.raises(Crash):
            await rig.hear(rig.notebook.attempt(crash_after=1))
        return await rig.hear(rig.notebook.attempt())

    assert run(story()).text == WORDS
    assert rig.asked == [2, 1]


def test_one_that_hangs_leaves_time_for_the_next() -> None:
    rig = Rig(Stalled(10_000), WORDS)
    heard = run(rig.hear(length=3.0))
    assert heard.told == ("t1: away, no answer within 60 s",)
    assert heard.text == WORDS


def test_one_that_hears_a_note_after_the_other_is_waited_for_and_not_held_for_it() -> None:
    """As long as all have together: how many notes are before this one says nothing of how well it hears."""
    crowded = ScriptedTranscriber(Stalled(150, WORDS), *[Stalled(10_000)] * 3, WORDS)
    clock = VirtualClock()
    chain = Chain([Member("here", crowded, waits=True)], clock.now)

    async def fetch() -> Sound:
        return NOTE

    async def story() -> list[Heard]:
        return [await chain.hear(fetch, Notebook().attempt(), within=200.0) for _ in range(5)]

    heard = run(story())
    assert [each.reason for each in heard] == ["", *["unavailable"] * 3, ""]
    assert heard[1].told[0] == "here: crowded, no answer within 200 s"


def test_a_long_note_is_waited_for() -> None:
    rig = Rig(Stalled(90, WORDS))
    assert run(rig.hear(length=240.0)).text == WORDS


def test_all_together_have_their_time() -> None:
    rig = Rig(Stalled(10_000), Stalled(10_000), Stalled(10_000))

    async def story() -> tuple[Heard, float]:
        began = rig.clock.now()
        return await rig.hear(length=240.0, within=100.0), rig.clock.now() - began

    heard, took = run(story())
    assert heard.reason == "unavailable"
    assert took <= 100.001
    assert rig.asked == [1, 1, 1]


def test_what_is_too_long_is_not_sent_anywhere() -> None:
    rig = Rig("never", "never")
    heard = run(rig.hear(length=7_200.0))
    assert (heard.reason, heard.text, rig.asked) == ("too_long", "", [0, 0])
    assert heard.told[0] == "t1: not asked, the note lasts 7200 s, it takes 600 s"


def test_a_note_is_looked_at_before_it_is_sent() -> None:
    async def examine(sound: Sound) -> float:
        raise Unhearable("not_audio", "a web page")

    rig = Rig("never", examine=examine)
    heard = run(rig.hear())
    assert (heard.reason, rig.asked, heard.told) == ("not_audio", [0], ("all: not_audio, a web page",))


def test_its_own_length_counts_not_what_is_told() -> None:
    async def examine(sound: Sound) -> float:
        return 7_200.0

    assert run(Rig("never", examine=examine).hear(length=3.0)).reason == "too_long"


def test_a_note_that_nobody_can_look_at_is_sent() -> None:
    async def examine(sound: Sound) -> float:
        raise TranscriberMisconfigured("install turnkeeper[voice]")

    assert run(Rig(WORDS, examine=examine).hear()).text == WORDS


def test_an_empty_file_is_not_sent() -> None:
    rig = Rig("never")
    rig.sound = Sound(b"", "audio/ogg", "note.ogg")
    assert (run(rig.hear()).reason, rig.asked) == ("empty", [0])


def test_who_fails_again_and_again_is_left_alone() -> None:
    rig = Rig(ScriptedTranscriber(AWAY, repeat=True), ScriptedTranscriber(WORDS, repeat=True))

    async def story() -> tuple[str, ...]:
        for number in range(1, 5):
            heard = await rig.hear(rig.notebook.attempt(number))
        await asyncio.sleep(31)
        await rig.hear(rig.notebook.attempt(5))
        return heard.told

    assert run(story()) == ("t1: not asked, left alone for 30 s more",)
    assert rig.asked == [4, 5]


def test_a_short_wait_is_for_whoever_asked_for_it() -> None:
    second = ScriptedTranscriber(WORDS, WORDS, WORDS, TranscriberBusy("429", 1.5), WORDS)
    rig = Rig(ScriptedTranscriber(AWAY, repeat=True), second, "never")

    async def story() -> Heard:
        for number in range(1, 4):
            await rig.hear(rig.notebook.attempt(number))
        return await rig.hear(rig.notebook.attempt(4))

    heard = run(story())
    assert (heard.transcript and heard.transcript.heard_by, rig.asked) == ("t2", [3, 5, 0])


def test_notes_at_the_same_time_keep_apart() -> None:
    rig = Rig((AWAY, "one", "two"), ("other",))

    async def story() -> list[Heard]:
        attempt = rig.notebook.attempt()
        return await asyncio.gather(rig.hear(attempt, name="hear.1"), rig.hear(attempt, name="hear.2"))

    assert sorted(heard.text for heard in run(story())) == ["one", "other"]
    assert {name for _, name, _ in rig.notebook.rows} == {"hear.1", "hear.2"}


def test_an_operator_is_told_what_to_mend_and_nothing_that_was_said() -> None:
    rig = Rig(TranscriberMisconfigured("HTTP 401: no such key"), ValueError("the words of the note"), AWAY, WORDS)
    with capture_logs() as logs:
        run(rig.hear())
    assert [(each["log_level"], each["transcriber"], each.get("shown")) for each in logs] == [
        ("error", "t1", "HTTP 401: no such key"),
        ("error", "t2", "the adapter raised ValueError"),
        ("warning", "t3", None),
    ]


def test_what_is_left_alone_is_said_once() -> None:
    rig = Rig(*[ScriptedTranscriber(*[AWAY] * 4, WORDS)])

    async def story() -> None:
        for number in range(1, 6):
            await rig.hear(rig.notebook.attempt(number))
            await asyncio.sleep(31 if number > 2 else 0)

    with capture_logs() as logs:
        run(story())
    said = [each["event"] for each in logs if "name" in each]
    assert said == ["left alone", "works again"]


def test_tries_are_counted_as_they_happen() -> None:
    class Watch:
        def __init__(self) -> None:
            self.told: list[tuple[str, str]] = []

        def heard(self, tried: Try) -> None:
            self.told.append((tried.transcriber, tried.failure.kind if tried.failure else "heard"))

    watch = Watch()
    rig = Rig(AWAY, WORDS, watch=watch)
    run(rig.hear())
    run(rig.hear(rig.notebook.attempt()))
    assert watch.told == [("t1", "away"), ("t2", "heard")]


def test_each_has_its_own_wish() -> None:
    transcriber = ScriptedTranscriber(WORDS)
    wish = Wish("en", True, ("MR", "Doctor"))
    chain = Chain([Member("cloud", transcriber, wish)], VirtualClock().now)

    async def fetch() -> Sound:
        return NOTE

    heard = run(chain.hear(fetch, Notebook().attempt()))
    assert transcriber.asked == [(NOTE, wish)]
    assert heard.transcript == Transcript(WORDS, heard_by="cloud")


def test_whatever_goes_wrong_is_kept_as_json_and_read_back() -> None:
    failures = [AWAY, TranscriberBusy("429", 0.5), LanguageUnknown("id"), TooMuchSound("too_large", "x"), KeyError("y")]
    for first, second in itertools.permutations(failures, 2):
        rig = Rig((first, second), (first, second), WORDS)
        live = run(rig.hear())
        before = list(rig.asked)
        assert run(rig.hear(rig.notebook.attempt())) == live
        assert rig.asked == before
