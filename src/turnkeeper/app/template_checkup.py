"""The doctor's look at templates that the configuration names: whoever is to be sent one finds out too late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from turnkeeper import app
from turnkeeper.app.link import Link
from turnkeeper.config import Settings
from turnkeeper.config.events import ChatSubscriptionKeys
from turnkeeper.engine.templates import definition_in, why_not
from turnkeeper.model.contents import Template
from turnkeeper.model.policy import Channel
from turnkeeper.model.templates import TemplateRow
from turnkeeper.rules.templates import misfits
from turnkeeper.store.base import Store


class _Named(NamedTuple):
    """A template, the key that names it, and the channels of which it must be on one."""

    key: str
    template: Template
    channels: list[Channel]


async def examine_templates(store: Store, settings: Settings, known: Sequence[Channel]) -> list[Link]:
    """A warning for each that would not go through. `known`: the channels whose templates have been asked for."""
    rows = {channel.id: await store.templates(channel.workspace_id, channel.id) for channel in known}
    found: list[Link] = []
    for key, template, channels in _named(settings, known):
        wrong = [_wrong(template, channel, rows[channel.id]) for channel in channels]
        if wrong and all(wrong):
            mend = "`turnkeeper template list` shows those that there are; `template push` submits one."
            found.append(Link(f"template {template.name}", "warning", f"{key} names it: {wrong[0]}", mend))
    return found


def _named(settings: Settings, known: Sequence[Channel]) -> Iterator[_Named]:
    for channel in known:
        fallback = channel.turns.fallback_template
        if fallback is not None:
            template = Template(fallback.name, fallback.language, fallback.body, named=dict(fallback.named))
            yield _Named(f"bots.{channel.bot_id}.fallback_template", template, [channel])
    for name, keys in settings.subscriptions.items():
        if isinstance(keys, ChatSubscriptionKeys) and keys.template:
            template_name, _, language = keys.template.partition("/")
            template = Template(template_name, language, ("notice",))
            here = [channel for channel in known if channel.id == keys.channel]
            yield _Named(f"subscriptions.{name}.template", template, here)
    for sequence in {each.name: each for channel in known for each in channel.turns.sequences.values()}.values():
        for step in sequence.steps:
            if step.template is not None:
                yield _Named(f"sequences.{sequence.name}", step.template, list(known))


def _wrong(template: Template, channel: Channel, rows: Sequence[TemplateRow]) -> str:
    """Why it would not go through on a channel; "" where it would."""
    row = next((row for row in rows if (row.name, row.language) == (template.name, template.language)), None)
    if row is None:
        languages = ", ".join(row.language for row in rows if row.name == template.name)
        return f"{channel.id} has it only in {languages}" if languages else f"{channel.id} has no such template"
    if row.status not in ("", "APPROVED"):
        return f"on {channel.id} {why_not(app.adapter(channel.kind), row)}"
    return "; ".join(misfits(template, definition_in(row)))
