"""An HTTP call: an address, what is sent, what is kept of the answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal
from urllib.parse import quote, urlsplit

from turnkeeper.flows.effects import CallHttp
from turnkeeper.flows.model import NEXT
from turnkeeper.flows.nodes.ai import FAILED
from turnkeeper.flows.nodes.base import Leave, Move, NodeData, Spot, Stay
from turnkeeper.flows.nodes.set import worth
from turnkeeper.flows.signals import CallAnswered, Failed, Signal
from turnkeeper.flows.values import MARK, NAME, looked_up, names_in, written

if TYPE_CHECKING:
    from turnkeeper.flows.checking import Checking


class Http(NodeData, frozen=True):
    """Calls an address and keeps what it gave: `save` the whole, `keep` parts of it by their paths (`total: cart.sum`).

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
        call = CallHttp(
            spot.next_call,
            self.method,
            self._address(spot),
            {name: spot.filled(value).replace("\n", " ").replace("\r", " ") for name, value in self.headers.items()},
            _filled(self.body, spot),
            self.timeout,
        )
        return Stay(("call",), (call,), asked=True, why=f"{self.method} {urlsplit(self.url).hostname}")

    def hear(self, spot: Spot, signal: Signal) -> Move | None:
        """What came of it."""
        match signal:
            case CallAnswered() if signal.status >= 400:
                return Leave(FAILED, why=f"answered {signal.status}")
            case CallAnswered():
                sets = {name: looked_up({"": signal.data}, f".{path}") for name, path in self.keep.items()}
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
        yield from _names(self.body)

    def sets(self) -> Iterator[str]:
        """What is kept."""
        yield from self.keep
        if self.save:
            yield self.save

    def problems(self, checking: Checking) -> Iterator[str]:
        """Addresses that are none, or whose host is left to a person's words."""
        parts = urlsplit(MARK.sub("x", self.url))
        if parts.scheme not in ("http", "https") or not parts.hostname:
            yield f"{self.url[:100]!r} is not an http or https address"
        elif "{{" in urlsplit(MARK.sub(lambda mark: mark[0].replace("/", ""), self.url)).netloc:
            yield "the address's host cannot be a variable"
        for name in (*self.keep, *filter(None, (self.save,))):
            if not NAME.fullmatch(name):
                yield f"{name!r} is not a variable's name"
        if not 0 < self.timeout <= 60:
            yield "the call takes more than 0 and at most 60 seconds"


def _filled(value: Any, spot: Spot) -> Any:
    """JSON with the marks in its texts filled in."""
    match value:
        case str():
            return worth(value, spot)
        case Mapping():
            return {key: _filled(each, spot) for key, each in value.items()}
        case list() | tuple():
            return [_filled(each, spot) for each in value]
    return value


def _names(value: Any) -> Iterator[str]:
    match value:
        case str():
            yield from names_in(value)
        case Mapping():
            for each in value.values():
                yield from _names(each)
        case list() | tuple():
            for each in value:
                yield from _names(each)
