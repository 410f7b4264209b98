"""What is known of templates, where they are sent: looked up when one is said and once more before its call.

Kept for a second, so that a thousand reminders ask the store once; contents that are no templates ask nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

import msgspec

from turnkeeper.channels.base import ChannelAdapter
from turnkeeper.engine.clock import Clock
from turnkeeper.model.contents import Content, Reply, Template
from turnkeeper.model.errors import StoreError
from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.model.outbound import Rejected
from turnkeeper.model.policy import Channel
from turnkeeper.model.templates import TemplateDefinition, TemplateRow
from turnkeeper.rules.templates import misfits
from turnkeeper.store.templates import TemplateRecords

FRESH = 1.0
"""Seconds for which what the store told is believed."""
_definition = msgspec.json.Decoder(TemplateDefinition).decode
Named = tuple[str, str]
"""A template's name and language."""


_Key = tuple[WorkspaceId, ChannelId, str, str]
_MOST = 10_000


class _Known(NamedTuple):
    at: float
    row: TemplateRow | None


def definition_in(row: TemplateRow) -> TemplateDefinition:
    """What a row defines, in the status and category that were told last."""
    return replace(_definition(row.definition), status=row.status, category=row.category)


class TemplateLookup:
    """Templates by channel, name and language, as they were told of last."""

    def __init__(self, store: TemplateRecords, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[_Key, _Known] = {}
        self._asking: dict[_Key, asyncio.Lock] = {}

    async def find(self, channel: Channel, name: str, language: str) -> TemplateRow | None:
        """None: nothing is known of it. While the store is away, what was known before counts."""
        key = (channel.workspace_id, channel.id, name, language)
        if self._is_old(key):
            async with self._asking.setdefault(key, asyncio.Lock()):
                if self._is_old(key):
                    await self._ask(key)
        return self._known[key].row

    def _is_old(self, key: _Key) -> bool:
        known = self._known.get(key)
        return known is None or self._clock.monotonic() - known.at > FRESH

    async def _ask(self, key: _Key) -> None:
        try:
            row = await self._store.template(*key)
        except StoreError:
            row = self._known[key].row if key in self._known else None
        if len(self._known) >= _MOST:
            self._known.clear()
            self._asking.clear()
        self._known[key] = _Known(self._clock.monotonic(), row)

    async def definition(self, channel: Channel, name: str, language: str) -> TemplateDefinition | None:
        """What it wants to be given; None: nobody knows."""
        row = await self.find(channel, name, language)
        return None if row is None else definition_in(row)

    async def definitions(
        self, channel: Channel, replies: Iterable[Reply | Content]
    ) -> dict[Named, TemplateDefinition]:
        """Of the templates among them, those that are known."""
        found: dict[Named, TemplateDefinition] = {}
        for said in replies:
            if isinstance(said, Template):
                definition = await self.definition(channel, said.name, said.language)
                if definition is not None:
                    found[said.name, said.language] = definition
        return found

    async def refusal(self, channel: Channel, template: Template, adapter: ChannelAdapter[Any]) -> Rejected | None:
        """Why it would not go through now, so that nobody need be asked; None: nothing speaks against it."""
        row = await self.find(channel, template.name, template.language)
        if row is None:
            return None
        if row.status and row.status != "APPROVED":
            return Rejected(f"template_{row.status.lower()}", f"{template.name}: {why_not(adapter, row)}", "operator")
        if wrong := misfits(template, definition_in(row)):
            return Rejected("template_misfit", f"{template.name}: {'; '.join(wrong)}")
        return None


def why_not(adapter: ChannelAdapter[Any], row: TemplateRow) -> str:
    """Why a template is not sent, in words; "" for one that is."""
    words = getattr(adapter, "why_not", None)
    if words is not None:
        told: str = words(row.status, row.reason)
        return told
    return "" if row.status == "APPROVED" else f"its status is {row.status.lower()}"
