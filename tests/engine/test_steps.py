"""A stored result is never computed again, an effect happens at most once, and a turn that is over stays over."""

import asyncio
import contextlib

import pytest

from tests.engine.bots import Scripted, said, step
from tests.engine.rig import LEASE, Hold, answer_lost, away, now, shop
from turnkeeper.engine.answer import Answer, OnUnknown, Work
from turnkeeper.model.errors import Fenced, StepChanged
from turnkeeper.testing.conversation import in_virtual_time


class Counted:
    """A step's function that counts its runs, and may be held up, raise or be given a result."""

    def __init__(self, hold: Hold | None = None, fails: int = 0) -> None:
        self.keys: list[str] = []
        self.hold = hold
        self.fails = fails
        self.ended = 0

    @property
    def runs(self) -> int:
        return len(self.keys)

    async def __call__(self, key: str) -> int:
        self.keys.append(key)
        if self.hold is not None and len(self.keys) == 1:
            await self.hold.here()
        if len(self.keys) <= self.fails:
            raise ValueError("the first tries fail")
        self.ended += 1
        return len(self.keys)


@in_virtual_time
async def test_a_stored_result_is_not_computed_again_after_a_kill() -> None:
    think, hold = Counted(), Hold()

    async def body(work: Work) -> str:
        thought = await step(work, "think", think)
        if not hold.go.is_set():
            await hold.here()
        return f"{thought} for {said(work)}"

    async with shop(Scripted(body), workers=2) as place:
        await place.hear("hi")
        await hold.reached.wait()
        owner = (await place.conversation()).owner
        place.kill(str(owner).split(".")[0])
        hold.go.set()
        await place.rests()
        assert think.runs == 1
        assert place.texts == ["1 for hi"]


@in_virtual_time
async def test_another_worker_takes_over_within_five_seconds_of_a_kill() -> None:
    hold = Hold()

    async def body(work: Work) -> str:
        if not hold.go.is_set():
            await hold.here()
        return "here"

    async with shop(Scripted(body), workers=2) as place:
        await asyncio.sleep(10)
        await place.hear("hi")
        await hold.reached.wait()
        place.kill(str((await place.conversation()).owner).split(".")[0])
        hold.go.set()
        killed_at = now()
        await place.rests()
        assert [told.at - killed_at <= 5.0 for told in place.told] == [True]


@pytest.mark.parametrize("effect", [False, True])
@in_virtual_time
async def test_other_arguments_under_the_same_key_raise(effect: bool) -> None:
    raised: list[Exception] = []
    hold = Hold()

    async def run(key: str) -> int:
        return 1

    async def body(work: Work) -> str:
        arguments = b"[2]" if hold.go.is_set() else b"[1]"
        try:
            await step(work, "find", run, arguments=arguments, effect=effect)
        except StepChanged as error:
            raised.append(error)
        if not hold.go.is_set():
            await hold.here()
        return "done"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await place.dies_at(hold)
        assert [str(error) for error in raised] == ["step 'find' ran before in this turn with other arguments"]


@in_virtual_time
async def test_the_same_name_again_is_another_step() -> None:
    think = Counted()

    async def body(work: Work) -> str:
        return " ".join([str(await step(work, "think", think)) for _ in range(3)])

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await place.rests()
        assert place.texts == ["1 2 3"]
        assert len(set(think.keys)) == 3


@in_virtual_time
async def test_an_effect_that_raised_keeps_its_key_and_one_that_is_done_is_not_done_again() -> None:
    book, pay = Counted(fails=1), Counted()

    async def body(work: Work) -> str:
        paid = await step(work, "pay", pay, effect=True)
        booked = await step(work, "book", book, effect=True)
        return f"paid {paid}, booked {booked}, attempt {work.attempt}"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await place.rests()
        assert place.texts == ["paid 1, booked 2, attempt 2"]
        assert pay.runs == 1
        assert len(book.keys) == 2
        assert len(set(book.keys)) == 1
        assert set(book.keys).isdisjoint(pay.keys)


@in_virtual_time
async def test_keys_differ_from_turn_to_turn() -> None:
    book = Counted()

    async def body(work: Work) -> str:
        return str(await step(work, "book", book, effect=True))

    async with shop(Scripted(body)) as place:
        for said_ in ("one", "two"):
            await place.hear(said_)
            await place.rests()
        assert len(set(book.keys)) == 2


