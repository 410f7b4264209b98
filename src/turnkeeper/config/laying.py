"""What was made in the console laid over what the file says: read by the same words, each on its own.

A document that is wrong is left out, and its errors are kept beside it. The file's tables win on a name. A document
names things of its own workspace, and those of the file where the file serves that workspace.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, TypeVar

from turnkeeper.config.bots import ModelUserKeys
from turnkeeper.config.keys import ServerKeys
from turnkeeper.config.payments import payers
from turnkeeper.config.providers import PROVIDER_KINDS
from turnkeeper.config.settings import BotSettings, Receiver, served_by
from turnkeeper.config.stored import (
    SECTIONS,
    Document,
    addresses,
    beyond_the_console,
    is_exempt,
    model_of,
    plainly_internal,
)
from turnkeeper.model.configured import ConfiguredKey
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.ids import BotId, WorkspaceId

if TYPE_CHECKING:
    from turnkeeper.config.reading import Reading

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class There:
    """What is there so far; what documents say is added."""

    raw: Mapping[str, object]
    server: ServerKeys
    bots: MutableMapping[BotId, BotSettings | None]
    providers: MutableMapping[str, Any]
    tools: Mapping[str, Any]
    knowledge: MutableMapping[str, Any]
    transcribers: Mapping[str, Any]
    payments: Mapping[str, Any]
    sequences: Mapping[str, Any]
    receivers: list[Receiver]
    guarded: set[str] = field(default_factory=set)
    """Providers whose addresses a tenant wrote."""
    owners: dict[tuple[str, str], WorkspaceId] = field(default_factory=dict)
    """Whose what is that documents added, by section and name."""

    def serves(self, workspace_id: WorkspaceId) -> bool:
        """Whether a workspace may use what the file says."""
        return served_by(self.server, self.receivers, workspace_id)

    def visible(self, section: str, things: Mapping[Any, T], workspace_id: WorkspaceId) -> dict[Any, T]:
        """Of some things those that a workspace may name."""
        served = self.serves(workspace_id)
        found = {}
        for name, each in things.items():
            owner = self.owners.get((section, name))
            if owner == workspace_id or (owner is None and served):
                found[name] = each
        return found


class Laying:
    """One document after the other, those first that others name."""

    def __init__(self, reading: Reading, there: There) -> None:
        self._reading = reading
        self._there = there

    def lay(self, documents: Sequence[Document]) -> dict[ConfiguredKey, tuple[ConfigurationError, ...]]:
        """Add them; what is wrong with those that were left out."""
        problems: dict[ConfiguredKey, tuple[ConfigurationError, ...]] = {}
        order = list(SECTIONS)
        known = [each for each in documents if each.key.kind in SECTIONS]
        for document in sorted(known, key=lambda each: order.index(each.key.kind)):
            wrong = self.laid(document)
            if wrong:
                problems[document.key] = wrong
        return problems

    def laid(self, document: Document) -> tuple[ConfigurationError, ...]:
        """Add one; what is wrong with it, in which case it is not added."""
        reading, there = self._reading, self._there
        claims = (dict(reading.accounts), dict(reading.originals), len(there.receivers))
        with reading.apart() as wrong:
            self._read(document)
        if wrong:
            reading.accounts, reading.originals = claims[:2]
            del there.receivers[claims[2] :]
            if there.owners.pop((SECTIONS[document.key.kind], document.key.name), None) is not None:
                self._forget(document.key)
        return tuple(wrong)

    def _forget(self, key: ConfiguredKey) -> None:
        there = self._there
        things: dict[str, MutableMapping[Any, Any]]
        things = {"provider": there.providers, "knowledge": there.knowledge, "bot": there.bots, "channel": {}}
        things[key.kind].pop(key.name, None)

    def _read(self, document: Document) -> None:
        reading, key = self._reading, document.key
        section = SECTIONS[key.kind]
        if document.problem is not None:
            reading.errors.append(document.problem)
            return
        of_file = self._there.raw.get(section, {})
        if isinstance(of_file, dict) and key.name in of_file:
            reading.wrong(document.at, "stands in turnkeeper.toml too, which counts", "Give this one another name.")
            return
        reading.errors.extend(beyond_the_console(document))
        if reading.errors:
            return
        table = dict(document.table)
        if "workspace" in getattr(model_of(key.kind, table.get("kind")), "model_fields", {}):
            table["workspace"] = key.workspace_id
        self._there.owners[section, key.name] = key.workspace_id
        getattr(self, f"_{key.kind}")(document, {key.name: table})

    def _provider(self, document: Document, tables: dict[str, object]) -> None:
        found = self._reading.tables({"providers": tables}, "providers", PROVIDER_KINDS)
        self._there.guarded.update(name for name, keys in found.items() if keys and self._outside(document, keys))
        self._there.providers.update(found)

    def _knowledge(self, document: Document, tables: dict[str, object]) -> None:
        providers = self._there.visible("providers", self._there.providers, document.key.workspace_id)
        self._there.knowledge.update(self._reading.knowledge({"knowledge": tables}, providers))

    def _bot(self, document: Document, tables: dict[str, object]) -> None:
        reading, there, home = self._reading, self._there, document.key.workspace_id
        sequences = there.visible("sequences", there.sequences, home)
        found = reading.bots(tables, {name: each for name, each in sequences.items() if each is not None})
        knowledge = there.visible("knowledge", there.knowledge, home)
        things = {
            "models": there.visible("providers", there.providers, home),
            "tools": there.visible("tools", there.tools, home),
            "knowledge": {n: each for n, each in knowledge.items() if each is None or each.workspace == home},
        }
        reading.known(found, things)
        reading.heard(found, there.visible("transcribers", there.transcribers, home))
        payers(reading, found, there.visible("payments", there.payments, home), {})
        for name, each in found.items():
            guarded = each is not None and self._outside(document, each.keys)
            there.bots[name] = None if each is None else replace(each, workspace_id=home, guarded=guarded)

    def _channel(self, document: Document, tables: dict[str, object]) -> None:
        reading, there, home = self._reading, self._there, document.key.workspace_id
        bots = there.visible("bots", there.bots, home)
        if there.payments and document.key.name == "payments":
            reading.wrong(document.at, "has the address of payment providers' webhooks", "Give it another name.")
        for receiver in reading.receivers(tables, bots, there.server.environment):
            keys = reading.section(model_of("channel", receiver.channel.kind), tables[document.key.name], document.at)  # type: ignore[arg-type]
            guarded = self._outside(document, keys)
            self._knows_its_home(document, receiver, bots)
            there.receivers.append(replace(receiver, channel=replace(receiver.channel, guarded=guarded), made=True))

    def _knows_its_home(self, document: Document, receiver: Receiver, bots: Mapping[BotId, BotSettings | None]) -> None:
        """A bot of the file looks things up in the workspace of its own channels only."""
        bot = bots.get(receiver.channel.bot_id)
        names = bot.keys.knowledge if bot is not None and isinstance(bot.keys, ModelUserKeys) else ()
        for name in names:
            base = self._there.knowledge.get(name)
            if base is not None and base.workspace != document.key.workspace_id:
                problem = f'the bot "{receiver.channel.bot_id}" knows things of another workspace'
                self._reading.wrong(f"{document.at}.bot", problem, "Choose another bot.")

    def _outside(self, document: Document, keys: object) -> bool:
        """Whether its calls are to be guarded: it names addresses that the operator has not exempted.

        One that is plainly internal is refused here, where a person reads why.
        """
        exempt = self._there.server.allow_internal
        named = [(name, place) for name, place in addresses(keys) if not is_exempt(place, exempt)]
        for name, place in named:
            if plainly_internal(place):
                problem = f"{place} is inside the server's own network"
                mend = (
                    f'Whoever runs the server can allow it: [server] allow_internal = ["{place}"] in turnkeeper.toml.'
                )
                self._reading.wrong(f"{document.at}.{name}", problem, mend)
        return bool(named)
