"""What was so when a turn was first decided: kept as the step `flow`, so that whoever resumes it decides the same."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from turnkeeper.bots.question import DETAIL
from turnkeeper.bots.turn import Turn
from turnkeeper.engine.answer import Work
from turnkeeper.engine.local_time import zone_named, zone_of
from turnkeeper.flows.nodes.base import Here
from turnkeeper.flows.state import FlowState
from turnkeeper.model.flows import TAGS
from turnkeeper.rules.time_zones import country_of
from turnkeeper.text.guessing import language_of

_LOOKED_BACK: Final = 30
"""Lines of the history in which a colleague's words are looked for."""


class Begun(msgspec.Struct, frozen=True, omit_defaults=True):
    """`zone`: the contact's; `versions`: what was newest of each flow; `person`: a colleague wrote since the bot did.

    The others as in Here.
    """

    at: float
    zone: str
    contact: Mapping[str, Any]
    session: Mapping[str, Any]
    channel: Mapping[str, Any]
    window: Mapping[str, Any]
    versions: Mapping[str, int]
    languages: tuple[str, ...] = ()
    person: bool = False

    def here(self, seed: str) -> Here:
        """What is around the flow."""
        local = datetime.fromtimestamp(self.at, zone_named(self.zone) or UTC)
        return Here(local, self.contact, self.session, self.channel, self.window, seed, self.languages)


_decode = msgspec.json.Decoder(Begun).decode


async def begun(work: Work, turn: Turn, state: FlowState, name: str, versions: Mapping[str, int]) -> Begun:
    """As it was decided by whoever ran this attempt first. `name`: the contact's, as it is known; `versions`: what is
    published now."""

    async def look(_: str) -> bytes:
        return msgspec.json.encode(await _looked(work, turn, state, name, versions))

    return _decode(await work.step("flow", look, b"", effect=False, on_unknown="retry"))


async def _looked(work: Work, turn: Turn, state: FlowState, name: str, versions: Mapping[str, int]) -> Begun:
    facts = await turn.facts.all()
    now = work.now()
    zone = zone_of(facts, work.addresses, work.channel.turns.quiet_hours.time_zone)
    guessed = language_of(turn.text) if turn.text else None
    left = work.open_until - now
    return Begun(
        now,
        getattr(zone, "key", "UTC"),
        _contact(turn, facts, name),
        {"stage": turn.stage or "", "detail": str(turn.state.get(DETAIL) or ""), "flow": state.flow},
        {"name": str(work.channel.id), "kind": work.channel.kind, "niche": work.channel.niche},
        {"open": left > 0, "hours": min(max(left, 0.0) / 3600, 1e6)},
        versions,
        (guessed,) if guessed else (),
        "reply" in state.awaits and await _person_wrote(work),
    )


def _contact(turn: Turn, facts: Mapping[str, Any], name: str) -> dict[str, Any]:
    """What is kept of the contact counts for more than what the provider tells."""
    phone = turn.contact.phone or ""
    known = {"name": name, "phone": phone, "country": (country_of(phone) or "") if phone else ""}
    tags = facts.get(TAGS)
    return {**known, **facts, TAGS: [str(each) for each in tags] if isinstance(tags, list) else []}


async def _person_wrote(work: Work) -> bool:
    """Whether a colleague has had the word since the bot had it."""
    for line in reversed(await work.history(_LOOKED_BACK)):
        if line.role != "contact":
            return line.role == "person"
    return False
