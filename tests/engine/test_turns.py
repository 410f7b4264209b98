"""A turn from its claim to its end: what a bot raises, sessions, typing, timers, and who answers."""

import asyncio
import itertools
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.engine.bots import Scripted, said
from tests.engine.rig import Hold, answer_lost, away, now, shop
from turnkeeper.engine.answer import Answer, Later, Work
from turnkeeper.model.contents import Reaction
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.store.base import Moment
from turnkeeper.store.runs import Wake
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.events import TURNS

SORRY = "Something went wrong, please try again."


def given_up(moments: list[Moment]) -> str:
    """The trace of the turn that failed."""
    (trace,) = [str(moment.detail) for moment in moments if moment.seq is None]
    return trace


async def hang(work: Work) -> Answer:
    await asyncio.sleep(10_000)
    return Answer()


async def cancel_itself(work: Work) -> Answer:
    waiting = asyncio.create_task(asyncio.sleep(10))
    waiting.cancel()
    await waiting
    return Answer()


async def leave(work: Work) -> Answer:
    sys.exit(3)


async def raise_plainly(work: Work) -> Answer:
    raise KeyError("order")


async def raise_a_group(work: Work) -> Answer:
    async with asyncio.TaskGroup() as group:
        group.create_task(raise_plainly(work))
    return Answer()


async def leave_odd_state(work: Work) -> Answer:
    return Answer(["fine"], {"socket": object()})


async def set_an_odd_timer(work: Work) -> Answer:
    return Answer(["fine"], timers=[Later(1, "nudge", object())])


async def say_half_a_character(work: Work) -> Answer:
    return Answer([Reaction("wamid.1", "\ud83d")])


@pytest.mark.parametrize(
    "body, named",
    [
        (raise_plainly, "KeyError: 'order'"),
        (raise_a_group, "KeyError: 'order'"),
        (hang, "TimeoutError"),
        (cancel_itself, "cancelled by its own work"),
        (leave, "tried to end the program"),
        (leave_odd_state, "object"),
        (set_an_odd_timer, "object"),
        (say_half_a_character, "surrogates not allowed"),
    ],
)
@in_virtual_time
async def test_a_turn_that_fails_is_tried_three_times_then_apologises_and_the_next_is_answered(
    body: Callable[[Work], Awaitable[Answer]], named: str
) -> None:
    tries: list[tuple[float, int]] = []

    async def answer(work: Work) -> Answer:
        if "hi" in said(work):
            tries.append((now(), work.attempt))
            return await body(work)
        return Answer([f"answer to {said(work)}"])

    turns = TurnPolicy(adaptive=False, rate_limit=None, turn_limit=20.0)
    async with shop(Scripted(answer), turns) as place:
        await place.hear("hi")
        await place.rests()
        assert [attempt for _, attempt in tries] == [1, 2, 3]
        limit = 20.0 if body is hang else 0.0
        waits = [later - earlier - limit for (earlier, _), (later, _) in itertools.pairwise(tries)]
        assert 0.7 <= waits[0] <= 1.3
        assert 1.4 <= waits[1] <= 2.6
        assert place.texts == [SORRY]
        assert named in given_up(await place.moments("failed"))
        assert await place.states() == {"failed": 1}
        await place.hear("again")
        await place.rests()
        assert place.texts == [SORRY, "answer to again"]
        assert await place.states() == {"failed": 1, "answered": 1}


@in_virtual_time
async def test_half_a_character_in_a_bots_words_strands_nobody() -> None:
    async def answer(work: Work) -> Answer:
        if "hi" in said(work):
            raise ValueError("no \ud83d")
        return Answer(["fine"], stage="\ud83d", handover="\ud83d")

    async with shop(Scripted(answer)) as place:
        await place.hear("hi")
        await place.rests()
        assert "no ?" in given_up(await place.moments("failed"))
        await place.hear("again")
        await place.rests()
        assert place.texts == [SORRY, "fine"]
        assert await place.states() == {"failed": 1, "answered": 1}


