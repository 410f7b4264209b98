"""A turn told whole, from its steps: what was heard, what each attempt asked and got, what it took, what was sent.

Instants are unix seconds. What nobody knows is null: the cost of a model without a price, the end of a step that was
cut off.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from turnkeeper.app.database import existing
from turnkeeper.app.people import Named, NotThere, conversation_of
from turnkeeper.config import Settings
from turnkeeper.model.contents import Content, words_of
from turnkeeper.model.conversation import Conversation, EventRow, OutboundRow, StepRow
from turnkeeper.model.events import Inbound, words_heard
from turnkeeper.model.traces import WholeTurn

_inbound = msgspec.json.Decoder(Inbound).decode
_content = msgspec.json.Decoder(Content).decode
_TOOL, _WANTED = "tool.", ".arguments"
_CALL = {"model", "place", "at"}
"""What the result of a model call has (llm.calls.ModelCall)."""
_TRY = {"transcriber", "place", "at"}
"""And that of a try to hear a note (voice.tries.Try)."""
_STAMPS = ("created_at", "sending_at", "accepted_at", "sent_at", "delivered_at", "read_at", "settled_at")


async def traced(settings: Settings, named: Named, no: int | None) -> dict[str, Any]:
    """A turn for JSON; the newest without `no`. Raises NotThere, ConfigurationError, StoreError."""
    async with existing(settings) as store:
        conversation = await conversation_of(store, settings, named)
        whole = await store.whole_turn(conversation.key, no)
    if whole is None:
        which = "any turn" if no is None else f"a turn {no}"
        raise NotThere(f"the conversation {conversation.id} has not had {which}, or it has been forgotten since.")
    return told(conversation, whole)


def told(conversation: Conversation, whole: WholeTurn) -> dict[str, Any]:
    """The whole turn in words for JSON."""
    turn = whole.turn
    steps = [_step(row) for row in whole.steps]
    calls = [step["result"] for step in steps if _has(_CALL, step["result"])]
    tries = [step["hearing"] for step in steps if "hearing" in step]
    took = [usage for step in steps if (usage := _usage(step["result"])) is not None]
    ran = [step for step in steps if step["name"].startswith(_TOOL) and not step["name"].endswith(_WANTED)]
    return {
        "turn": f"{turn.conversation_id}/{turn.no}",
        "workspace": turn.workspace_id,
        "channel": conversation.channel_id,
        "contact": conversation.contact_id,
        "bot": turn.bot_id,
        "bot_version": turn.bot_version,
        "state": turn.state,
        "started_at": turn.started_at,
        "committed_at": turn.committed_at,
        "seconds": _between(turn.started_at, turn.committed_at),
        "trace": turn.trace.splitlines() if turn.trace else [],
        "events": [_event(row) for row in whole.events],
        "attempts": [_attempt(no, steps) for no in range(1, turn.attempt + 1)],
        "effects": [_without_attempt(step) for step in steps if step["attempt"] == 0],
        "totals": {
            "model_calls": sum(1 for call in calls if call["model"]),
            "failed_calls": sum(1 for call in calls if call["model"] and call.get("failure")),
            "tool_calls": len(ran),
            **_totals(took),
            **_heard(tries),
        },
        "sent": [_sent(row) for row in whole.rows],
    }


_UNSAID = {"payment": "payment", "timer": "timer", "api": "event"}
"""What nobody said, by its kind, as a trace names what it holds."""


def _event(row: EventRow) -> dict[str, Any]:
    inbound = _inbound(row.body)
    name = _UNSAID.get(row.kind)
    unsaid = {name: inbound.details} if name is not None and inbound.details else {}
    return {
        "seq": row.seq,
        "kind": row.kind,
        "text": words_heard(inbound),
        "received_at": row.received_at,
        "state": row.state,
        "reason": row.reason,
        "message_id": row.external_id,
        **unsaid,
    }


def _attempt(no: int, steps: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"attempt": no, "steps": [_without_attempt(step) for step in steps if step["attempt"] == no]}


def _without_attempt(step: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in step.items() if name != "attempt"}


def _step(row: StepRow) -> dict[str, Any]:
    result = _decoded(row.result)
    step: dict[str, Any] = {
        "attempt": row.attempt,
        "name": row.name,
        "occurrence": row.occurrence,
        "began_at": row.began_at,
        "seconds": _between(row.began_at, row.done_at),
        "effect": row.effect,
        "done": row.result is not None,
    }
    if _has(_CALL, result):
        step["call"] = _call(result)
    elif _has(_TRY, result):
        step["hearing"] = _hearing(result)
    step["result"] = result
    return step


def _decoded(result: bytes | None) -> Any:
    if result is None:
        return None
    try:
        return msgspec.json.decode(result)
    except msgspec.DecodeError:
        return result.decode("utf-8", "replace")


def _has(names: set[str], result: object) -> bool:
    return isinstance(result, dict) and result.keys() >= names


def _call(result: Mapping[str, Any]) -> dict[str, Any]:
    """A model's call in few words: who, what it took, and why the next one was asked."""
    usage = _usage(result)
    failure = result.get("failure")
    return {
        "model": result["model"] or None,
        "seconds": result.get("seconds", 0.0),
        "tokens": None if usage is None else _tokens(usage),
        "cost": None if usage is None else usage.get("cost"),
        "why_not": None if failure is None else f"{failure.get('kind')}: {failure.get('shown')}",
        "skipped": [f"{each.get('model')}: {each.get('why')}" for each in result.get("skipped", ())],
        "without_tools": result.get("without"),
    }


