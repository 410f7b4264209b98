"""How well or badly the fake behaves. Change a field at any time; it counts from then on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Engine = Literal["WEBJS", "NOWEB", "GOWS"]
ENGINES: tuple[Engine, ...] = ("WEBJS", "NOWEB", "GOWS")


@dataclass(slots=True, kw_only=True)
class Behaviour:
    """The switches of a `FakeWaha`. Durations are seconds on its clock. The defaults are quick and well-behaved."""

    engine: Engine = "WEBJS"
    """Whose shapes ids, bodies and answers have. What was said before keeps its key and gets the new shapes."""

    # What becomes of a message from the business; None: never.
    server_after: float | None = 0.0
    device_after: float | None = 0.02
    read_after: float | None = 0.05

    # Webhooks.
    duplicate: int = 1
    """How many times each POST is made."""
    reorder: bool = False
    """Each POST waits for up to `gather` first, so that they overtake each other."""
    gather: float = 0.05
    delay: float = 0.0
    """Between what happened and its webhook."""
    outage: bool = False
    """No webhook gets through; each try counts as failed."""
    timeout: float = 5.0
    envelope_ids: bool = True
    """Events have ids of their own; old versions gave none."""

    # Sessions.
    session_wait: float = 0.0
    """Before a call is refused because the session does not work; WAHA itself waits up to 15 s."""
    start_takes: float = 0.0
    qr_lives: tuple[float, ...] = (60.0, 20.0, 20.0, 20.0, 20.0, 20.0)
    """Each code's; after the last one the session has failed."""
    tells_missed: bool = False
    """What was written while the session did not work comes in webhooks once it does; else it only stands in the
    chats."""

    # Sends, files and chats.
    makes_ids: bool = True
    """Ids can be made beforehand (2026.4.3 and later; never with WEBJS)."""
    keeps_messages: bool = True
    """NOWEB's store is on."""
    downloads: bool = True
    """Files are fetched before their webhook."""
    file_lifetime: float = 180.0
    own_address: str = "http://localhost:3000"
    """What it takes for its own address, in those of files."""
    fault: Fault | None = None
    """Every send meets this, unless a fault of its own waits for it."""
    answer_after: float = 0.0
    """Before every answer to a send."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What happens to one call in place of a good answer. Made by the functions below."""

    answer: Literal["error", "gateway", "hold", "close"]
    taken: bool = False
    """The message reaches the person all the same."""
    status: int = 500
    hold: float | None = None
    """Seconds until the good answer; None: none ever comes."""


def engine_error(*, taken: bool = False) -> Fault:
    """Answer 500, as when something in the browser broke."""
    return Fault(answer="error", taken=taken)


def gateway_error(status: int = 502, *, taken: bool = False) -> Fault:
    """Answer an HTML page, as a proxy does while the container starts again."""
    return Fault(answer="gateway", status=status, taken=taken)


def hold(seconds: float | None = None, *, taken: bool = True) -> Fault:
    """Say nothing for a while (None: for ever). By default the message has been taken."""
    return Fault(answer="hold", hold=seconds, taken=taken)


def close(*, taken: bool) -> Fault:
    """Close the connection without an answer, before or after the message was taken."""
    return Fault(answer="close", taken=taken)