@in_virtual_time
async def test_an_attempt_that_succeeds_after_one_that_raised_keeps_the_trace() -> None:
    async def body(work: Work) -> str:
        if work.attempt == 1:
            raise KeyError("order")
        return "found it"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await place.rests()
        assert place.texts == ["found it"]
        (committed,) = await place.moments("committed")
        assert "KeyError: 'order'" in str(committed.detail)


@in_virtual_time
async def test_a_turn_that_takes_its_worker_down_each_time_is_failed_unrun() -> None:
    runs = []

    async def body(work: Work) -> Answer:
        runs.append(now())
        await asyncio.sleep(10_000)
        return Answer()

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        for life in range(2, 7):
            while len(runs) < life - 1:
                await asyncio.sleep(0.5)
            place.kill(f"w{life - 1}")
            await place.work(f"w{life}")
        await place.rests()
        assert len(runs) == 5
        assert place.texts == [SORRY]
        assert "takes its worker down" in given_up(await place.moments("failed"))


@pytest.mark.parametrize("hooks", [[away], [answer_lost], [away, answer_lost, away]])
@pytest.mark.parametrize("operation", ["commit", "put_off", "say_now", "record", "claim", "beat"])
@in_virtual_time
async def test_whatever_is_written_while_the_store_is_away_is_written_once(operation: str, hooks: list[Any]) -> None:
    async def body(work: Work) -> str:
        if work.attempt == 1:
            raise ValueError("cross")
        await work.say_now("one moment")
        return f"answer {work.number}"

    async with shop(Scripted(body)) as place:
        place.hooks["w1", operation] = list(hooks)
        await place.hear("hi")
        await place.rests()
        assert place.texts == ["one moment", "answer 1"]
        assert await place.states() == {"answered": 1}


# Sessions


@in_virtual_time
async def test_state_and_stage_are_kept_until_the_session_expires() -> None:
    seen: list[tuple[dict[str, Any], str | None]] = []

    async def body(work: Work) -> Answer:
        seen.append((dict(work.state), work.stage))
        return Answer(["yes"], {"count": work.state.get("count", 0) + 1}, "listening")

    async with shop(Scripted(body), TurnPolicy(adaptive=False, rate_limit=None, session_ttl=100.0)) as place:
        for wait in (0, 50, 150):
            await asyncio.sleep(wait)
            await place.hear("hi")
            await place.rests()
        assert seen == [({}, None), ({"count": 1}, "listening"), ({}, None)]


@in_virtual_time
async def test_a_turn_that_fails_does_not_bring_an_expired_session_back() -> None:
    seen: list[dict[str, Any]] = []

    async def body(work: Work) -> Answer:
        if said(work) == "bad":
            raise ValueError("cross")
        seen.append(dict(work.state))
        return Answer(["yes"], {"count": 1})

    async with shop(Scripted(body), TurnPolicy(adaptive=False, rate_limit=None, session_ttl=100.0)) as place:
        for wait, word in ((0, "hi"), (150, "bad"), (0, "hi")):
            await asyncio.sleep(wait)
            await place.hear(word)
            await place.rests()
        assert seen == [{}, {}]


@in_virtual_time
async def test_a_turn_that_fails_leaves_the_session_as_it_was() -> None:
    seen: list[tuple[dict[str, Any], str | None]] = []

    async def body(work: Work) -> Answer:
        seen.append((dict(work.state), work.stage))
        work.state["half"] = "done"
        if said(work) == "bad":
            raise ValueError("cross")
        return Answer(["yes"], {"count": 1}, "listening")

    async with shop(Scripted(body)) as place:
        for word in ("hi", "bad", "hi"):
            await place.hear(word)
            await place.rests()
        assert seen[-1] == ({"count": 1}, "listening")
        assert all("half" not in state for state, _ in seen)


@pytest.mark.parametrize("stored", [b"{half", b"[1, 2]", b"\xff\xfe"])
@in_virtual_time
async def test_a_session_that_cannot_be_read_is_set_aside_and_shown(stored: bytes) -> None:
    seen: list[dict[str, Any]] = []

    async def body(work: Work) -> Answer:
        seen.append(dict(work.state))
        return Answer(["yes"], {"count": 1})

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await place.rests()
        place.store._opened().execute("update session set state = ?", (stored,))
        await place.hear("hi")
        await place.rests()
        assert seen == [{}, {}]
        assert place.texts == ["yes", "yes"]
        told = [str(moment.detail) for moment in await place.moments("committed")]
        assert told[0] == "None"
        assert told[1].startswith(f"session set aside, it could not be read: {stored!r}")


