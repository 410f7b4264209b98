"""What the commands on templates do: telling what is known, submitting new ones, and making one to send."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from turnkeeper import app
from turnkeeper.app.database import existing
from turnkeeper.app.link import PATIENCE
from turnkeeper.app.prices import place_of, price_in_words
from turnkeeper.app.trial import Refused
from turnkeeper.bots.templating import Header, made
from turnkeeper.config import Settings
from turnkeeper.engine.calling import on_behalf
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.http import Client
from turnkeeper.engine.template_sync import TemplateSyncing, has_templates, row_of
from turnkeeper.engine.templates import definition_in, why_not
from turnkeeper.model.contents import File, Location, Template
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.outbound import NotSent, Rejected
from turnkeeper.model.policy import Channel
from turnkeeper.model.templates import FoundTemplate, TemplateDefinition, TemplateDraft, TemplateRow, TemplateSync
from turnkeeper.rules import window
from turnkeeper.rules.rate_cards import Place
from turnkeeper.rules.template_drafts import problems
from turnkeeper.store.base import Store
from turnkeeper.text.template_preview import preview


@dataclass(frozen=True, slots=True)
class Listed:
    """A template as it is shown. `why`: why it is not sent, in words; `price`: in words too."""

    channel: str
    name: str
    language: str
    category: str
    status: str
    quality: str
    why: str
    price: str
    shown: str
    synced_at: float

    def as_words(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of channels' templates; `problems`: by channel, why they could not be asked for."""

    templates: Sequence[Listed]
    problems: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Pushed:
    """What became of a draft: `problems` before it was submitted, or what the provider said."""

    name: str
    language: str
    status: str
    category: str = ""
    problems: Sequence[str] = ()

    def as_words(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Ready:
    """A template that would go through now. `shown`: as the person sees it, None where nothing is known of it."""

    template: Template
    shown: str | None
    price: str
    status: str


def with_templates(settings: Settings, name: str | None = None) -> list[Channel]:
    """The channels of this environment that have templates, or the one of that name. Raises ConfigurationError."""
    able = [each for each in settings.channels_here if has_templates(app.adapter(each.kind))]
    if name is None:
        return able
    channel = settings.receiver(name).channel
    if channel not in able:
        mend = f"Those that have: {', '.join(each.id for each in able) or 'none'}."
        raise ConfigurationError("CHANNEL", f"{name} has no templates, or is not for this environment", mend)
    return [channel]


def only(settings: Settings, name: str | None) -> Channel:
    """The channel that is meant. Raises ConfigurationError where there are several, or none."""
    found = with_templates(settings, name)
    if len(found) != 1:
        mend = f"Say which with --channel: {', '.join(each.id for each in found)}." if found else "Add one."
        raise ConfigurationError("CHANNEL", f"{len(found) or 'no'} channels have templates", mend)
    return found[0]


async def known(settings: Settings, name: str | None, country: str, *, fresh: bool) -> Known:
    """The templates of a channel, or of all. `country`: whose price is told; `fresh`: ask the provider first."""
    told: list[Listed] = []
    problems_of: dict[str, str] = {}
    async with existing(settings) as store:
        for channel in with_templates(settings, name):
            if fresh:
                await _ask(store, channel)
            sync = await _sync(store, channel)
            if sync is None or (sync.synced_at is None and sync.problem is None):
                problems_of[channel.id] = "the provider was never asked for them: start the server, or use --fresh"
            elif sync.problem is not None:
                problems_of[channel.id] = sync.problem
            rows = await store.templates(channel.workspace_id, channel.id)
            told += [_listed(settings, channel, row, country) for row in rows]
    return Known(told, problems_of)


async def _ask(store: Store, channel: Channel) -> None:
    client = Client()
    try:
        syncing = TemplateSyncing(store, {channel.kind: app.adapter(channel.kind)}, [channel], client, SystemClock())
        await syncing.now(channel)
    finally:
        await client.close()


def _listed(settings: Settings, channel: Channel, row: TemplateRow, country: str) -> Listed:
    place = Place(country.upper() or None)
    definition = definition_in(row)
    return Listed(
        channel.id,
        row.name,
        row.language,
        row.category.lower(),
        row.status.lower(),
        row.quality.lower(),
        why_not(app.adapter(channel.kind), row),
        price_in_words(settings.rates, row.category, place, time.time(), window_open=False),
        preview(Template(row.name, row.language), definition),
        row.synced_at,
    )


async def push(settings: Settings, name: str | None, drafts: Sequence[TemplateDraft], *, replace: bool) -> list[Pushed]:
    """Submit drafts that nothing is wrong with; all of them, or none where something is. `replace`: those that are
    there get the new wording."""
    channel = only(settings, name)
    wrong = [Pushed(each.name, each.language, "wrong", problems=found) for each in drafts if (found := problems(each))]
    if wrong:
        return wrong
    async with existing(settings) as store:
        client = Client()
        try:
            there = {(row.name, row.language): row for row in await store.templates(channel.workspace_id, channel.id)}
            return [
                await _submitted(store, channel, client, each, there.get((each.name, each.language)), replace=replace)
                for each in drafts
            ]
        finally:
            await client.close()


async def _submitted(
    store: Store, channel: Channel, client: Client, draft: TemplateDraft, there: TemplateRow | None, *, replace: bool
) -> Pushed:
    adapter: Any = app.adapter(channel.kind)
    if there is not None and not replace:
        told = f"it is there already ({there.status.lower()}): --replace submits the new wording"
        return Pushed(draft.name, draft.language, "there", there.category.lower(), [told])
    if there is not None:
        calls = on_behalf(channel, adapter.edit_template(there.external_id, draft, channel.config))
    else:
        calls = on_behalf(channel, adapter.submit_template(draft, channel.config))
    found: FoundTemplate | NotSent | Rejected = await client.play(calls, timeout=PATIENCE)
    if isinstance(found, NotSent | Rejected):
        return Pushed(draft.name, draft.language, "refused", problems=[found.reason])
    await store.put_template(row_of(channel, found, time.time()))
    told_of = found.definition
    return Pushed(draft.name, draft.language, told_of.status.lower(), told_of.category.lower())


async def prepare(
    settings: Settings,
    store: Store,
    channel: Channel,
    address: str,
    name: str,
    language: str,
    body: Sequence[str],
    named: Mapping[str, str],
    header: str,
    buttons: Sequence[str],
) -> Ready:
    """A template made of words from a command line. Raises Refused where it would not go through."""
    rows = [row for row in await store.templates(channel.workspace_id, channel.id) if row.name == name]
    row = _chosen(rows, name, language, await _sync(store, channel))
    definition = None if row is None else definition_in(row)
    try:
        head = _header(header, definition)
        template = made(name, row.language if row else language, body, named, head, list(buttons), definition)
    except (ValueError, TypeError) as error:
        raise Refused(str(error), "`turnkeeper template show` tells what it wants to be given.") from None
    conversation = await store.find(channel.workspace_id, channel.id, address)
    now = time.time()
    is_open = conversation is not None and window.is_open(conversation, channel.sends, now)
    category = row.category if row is not None else ""
    price = price_in_words(settings.rates, category, place_of(address), now, window_open=is_open)
    shown = None if definition is None else preview(template, definition)
    why = "" if row is None else why_not(app.adapter(channel.kind), row)
    if why:
        raise Refused(f"{name}: {why}", "Choose another template, or wait until it is approved.")
    return Ready(template, shown, price, row.status.lower() if row else "unknown")


async def _sync(store: Store, channel: Channel) -> TemplateSync | None:
    key = (channel.workspace_id, channel.id)
    return next((each for each in await store.template_syncs() if (each.workspace_id, each.channel_id) == key), None)


def _chosen(rows: Sequence[TemplateRow], name: str, language: str, sync: TemplateSync | None) -> TemplateRow | None:
    """The one that is meant; None where nothing is known of any. Raises Refused."""
    if not rows and (sync is None or sync.synced_at is None) and language:
        return None
    if not rows:
        raise Refused(f"there is no template {name!r}", "`turnkeeper template list` tells which there are.")
    found = [row for row in rows if row.language == language] if language else list(rows)
    if len(found) != 1:
        languages = ", ".join(row.language for row in rows)
        what = f"{name} is there in {languages}" + (f", not in {language}" if language else "")
        raise Refused(what, "Say which with --language.")
    return found[0]


def _header(written: str, definition: TemplateDefinition | None) -> Header | None:
    """What a command line says of a header: words, a file's address, or a place."""
    if not written:
        return None
    kind = definition.header if definition is not None else None
    if kind == "location":
        parts = [part.strip() for part in written.split(",", 3)]
        try:
            return Location(float(parts[0]), float(parts[1]), parts[2], parts[3])
        except (ValueError, IndexError):
            raise ValueError("a place is written as latitude,longitude,name,address") from None
    is_file = kind in ("image", "video", "document") or (kind is None and written.startswith("https://"))
    return File(link=written) if is_file else written
