"""What the fake saw, for the page: totals, and the newest calls and webhooks in a line each."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections import deque

    from turnkeeper.testing.fake_graph.graph import Call
    from turnkeeper.testing.fake_graph.payloads import Identity, Json
    from turnkeeper.testing.fake_graph.webhooks import WebhookCall

LINES: Final = 40
WORDS: Final = {
    "message": "send",
    "mark_read": "mark read",
    "typing": "mark read, typing",
    "upload": "upload a file",
}
STATUSES: Final = ("sent", "delivered", "read", "played", "failed")


def seen(calls: deque[Call], webhooks: deque[WebhookCall]) -> Json:
    """Of as many as the fake remembers; `lines` are newest first."""
    sends = [call for call in calls if call.kind == "message"]
    lines = [_call(call) for call in islice(reversed(calls), LINES)]
    lines += [_webhook(call) for call in islice(reversed(webhooks), LINES)]
    lines.sort(key=lambda line: line["at"], reverse=True)
    return {
        "sends": len(sends),
        "refused": sum(1 for call in sends if call.status != 200),
        "webhooks": len(webhooks),
        "retries": sum(1 for call in webhooks if call.attempt > 1),
        "unanswered": sum(1 for call in webhooks if not call.ok),
        "lines": lines[:LINES],
    }


def failed_tries(calls: deque[Call], person: Identity) -> list[float]:
    """When a send to this person was refused or not answered, oldest first."""
    failed: list[float] = []
    for call in reversed(calls):
        if call.kind == "message" and call.status != 200 and call.body and len(failed) < LINES:
            to = "".join(char for char in str(call.body.get("to", "")) if char.isdigit())
            if to == person.phone or (not to and call.body.get("recipient") == person.user_id):
                failed.append(call.at)
    return failed[::-1]


def _call(call: Call) -> Json:
    what = WORDS.get(call.kind)
    answer = "no answer" if call.status is None else str(call.status)
    if call.code is not None:
        answer += f" (error {call.code})"
    kind = call.body.get("type", "text") if call.kind == "message" and call.body else ""
    path = what or f"{call.method} {call.path}"
    return {
        "at": call.at,
        "way": "in",
        "what": f"{path} {kind}".strip()[:90],
        "answer": answer,
        "ok": call.status == 200,
    }


def _webhook(call: WebhookCall) -> Json:
    told = ", ".join(_part(name) for name in call.ids[:3])
    what = f"webhook: {told}" + (f", and {len(call.ids) - 3} more" if len(call.ids) > 3 else "")
    if call.attempt > 1:
        what += f", try {call.attempt}"
    return {"at": call.at, "way": "out", "what": what, "answer": str(call.status or call.error), "ok": call.ok}


def _part(name: str) -> str:
    """A status in its own word; anything else is a message (whose id may hold a slash)."""
    status = name.rpartition("/")[2]
    return status if status in STATUSES else "message"
