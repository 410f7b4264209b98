"""What stands for a step of a rehearsal that has no result of then: a result in its form, that says so."""

from __future__ import annotations

from typing import Final

import msgspec

from turnkeeper.model.payments import PaymentRow
from turnkeeper.model.traces import TracedTurn
from turnkeeper.rules.rehearsal import Wanted

STUBBED: Final = b'"stubbed"'
_LINK: Final = "https://rehearsal.invalid/pay"
_NO_CALL: Final = {"failed": "not called: a rehearsal calls nobody"}
_NO_MODEL: Final = {"kind": "nobody", "shown": "there is no such answer of then"}


def stub(traced: TracedTurn, wanted: Wanted, arguments: bytes) -> bytes:
    """The result; of a step of the bot's own the word `stubbed`."""
    name = wanted.name
    if name.startswith("flow ") and name.endswith(" http"):
        return msgspec.json.encode(_NO_CALL)
    if name == "model":
        return msgspec.json.encode({"model": "", "place": 0, "at": 0.0, "failure": _NO_MODEL})
    if name.startswith("payment.link."):
        return msgspec.json.encode({"payment": _payment(traced, name.removeprefix("payment.link."), arguments)})
    return b"{}" if name.startswith("payment.") else STUBBED


def _payment(traced: TracedTurn, name: str, arguments: bytes) -> PaymentRow:
    """A link that leads nowhere, for what was asked (bots.paying.Wanted)."""
    (amount, currency), description, *_ = msgspec.json.decode(arguments)
    key, turn = traced.conversation.key, traced.whole.turn
    at = turn.started_at
    row = (key.workspace_id, "rehearsal", key.id, traced.conversation.channel_id, turn.no, name, "rehearsal")
    return PaymentRow(*row, False, amount, currency, description, "open", at, at, url=_LINK)
