"""What bots are told changes while they run; what cannot be read leaves what was known."""

import asyncio
import os
from collections.abc import Sequence
from pathlib import Path

import pytest

from turnkeeper.engine.prompts import EVERY, LARGEST, Prompts
from turnkeeper.model.agents import PromptVersion
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.ids import DEFAULT_WORKSPACE, BotId, WorkspaceId
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.events import Channels

BOT = BotId("assistant")


class Database:
    """Has prompts, or is away, or is broken."""

    def __init__(self) -> None:
        self.prompts: list[PromptVersion] = []
        self.error: Exception | None = None
        self.asked = 0

    async def published_prompts(self) -> Sequence[PromptVersion]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self.prompts


def version(text: str, number: int = 1, workspace: str = DEFAULT_WORKSPACE) -> PromptVersion:
    return PromptVersion(WorkspaceId(workspace), BOT, number, text, "published", 1.0, 2.0)


def told(prompts: Prompts, workspace: str = DEFAULT_WORKSPACE) -> str | None:
    found = prompts.find(WorkspaceId(workspace), BOT)
    return None if found is None else found.text


@in_virtual_time
async def test_what_is_published_is_in_effect_within_5_s() -> None:
    store = SqliteStore(":memory:", Channels(), inline=True)
    await store.open()
    await store.migrate()
    machines = [Prompts(store), Prompts(store)]
    tasks = [asyncio.ensure_future(prompts.run()) for prompts in machines]
    await asyncio.sleep(1.0)  # the second machine's rhythm is another
    for number, text in enumerate(["You help.", "You help a lot."], 1):
        await store.draft_prompt(DEFAULT_WORKSPACE, BOT, text, "", 1.0)
        await store.publish_prompt(DEFAULT_WORKSPACE, BOT, number, 2.0)
        await asyncio.sleep(5.0)
        assert [told(prompts) for prompts in machines] == [text, text]
    await store.publish_prompt(DEFAULT_WORKSPACE, BOT, None, 3.0)
    await asyncio.sleep(5.0)
    assert [told(prompts) for prompts in machines] == [None, None]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await store.close()


@pytest.mark.parametrize("error", [StoreUnavailable("away"), RuntimeError("a bug")])
@in_virtual_time
async def test_while_it_cannot_be_asked_the_last_ones_stay(error: Exception) -> None:
    database = Database()
    database.prompts = [version("You help."), version("Coffee?", workspace="cafe")]
    prompts = Prompts(database)
    await prompts.look()
    task = asyncio.ensure_future(prompts.run())
    database.error, database.prompts = error, [version("new", 2)]
    await asyncio.sleep(3 * EVERY + 0.1)
    assert database.asked == 4
    assert (told(prompts), told(prompts, "cafe"), told(prompts, "other")) == ("You help.", "Coffee?", None)
    database.error = None
    await asyncio.sleep(EVERY)
    assert (told(prompts), told(prompts, "cafe")) == ("new", None)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_a_file_is_followed_and_a_broken_one_keeps_the_last_text(tmp_path: Path) -> None:
    path = tmp_path / "prompt.md"
    path.write_text("You help.\n", "utf-8")
    prompts = Prompts(Database(), {BOT: path})
    assert told(prompts) is None
    await prompts.look()
    found = prompts.find(DEFAULT_WORKSPACE, BOT)
    assert found is not None
    assert (found.text, found.version) == ("You help.", 0)
    broken: list[tuple[str, bytes]] = [
        ("empty", b" \n"),
        ("not UTF-8", b"\xff\xfe"),
        ("too large", b"x" * (LARGEST + 1)),
    ]
    for label, body in broken:
        path.write_bytes(body)
        await prompts.look()
        assert told(prompts) == "You help.", label
    path.unlink()
    await prompts.look()
    assert told(prompts) == "You help."
    path.write_text("Tu aides.", "utf-8")
    await prompts.look()
    assert told(prompts) == "Tu aides."
    beside = tmp_path / "beside.md"  # as editors save
    beside.write_text("Sie helfen", "utf-8")
    os.utime(beside, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
    beside.replace(path)
    await prompts.look()
    assert told(prompts) == "Sie helfen"


async def test_what_is_published_goes_before_the_file(tmp_path: Path) -> None:
    path = tmp_path / "prompt.md"
    path.write_text("from the file", "utf-8")
    database = Database()
    prompts = Prompts(database, {BOT: path})
    database.prompts = [version("published")]
    await prompts.look()
    assert (told(prompts), told(prompts, "cafe")) == ("published", "from the file")
    database.prompts = []
    await prompts.look()
    assert told(prompts) == "from the file"
