"""What Meta says of templates: its webhooks read, and its one-word reasons in sentences.

Source: Meta's references of template webhooks, of template status and of quality, read 2026.
"""

from __future__ import annotations

from typing import Final

from turnkeeper.channels.json_values import Item, external_id, mapping, text
from turnkeeper.model.events import TemplateReport

_LONGEST = 500
_BACK: Final = {"REINSTATED": "APPROVED"}
"""What an event means for the status, where it is not the status itself."""
_ONLY_TOLD: Final = frozenset({"FLAGGED", "UNARCHIVED"})
"""Events after which Meta still tells the status when it is asked."""
_STATUS: Final = {
    "PENDING": "Meta still reviews it, for up to 24 hours",
    "IN_APPEAL": "Meta reviews it once more",
    "REJECTED": "Meta has rejected it",
    "PAUSED": "Meta has paused it because of its quality",
    "DISABLED": "Meta has switched it off for good",
    "PENDING_DELETION": "it is being deleted",
    "DELETED": "it was deleted",
    "LIMIT_EXCEEDED": "the account has as many templates as it may have",
    "ARCHIVED": "it was archived because nobody used it",
    "LOCKED": "Meta has locked it",
}
_REASONS: Final = {
    "ABUSIVE_CONTENT": "its words threaten, insult or discriminate",
    "INCORRECT_CATEGORY": "its words are of another category than the one given",
    "CATEGORY_NOT_AVAILABLE": "its category is not open to this account",
    "INVALID_FORMAT": "its parameters are wrongly placed, or its words badly formed",
    "PROMOTIONAL": "its words advertise, which its category does not allow",
    "TAG_CONTENT_MISMATCH": "its language or category does not fit its words",
    "SCAM": "Meta takes it for a fraud",
    "FIRST_PAUSE": "people blocked or reported it: paused for 3 hours",
    "SECOND_PAUSE": "people blocked or reported it again: paused for 6 hours, the next time it is switched off",
    "RATE_LIMITING_PAUSE": "few people read it: Meta sends less of it for now",
    "DISABLED": "people blocked or reported it for the third time",
    "FLAGGED": "its quality is low: Meta switches it off in 7 days unless that changes",
}


def report_of(value: Item, account_id: str) -> TemplateReport | None:
    """A change that tells of a template; None for any other. Decided by its keys: fields come mixed up."""
    template_id = external_id(value.get("message_template_id"))
    event = (text(value.get("event")) or "").upper()
    quality, category = text(value.get("new_quality_score")), text(value.get("new_category"))
    if template_id is None or not (event or quality or category):
        return None
    status = None if not event or event in _ONLY_TOLD else _BACK.get(event, event)
    return TemplateReport(
        external_id=template_id,
        name=text(value.get("message_template_name")) or "",
        language=text(value.get("message_template_language")) or "",
        account_id=account_id,
        status=status,
        quality=quality.upper() if quality else None,
        category=category.upper() if category else None,  # the present one, also where another is announced
        reason=_reason(value, event),
    )


def _reason(value: Item, event: str) -> str | None:
    if not event:
        return None
    told = mapping(value.get("rejection_info")) or {}
    words = [text(told.get("reason")), text(told.get("recommendation"))]
    other = mapping(value.get("other_info")) or {}
    given = (text(value.get("reason")) or "").upper()
    if any(words):
        return " ".join(filter(None, words))[:_LONGEST]
    if given and given != "NONE":
        return given[:_LONGEST]
    return (text(other.get("title")) or text(other.get("description")) or ("FLAGGED" if event == "FLAGGED" else ""))[
        :_LONGEST
    ]


def why(status: str, reason: str | None) -> str:
    """Why a template in this status is not sent, in a sentence's words; "" for one that is."""
    if status == "APPROVED":
        return ""
    told = _STATUS.get(status, f"its status is {status.lower().replace('_', ' ') or 'unknown'}")
    more = _REASONS.get((reason or "").upper(), reason if reason and reason != "NONE" else "")
    return f"{told}: {more}" if more else told
