"""A bot that hears: voice notes are words before it runs, once, whatever happens meanwhile."""

import asyncio
import dataclasses
import itertools
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.bots.agents import agent, scripted
from tests.bots.ears import Ears, note
from tests.media.samples import HTML
from turnkeeper import Bot, Turn
from turnkeeper.app.backends import remote_bot
from turnkeeper.bots.listening import Listening
from turnkeeper.bots.manners import PLAIN, UNHEARD, Manners
from turnkeeper.channels.base import Located
from turnkeeper.config.remote import RemoteKeys
from turnkeeper.engine.http import Client, Downloaded
from turnkeeper.model.errors import Fenced
from turnkeeper.model.events import EventKind, Inbound
from turnkeeper.model.llm import Said
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.model.voice import UNAVAILABLE
from turnkeeper.rules.reading import can_read
from turnkeeper.testing.cabinet import Cabinet
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.fake_ansari import FakeAnsari
from turnkeeper.testing.loopback import InProcess
from turnkeeper.testing.models import ScriptedModel
from turnkeeper.testing.virtual_time import VirtualClock

ONE_MOMENT = PLAIN.one_moment
TURNS = TurnPolicy(adaptive=False, rate_limit=None, hears=True)
OWN_TURNS = TurnPolicy(adaptive=False, rate_limit=None, hears=True, gather=False)


async def echo(turn: Turn) -> None:
    await turn.reply(turn.text)


def bot_that(stage: Callable[[Turn], Awaitable[None]], ears: Ears, manners: Manners = PLAIN) -> Listening:
    bot = Bot("assistant")
    bot.stage("only", first=True)(stage)
    return Listening(bot, ears, manners)


async def says(person: Person, *notes: bytes, caption: str | None = None) -> None:
    """Voice notes, a second apart, and everything that follows."""
    for data in notes:
        await person.sends(data, "audio/ogg", kind="voice", caption=caption, wait=data is notes[-1])


async def crashes_with_all_its_work(person: Person, bot: Listening) -> None:
    """Also what goes on behind an interrupted turn."""
    for each in list(bot._under_way.values()):
        each.cancel()
    bot._under_way.clear()
    await person.survives_a_crash()


async def states(person: Person) -> dict[str, int]:
    """The ledger's states in which anything is."""
    return {state: count for state, count in (await person.ledger()).states.items() if count}


@in_virtual_time
async def test_a_bot_reads_what_was_said() -> None:
    seen: dict[str, Any] = {}

    async def look(turn: Turn) -> None:
        (message,) = turn.messages
        seen.update(
            text=turn.text,
            message=(message.kind, message.text, message.heard),
            transcript=[(each.text, each.spoken[0].speaker, each.heard_by) for each in turn.transcripts],
            history=[(line.text, line.kind) for line in await turn.history()],
        )

    async with conversation(bot_that(look, Ears()), turns=TURNS) as person:
        await says(person, note("is the shop open"))
    said = "is the shop open"
    assert seen == {
        "text": said,
        "message": ("voice", said, said),
        "transcript": [(said, "Ada", "cloud")],
        "history": [(said, "voice")],
    }


@in_virtual_time
async def test_what_was_said_stays_in_the_history_and_in_the_story() -> None:
    async def tell(turn: Turn) -> None:
        await turn.reply(" / ".join(line.text for line in await turn.history()))

    ears = Ears()
    async with conversation(bot_that(tell, ears), turns=TURNS) as person:
        await says(person, note("first"))
        await person.says("second")
        assert person.heard == ["first", "first / first / second"]
        received = [moment.text for moment in await person.moments() if moment.kind == "received"]
        assert received == ["first", "second"]
    assert ears.heard == ["first"]


@in_virtual_time
async def test_words_under_a_sound_stand_before_what_is_heard() -> None:
    async with conversation(bot_that(echo, Ears()), turns=TURNS) as person:
        await says(person, note("and this I said"), caption="this I wrote")
        assert person.heard == ["this I wrote\nand this I said"]