@pytest.mark.parametrize(
    "on_unknown, runs, texts, states, mode",
    [
        ("retry", 2, ["booked 2"], {"answered": 1}, "bot"),
        ("ask", 1, [], {"no_reply": 1}, "human"),
        ("fail", 1, ["Something went wrong, please try again."], {"failed": 1}, "bot"),
        ("raise", 1, ["swallowed"], {"answered": 1}, "bot"),
    ],
)
@in_virtual_time
async def test_an_effect_cut_off_by_a_kill(
    on_unknown: OnUnknown, runs: int, texts: list[str], states: dict[str, int], mode: str
) -> None:
    book, attempts = Counted(Hold()), []

    async def body(work: Work) -> Answer:
        attempts.append(work.attempt)
        try:
            booked = await step(work, "book", book, effect=True, on_unknown=on_unknown)
        except Exception:  # noqa: BLE001 - as careless bots do
            return Answer(["swallowed"])
        return Answer([f"booked {booked}"])

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        assert book.hold is not None
        await book.hold.reached.wait()
        place.kill()
        await place.work("w2")
        await place.rests()
        assert (book.runs, place.texts, await place.states()) == (runs, texts, states)
        assert (await place.conversation()).mode == mode
        assert len(set(book.keys)) == 1
        assert attempts == [1, 1]


@in_virtual_time
async def test_who_is_asked_whether_it_happened_is_told_and_so_is_the_next_turn() -> None:
    book, carried = Counted(Hold()), []

    async def body(work: Work) -> str:
        carried.append(list(work.carried))
        work.state["half"] = "done"
        if work.number == 1:
            await step(work, "book", book, effect=True, on_unknown="ask")
        return f"state {work.state.get('half')}"

    async def second(work: Work) -> Answer:
        carried.append(list(work.carried))
        return Answer([f"kept {work.state}"])

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        assert book.hold is not None
        await book.hold.reached.wait()
        place.kill()
        await place.work("w2")
        await place.rests()
        (committed,) = await place.moments("committed")
        assert committed.detail == "handed over: step 'book' was cut off: did it happen?"
        place.kill("w2")
        await place.work("w3", Scripted(second, "2"))
        await place.mode("bot")
        await place.hear("and?")
        await place.rests()
        expected = {"turn": 1, "name": "book", "occurrence": 1, "done": False, "result": None}
        assert carried[-1] == [expected]
        assert place.texts == ["kept {}"]


@pytest.mark.parametrize("irrevocable", ["effect", "say_now"])
@in_virtual_time
async def test_no_interrupt_after_something_irrevocable(irrevocable: str) -> None:
    book = Counted()

    async def body(work: Work) -> str:
        if irrevocable == "effect":
            await step(work, "book", book, effect=True)
        else:
            await work.say_now("one moment")
        await asyncio.sleep(3)
        return f"answer to {said(work)}, attempt {work.attempt}"

    async with shop(Scripted(body)) as place:
        await place.hear("one")
        await asyncio.sleep(5)
        await place.hear("two")
        await place.rests()
        answers = [text for text in place.texts if text != "one moment"]
        assert answers == ["answer to one, attempt 1", "answer to two, attempt 1"]


@in_virtual_time
async def test_an_interrupt_before_that_starts_over_with_all_messages() -> None:
    think = Counted()

    async def body(work: Work) -> str:
        await step(work, "think", think)
        await asyncio.sleep(3)
        return f"answer to {said(work)}, attempt {work.attempt}"

    async with shop(Scripted(body)) as place:
        await place.hear("one")
        await asyncio.sleep(5)
        await place.hear("two")
        await place.rests()
        assert place.texts == ["answer to one two, attempt 2"]
        assert think.runs == 2


@in_virtual_time
async def test_an_effect_does_not_begin_once_a_newer_message_waits() -> None:
    book, deaf = Counted(), Hold()

    async def body(work: Work) -> str:
        if work.attempt == 1:
            with contextlib.suppress(asyncio.CancelledError):
                await deaf.here()
            with pytest.raises(Fenced):
                await step(work, "book", book, effect=True)
        return said(work)

    async with shop(Scripted(body)) as place:
        await place.hear("one")
        await deaf.reached.wait()
        await place.hear("two")
        await place.rests()
        assert place.texts == ["one two"]
        assert book.runs == 0


