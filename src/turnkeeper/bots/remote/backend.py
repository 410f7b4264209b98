"""A backend as data: how it is called, what it is told, and where in its answers things stand."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, cast
from urllib.parse import quote

import msgspec

from turnkeeper.channels.base import HttpCall, StreamLimits

Style = Literal["threads", "completion"]
Form = Literal["auto", "text", "json", "events"]
Method = Literal["GET", "POST", "PUT"]

PLACEHOLDERS: Final = (
    "user", "user_id", "phone", "name", "language", "title", "thread_id", "text", "history", "channel", "events",
)  # fmt: skip
"""What may stand in `{…}` in paths and bodies."""
CALLS: Final[dict[Style, tuple[str, ...]]] = {
    "threads": ("exists", "register", "last", "thread", "message"),
    "completion": ("message",),
}
"""The calls that a style knows, in the order in which they are made."""
NEEDED: Final[dict[Style, tuple[str, ...]]] = {"threads": ("thread", "message"), "completion": ("message",)}
FIELDS: Final = ("exists", "user_id", "thread_id", "last_thread_id", "last_at", "answer", "piece")
"""What is looked for in answers, each at a dotted path."""
_PLACE: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One call of a backend; `path` and `body` hold placeholders."""

    method: Method
    path: str
    body: object = None


@dataclass(frozen=True, slots=True)
class Backend:
    """A configured backend. `timeout`: seconds for a call that only asks or tells something short; `session_ttl`:
    seconds of silence after which a thread is left alone; `history`: how many messages a stateless one is told."""

    base_url: str
    style: Style
    calls: Mapping[str, Endpoint]
    fields: Mapping[str, str]
    api_key: str = field(default="", repr=False)
    api_key_header: str = "Authorization"
    form: Form = "auto"
    timeout: float = 60.0
    limits: StreamLimits = field(default_factory=StreamLimits)
    session_ttl: float = 86_400.0
    history: int = 10

    def call(self, name: str, values: Mapping[str, object], key: str | None = None) -> HttpCall:
        """One of its calls, filled in. `key`: says of a repeated call that it is the same."""
        endpoint = self.calls[name]
        headers = {self.api_key_header: self._authorization()} if self.api_key else {}
        if key is not None:
            headers["Idempotency-Key"] = key
        body = None if endpoint.body is None else filled(endpoint.body, values)
        return HttpCall(endpoint.method, self.base_url.rstrip("/") + in_path(endpoint.path, values), headers, body)

    def _authorization(self) -> str:
        bearer = self.api_key_header.lower() == "authorization"
        return f"Bearer {self.api_key}" if bearer else self.api_key


def endpoint(written: str, body: object = None) -> Endpoint:
    """From `POST /a/{thread_id}`; raises ValueError in words."""
    method, _, path = written.strip().partition(" ")
    path = path.strip()
    if method not in ("GET", "POST", "PUT") or not path.startswith("/") or not path.isprintable() or " " in path:
        raise ValueError(f"{written!r} is not a method and a path")
    for name in unknown_in(path) | unknown_in(body):
        raise ValueError(f"{{{name}}} is nothing that can be filled in")
    if method == "GET" and body is not None:
        raise ValueError("a GET has no body")
    return Endpoint(cast("Method", method), path, body)


def unknown_in(template: object) -> set[str]:
    """Placeholders that nothing fills."""
    if isinstance(template, str):
        return set(_PLACE.findall(template)) - set(PLACEHOLDERS)
    if isinstance(template, Mapping):
        return set().union(*(unknown_in(each) for each in template.values()))
    if isinstance(template, list | tuple):
        return set().union(*(unknown_in(each) for each in template))
    return set()


def filled(template: object, values: Mapping[str, object]) -> object:
    """A body. What is filled in is never read as a template itself; A list (`{history}`, `{events}`) that stands
    alone stays one."""
    if isinstance(template, str):
        alone = _PLACE.fullmatch(template)
        return values.get(alone[1], "") if alone else _PLACE.sub(lambda found: _worded(values, found[1]), template)
    if isinstance(template, Mapping):
        return {name: filled(each, values) for name, each in template.items()}
    if isinstance(template, list | tuple):
        return [filled(each, values) for each in template]
    return template


def in_path(template: str, values: Mapping[str, object]) -> str:
    """A path with its query: what is filled in stays one part of it."""
    return _PLACE.sub(lambda found: quote(_worded(values, found[1]), safe=""), template)


def _worded(values: Mapping[str, object], name: str) -> str:
    value = values.get(name, "")
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def at(value: object, path: str) -> object:
    """What stands at a dotted path (`choices.0.message.content`); None where nothing does. "": the value itself."""
    for part in filter(None, path.split(".")):
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list) and part.isdigit() and int(part) < len(value):
            value = value[int(part)]
        else:
            return None
    return value
