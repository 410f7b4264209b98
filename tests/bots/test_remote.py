"""An existing backend answers: the engine as in production, the backend a fake that keeps what it was asked."""

import asyncio
import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest

from turnkeeper.app.backends import remote_bot
from turnkeeper.bots.remote.bot import THREAD
from turnkeeper.config.remote import RemoteKeys
from turnkeeper.engine.http import Client
from turnkeeper.llm.base import ModelAway
from turnkeeper.llm.chain import Chain
from turnkeeper.model.conversation import Mode
from turnkeeper.model.llm import ModelChoice
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.events import ADA, text
from turnkeeper.testing.fake_ansari import FakeAnsari, Fault
from turnkeeper.testing.http import Reply, Request
from turnkeeper.testing.loopback import InProcess
from turnkeeper.testing.models import ScriptedModel
from turnkeeper.testing.virtual_time import VirtualClock

SORRY = "Sorry, no answer now."
HOUR = 3600.0
TURNS = TurnPolicy(adaptive=False, rate_limit=None, session_ttl=3 * HOUR, reads=("text",))


SLOWLY = TurnPolicy(adaptive=False, rate_limit=None, quiet=1.0, max_wait=1.0, reads=("text",))


def keys(**changed: Any) -> RemoteKeys:
    table = {
        "kind": "remote",
        "preset": "ansari",
        "base_url": "http://ansari.test",
        "api_key": "key",
        "fixed_reply": SORRY,
    }
    return RemoteKeys.model_validate(table | changed)


@asynccontextmanager
async def talking(
    turns: TurnPolicy = TURNS, changed: Mapping[str, Any] = {}, chain: Chain | None = None, **fake: Any
) -> AsyncIterator[tuple[Person, FakeAnsari]]:
    ansari = FakeAnsari("key", now=VirtualClock().now, **fake)
    client = Client(transport=InProcess(ansari))
    async with conversation(remote_bot(keys(**changed), client, chain), turns=turns) as person:
        yield person, ansari
    await client.close()


@in_virtual_time
async def test_a_person_is_registered_once_and_their_session_is_one_thread() -> None:
    async with talking() as (person, ansari):
        ansari.answers += ["first", "second"]
        await person.says("Was ist die Geduld, und warum ist sie schwer?")
        await person.says("und dann?")
        assert person.heard == ["first", "second"]
        assert ansari.users == {ADA: ("user-1", "de")}
        assert [(each.title, len(each.messages)) for each in ansari.threads.values()] == [
            ("Was ist die Geduld, und warum", 4)
        ]
        assert [ansari.times(call) for call in ("exists", "register", "thread", "message")] == [1, 1, 1, 2]
        assert person.state == {THREAD: "thread-1"}


@in_virtual_time
async def test_a_thread_older_than_three_hours_is_replaced() -> None:
    async with talking() as (person, ansari):
        await person.says("hello")
        await person.waits(2.9 * HOUR)
        await person.says("still there?")
        assert len(ansari.threads) == 1
        await person.waits(3.1 * HOUR)
        await person.says("good morning")
        assert [len(each.messages) for each in ansari.threads.values()] == [4, 2]
        assert ansari.times("register") == 1


@in_virtual_time
async def test_a_young_thread_of_the_backend_is_gone_on_with_though_our_session_is_lost() -> None:
    async with talking() as (person, ansari):
        ansari.users[ADA] = ("user-9", "en")
        ansari._thread(ADA, "from the system before")
        ansari.threads["thread-1"].messages.append(("user", "before", VirtualClock().now() - HOUR))
        await person.says("hello again")
        assert ansari.times("thread") == ansari.times("register") == 0
        assert len(ansari.threads["thread-1"].messages) == 3


@in_virtual_time
async def test_it_types_until_the_end_of_an_answer_of_minutes() -> None:
    async with talking(first=30.0, pause=8.0) as (person, _):
        await person.says("tell me everything")
        shown = person.typing_at
        assert len("".join(person.heard)) > 8_000
        assert shown[-1] - shown[0] > 180
        assert max(after - before for before, after in itertools.pairwise(shown)) <= 25


FAULTS = [
    ("dies in the middle", Fault("message", "cut", after=800), "broke off in the middle of its answer", 1),
    ("falls silent in the middle", Fault("message", "stall", after=800), "fell silent in the middle", 1),
    ("hangs", Fault("message", "hang"), "did not answer", 1),
    ("hangs up", Fault("message", "close"), "did not answer", 1),
    ("a web page", Fault("message", "page"), "no answer: a web page", 1),
    ("nothing", Fault("message", "empty"), "no answer: empty", 1),
    ("500", Fault("message", "status", status=500), "answered with status 500", 1),
    ("no threads", Fault("thread", "status", status=500), "thread: the backend answered with status 500", 0),
    ("refuses the key", Fault("exists", "status", status=401), "refuses the key (401)", 0),
    ("a page instead of JSON", Fault("register", "page"), "register: the backend answered with what is no JSON", 0),
]