# Typing


async def slow(work: Work, seconds: float) -> str:
    await asyncio.sleep(seconds)
    return "at last"


@pytest.mark.parametrize("typing_takes", [0.1, 4.9])
@in_virtual_time
async def test_typing_is_shown_at_once_and_again_before_it_lapses_until_the_answer_is_sent(typing_takes: float) -> None:
    async with shop(Scripted(lambda work: slow(work, 130.0))) as place:
        place.typing_takes = typing_takes
        await place.hear("hi")
        await place.rests()
        started = (await place.moments("claimed"))[0].at - place.clock.now() + now()
        shown = [at for at, _ in place.typing]
        assert shown[0] - started < 0.1
        assert all(later - earlier < 25.0 for earlier, later in itertools.pairwise(shown))
        assert place.told[0].at - shown[-1] < 25.0
        assert len(shown) == 7
        await asyncio.sleep(120)
        assert len(place.typing) == 7


@pytest.mark.parametrize("typing_takes", [0.1, 4.9])
@in_virtual_time
async def test_typing_is_shown_for_at_most_five_minutes(typing_takes: float) -> None:
    turns = TurnPolicy(adaptive=False, rate_limit=None, turn_limit=2000.0)
    async with shop(Scripted(lambda work: slow(work, 1000.0)), turns) as place:
        place.typing_takes = typing_takes
        await place.hear("hi")
        await asyncio.sleep(1000)
        await place.rests()
        shown = [at for at, _ in place.typing]
        assert 270 < shown[-1] - shown[0] < 300


@in_virtual_time
async def test_typing_goes_on_while_the_answer_is_being_sent() -> None:
    async with shop(Scripted(lambda work: slow(work, 1.0))) as place:
        hold = Hold()

        async def late(call: Any) -> Any:
            await hold.here()
            return place.takes(call.json, "w1")

        place.on_send = [late]
        await place.hear("hi")
        await hold.reached.wait()
        await asyncio.sleep(15)
        assert len(place.typing) == 1
        await asyncio.sleep(10)
        assert len(place.typing) == 2
        hold.go.set()
        await place.rests()
        await asyncio.sleep(60)
        assert len(place.typing) == 2


@pytest.mark.parametrize("ends", ["raises", "taken over", "interrupted", "fenced"])
@in_virtual_time
async def test_typing_stops_however_the_attempt_ends(ends: str) -> None:
    async def body(work: Work) -> str:
        await asyncio.sleep(5)
        if ends == "raises":
            raise ValueError("cross")
        await asyncio.sleep(10)
        return "done"

    turns = TurnPolicy(adaptive=False, rate_limit=None, turn_retries=0)
    async with shop(Scripted(body), turns) as place:
        await place.hear("hi")
        await asyncio.sleep(6)
        if ends == "taken over":
            await place.mode("human")
        elif ends == "interrupted":
            await place.hear("and")
            await asyncio.sleep(0.1)
            ids = {message for _, message in place.typing}
            assert len(ids) == 1
        elif ends == "fenced":
            place.ears.clear()  # nobody tells the worker
            await place.mode("human")
        await place.rests()
        before = len(place.typing)
        await asyncio.sleep(60)
        assert len(place.typing) == before
        if ends == "interrupted":
            ids = {message for _, message in place.typing}
            assert len(ids) == 2


@in_virtual_time
async def test_an_indicator_that_fails_costs_nobody_an_answer() -> None:
    async with shop(Scripted(lambda work: slow(work, 1.0))) as place:
        place.typing_takes = float("nan")  # the call raises
        await place.hear("hi")
        await place.rests()
        assert place.texts == ["at last"]


# Timers, people


