"""What `turnkeeper knowledge …` does: the same that the server does, now and by hand."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from turnkeeper.app.database import existing, migrate_store, reached
from turnkeeper.app.library import ProviderEmbedder, Providers, base_of, folder_of, searcher
from turnkeeper.config import Settings
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.searching import Search
from turnkeeper.engine.shelving import Filing, Librarian, Shelf, Stepped, Tell
from turnkeeper.knowledge.apart import ReaderProcess
from turnkeeper.llm.base import ModelError
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.knowledge import DocumentRow
from turnkeeper.store.base import Store
from turnkeeper.store.knowledge import BaseRow


class Listed(NamedTuple):
    """A base as it stands."""

    name: str
    workspace: str
    folder: str
    embeddings: str
    base: BaseRow
    documents: list[DocumentRow]


class Synced(NamedTuple):
    """What came of bringing a base up to date. `told`: what could not be done."""

    name: str
    stepped: Stepped
    vectors: int = 0
    told: str = ""


def chosen(settings: Settings, name: str | None) -> str:
    """The base that is meant; raises ConfigurationError where that is not clear."""
    if name is None and len(settings.knowledge) == 1:
        return next(iter(settings.knowledge))
    if name is None:
        there = ", ".join(settings.knowledge)
        mend = f"Name one of {there} with --base." if there else "Add [knowledge.NAME] to the configuration."
        raise ConfigurationError("--base", "is missing" if there else "there is no base yet", mend)
    base_of(settings, name)
    return name


@asynccontextmanager
async def _made(settings: Settings) -> AsyncIterator[Store]:
    await migrate_store(settings)
    async with reached(settings) as store:
        yield store


async def add(settings: Settings, name: str, files: Iterable[Path], tell: Tell) -> list[DocumentRow]:
    """Put files into a base, each under its name. Raises ConfigurationError for one that the folder has."""
    base, keys = base_of(settings, name)
    reader, paths = ReaderProcess(), list(files)
    try:
        async with _made(settings) as store:
            known = {row.key: row for row in await store.documents(base)}
            for path in paths:
                if path.name in known and known[path.name].origin == "folder":
                    mend = f"Change it in {keys.folder}, or give yours another name."
                    raise ConfigurationError(path.name, "is in the folder of this base", mend)
            filing, rows = Filing(store, reader, base), []
            for done, path in enumerate(paths):
                tell(path.name, done, len(paths))
                rows.append(await filing.put(path.name, path, time.time(), known.get(path.name), "upload"))
            return rows
    finally:
        await reader.close()


async def remove(settings: Settings, name: str, keys: Iterable[str]) -> int:
    """Forget documents; how many there were."""
    async with existing(settings) as store:
        return await store.remove_documents(base_of(settings, name)[0], list(keys))


async def sync(settings: Settings, names: Iterable[str], tell: Tell) -> list[Synced]:
    """Bring bases in step with their folders now, and make the vectors that are missing."""
    reader, found = ReaderProcess(), []
    try:
        async with _made(settings) as store:
            for name in names:
                base, keys = base_of(settings, name)
                folder = folder_of(settings, keys)
                if folder is not None and not folder.is_dir():
                    mend = "Make it, or name another."
                    raise ConfigurationError(f"knowledge.{name}.folder", f"{keys.folder} is no folder", mend)
                librarian = Librarian(store, reader, Shelf(base, folder), SystemClock())
                found.append(
                    Synced(name, await librarian.step(tell), *await _embed(settings, keys.embeddings, librarian, tell))
                )
    finally:
        await reader.close()
    return found


async def _embed(settings: Settings, model: str, librarian: Librarian, tell: Tell) -> tuple[int, str]:
    """How many vectors were made, and why there are not more."""
    if not model:
        return 0, ""
    providers = Providers(settings)
    try:
        return await librarian.embed(ProviderEmbedder(model, providers.find), tell), ""
    except (ModelError, TimeoutError) as error:
        return 0, f"{model}: {str(error) or type(error).__name__}"
    finally:
        await providers.close()


async def listed(settings: Settings) -> list[Listed]:
    """Every configured base with its documents."""
    found = []
    async with existing(settings) as store:
        for name in settings.knowledge:
            base, keys = base_of(settings, name)
            found.append(
                Listed(
                    name,
                    keys.workspace,
                    keys.folder,
                    keys.embeddings,
                    await store.find_base(base),
                    await store.documents(base),
                )
            )
    return found


async def search(settings: Settings, name: str, question: str, most: int) -> Search:
    """What a base has on a question."""
    providers = Providers(settings)
    try:
        async with existing(settings) as store:
            found = searcher(settings, store, providers.find)
            return await found.search([base_of(settings, name)[0]], question, most)
    finally:
        await providers.close()