@pytest.mark.parametrize("label, fault, why, told", FAULTS, ids=[row[0] for row in FAULTS])
def test_a_backend_that_fails_gets_one_apology_and_no_duplicate(label: str, fault: Fault, why: str, told: int) -> None:
    @in_virtual_time
    async def played() -> None:
        async with talking() as (person, ansari):
            ansari.faults.append(fault)
            await person.says("hello")
            assert person.heard == [SORRY]
            assert ansari.times("message") == told
            assert why in " ".join(str(each) for each in await person.moments())
            assert (await person.ledger()).states["answered"] == 1
            ansari.answers.append("here I am")
            await person.says("hello?")
            assert person.heard == [SORRY, "here I am"]

    played()


@in_virtual_time
async def test_what_has_surely_not_arrived_is_told_again() -> None:
    async with talking() as (person, ansari):
        ansari.answers.append("an answer")
        ansari.faults += [Fault("message", "status", status=429), Fault("exists", "status", status=503)]
        await person.says("hello")
        assert person.heard == ["an answer"]
        assert (ansari.times("exists"), ansari.times("message")) == (2, 2)
        assert len(ansari.threads["thread-1"].messages) == 2


@in_virtual_time
async def test_a_thread_that_the_backend_has_lost_is_replaced_at_once() -> None:
    async with talking() as (person, ansari):
        ansari.answers += ["one", "two"]
        await person.says("hello")
        ansari.threads.clear()
        await person.says("and now?")
        assert person.heard == ["one", "two"]
        assert person.state == {THREAD: "thread-1"}
        assert ansari.times("thread") == 2


@in_virtual_time
async def test_a_backend_may_say_404_of_people_and_threads_that_it_does_not_know() -> None:
    async with talking() as (person, ansari):
        ansari.answers.append("an answer")
        ansari.faults += [Fault("exists", "status", status=404), Fault("last", "status", status=404)]
        await person.says("hello")
        assert person.heard == ["an answer"]
        assert (ansari.times("register"), ansari.times("thread")) == (1, 1)


@in_virtual_time
async def test_a_worker_killed_in_the_middle_of_an_answer_tells_nothing_twice() -> None:
    async with talking(pause=1.0) as (person, ansari):
        await person.writes("hello")
        await until(lambda: ansari.times("message") == 1)
        await asyncio.sleep(5)
        await person.survives_a_crash()
        await person.rests()
        assert person.heard == [SORRY]
        assert (ansari.times("message"), ansari.times("thread")) == (1, 1)
        assert "cut off while the backend was answering" in " ".join(str(each) for each in await person.moments())


@pytest.mark.parametrize("lives", [1, 2])
def test_a_worker_killed_at_any_moment_costs_an_apology_at_most(lives: int) -> None:
    heard = [killed_after(tenths / 10, lives) for tenths in range(1, 50, 2)]
    assert set(heard) == {"an answer", SORRY}


@in_virtual_time
async def killed_after(seconds: float, lives: int) -> str:
    """What somebody hears whose worker is killed so long after the turn began, and each after it too."""
    async with talking(SLOWLY, first=1.0, pause=0.5, piece=2, takes=0.3) as (person, ansari):
        ansari.answers.append("an answer")
        await person.writes("hello")
        await asyncio.sleep(SLOWLY.quiet)
        for _ in range(lives):
            await asyncio.sleep(seconds)
            await person.survives_a_crash()
        await person.rests()
        assert ansari.times("message") <= 1
        assert len(ansari.threads) == 1
        (heard,) = person.heard
        return heard


@in_virtual_time
async def test_a_worker_killed_before_the_message_left_goes_on_with_the_same_thread() -> None:
    """The thread was made, and nobody heard that it was."""
    async with talking() as (person, ansari):
        ansari.answers.append("an answer")
        ansari.faults.append(Fault("thread", "lost"))
        await person.writes("hello")
        await until(lambda: bool(ansari.threads))
        await person.survives_a_crash()
        await person.rests()
        assert person.heard == ["an answer"]
        assert list(ansari.threads) == ["thread-1"]


@in_virtual_time
async def test_a_newer_message_waits_once_the_backend_was_told() -> None:
    async with talking(pause=1.0) as (person, ansari):
        ansari.answers += ["x" * 4_000, "second"]
        await person.writes("hello")
        await until(lambda: ansari.times("message") == 1)
        await person.says("one more thing")
        told = [each.fields["message"] for each in ansari.asked if each.call == "message"]
        assert told == ["hello", "one more thing"]
        assert person.heard[-1] == "second"


@in_virtual_time
async def test_somebody_without_a_number_is_known_by_their_address() -> None:
    async with talking() as (person, ansari):
        await person.does(text("hello", addresses=("user:US.42",)))
        await until(lambda: bool(ansari.times("message")))
        assert list(ansari.users) == ["user:US.42"]


@in_virtual_time
async def test_a_picture_alone_gets_the_polite_sentence() -> None:
    async with talking() as (person, ansari):
        await person.sends(b"\x89PNG\r\n\x1a\n", "image/png")
        assert person.heard == [TURNS.unsupported_reply]
        assert ansari.asked == []


