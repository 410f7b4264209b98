"""Requests as values: what a provider sends us, what we would have called, and what came of it.

Protocol logic is a generator over these: it yields calls, is sent their replies, and never does I/O itself.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Literal, TypeVar


@dataclass(frozen=True, slots=True)
class Webhook:
    """A request from a provider. Header names are lower case; `body` is as it came."""

    headers: Mapping[str, str]
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)
    path_secret: str = ""


@dataclass(frozen=True, slots=True)
class Multipart:
    """A form with one file, which the client streams from where files are kept; `size` in bytes.

    A field with several values comes several times.
    """

    key: str
    size: int
    mime: str
    filename: str
    fields: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    name: str = "file"


@dataclass(frozen=True, slots=True)
class HttpCall:
    """A call for the shared client to make. `timeout` in seconds; `None`: the client's own.

    Its body is `json`, `form` (as a browser sends one without files), `multipart`, or exactly `body`. Addresses,
    headers and bodies hold tokens, so that no repr shows them.
    """

    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: object = field(default=None, repr=False)
    timeout: float | None = None
    multipart: Multipart | None = None
    form: Mapping[str, str] | None = field(default=None, repr=False)
    body: bytes | None = field(default=None, repr=False)
    guarded: bool = False
    """Its address is not the operator's: nothing inside their network is reached."""


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What came of a call.

    `failure` instead of an answer: `not_connected` (it never left), `no_answer` (it may have
    arrived).
    """

    status: int = 0
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    failure: Literal["not_connected", "no_answer"] | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """Let some seconds pass before the next call, as a person's hands would; answered by an empty reply.

    In a send, only before the call that delivers: after a pause a send may be given up.
    """

    seconds: float


T_co = TypeVar("T_co", covariant=True)
Calls = Generator[HttpCall | Pause, HttpReply, T_co]
"""Protocol logic without I/O: yields calls (or pauses), is sent their replies, returns the result."""
