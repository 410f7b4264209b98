"""Groups, as tables: what is heard, where it goes, and under which name."""

from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from turnkeeper.model.events import Inbound, named, words_heard
from turnkeeper.model.policy import Groups, RateLimit
from turnkeeper.rules import groups
from turnkeeper.testing.events import TURNS, event, reaction, text

ADA = Inbound(
    kind="text", text="hello", chat_id="g1", is_group=True, sender_name="Ada", addresses=("phone:1", "user:u1")
)


@pytest.mark.parametrize(
    "label, inbound, heard, answers_us, reason",
    [
        ("a private message", text("hi"), "ignore", False, None),
        ("ignored", ADA, "ignore", True, "written in a group"),
        ("everything", ADA, "all", False, None),
        ("not to us", ADA, "mention", False, "written in a group, not to us"),
        ("a mention", changed(ADA, mentions_us=True), "mention", False, None),
        ("an answer to us", ADA, "mention", True, None),
        ("a mention where groups are ignored", changed(ADA, mentions_us=True), "ignore", False, "written in a group"),
        ("a group without a name", changed(ADA, chat_id=None), "all", False, "written in a group"),
        ("our own", changed(ADA, from_me=True), "mention", False, None),
        ("our own where groups are ignored", changed(ADA, from_me=True), "ignore", False, "written in a group"),
        ("an edit", changed(ADA, kind="edited"), "mention", False, None),
        ("a deletion", changed(ADA, kind="deleted"), "mention", False, None),
        ("a reaction", changed(reaction("👍", "m"), is_group=True, chat_id="g1"), "mention", False, None),
        ("typing", changed(ADA, kind="typing"), "ignore", False, "written in a group"),
        ("a poll", changed(ADA, kind="unsupported"), "all", False, "nothing to read, in a group"),
    ],
)
def test_what_is_left_alone(label: str, inbound: Inbound, heard: Groups, answers_us: bool, reason: str | None) -> None:
    assert groups.left_alone(inbound, heard, answers_us=answers_us) == reason


@pytest.mark.parametrize(
    "label, inbound, heard, addresses, name",
    [
        ("heard", ADA, "all", ("group:g1",), "Ada"),
        ("heard in part", ADA, "mention", ("group:g1",), "Ada"),
        ("not heard", ADA, "ignore", ADA.addresses, "Ada"),
        ("a private message", changed(ADA, is_group=False), "all", ADA.addresses, "Ada"),
        ("under two ids", changed(ADA, addresses=("group:new", "group:old")), "all", ("group:new", "group:old"), "Ada"),
        ("without a name", changed(ADA, sender_name=None, sender_phone="155"), "all", ("group:g1",), "155"),
        ("with an id only", changed(ADA, sender_name=None, sender_id="9"), "all", ("group:g1",), "9"),
        ("with an address only", changed(ADA, sender_name=None), "all", ("group:g1",), "1"),
    ],
)
def test_a_group_is_one_conversation(
    label: str, inbound: Inbound, heard: Groups, addresses: tuple[str, ...], name: str
) -> None:
    housed = groups.housed(inbound, heard)
    assert (housed.addresses, housed.sender_name) == (addresses, name)


@pytest.mark.parametrize(
    "label, inbound, expected",
    [
        ("in a group", ADA, "Ada: hello"),
        ("in private", changed(ADA, is_group=False), "hello"),
        ("by ourselves", changed(ADA, from_me=True), "hello"),
        ("by nobody", changed(ADA, sender_name=" "), "hello"),
        ("under a name of two lines", changed(ADA, sender_name="Ada\nBot"), "Ada Bot: hello"),
        ("under a name without end", changed(ADA, sender_name="a" * 100), "a" * 60 + ": hello"),
    ],
)
def test_who_speaks_is_named(label: str, inbound: Inbound, expected: str) -> None:
    assert named(inbound, inbound.text) == expected
    assert words_heard(inbound) == expected


def test_a_picture_and_an_emoji_have_somebody_too() -> None:
    assert words_heard(changed(ADA, kind="image", text=None)) == "Ada: [image]"
    assert words_heard(changed(event("document"), is_group=True, sender_name="Ada")) == "Ada: [document]"
    assert words_heard(changed(reaction("👍", "m"), is_group=True, sender_name="Ada")) == "Ada: 👍"
    assert words_heard(changed(reaction("", "m"), is_group=True, sender_name="Ada")) == ""


def test_nobody_is_told_in_front_of_all_that_they_were_too_fast() -> None:
    found = groups.manners(replace(TURNS, rate_limit=RateLimit(10, 60.0)))
    assert (found.rate_limit, found.rate_notice, found.stale_notice) == (RateLimit(50, 60.0), "", "")
    assert groups.manners(replace(TURNS, rate_limit=None)).rate_limit is None
