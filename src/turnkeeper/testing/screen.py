"""What a person sees of the messages that went to WhatsApp: their words, and what is offered below them."""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple


class Offered(NamedTuple):
    """A button or row, with the kind of event that a tap on it is."""

    kind: Literal["button_reply", "list_reply"]
    id: str
    title: str


def words_shown(body: Any) -> str:
    """What the person reads of a message."""
    payload = body[body["type"]]
    match body["type"]:
        case "text" | "interactive":
            text = payload["body"]
            return str(text if isinstance(text, str) else text["text"])
        case "reaction":
            return str(payload["emoji"])
        case "image" | "video" | "document" if payload.get("caption"):
            return str(payload["caption"])
        case "template":
            return f"[template {payload['name']}]"
    return f"[{body['type']}]"


def last_offer(received: Sequence[dict[str, Any]]) -> list[Offered]:
    """What was offered last: the kinds of answer, ids and titles."""
    for body in reversed(received):
        action = body.get("interactive", {}).get("action", {})
        if "buttons" in action:
            replies = [button["reply"] for button in action["buttons"]]
            return [Offered("button_reply", reply["id"], reply["title"]) for reply in replies]
        if "sections" in action:
            rows = [row for section in action["sections"] for row in section["rows"]]
            return [Offered("list_reply", row["id"], row["title"]) for row in rows]
    return []
