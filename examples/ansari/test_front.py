"""The front's own tests: `python -m pytest test_front.py`. The backend is a fake, the engine is the real one."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from turnkeeper.app.backends import remote_bot
from turnkeeper.config import load
from turnkeeper.engine.http import Client
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.fake_ansari import FakeAnsari, Fault
from turnkeeper.testing.loopback import InProcess
from turnkeeper.testing.virtual_time import VirtualClock

FRONT = load(Path(__file__).with_name("turnkeeper.toml"), secrets=False).bots["front"]
HOUR = 3600.0


@asynccontextmanager
async def talking() -> AsyncIterator[tuple[Person, FakeAnsari]]:
    """Somebody on WhatsApp, and the backend behind the front."""
    key = FRONT.keys.api_key.get_secret_value()
    ansari = FakeAnsari(key, first=5.0, pause=2.0, now=VirtualClock().now)
    client = Client(transport=InProcess(ansari))
    async with conversation(remote_bot(FRONT.keys, client), turns=FRONT.turns) as person:
        yield person, ansari
    await client.close()


@in_virtual_time
async def test_two_messages_are_one_question_in_one_thread() -> None:
    async with talking() as (person, ansari):
        ansari.answers.append("Patience is **half** of faith.")
        await person.says("I have a question", "What is patience?")
        assert person.heard == ["Patience is *half* of faith."]
        assert [each.title for each in ansari.threads.values()] == ["I have a question What is"]


@in_virtual_time
async def test_a_thread_ends_after_three_hours_of_silence() -> None:
    async with talking() as (person, ansari):
        await person.says("What is patience?")
        await person.waits(3 * HOUR + 60)
        await person.says("And what is hope?")
        assert len(ansari.threads) == 2


@in_virtual_time
async def test_an_answer_that_breaks_off_costs_one_apology() -> None:
    async with talking() as (person, ansari):
        ansari.faults.append(Fault("message", "cut", after=2_000))
        await person.says("What is patience?")
        assert person.heard == [FRONT.keys.fixed_reply]
        assert ansari.times("message") == 1
