"""Reading choices that were typed, or came by a key, as a turn's events are fixed.

They stand in the events from then on, whoever resumes the turn.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from turnkeeper.model.conversation import EventRow, OutboundRow
from turnkeeper.model.events import Choice, Inbound
from turnkeeper.model.ids import ConversationKey, OutboundKey
from turnkeeper.rules import choice_keys, choices
from turnkeeper.store.transactions.desk import Desk

_decode = msgspec.json.Decoder(Inbound).decode
_encode = msgspec.json.Encoder().encode


async def read_choices(
    desk: Desk, turns: Mapping[ConversationKey, tuple[int, list[EventRow]]]
) -> dict[ConversationKey, list[EventRow]]:
    """The events of turns (number, events) in which something was chosen; the conversations know of it."""
    found = await _pressed(desk, turns)
    asked = {key: OutboundKey(key.workspace_id, key.id, abs(desk[key].offered)) for key in turns if desk[key].offered}
    if not asked:
        return found
    questions = await desk.rows.outbound(asked.values())
    written: list[tuple[ConversationKey, int, bytes]] = []
    for key, outbound in asked.items():
        no, events = turns[key][0], found.get(key, turns[key][1])
        question = questions.get(outbound)
        if question is None:
            desk.put(replace(desk[key], offered=0))
            continue
        read = [_read(event, question, no) for event in events]
        found[key] = [event for event, _ in read]
        written += [(key, new.seq, new.body) for new, old in zip(found[key], events, strict=True) if new is not old]
        chosen = any(choice is not None for _, choice in read)
        desk.put(replace(desk[key], offered=-question.seq if chosen else question.seq))
    await desk.rows.rewrite_events(written)
    return found


async def _pressed(
    desk: Desk, turns: Mapping[ConversationKey, tuple[int, list[EventRow]]]
) -> dict[ConversationKey, list[EventRow]]:
    """The events of turns with presses whose buttons could not carry what they choose."""
    presses: dict[OutboundKey, list[tuple[ConversationKey, int]]] = {}
    for key, (_, events) in turns.items():
        for place, event in enumerate(events):
            if event.kind == "button_reply" and (seq := _row_in(event)) is not None:
                presses.setdefault(OutboundKey(key.workspace_id, key.id, seq), []).append((key, place))
    if not presses:
        return {}
    found: dict[ConversationKey, list[EventRow]] = {}
    written: list[tuple[ConversationKey, int, bytes]] = []
    for outbound, row in (await desk.rows.outbound(presses)).items():
        for key, place in presses[outbound]:
            events = found.setdefault(key, list(turns[key][1]))
            inbound = _decode(events[place].body)
            if inbound.choice is not None:
                body = _encode(replace(inbound, choice=choice_keys.looked_up(inbound.choice, row.content)))
                events[place] = replace(events[place], body=body)
                written.append((key, events[place].seq, body))
    await desk.rows.rewrite_events(written)
    return found


def _row_in(event: EventRow) -> int | None:
    choice = _decode(event.body).choice
    return None if choice is None else choice_keys.row_of(choice.id)


def _read(event: EventRow, question: OutboundRow, turn_no: int) -> tuple[EventRow, Choice | None]:
    if not choices.answers(event, question, turn_no):
        return event, None
    inbound = _decode(event.body)
    if inbound.choice is not None:  # read by an earlier attempt
        return event, inbound.choice
    choice = choices.typed(inbound.text, choices.offered(question.content) or ())
    return (event if choice is None else replace(event, body=_encode(replace(inbound, choice=choice)))), choice