@in_virtual_time
async def test_a_timer_starts_a_turn_with_what_was_given_and_a_follow_up_dies_when_the_contact_writes() -> None:
    turns: list[str] = []

    async def body(work: Work) -> Answer:
        fired = [event.details or {} for event in work.events if event.kind == "timer"]
        turns.append(f"{now():.0f} {said(work)} {[(one['name'], one['data']) for one in fired]}")
        if fired:
            return Answer([])
        return Answer(["ok"], timers=[Later(60, "nudge", {"n": 1}), Later(90, "report", None, follow_up=False)])

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await asyncio.sleep(40)
        await place.hear("me again")
        await asyncio.sleep(300)
        assert turns == [
            "4 hi []",
            "44 me again []",
            "94 timer [('report', None)]",
            "104 timer [('nudge', {'n': 1})]",
            "134 timer [('report', None)]",
        ]
        assert await place.states() == {"answered": 2, "no_reply": 3}


@in_virtual_time
async def test_a_turn_that_fails_sets_no_timers() -> None:
    async def body(work: Work) -> Answer:
        return Answer([], {"x": object()}, timers=[Later(5, "nudge")])

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await place.rests()
        await asyncio.sleep(60)
        assert (await place.ledger()).accepted == 1


@in_virtual_time
async def test_a_handover_sends_the_last_words_says_why_and_keeps_silent() -> None:
    async def body(work: Work) -> Answer:
        return Answer(["a colleague will write"], handover="wants a person")

    async with shop(Scripted(body)) as place:
        await place.hear("help")
        await place.rests()
        await place.hear("hello?")
        await place.rests()
        assert place.texts == ["a colleague will write"]
        assert await place.states() == {"answered": 1, "person": 1}
        (committed,) = await place.moments("committed")
        assert committed.detail == "handed over: wants a person"


@in_virtual_time
async def test_a_takeover_stops_the_running_turn_before_it_says_anything() -> None:
    ended: list[str] = []

    async def body(work: Work) -> str:
        try:
            await asyncio.sleep(20)
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise
        return "too late"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await asyncio.sleep(6)
        await place.mode("human")
        await asyncio.sleep(0.1)
        assert ended == ["cancelled"]
        await asyncio.sleep(60)
        assert place.called == []
        assert await place.states() == {"person": 1}


@in_virtual_time
async def test_word_of_an_interrupt_that_comes_late_does_not_stop_the_turn_that_began_since() -> None:
    ended: list[str] = []

    async def body(work: Work) -> str:
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            ended.append(said(work))
            raise
        return f"answer to {said(work)}"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await asyncio.sleep(6)
        late: list[Wake] = []
        in_time, place.publish = place.publish, late.extend  # type: ignore[method-assign]
        await place.hear("there")
        await asyncio.sleep(5.5)
        (wake,) = late
        assert (wake.fenced, (await place.conversation()).owner) == ("w1.0", "w1.0")
        in_time(late)
        await place.rests(20.0)
        assert now() < 6 + 5.5 + 10
        assert ended == ["hi"], "only the attempt that was interrupted"
        assert place.texts == ["answer to hi there"]


@in_virtual_time
async def test_a_store_that_is_away_while_history_is_read_is_not_the_bots_fault() -> None:
    attempts: list[int] = []

    async def body(work: Work) -> str:
        attempts.append(work.attempt)
        return f"{len(await work.history(10))} lines"

    async with shop(Scripted(body)) as place:
        place.hooks["w1", "history"] = [away] * 5
        await place.hear("hi")
        await place.rests()
        assert attempts == [1]
        assert place.texts == ["1 lines"]


@in_virtual_time
async def test_history_is_what_was_said_oldest_first() -> None:
    lines: list[list[tuple[str, str]]] = []

    async def body(work: Work) -> str:
        lines.append([(line.role, line.text) for line in await work.history(3)])
        return f"answer {work.number}"

    async with shop(Scripted(body), TURNS) as place:
        for word in ("one", "two", "three"):
            await place.hear(word)
            await place.rests()
        assert lines[0] == [("contact", "one")]
        assert lines[2] == [("contact", "two"), ("bot", "answer 2"), ("contact", "three")]
