"""What people decide at WhatsApp itself about marketing messages."""

from typing import Any

import pytest

from tests.channels.cloud_bodies import AT, CONFIG, NUMBER_ID, PHONE, USER, body, change, contact
from turnkeeper.channels.base import Webhook
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloud
from turnkeeper.model.events import Ignored, Inbound, Received, Unreadable
from turnkeeper.rules import consent


def parsed(preferences: Any, **around: Any) -> list[Received]:
    raw = body(change("user_preferences", user_preferences=preferences, **around))
    return WhatsAppCloud().parse(Webhook({}, raw), CONFIG)


def preference(**changes: Any) -> dict[str, Any]:
    usual = {"wa_id": PHONE, "category": "marketing_messages", "value": "stop", "timestamp": AT, "detail": "Stopped"}
    return {name: value for name, value in {**usual, **changes}.items() if value is not None}


@pytest.mark.parametrize(("word", "granted"), [("stop", False), ("resume", True)])
def test_a_preference_is_an_event_of_the_person(word: str, granted: bool) -> None:
    [event] = parsed([preference(value=word)], contacts=[contact()])
    assert isinstance(event, Inbound)
    assert (event.kind, event.account_id, event.timestamp) == ("system", NUMBER_ID, int(AT))
    assert event.addresses == (f"user:{USER}", f"phone:{PHONE}")
    assert consent.told(event) == consent.Wish("marketing", granted, "provider", float(AT))


def test_it_is_the_same_one_when_it_comes_again_and_another_later() -> None:
    first, again, later, back = (
        event.dedup_key
        for each in ({}, {"detail": "x"}, {"timestamp": int(AT) + 9}, {"value": "resume"})
        for event in parsed([preference(**each)])
        if isinstance(event, Inbound)
    )
    assert first == again
    assert len({first, later, back}) == 3


def test_each_of_several_is_its_own_persons() -> None:
    events = parsed([preference(), preference(wa_id="447700900124"), preference(wa_id=None, user_id="GB.77")])
    assert [event.addresses for event in events if isinstance(event, Inbound)] == [
        (f"phone:{PHONE}",),
        ("phone:447700900124",),
        ("user:GB.77",),
    ]


ODD = [
    ("of another category", [preference(category="utility_messages")], Ignored),
    ("another word", [preference(value="pause")], Ignored),
    ("nobody", [preference(wa_id=None)], Unreadable),
    ("no object", ["stop"], Unreadable),
    ("no list", {"value": "stop"}, Unreadable),
]


@pytest.mark.parametrize(("label", "preferences", "becomes"), ODD, ids=[row[0] for row in ODD])
def test_what_is_odd(label: str, preferences: Any, becomes: type[Received]) -> None:
    assert [type(item) for item in parsed(preferences)] == [becomes]
