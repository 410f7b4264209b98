"""Messages by the provider's ids: what somebody quotes, whoever wrote it, and what the history shows."""

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import World
from turnkeeper.model.events import ContactCard, Inbound, Location, Media, Order, OrderItem
from turnkeeper.store.base import LOOKED_BACK
from turnkeeper.store.lines import Line
from turnkeeper.testing.events import ADA, channel, chosen, deleted, echo, edited, event, reaction, text, unnumbered

BOB = "15551230002"


async def quoted(w: World, *ids: str, of: str = ADA) -> dict[str, tuple[str, str, str]]:
    found = await w.store.quoted((await w.conversation(of)).key, w.channel.id, ids)
    return {known_as: (line.role, line.kind, line.text) for known_as, line in found.items()}


async def test_whoever_wrote_it_is_known(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(text("how much?", id="in.1"))
        await w.answer("Nine.")
        await w.hear(echo("I can do eight", id="echo.1"))
        operator = Inbound(kind="operator", text="Seven!", addresses=(f"phone:{ADA}",), dedup_key="operator:1")
        await w.hear(operator)
        await w.deliver(await w.record(await w.send()))
        assert await quoted(w, "in.1", "out.1", "echo.1", "out.2", "nobody knows", "in.1") == {
            "in.1": ("contact", "text", "how much?"),
            "out.1": ("bot", "text", "Nine."),
            "echo.1": ("person", "text", "I can do eight"),
            "out.2": ("person", "text", "Seven!"),
        }


async def test_what_we_sent_is_ours_although_an_echo_of_it_came(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        await w.answer("hello")
        await w.hear(echo("hello", id="out.1"))
        assert await quoted(w, "out.1") == {"out.1": ("bot", "text", "hello")}


async def test_another_conversation_is_none_of_theirs(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(text("mine", id="in.1"), text("theirs", id="in.2", of=BOB))
        await w.until_idle()
        assert w.sent == ["re: mine", "re: theirs"]
        theirs = {word: f"out.{place}" for place, word in enumerate(w.sent, 1)}["re: theirs"]
        assert await quoted(w, "in.2", theirs) == {}
        assert await quoted(w, "in.2", theirs, of=BOB) == {
            "in.2": ("contact", "text", "theirs"),
            theirs: ("bot", "text", "re: theirs"),
        }


async def test_another_channels_ids_are_others(world: OpenWorld) -> None:
    async with world(channel(), channel("other")) as w:
        await w.hear(text("hi", id="in.1"))
        await w.answer("hello")
        other = w.directory.channel(w.channel.workspace_id, "other")  # type: ignore[arg-type]
        assert other is not None
        assert await w.store.quoted((await w.conversation()).key, other.id, ["out.1"]) == {}


async def test_what_was_edited_in_time_is_quoted_as_it_is_and_what_was_deleted_is_not(world: OpenWorld) -> None:
    async with world() as w:
        first, second = text("lamp", id="in.1"), text("secret", id="in.2")
        await w.hear(first, second, edited(first, "two lamps"), deleted(second))
        assert await quoted(w, "in.1", "in.2") == {"in.1": ("contact", "text", "two lamps")}


async def test_only_the_latest_are_looked_through(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(text("long ago", id="in.1"), text("later", id="in.2"))
        await w.hear(*(reaction("👍", "in.1") for _ in range(LOOKED_BACK - 1)))
        assert await quoted(w, "in.1", "in.2") == {"in.2": ("contact", "text", "later")}


@pytest.mark.parametrize(
    "label, heard, expected",
    [
        ("a picture", event("image"), "[image]"),
        ("a picture with words", event("image", "my lamp"), "my lamp"),
        ("a file", replace(event("document"), media=Media(filename="a.pdf")), "[document a.pdf]"),
        ("a place", replace(event("location"), location=Location(1.0, 2.0, "The square")), "[location] The square"),
        ("a bare place", replace(event("location"), location=Location(1.0, 2.0)), "[location]"),
        ("cards", replace(event("contacts"), cards=(ContactCard("Omar"), ContactCard("Zed"))), "[contacts] Omar, Zed"),
        ("an order", replace(event("order"), order=Order((OrderItem("sku-1", 2),))), "[order] 2 × sku-1"),
        ("a button", chosen("yes", "Yes"), "Yes"),
        ("an emoji", reaction("👍", "m"), "👍"),
        ("what nobody can read", event("unsupported"), "[unsupported]"),
        ("an emoji taken away", reaction("", "m"), None),
        ("a deletion", event("deleted"), None),
        ("a call", event("call"), None),
    ],
)
async def test_the_history_tells_every_kind_in_words(
    world: OpenWorld, label: str, heard: Inbound, expected: str | None
) -> None:
    async with world() as w:
        await w.hear(heard)
        lines = await w.store.history((await w.conversation()).key, 5)
        assert [(line.role, line.kind, line.text) for line in lines] == (
            [] if expected is None else [("contact", heard.kind, expected)]
        )
        assert [line[2] for line in (await quoted(w, str(heard.known_as))).values()] == [line.text for line in lines]


async def lines(w: World) -> list[tuple[str, str]]:
    found: list[Line] = await w.store.history((await w.conversation()).key, 20)
    return [(line.role, line.text) for line in found]


async def test_an_edit_stands_in_its_message_or_after_it_never_twice(world: OpenWorld) -> None:
    async with world() as w:
        early, late = text("lamp"), text("a table")
        await w.hear(early)
        await w.hear(edited(early, "two lamps"))
        await w.answer("Done.")
        w.now += 1
        await w.hear(late)
        await w.answer("Done too.")
        w.now += 1
        await w.hear(edited(late, "a chair"))
        assert await lines(w) == [
            ("contact", "two lamps"),
            ("bot", "Done."),
            ("contact", "a table"),
            ("bot", "Done too."),
            ("contact", "a chair"),
        ]


async def test_what_the_contact_deleted_later_is_not_told_any_more(world: OpenWorld) -> None:
    async with world() as w:
        secret = text("my number is 4711")
        await w.hear(secret, text("and?"))
        await w.answer("Thanks.")
        await w.hear(deleted(secret))
        assert await lines(w) == [("contact", "and?"), ("bot", "Thanks.")]
        assert await w.states() == {"answered": 2, "no_reply": 1}


async def test_messages_without_an_id_stand_for_themselves(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(unnumbered("lamp"))
        await w.answer("Which?")
        w.now += 20
        await w.hear(replace(event("deleted"), target_message_id=None), unnumbered("lamp"))
        assert await lines(w) == [("contact", "lamp"), ("bot", "Which?"), ("contact", "lamp")]


async def test_our_own_message_is_said_once_although_an_echo_of_it_came(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        dispatch = await w.commit(await w.turn(), "hello")
        await w.hear(echo("hello", id="out.1"))
        assert await lines(w) == [("contact", "hi"), ("bot", "hello")], "while it is undecided"
        await w.deliver(dispatch)
        assert await lines(w) == [("contact", "hi"), ("bot", "hello")]


def test_particulars_come_back_as_they_were_stored() -> None:
    order: Any = replace(event("order"), order=Order((OrderItem("sku-1", 2, None, "EUR"),)))
    assert msgspec.json.decode(msgspec.json.encode(order), type=Inbound) == order
