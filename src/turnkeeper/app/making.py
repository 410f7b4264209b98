"""Making things in the console: a table is checked by the words of the file, sealed, and kept as a document.

What counts is always the file and all documents together, so a change that would break another document is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from secrets import choice
from typing import TYPE_CHECKING

from turnkeeper.config import load
from turnkeeper.config.stored import LARGEST, SECTIONS, Document, address_keys, model_of, opened, sealed, secret_keys
from turnkeeper.model.configured import Configured, ConfiguredKey
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.web.api.bot_ports import ChangedMeanwhile, InUse, NotTaken
from turnkeeper.web.api.refusals import Wrong

if TYPE_CHECKING:
    from turnkeeper.config import Settings
    from turnkeeper.config.sealing import Sealing
    from turnkeeper.model.ids import WorkspaceId
    from turnkeeper.store.configured import ConfiguredRecords

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_ADDED = 4
_TRIES = 5
_LONGEST_NAME = 63


@dataclass(frozen=True, slots=True)
class Change:
    """What is changed in a table: keys that are set, and keys that are left to their default."""

    set: Mapping[str, object]
    unset: Sequence[str] = ()


class Making:
    """Documents over the file at `path`. `sealing` opens and seals their secrets."""

    def __init__(self, path: Path, store: ConfiguredRecords, sealing: Callable[[], Sealing]) -> None:
        self._path = path
        self._store = store
        self._sealing = sealing
        self._known: tuple[int, Settings] | None = None
        self._reading = asyncio.Lock()

    async def settings(self) -> Settings:
        """The file and all documents as they are now. Raises ConfigurationError for a file that is broken meanwhile."""
        revision = await self._store.configuration_revision()
        async with self._reading:
            if self._known is None or self._known[0] != revision:
                self._known = (revision, await self._read(await self._documents()))
            return self._known[1]

    async def check(self, key: ConfiguredKey, table: Mapping[str, object]) -> None:
        """Raises NotTaken for a table that will not do."""
        await self._check(await self._documents(), Document(key, 0, table))

    async def table(self, key: ConfiguredKey, change: Change) -> Mapping[str, object]:
        """What a document would say once it is changed, its secrets open."""
        for each in await self._documents():
            if each.key == key:
                return _changed(each, change)
        raise ChangedMeanwhile("it is not there any more")

    async def make(
        self, workspace_id: WorkspaceId, kind: str, wanted: str, table: Mapping[str, object], by: str, now: float
    ) -> Configured:
        """A new document under the name that is wanted, with something added where that is taken. Raises NotTaken."""
        documents = await self._documents()
        name = wanted
        for _ in range(_TRIES):
            key = ConfiguredKey(workspace_id, kind, name)
            if not self._is_taken(await self.settings(), documents, key):
                await self._check(documents, Document(key, 0, table))
                made = await self._store.put_configured(key, self._sealed(table, key), None, by, now)
                if made is not None:
                    return made
            name = f"{wanted[: _LONGEST_NAME - _ADDED - 1]}-{''.join(choice(_LETTERS) for _ in range(_ADDED))}"
        raise ChangedMeanwhile(f"the name {wanted} is taken")

    async def change(self, key: ConfiguredKey, change: Change, expected: int, by: str, now: float) -> Configured:
        """Change a document of the revision `expected`. A secret that is not given anew stays, unless the address is
        changed. Raises NotTaken, ChangedMeanwhile."""
        documents = await self._documents()
        before = next((each for each in documents if each.key == key), None)
        if before is None or before.revision != expected:
            raise ChangedMeanwhile("it was changed meanwhile: read it again")
        table = _changed(before, change)
        await self._check(documents, Document(key, 0, table))
        changed = await self._store.put_configured(key, self._sealed(table, key), expected, by, now)
        if changed is None:
            raise ChangedMeanwhile("it was changed meanwhile: read it again")
        return changed

    async def drop(self, key: ConfiguredKey) -> None:
        """Delete a document. Raises InUse where another one names it, ChangedMeanwhile where it is not there."""
        documents = await self._documents()
        left = [each for each in documents if each.key != key]
        if len(left) == len(documents):
            raise ChangedMeanwhile("it is not there any more")
        broken = await self._broken_in(await self._read(left))
        if broken:
            named = ", ".join(f"{SECTIONS.get(each.kind, each.kind)}.{each.name}" for each in broken)
            raise InUse(f"it is used by {named}: change that first")
        if not await self._store.drop_configured(key):
            raise ChangedMeanwhile("it is not there any more")

    async def _documents(self) -> list[Document]:
        sealing = self._sealing()
        return [opened(row, sealing) for row in await self._store.all_configured()]

    async def _read(self, documents: Sequence[Document]) -> Settings:
        return await asyncio.to_thread(load, self._path, documents=documents)

    def _is_taken(self, settings: Settings, documents: Sequence[Document], key: ConfiguredKey) -> bool:
        """Whether the file or anybody's document has the name."""
        of_file: dict[str, Container[object]] = {
            "bot": settings.bots,
            "provider": settings.providers,
            "knowledge": settings.knowledge,
            "channel": {each.id: each for each in settings.channels},
        }
        named = {each.key.name for each in documents if each.key.kind == key.kind}
        return key.name in named or key.name in of_file.get(key.kind, {})

    async def _check(self, documents: Sequence[Document], document: Document) -> None:
        """Raises NotTaken for what is wrong with a document, or would be with another one because of it."""
        settings = await self._read([*(each for each in documents if each.key != document.key), document])
        wrongs = settings.problems.get(document.key, ())
        if wrongs:
            raise NotTaken([placed(each, document) for each in wrongs])
        broken = await self._broken_in(settings)
        if broken:
            raise NotTaken([Wrong("", f"{each.name} ({each.kind}) would not work any more") for each in broken])

    async def _broken_in(self, after: Settings) -> list[ConfiguredKey]:
        """Documents that are good now and would not be then."""
        now = (await self.settings()).problems
        return [key for key in after.problems if key not in now]

    def _sealed(self, table: Mapping[str, object], key: ConfiguredKey) -> bytes:
        try:
            document = sealed(table, key, self._sealing())
        except UnicodeEncodeError:  # half of a pair, which JSON can hold
            raise NotTaken([Wrong("", "a text holds half a character", "Enter the texts again.")]) from None
        if len(document) > LARGEST:
            raise NotTaken([Wrong("", f"all settings together are larger than {LARGEST} bytes")])
        return document


