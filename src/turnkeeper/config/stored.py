"""What was made in the console as documents: opened for reading, sealed for keeping, with what only the file may say.

A document is the table that turnkeeper.toml would have, as JSON, with its secrets sealed. Its values are taken as they
are: `env:` and `file:` would let a tenant read the server's own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, get_args
from urllib.parse import urlsplit

from pydantic import BaseModel, SecretStr

from turnkeeper.channels import registry
from turnkeeper.channels.keys import is_elsewhere, read_address
from turnkeeper.config.errors import nearest
from turnkeeper.config.keys import BOT_KINDS
from turnkeeper.config.knowledge import KnowledgeKeys
from turnkeeper.config.providers import PROVIDER_KINDS
from turnkeeper.config.sealing import NotOpened, Place, Sealing, is_sealed
from turnkeeper.model.configured import Configured, ConfiguredKey
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.rules.addresses import is_internal

SECTIONS = {"provider": "providers", "knowledge": "knowledge", "bot": "bots", "channel": "channels"}
"""The kinds of documents, and the sections that the file has for them; what names another stands after it."""
LARGEST = 256 * 1024
"""Bytes of a document."""
_BOTS = ("agent", "flow", "remote")
"""The kinds of bots that can be made in the console: the others run code of the operator's."""
_FILES_ONLY = {"bot": ("flows",), "knowledge": ("folder",)}
"""Keys that name files of the server."""


@dataclass(frozen=True, slots=True)
class Document:
    """One thing that was made in the console, its secrets open. `problem`: why it could not be opened."""

    key: ConfiguredKey
    revision: int
    table: Mapping[str, object] = field(repr=False)
    problem: ConfigurationError | None = None

    @property
    def at(self) -> str:
        """How the file would call it."""
        return f"{SECTIONS.get(self.key.kind, self.key.kind)}.{self.key.name}"


def opened(row: Configured, sealing: Sealing | None) -> Document:
    """A document as it is kept, opened; never raises."""
    document = Document(row.key, row.revision, {})
    try:
        kept = json.loads(row.document)
        if not isinstance(kept, dict):
            raise ValueError("not a table")
        table = {name: _open(value, row.key, name, sealing) for name, value in kept.items()}
    except NotOpened as error:
        mend = "Give the server the key that it was sealed with (TURNKEEPER_SECRET_KEY), or enter the secrets again."
        problem = ConfigurationError(document.at, f"its secrets cannot be opened: {error}", mend)
    except ValueError:
        problem = ConfigurationError(document.at, "cannot be read", "Delete it and make it anew.")
    else:
        return Document(row.key, row.revision, table)
    return Document(row.key, row.revision, {}, problem)


def _open(value: object, key: ConfiguredKey, name: str, sealing: Sealing | None) -> object:
    if not isinstance(value, dict):
        return value
    if not is_sealed(value):
        return {each: _open(below, key, f"{name}.{each}", sealing) for each, below in value.items()}
    if sealing is None:
        raise NotOpened("this server has no key")
    return sealing.open(value, Place(*key, name))


def sealed(table: Mapping[str, object], key: ConfiguredKey, sealing: Sealing) -> bytes:
    """The document of a table that was read without a complaint."""
    model = model_of(key.kind, table.get("kind"))
    secret = set() if model is None else set(secret_keys(model))
    return json.dumps(
        {name: _seal(value, key, name, sealing) if name in secret else value for name, value in table.items()},
        ensure_ascii=False,
        separators=(",", ":"),
    ).encode()


def _seal(value: object, key: ConfiguredKey, name: str, sealing: Sealing) -> object:
    if isinstance(value, Mapping):
        return {each: _seal(below, key, f"{name}.{each}", sealing) for each, below in value.items()}
    return sealing.seal(str(value), Place(*key, name)) if value != "" else value


def sealed_anew(row: Configured, sealing: Sealing) -> bytes | None:
    """The same document under the key that seals now; None: nothing in it is under another. Raises NotOpened."""
    changed = False

    def anew(value: object, name: str) -> object:
        nonlocal changed
        if not isinstance(value, dict):
            return value
        if not is_sealed(value):
            return {each: anew(below, f"{name}.{each}") for each, below in value.items()}
        if sealing.is_current(value):
            return value
        changed = True
        place = Place(*row.key, name)
        return sealing.seal(sealing.open(value, place), place)

    table = {name: anew(value, name) for name, value in json.loads(row.document).items()}
    return json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode() if changed else None


def model_of(kind: str, of: object) -> type[BaseModel] | None:
    """The keys of a document's table; `of`: the table's own `kind`. None: there is no such."""
    if kind == "channel":
        return registry.find(of).keys if isinstance(of, str) and of in registry.kinds() else None
    if kind == "knowledge":
        return KnowledgeKeys
    kinds: dict[str, Mapping[str, type[BaseModel]]] = {"provider": PROVIDER_KINDS, "bot": BOT_KINDS}
    return kinds.get(kind, {}).get(of) if isinstance(of, str) else None


def secret_keys(model: type[BaseModel]) -> Iterator[str]:
    """The keys whose values are shown to nobody."""
    for name, info in model.model_fields.items():
        if info.annotation is SecretStr or SecretStr in get_args(info.annotation):
            yield name


def address_keys(model: type[BaseModel]) -> Iterator[str]:
    """The keys whose values are addresses that this server calls."""
    for name, info in model.model_fields.items():
        if any(getattr(each, "func", None) is read_address for each in info.metadata):
            yield name


def beyond_the_console(document: Document) -> Iterator[ConfigurationError]:
    """What a document says that only the operator's file may say."""
    kind, of = document.key.kind, document.table.get("kind")
    if kind == "bot" and of not in _BOTS:
        problem = f"bots of kind {of!r} stand in turnkeeper.toml only"
        yield ConfigurationError(f"{document.at}.kind", problem, nearest(str(of), _BOTS))
    model = model_of(kind, of)
    for name in () if model is None else secret_keys(model):
        if is_elsewhere(str(document.table.get(name, ""))):
            yield ConfigurationError(f"{document.at}.{name}", "says where a secret is", "Enter the secret itself.")
    tools = document.table.get("tools") if kind == "bot" else None
    for name in tools if isinstance(tools, list) else ():
        if ":" in str(name):
            mend = "Name a tool of turnkeeper.toml, or a built-in one."
            yield ConfigurationError(f"{document.at}.tools", f"{name!r} is code of the server's", mend)
    for name in _FILES_ONLY.get(kind, ()):
        if document.table.get(name):
            mend = "Let whoever runs the server write it into turnkeeper.toml."
            yield ConfigurationError(f"{document.at}.{name}", "names files of the server", mend)


def addresses(keys: Any) -> Iterator[tuple[str, str]]:
    """The addresses that a table gives instead of those that its kind has by itself: by key, host and port."""
    for name in address_keys(type(keys)):
        value = getattr(keys, name)
        if value and value != type(keys).model_fields[name].default:
            yield name, urlsplit(value).netloc.lower()


def is_exempt(place: str, exempt: Sequence[str]) -> bool:
    """Whether the operator lets tenants' calls go to a host (`host` or `host:port`), wherever it is."""
    host = urlsplit(f"//{place}").hostname or ""
    return any(each.lower() in (place, host) for each in exempt)


def plainly_internal(place: str) -> bool:
    """Whether a host is seen to be of our own network without asking; of a name, the call itself finds out."""
    host = urlsplit(f"//{place}").hostname or ""
    try:
        return is_internal(host)
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".internal"))
