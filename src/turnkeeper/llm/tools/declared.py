"""Tools that the configuration declares, as values: HTTP calls and MCP servers. Nothing here calls anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Kind = Literal["string", "integer", "number", "boolean"]
PLACE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
"""What stands for a parameter in an address."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """Something that the model fills in. `choices`: the only values, where there are any."""

    kind: Kind = "string"
    description: str = ""
    optional: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HttpToolConfig:
    """One call: `{name}` in the address is filled in; what stands nowhere there goes into the query or the body."""

    name: str
    url: str
    description: str
    method: Method = "GET"
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Literal["json", "form"] = "json"
    timeout: float = 15.0
    effect: bool = False


def complaint(url: str) -> str | None:
    """What is wrong with an address in which `{name}` is to be filled in."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - it raises for one that is none
    except ValueError:
        return "is not an address"
    if parts.scheme not in ("http", "https") or not parts.hostname:
        return "is not an http address"
    if "{" in parts.netloc or "}" in parts.netloc:
        return "lets a model choose the host"
    if "@" in parts.netloc or parts.fragment:
        return "holds a user or a fragment"
    if any(not each.isprintable() or each == " " for each in url):
        return "holds a space or a control character"
    rest = PLACE.sub("", parts.path + "?" + parts.query)
    return "has a brace that names nothing" if "{" in rest or "}" in rest else None


def names_in(url: str) -> tuple[str, ...]:
    """The names that are filled into an address."""
    return tuple(dict.fromkeys(PLACE.findall(url)))


@dataclass(frozen=True, slots=True)
class McpConfig:
    """One server. `only`: the tools of it that are used, all where there are none; `effects`: which are effects;
    `folder`: where a program starts."""

    name: str
    url: str = ""
    command: tuple[str, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    env: Mapping[str, str] = field(default_factory=dict)
    only: frozenset[str] = frozenset()
    effects: frozenset[str] = frozenset()
    timeout: float = 20.0
    folder: str | None = None
