"""`turnkeeper escalation`: which conversations need a person, and giving one back."""

import asyncio
import json
from pathlib import Path

from tests.cli.agents import configured, run
from tests.contracts.world import World
from turnkeeper.app.database import existing, migrate_store
from turnkeeper.config import Settings
from turnkeeper.testing.events import ADA, Channels, channel


async def wanted(settings: Settings) -> str:
    async with existing(settings) as store:
        w = World(store, Channels(channel()), channel())
        await w.start()
        await w.hear("a person, please")
        turn = await w.turn()
        await w.commit(turn, handover="wants a person")
        return turn.run.key.id


def test_they_are_listed_and_given_back(tmp_path: Path) -> None:
    settings = configured(tmp_path)
    asyncio.run(migrate_store(settings))
    assert run(settings, "escalation", "list").stdout == "nobody is wanted\n"
    conversation = asyncio.run(wanted(settings))
    (listed,) = json.loads(run(settings, "escalation", "list", "--json").stdout)
    assert (listed["conversation"], listed["state"], listed["reason"]) == (conversation, "open", "wants a person")
    assert listed["addresses"] == [f"phone:{ADA}"]
    assert f"+{ADA} on shop  wants a person" in run(settings, "escalation", "list").stdout
    shown = run(settings, "contact", "show", conversation)
    assert "escalation    open since 20" in shown.stdout
    assert "wants a person" in shown.stdout
    assert run(settings, "escalation", "close", conversation).stdout == f"{conversation} is the bot's again\n"
    assert run(settings, "escalation", "list", "--json").stdout == "[]\n"
    told = json.loads(run(settings, "contact", "show", conversation, "--json").stdout)
    assert (told["escalation"]["state"], told["escalation"]["reason"]) == ("closed", "wants a person")
    again = run(settings, "escalation", "close", conversation)
    assert (again.exit_code, again.stderr.count("nobody is wanted in the conversation")) == (1, 1)
