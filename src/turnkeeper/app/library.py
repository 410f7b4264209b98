"""The wiring of what bots look things up in: bases by the configuration, their folders, and who makes vectors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from turnkeeper.app.link import Link
from turnkeeper.bots.library import Library
from turnkeeper.config.errors import nearest
from turnkeeper.engine.searching import Embedder, Searcher
from turnkeeper.engine.shelving import Shelf, scanned
from turnkeeper.llm.providers import registry
from turnkeeper.llm.providers.later import LaterProvider, Loading
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.knowledge import BaseKey

if TYPE_CHECKING:
    from turnkeeper.config import Settings
    from turnkeeper.config.knowledge import KnowledgeKeys
    from turnkeeper.llm.base import Provider
    from turnkeeper.store.knowledge import KnowledgeRecords


OpenProvider = Callable[[str], "Provider"]
"""A configured provider by its name; the same one each time."""


class ProviderEmbedder:
    """A model of a configured provider, which is opened when its first vector is wanted."""

    def __init__(self, model: str, provider: OpenProvider) -> None:
        self.name = model
        self._provider = provider

    async def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """A vector for each text; raises ModelError."""
        name, _, model = self.name.partition("/")
        return await self._provider(name).embed(model, texts)


class Providers:
    """Those that make vectors in a process that has no bots. Their libraries are loaded with the first vector."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loading = Loading(registry.open_provider)
        self._open: dict[str, Provider] = {}

    def find(self, name: str) -> Provider:
        """A provider, opened once."""
        if name not in self._open:
            self._open[name] = LaterProvider(self._settings.provider(name), self._loading)
        return self._open[name]

    async def close(self) -> None:
        """Close every connection."""
        self._loading.close()
        for provider in self._open.values():
            await provider.close()


def base_of(settings: Settings, name: str) -> tuple[BaseKey, KnowledgeKeys]:
    """A base by its name in the configuration. Raises ConfigurationError."""
    keys = settings.knowledge.get(name)
    if keys is None:
        mend = nearest(name, list(settings.knowledge)) if settings.knowledge else f"Add [knowledge.{name}]."
        raise ConfigurationError(f"knowledge.{name}", "is not configured", mend)
    return BaseKey(WorkspaceId(keys.workspace), name), keys


def folder_of(settings: Settings, keys: KnowledgeKeys) -> Path | None:
    """The folder that a base follows."""
    return settings.folder / keys.folder if keys.folder else None


def shelves(settings: Settings, provider: OpenProvider) -> list[Shelf]:
    """Every base that something is to be done for while the server runs."""
    found = []
    for name in settings.knowledge:
        base, keys = base_of(settings, name)
        if keys.folder or keys.embeddings:
            embedder = ProviderEmbedder(keys.embeddings, provider) if keys.embeddings else None
            found.append(Shelf(base, folder_of(settings, keys), embedder))
    return found


def searcher(settings: Settings, store: KnowledgeRecords, provider: OpenProvider) -> Searcher:
    """Looking things up in all bases."""
    embedders: dict[BaseKey, Embedder] = {}
    for name in settings.knowledge:
        base, keys = base_of(settings, name)
        if keys.embeddings:
            embedders[base] = ProviderEmbedder(keys.embeddings, provider)
    return Searcher(store, embedders)


def library(settings: Settings, searcher: Searcher, names: Sequence[str]) -> Library:
    """The bases of these names, for a bot. Raises ConfigurationError."""
    return Library(searcher, [base_of(settings, name)[0] for name in names])


def examine_folders(settings: Settings) -> Iterator[Link]:
    """Whether the folders of documents are there, and how much in them would be read."""
    for name, keys in settings.knowledge.items():
        folder = folder_of(settings, keys)
        if folder is None:
            continue
        found = scanned(folder)
        if found is None:
            mend = f"Make it, or mend knowledge.{name}.folder."
            yield Link(f"knowledge {name}", "broken", f"{keys.folder} is no folder", mend)
        else:
            yield Link(f"knowledge {name}", "ok", f"{len(found):,} documents in {keys.folder}")
