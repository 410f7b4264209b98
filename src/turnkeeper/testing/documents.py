"""Documents for a bot to look things up in, in a test: kept in memory, read and searched as in production.

async with documents({"refunds.md": "# Refunds\\nWithin 14 days."}) as library:
    async with conversation(bot.with_library(library)) as person: …
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from turnkeeper.bots.library import Library
from turnkeeper.engine.searching import Searcher
from turnkeeper.knowledge.reading import read
from turnkeeper.model.ids import DEFAULT_WORKSPACE
from turnkeeper.model.knowledge import BaseKey, DocumentRow
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels

_BASE = BaseKey(DEFAULT_WORKSPACE, "documents")


@asynccontextmanager
async def documents(files: Mapping[str, str | bytes]) -> AsyncIterator[Library]:
    """A library of these files: names that tell the kind (`a.md`), and what is in them. Raises DocumentRefused."""
    store = SqliteStore(":memory:", Channels(), inline=True)
    await store.open()
    try:
        await store.migrate()
        for name, content in files.items():
            data = content.encode() if isinstance(content, str) else content
            document = read(name, data)
            row = DocumentRow(
                *_BASE, name, document.title, "upload", "", "kept", None, len(data), len(document.passages), 0.0
            )
            await store.put_document(row, document.passages)
        yield Library(Searcher(store), [_BASE])
    finally:
        await store.close()