@in_virtual_time
async def test_who_takes_up_the_offer_of_a_person_gets_one() -> None:
    offer = {"fixed_reply": "Shall I ask a person?", "handover_reply": "Done."}
    async with talking(changed=offer) as (person, ansari):
        ansari.faults.append(Fault("message", "close"))
        await person.says("hello")
        assert (person.heard, person.offered) == (["Shall I ask a person?"], ["Yes, please", "No, thanks"])
        await person.says("yes please")
        assert person.heard[1:] == ["Done."]
        assert await person.is_answered_by(Mode.HUMAN)
        assert ansari.times("message") == 1


@in_virtual_time
async def test_who_wants_nobody_is_not_offered_the_same_again_at_once() -> None:
    async with talking(changed={"fixed_reply": "Shall I ask a person?"}) as (person, ansari):
        ansari.faults += [Fault("message", "close"), Fault("message", "close"), Fault("message", "close")]
        await person.says("hello")
        await person.taps("No, thanks")
        assert person.heard == ["Shall I ask a person?"]
        await person.says("hello again")
        assert person.heard == ["Shall I ask a person?"] * 2


@in_virtual_time
async def test_the_same_exchange_again_and_again_ends_with_a_person() -> None:
    async with talking() as (person, ansari):
        ansari.answers += ["I did not understand that, please say it again."] * 9
        for _ in range(9):
            await person.says("I did not understand that, could you say it again?")
        assert await person.is_answered_by(Mode.HUMAN)
        assert ansari.times("message") < 9


def scripted(line: Any) -> Chain:
    model = ScriptedModel(line)
    return Chain([(ModelChoice("some", "model"), model)], VirtualClock().now)


TRANSLATIONS = [
    ("it lacks the reader's language", "What is patience, please?", "Patience, they said.", True),
    ("the model is away", "What is patience, please?", ModelAway("no"), False),
    ("the reader reads Arabic", "ما هو الصبر يا أخي؟", "Patience, they said.", False),
]


@pytest.mark.parametrize("label, asked, line, is_added", TRANSLATIONS, ids=[row[0] for row in TRANSLATIONS])
def test_a_citation_without_the_readers_language_is_translated(
    label: str, asked: str, line: Any, is_added: bool
) -> None:
    @in_virtual_time
    async def played() -> None:
        async with talking(chain=scripted(line)) as (person, _):
            await person.says(asked)
            told = "\n".join(person.heard)
            third = told.partition("[3] Collection 3")[2].partition("[4] Collection")[0]
            assert "الصبر نصف الإيمان" in third
            assert ("Patience, they said." in third) == is_added
            assert told.count("they said") == is_added
            assert not person.raised

    played()


class Completing:
    """A backend that remembers nothing; what it was asked."""

    base_url = ""

    def __init__(self) -> None:
        self.asked: list[Any] = []
        self.keys: list[str | None] = []

    async def answer(self, request: Request) -> Reply:
        self.asked.append(json.loads(request.body)["messages"])
        self.keys.append(request.headers.get("authorization"))
        await asyncio.sleep(2)
        said = f"**answer** {len(self.asked)}"
        pieces = [json.dumps({"choices": [{"delta": {"content": each}}]}) for each in (said[:4], said[4:])]
        body = "".join(f"data: {each}\n\n" for each in (*pieces, "[DONE]"))
        return Reply(200, body.encode(), "text/event-stream")

    async def aclose(self) -> None: ...


COMPLETION = {
    "kind": "remote",
    "base_url": "http://chat.test/v1",
    "api_key": "sesame",
    "paths": {"message": "POST /chat/completions"},
    "bodies": {"message": {"model": "ours", "messages": "{history}", "stream": True}},
    "fields": {"piece": "choices.0.delta.content"},
    "history": 3,
}


@in_virtual_time
async def test_a_backend_that_remembers_nothing_is_told_what_was_said() -> None:
    backend = Completing()
    client = Client(transport=InProcess(backend))
    bot = remote_bot(RemoteKeys.model_validate(COMPLETION), client)
    async with conversation(bot, turns=TURNS) as person:
        for said in ("one", "two", "three"):
            await person.says(said)
        assert person.heard == ["*answer* 1", "*answer* 2", "*answer* 3"]
        assert backend.asked[2] == [
            {"role": "user", "content": "[What was said before is left out.]"},
            {"role": "assistant", "content": "**answer** 1"},
            {"role": "user", "content": "two"},
            {"role": "assistant", "content": "**answer** 2"},
            {"role": "user", "content": "three"},
        ]
        await person.writes("four")
        await until(lambda: len(backend.asked) == 4)
        await person.says("and five")
        assert backend.asked[4][-1] == {"role": "user", "content": "four\nand five"}
        assert person.heard[3:] == ["*answer* 5"]
        assert set(backend.keys) == {"Bearer sesame"}
    await client.close()


async def until(there: Callable[[], bool]) -> None:
    async with asyncio.timeout(300):
        while not there():
            await asyncio.sleep(0.1)