@in_virtual_time
async def test_notes_of_a_turn_are_heard_at_once_and_read_in_their_order() -> None:
    ears = Ears()
    async with conversation(bot_that(echo, ears, Manners(one_moment="")), turns=TURNS) as person:
        await says(person, note("one", takes=60), note("two", takes=20), note("three", takes=40))
        assert person.heard == ["one\ntwo\nthree"]
        (answered,) = [moment.at for moment in await person.moments() if moment.kind == "accepted"]
        (claimed,) = [moment.at for moment in await person.moments() if moment.kind == "claimed"]
    assert ears.heard == ["two", "three", "one"]
    assert 60 <= answered - claimed < 65


@in_virtual_time
async def test_nobody_hears_it_and_the_rest_still_runs() -> None:
    ears = Ears()
    ears.fails = True
    async with conversation(bot_that(echo, ears, Manners(echo="I heard: {text}")), turns=TURNS) as person:
        await says(person, note("lost"))
        assert person.heard == [UNAVAILABLE]
        (committed,) = [moment for moment in await person.moments() if moment.kind == "committed"]
        assert committed.detail == "cloud: away, HTTP 503"


@pytest.mark.parametrize("reason", [*UNHEARD, "another"])
def test_what_cannot_be_heard_is_said_in_a_sentence(reason: str) -> None:
    asked: list[str] = []

    async def ask(turn: Turn) -> None:
        asked.append(turn.text)
        turn.state["kept"] = True
        turn.stage = "only"

    @in_virtual_time
    async def told() -> list[str]:
        async with conversation(bot_that(ask, Ears()), turns=TURNS) as person:
            await person.says("hi")
            await says(person, note("…", reason=reason), note("…", reason=reason))
            assert person.state == {"kept": True}
            assert await states(person) == {"answered": 2, "no_reply": 1}
            return person.heard

    assert told() == [UNHEARD.get(reason, UNHEARD["not_audio"])]
    assert asked == ["hi"]


@in_virtual_time
async def test_beside_other_words_the_bot_is_told_that_a_note_could_not_be_heard() -> None:
    async with conversation(bot_that(echo, Ears()), turns=TURNS) as person:
        await person.writes("look at this")
        await says(person, note("…", reason="silent"))
        assert person.heard == ["look at this\n[voice note that could not be heard: silent]"]


@in_virtual_time
async def test_a_bot_has_its_own_sentences_and_may_say_nothing() -> None:
    manners = Manners(unheard={**UNHEARD, "silent": "Say it **again**.", "too_long": ""})
    async with conversation(bot_that(echo, Ears(), manners), turns=TURNS) as person:
        await says(person, note("…", reason="silent"))
        await says(person, note("…", reason="too_long"))
        assert person.heard == ["Say it *again*."]
        assert await states(person) == {"answered": 1, "no_reply": 1}


@in_virtual_time
async def test_what_is_no_sound_is_said_so() -> None:
    async with conversation(bot_that(echo, Ears()), turns=TURNS) as person:
        await says(person, HTML)
        assert person.heard == [UNHEARD["not_audio"]]
        await says(person, b"")
        assert person.heard[1:] == [UNHEARD["empty"]]


@in_virtual_time
async def test_what_was_heard_is_shown_as_it_is() -> None:
    manners = Manners(echo="I heard: {text}")
    async with conversation(bot_that(echo, Ears(), manners), turns=TURNS) as person:
        await says(person, note("# two **two** {text}"), note("x" * 800))
        assert person.heard[0] == f"I heard: # two **two** {{text}}\n\nI heard: {'x' * 699}…"
        await person.says("no note")
        assert person.heard[-1] == "no note"


@in_virtual_time
async def test_effects_that_were_cut_off_are_told_when_the_bot_is_asked_again() -> None:
    told: list[Any] = []

    async def charge(turn: Turn) -> None:
        told.append([effect["name"] for effect in turn.effects])
        if turn.text == "pay":
            await turn.step("charge", fail, effect=True)

    async def fail() -> None:
        raise ValueError("no answer")

    async with conversation(bot_that(charge, Ears()), turns=dataclasses.replace(TURNS, turn_retries=0)) as person:
        await person.says("pay")
        await says(person, note("…", reason="silent"))
        await person.says("hello")
    assert told == [[], ["charge"]]