@in_virtual_time
async def test_an_effect_under_way_at_a_takeover_is_seen_to_its_end_and_told_to_the_next_turn() -> None:
    book, carried = Counted(Hold()), []

    async def body(work: Work) -> str:
        carried.append(list(work.carried))
        if work.number == 1:
            await step(work, "book", book, effect=True)
        return f"answer {work.number}"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        assert book.hold is not None
        await book.hold.reached.wait()
        await place.mode("human")
        await asyncio.sleep(1)
        assert await place.states() == {"person": 1}
        book.hold.go.set()
        await asyncio.sleep(1)
        assert place.steps() == [("book", True)]
        await place.mode("bot")
        await place.hear("and?")
        await place.rests()
        assert place.texts == ["answer 2"]
        assert carried[-1] == [{"turn": 1, "name": "book", "occurrence": 1, "done": True, "result": 1}]
        await place.hear("more")
        await place.rests()
        assert carried[-1] == []


@in_virtual_time
async def test_an_effect_under_way_when_its_turn_raises_is_waited_for() -> None:
    book = Counted(Hold())

    async def body(work: Work) -> str:
        if work.attempt == 1:
            booking = asyncio.ensure_future(step(work, "book", book, effect=True))
            await asyncio.sleep(1)
            booking.cancel()
            raise ValueError("cross")
        return f"booked {await step(work, 'book', book, effect=True)}"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await asyncio.sleep(30)
        assert book.hold is not None
        book.hold.go.set()
        await place.rests()
        assert (book.runs, place.texts) == (1, ["booked 1"])


@in_virtual_time
async def test_a_bot_that_swallows_everything_around_a_fenced_step_runs_nothing_and_commits_nothing() -> None:
    ran, hold = Counted(), Hold()

    async def body(work: Work) -> str:
        if work.attempt == 1:
            with contextlib.suppress(asyncio.CancelledError):
                await hold.here()
            for effect in (True, False, False, True):
                with contextlib.suppress(Exception):
                    await step(work, f"late {effect}", ran, effect=effect)
            return "from the old attempt"
        return f"answer to {said(work)}"

    async with shop(Scripted(body)) as place:
        await place.hear("one")
        await hold.reached.wait()
        await place.hear("two")
        await place.rests()
        assert place.texts == ["answer to one two"]
        assert ran.runs == 0


@in_virtual_time
async def test_a_lost_answer_does_not_make_a_new_effect_look_cut_off() -> None:
    book = Counted()

    async def body(work: Work) -> str:
        return f"booked {await step(work, 'book', book, effect=True, on_unknown='fail')}"

    async with shop(Scripted(body)) as place:
        place.hooks["w1", "begin_effect"] = [away, answer_lost]
        place.hooks["w1", "finish_step"] = [away, answer_lost]
        place.hooks["w1", "commit"] = [away, answer_lost]
        await place.hear("hi")
        await place.rests()
        assert (book.runs, place.texts) == (1, ["booked 1"])


@in_virtual_time
async def test_say_now_leaves_at_once_in_order_and_once_though_the_worker_is_killed() -> None:
    hold = Hold()

    async def body(work: Work) -> str:
        await work.say_now("first")
        await work.say_now("second")
        if not hold.go.is_set():
            await hold.here()
        return "third"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await hold.reached.wait()
        assert place.texts == ["first", "second"]
        await place.dies_at(hold)
        assert place.texts == ["first", "second", "third"]
        assert await place.states() == {"answered": 1}


@in_virtual_time
async def test_other_words_at_the_place_of_a_say_now_raise() -> None:
    hold = Hold()

    async def body(work: Work) -> str:
        await work.say_now(f"life {hold.go.is_set()}")
        if not hold.go.is_set():
            await hold.here()
        return "never said"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await place.dies_at(hold)
        assert place.texts == ["life False", "Something went wrong, please try again."]
        (failed,) = [moment for moment in await place.moments("failed") if moment.seq is None]
        assert "say_now said something else" in str(failed.detail)


@in_virtual_time
async def test_other_code_starts_a_new_attempt_with_the_effects_but_not_the_steps() -> None:
    think, book, hold = Counted(), Counted(), Hold()

    async def body(work: Work) -> str:
        thought = await step(work, "think", think)
        booked = await step(work, "book", book, effect=True)
        if not hold.go.is_set():
            await hold.here()
        return f"thought {thought}, booked {booked}, attempt {work.attempt}"

    async with shop(Scripted(body)) as place:
        await place.hear("hi")
        await hold.reached.wait()
        place.kill()
        hold.go.set()
        await place.work("w2", Scripted(body, "2"))
        await asyncio.sleep(LEASE * 3)
        await place.rests()
        assert place.texts == ["thought 2, booked 1, attempt 2"]
