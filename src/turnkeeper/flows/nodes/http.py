"""An HTTP call: an address, what is sent, what is kept of the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final, Literal
from urllib.parse import quote

from turnkeeper.flows.effects import CallHttp
from turnkeeper.flows.model import FAILED, NEXT
from turnkeeper.flows.nodes.base import Leave, Move, NodeData, Spot, Stay
from turnkeeper.flows.nodes.set import names_of, worth
from turnkeeper.flows.nodes.tool import keeping_problems
from turnkeeper.flows.signals import CallAnswered, Failed, Signal
from turnkeeper.flows.values import MARK, looked_up, names_in, written

if TYPE_CHECKING:
    from turnkeeper.flows.problems import Checking

_STANDS_FOR: Final = "\ue000"
"""What no address holds, for each mark in one."""
_ADDRESS: Final = re.compile(r"https?://(?P<host>[^/?#\\\s]*[^/?#\\\s:@.\[\]])[^\s\\]*")
_HEADER: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")


def _steps_back(address: str) -> int:
    """How many parts of a path are dots alone: each leads elsewhere."""
    path = address.partition("?")[0].partition("#")[0]
    return sum(part in (".", "..") for part in path.replace("\\", "/").split("/"))


class Http(NodeData, frozen=True):
    """Calls an address (`url`) and keeps what it gave: `save` the whole, `keep` parts of it by their paths (`total:
    cart.sum`). By a `method` with `headers` and a `body` (JSON, or text), for `timeout` seconds at most.

    Marks in the address are quoted, so a person's words never lead elsewhere. By `failed` where nothing came, or a
    status of 400 and more.
    """

    TYPE: ClassVar[str] = "http"
    TITLE: ClassVar[str] = "HTTP call"

    url: str
    method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] = "GET"
    headers: Mapping[str, str] = {}
    body: Any = None
    save: str = ""
    keep: Mapping[str, str] = {}
    timeout: float = 15.0

    def exits(self) -> tuple[str, ...]:
        """`next` and `failed`."""
        return (NEXT, FAILED)

    def enter(self, spot: Spot) -> Move:
        """Make the call."""
        address = self._address(spot)
        if _steps_back(address) != _steps_back(self.url):
            return Leave(FAILED, why="a value would lead the address elsewhere")
        headers = {name: _CONTROL.sub(" ", spot.filled(value)).strip() for name, value in self.headers.items()}
        call = CallHttp(spot.next_call, self.method, address, headers, worth(self.body, spot), self.timeout)
        return Stay(("call",), (call,), asked=True, why=f"{self.method} {address.partition('?')[0]}"[:200])

    def hear(self, spot: Spot, signal: Signal) -> Move | None:
        """What came of it."""
        match signal:
            case CallAnswered() if signal.status >= 400:
                return Leave(FAILED, why=f"answered {signal.status}")
            case CallAnswered():
                sets = {name: looked_up(signal.data, path) for name, path in self.keep.items()}
                if self.save:
                    sets[self.save] = signal.data
                return Leave(sets=sets, why=f"answered {signal.status}")
            case Failed():
                return Leave(FAILED, why=f"failed: {signal.reason}")
        return None

    def _address(self, spot: Spot) -> str:
        data = spot.data
        return MARK.sub(
            lambda mark: quote(written(looked_up(data, mark[1])) or (mark[2] or "").strip(), safe=""), self.url
        )

    def reads(self) -> Iterator[str]:
        """What is sent."""
        yield from names_in(self.url)
        for value in self.headers.values():
            yield from names_in(value)
        yield from names_of(self.body)

    def sets(self) -> Iterator[str]:
        """What is kept."""
        yield from self.keep
        if self.save:
            yield self.save

    def problems(self, checking: Checking) -> Iterator[str]:
        """Addresses that are none, or whose host is left to a person's words."""
        found = _ADDRESS.fullmatch(MARK.sub(_STANDS_FOR, self.url))
        if found is None:
            yield f"{self.url[:100]!r} is not an http or https address"
        elif _STANDS_FOR in found["host"]:
            yield "the address's host cannot be a variable"
        for name in self.headers:
            if not _HEADER.fullmatch(name):
                yield f"{name!r} is not the name of a header"
        yield from keeping_problems(self.save, self.keep)
        if not 0 < self.timeout <= 60:
            yield "the call takes more than 0 and at most 60 seconds"