def _changed(before: Document, change: Change) -> dict[str, object]:
    """Raises NotTaken where a secret would be kept while the address is changed that it is sent to: whoever may change
    settings could have it sent to an address of their own, and read it there."""
    kept = {name: value for name, value in before.table.items() if name not in change.unset}
    table = {**kept, **change.set}
    model = model_of(before.key.kind, table.get("kind"))
    if model is not None and _addresses(before.key.kind, before.table) != _addresses(before.key.kind, table):
        again = {*secret_keys(model)} - {*change.set, *getattr(model, "made", ())}
        told = [Wrong(each, "was entered for another address", "Enter it again.") for each in again if table.get(each)]
        if told:
            raise NotTaken(sorted(told, key=lambda each: each.where))
    return table


def _addresses(kind: str, table: Mapping[str, object]) -> tuple[object, dict[str, object]]:
    """Where the secrets of a table are sent: each kind of provider has addresses of its own."""
    model = model_of(kind, table.get("kind"))
    names = () if model is None else address_keys(model)
    return table.get("kind"), {each: table.get(each) or model.model_fields[each].default for each in names}  # type: ignore[union-attr]


def placed(error: ConfigurationError, document: Document) -> Wrong:
    """What is wrong, by the key's own name."""
    where = error.key.removeprefix(document.at).removeprefix(".")
    return Wrong(where, error.problem, error.mend)


def without_secrets(document: Document) -> dict[str, object]:
    """A document's table as it may be shown."""
    model = model_of(document.key.kind, document.table.get("kind"))
    hidden = set(document.table) if model is None else set(secret_keys(model))
    return {name: value for name, value in document.table.items() if name not in hidden}