def _hearing(result: Mapping[str, Any]) -> dict[str, Any]:
    """A try to hear a note in few words: who, how long it took, how long the note is, and why the next one was asked.

    `outcome` as the metrics have it, but for `no_words`; `transcriber` None: nobody was asked.
    """
    transcript, failure = result.get("transcript"), result.get("failure") or {}
    heard = "heard" if transcript and transcript["text"].strip() else "no_words"
    return {
        "transcriber": result["transcriber"] or None,
        "seconds": result.get("seconds", 0.0),
        "outcome": failure.get("kind") or heard,
        "heard_seconds": transcript.get("seconds", 0.0) if transcript else None,
        "why_not": ": ".join(filter(None, (failure.get("reason"), failure.get("shown")))) or None,
        "skipped": [f"{each.get('transcriber')}: {each.get('why')}" for each in result.get("skipped", ())],
    }


def _heard(tries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    asked = [each for each in tries if each["transcriber"]]
    return {
        "transcriptions": len(asked),
        "failed_transcriptions": sum(1 for each in asked if each["heard_seconds"] is None),
        "heard_seconds": round(sum((each["heard_seconds"] or 0.0 for each in asked), 0.0), 3),
    }


def _usage(result: object) -> Mapping[str, Any] | None:
    """What a step took: its result's own `usage`, or its answer's."""
    if not isinstance(result, dict):
        return None
    answer = result.get("answer")
    for holder in (result, answer):
        if isinstance(holder, dict) and isinstance(holder.get("usage"), dict):
            return dict(holder["usage"])
    return None


def _tokens(usage: Mapping[str, Any]) -> int:
    return int(usage.get("input_tokens", 0)) + int(usage.get("output_tokens", 0))


def _totals(took: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Sums; of the cost there is none as soon as one price is not known."""
    costs = [usage.get("cost") for usage in took]
    known = [float(cost) for cost in costs if cost is not None]
    return {
        "input_tokens": sum(int(usage.get("input_tokens", 0)) for usage in took),
        "output_tokens": sum(int(usage.get("output_tokens", 0)) for usage in took),
        "cached_tokens": sum(int(usage.get("cached_tokens", 0)) for usage in took),
        "tokens": sum(map(_tokens, took)),
        "cost": round(sum(known), 6) if known and len(known) == len(costs) else None,
    }


def _sent(row: OutboundRow) -> dict[str, Any]:
    content = _content(row.content)
    stamps = {name: getattr(row, name) for name in _STAMPS if getattr(row, name) is not None}
    return {
        "kind": str(content.__struct_config__.tag),
        "text": words_of(content),
        "state": row.state,
        "tries": row.tries,
        "message_id": row.external_id,
        "code": row.code,
        "reason": row.reason,
        **stamps,
    }


def _between(began_at: float, ended_at: float | None) -> float | None:
    return None if ended_at is None else round(ended_at - began_at, 3)