@pytest.mark.parametrize("failures, said", [(4, "late"), (100, UNAVAILABLE)], ids=["for a while", "for good"])
def test_a_note_that_cannot_be_fetched_now(failures: int, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Four tries a step, and a second attempt; after that the rest runs without it."""
    downloaded = Cabinet.download
    tries = itertools.count(1)

    async def download(self: Cabinet, *args: Any, **named: Any) -> Downloaded:
        return await downloaded(self, *args, **named) if next(tries) > failures else Downloaded(503, "text/html")

    monkeypatch.setattr(Cabinet, "download", download)

    @in_virtual_time
    async def heard() -> list[str]:
        async with conversation(bot_that(echo, Ears(), Manners(one_moment="")), turns=TURNS) as person:
            await says(person, note("late"))
            return person.heard

    assert heard() == [said]
    assert next(tries) == (6 if failures == 4 else 9)


# Long notes.


@in_virtual_time
async def test_a_long_note_is_waited_for_in_sight() -> None:
    ears = Ears()
    async with conversation(bot_that(echo, ears), turns=TURNS) as person:
        await says(person, note("four minutes of it", takes=90))
        assert ears.within == [210.0], "of the five minutes of a turn"
        assert person.heard == [ONE_MOMENT, "four minutes of it"]
        told = await person.moments()
        claimed = next(moment.at for moment in told if moment.kind == "claimed")
        first, answer = [moment.at for moment in told if moment.kind == "accepted"]
        assert 10.0 <= first - claimed < 11.0
        again = next(at for at in person.typing_at if at > person.typing_at[0] + first - claimed)
        assert again < person.typing_at[0] + first - claimed + 3.0, "the words have ended it"
        gaps = [b - a for a, b in itertools.pairwise(person.typing_at)]
        assert max(gaps) < 25.0, "WhatsApp shows it for 25 s"
        assert person.typing_at[-1] - person.typing_at[0] > answer - claimed - 25.0


@pytest.mark.parametrize("takes", [1.0, 9.5])
def test_nothing_is_said_meanwhile_of_a_short_one(takes: float) -> None:
    @in_virtual_time
    async def heard() -> list[str]:
        async with conversation(bot_that(echo, Ears()), turns=TURNS) as person:
            await says(person, note("short", takes=takes))
            return person.heard

    assert heard() == ["short"]


@in_virtual_time
async def test_a_crash_while_it_listens_is_one_answer_and_one_moment() -> None:
    ears = Ears()
    async with conversation(bot_that(echo, ears), turns=TURNS) as person:
        await person.sends(note("a long one", takes=30), "audio/ogg", kind="voice", wait=False)
        await person.hears(ONE_MOMENT)
        await person.survives_a_crash()
        await person.rests()
        assert person.heard == [ONE_MOMENT, "a long one"]


@in_virtual_time
async def test_a_crash_after_it_has_listened_pays_nobody_again() -> None:
    reached = asyncio.Event()

    async def slow(turn: Turn) -> None:
        reached.set()
        await turn.say_now("I look it up.")
        await asyncio.sleep(20)
        await turn.reply(await turn.step("found", found, turn.text))

    async def found(text: str) -> str:
        return f"found {text}"

    ears = Ears()
    async with conversation(bot_that(slow, ears), turns=TURNS) as person:
        await person.sends(note("something", takes=15), "audio/ogg", kind="voice", wait=False)
        await reached.wait()
        await asyncio.sleep(5)
        await person.survives_a_crash()
        await person.rests()
        assert person.heard == [ONE_MOMENT, "I look it up.", "found something"]
        assert person.raised == []
    assert ears.begun == ["something"]


@in_virtual_time
async def test_a_crash_between_two_notes_mixes_nothing_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one's file is the later one there, before the crash."""
    downloaded = Cabinet.download

    async def download(self: Cabinet, located: Located, *args: Any, **named: Any) -> Downloaded:
        await asyncio.sleep(1.0 if located.url.endswith("media.1") else 0.0)
        return await downloaded(self, located, *args, **named)

    monkeypatch.setattr(Cabinet, "download", download)
    ears = Ears()
    bot = bot_that(echo, ears)
    async with conversation(bot, turns=TURNS) as person:
        for data in (note("one", takes=9), note("two", takes=2)):
            await person.sends(data, "audio/ogg", kind="voice", wait=False)
        while ears.heard != ["two"]:
            await asyncio.sleep(0.1)
        await crashes_with_all_its_work(person, bot)
        await person.rests()
        assert person.heard[-1] == "one\ntwo"
    assert sorted(ears.begun) == ["one", "one", "two"]


@in_virtual_time
async def test_a_bot_that_raises_does_not_pay_again() -> None:
    async def cross(turn: Turn) -> None:
        if turn.attempt < 3:
            raise ValueError("not now")
        await turn.reply(turn.text)

    ears = Ears()
    async with conversation(bot_that(cross, ears), turns=TURNS) as person:
        await says(person, note("again"), note("and again"))
        assert person.heard == ["again\nand again"]
    assert sorted(ears.begun) == ["again", "and again"]


@in_virtual_time
async def test_an_interrupt_does_not_pay_again() -> None:
    ears = Ears()
    async with conversation(bot_that(echo, ears), turns=TURNS) as person:
        await person.sends(note("the first", takes=8), "audio/ogg", kind="voice", wait=False)
        await asyncio.sleep(6)  # two seconds into listening
        assert ears.begun == ["the first"]
        await says(person, note("the second"))
        assert person.heard == ["the first\nthe second"]
    assert ears.begun == ["the first", "the second"]


@in_virtual_time
async def test_each_note_is_its_own_turn_for_a_bot_that_does_not_gather() -> None:
    ears = Ears()
    async with conversation(bot_that(echo, ears), turns=OWN_TURNS) as person:
        await says(person, note("one", takes=3), note("two"))
        assert person.heard == ["one", "two"]
    assert ears.begun == ["one", "two"]


async def lives_through(crashes: list[float]) -> tuple[Person, Ears]:
    """A note that takes 12 s to hear, a bot that says something at once and charges; killed so long after the note."""
    charged: list[str] = []

    async def shop(turn: Turn) -> None:
        await turn.say_now("I charge you.")
        await turn.step("charge", charge, turn.text, effect=True)
        await asyncio.sleep(1)
        await turn.reply(turn.text)

    async def charge(text: str, key: str) -> None:
        await asyncio.sleep(1)
        charged.append(f"{text} {key}")

    ears = Ears()
    bot = bot_that(shop, ears)
    async with conversation(bot, turns=TURNS) as person:
        await person.sends(note("four tickets", takes=12), "audio/ogg", kind="voice", wait=False)
        done = 0.0
        for at in crashes:
            await asyncio.sleep(at - done)
            done = at
            await crashes_with_all_its_work(person, bot)
        await person.rests()
        assert len(set(charged)) == 1
        assert all(isinstance(each, Fenced) for each in person.raised)
    return person, ears


@in_virtual_time
async def test_a_worker_killed_at_any_moment_says_everything_once() -> None:
    for tenths in range(37, 207, 10):
        for then in ([], [0.7], [9.0]):
            crashes = [tenths / 10, *(tenths / 10 + each for each in then)]
            person, ears = await lives_through(crashes)
            assert person.heard == [ONE_MOMENT, "I charge you.", "four tickets"], crashes
            assert len(ears.heard) == 1, "what was heard to its end is not paid again"


@in_virtual_time
async def test_a_person_who_takes_over_while_it_listens_is_obeyed() -> None:
    ears = Ears()
    async with conversation(bot_that(echo, ears), turns=TURNS) as person:
        await person.sends(note("to a colleague", takes=20), "audio/ogg", kind="voice", wait=False)
        await asyncio.sleep(6)
        assert ears.begun == ["to a colleague"]
        await person.is_taken_over()
        await person.waits(60)
        assert person.heard == []
        assert await states(person) == {"person": 1}


# Other kinds of bots.


@in_virtual_time
async def test_a_backend_is_told_the_words() -> None:
    ansari = FakeAnsari("key", now=VirtualClock().now)
    client = Client(transport=InProcess(ansari))
    keys = RemoteKeys.model_validate(
        {"kind": "remote", "preset": "ansari", "base_url": "http://ansari.test", "api_key": "key"}
    )
    turns = dataclasses.replace(TURNS, reads=keys.reads)
    async with conversation(Listening(remote_bot(keys, client), Ears()), turns=turns) as person:
        await says(person, note("what is patience"))
        (thread,) = ansari.threads.values()
        assert thread.messages[0][:2] == ("user", "what is patience")
    await client.close()


@in_virtual_time
async def test_an_agent_is_told_what_could_not_be_heard() -> None:
    model = scripted("Nice.", "What did you say?")
    async with conversation(Listening(agent(model), Ears()), turns=TURNS) as person:
        await person.writes("look")
        await says(person, note("…", reason="silent"))
        await person.says("well?")
    told = "look\n[voice note that could not be heard: silent]"
    assert [model.asked[0].messages, model.asked[1].messages[0]] == [(Said("user", told),), Said("user", told)]


@in_virtual_time
async def test_an_agent_is_told_that_it_was_said() -> None:
    model = scripted("We are open.", "Until six.")
    bot = Listening(agent(model), Ears())
    async with conversation(bot, turns=TURNS) as person:
        await says(person, note("are you open"))
        await says(person, note("until when"))
        assert person.heard == ["We are open.", "Until six."]
    assert model.asked[1].messages == (
        Said("user", "[voice note] are you open"),
        Said("assistant", "We are open."),
        Said("user", "[voice note] until when"),
    )


@in_virtual_time
async def test_a_model_has_its_time_after_the_listening() -> None:
    """The turn starts over once it listens; its second attempt listens for longer than models may take."""
    model = scripted("Here I am.")
    bot = Listening(agent(model), Ears())
    async with conversation(bot, turns=TURNS) as person:
        await person.sends(note("one", takes=100), "audio/ogg", kind="voice", wait=False)
        await asyncio.sleep(6)
        await says(person, note("two"))
        assert person.heard == [ONE_MOMENT, "Here I am."]
    assert model.asked[0].settings.timeout > 25


@in_virtual_time
async def test_sound_that_is_sent_as_a_document_is_heard_too() -> None:
    """Its words go to the model, and the file does not, though the model reads documents."""
    model = ScriptedModel("We are open.", "Until six.", takes_documents=True)
    bot = Listening(agent(model), Ears())
    async with conversation(bot, turns=TURNS) as person:
        await person.sends(note("are you open"), "audio/ogg", kind="document", filename="question.ogg")
        await person.says("until when?")
        assert person.heard == ["We are open.", "Until six."]
    assert model.asked[0].messages == (Said("user", "[document: question.ogg] are you open"),)
    assert model.asked[1].messages[0] == Said("user", "[audio] are you open")


def test_what_is_heard_can_be_read() -> None:
    def reads(kind: EventKind, turns: TurnPolicy) -> bool:
        return can_read(Inbound(kind=kind), turns)

    words_only = TurnPolicy(reads=("text",))
    assert [reads(kind, words_only) for kind in ("text", "voice", "audio", "image")] == [True, False, False, False]
    hearing = TurnPolicy(reads=("text",), hears=True)
    assert [reads(kind, hearing) for kind in ("text", "voice", "audio", "image")] == [True, True, True, False]
    pictures_only = TurnPolicy(reads=("image",), hears=True)
    assert not reads("voice", pictures_only)
