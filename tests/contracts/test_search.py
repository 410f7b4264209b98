"""Searching conversations: by words, names and numbers, the newest first; what is gone is not found."""

from dataclasses import replace as with_policy

import msgspec
import pytest
from msgspec.structs import replace

from tests.contracts.conftest import OpenWorld
from tests.contracts.feeding import SHOP, fed, feed, found
from tests.contracts.world import T0, World
from turnkeeper.model.events import Inbound, with_heard
from turnkeeper.model.inbox import InboxFilter, SearchHit
from turnkeeper.store import searching
from turnkeeper.store.base import Retold
from turnkeeper.testing.events import ADA, TURNS, channel, chosen, deleted, echo, edited, event, text

BOB = "15551230002"


def shown(hit: SearchHit) -> tuple[str, str, list[str]]:
    """Who, where, and the words that are marked."""
    return hit.role, hit.source, [hit.text[start:end] for start, end in hit.hits]


async def hear(w: World, said: str, of: str = ADA) -> None:
    w.now += 100
    await w.hear(text(said, of=of, at=w.now))
    await feed(w)


SAID = [
    ("I would like a refund, please", "refund", ["refund"]),
    ("We wait for the parcel", "parc", ["parcel"]),
    ("The invoices were late", "invoice late", ["invoices", "late"]),
    ("Ich hätte gern ein Stück Käse", "kase", ["Käse"]),
    ("我想要一份退款", "退款", ["退款"]),
    ("أريد استرداد المال", "المال", ["المال"]),
    ("order 4711-88 of May", "4711", ["4711"]),
    ("Ваш заказ готов", "заказы", ["заказ"]),
    ("both words are here", "words both", ["both", "words"]),
    ("fish & chips 🐟", "chips", ["chips"]),
]
UNSAID = ("", "  ", "refused", "refund nothing", "und", "'; drop table --", '" OR "', "* *")


async def test_messages_are_found_by_their_words(world: OpenWorld) -> None:
    async with world() as w:
        for said, _, _ in SAID:
            await hear(w, said)
        for seq, (_, asked, marked) in enumerate(SAID, 1):
            (hit,) = await found(w, asked)
            assert shown(hit) == ("contact", "in", marked)
            assert (hit.seq, hit.at, hit.row.address) == (seq, T0 + 100 * seq, f"+{ADA}")
        for asked in UNSAID:
            assert await found(w, asked) == [], asked


async def test_the_newest_come_first_and_each_conversation_once(world: OpenWorld) -> None:
    async with world() as w:
        for said, who in (("tea one", ADA), ("tea two", BOB), ("tea three", ADA), ("coffee", BOB)):
            await hear(w, said, who)
        hits = await found(w, "tea")
        assert [(hit.row.address, hit.text) for hit in hits] == [(f"+{ADA}", "tea three"), (f"+{BOB}", "tea two")]


async def test_pages_go_on_where_the_last_one_ended(world: OpenWorld) -> None:
    async with world() as w:
        for n in range(5):
            await hear(w, "tea", f"1555999000{n}")
        seen, after = [], None
        for _ in range(6):
            page = await w.store.search(SHOP, "tea", InboxFilter(), 2, after)
            seen += [hit.row.address[-1] for hit in page.hits]
            after = page.after
            if after is None:
                break
        assert seen == ["4", "3", "2", "1", "0"]


async def test_however_often_somebody_said_it(world: OpenWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_PAGE", 2)
    async with world() as w:
        await hear(w, "tea", BOB)
        for _ in range(7):
            await hear(w, "tea")
        assert [hit.row.address for hit in await found(w, "tea")] == [f"+{ADA}", f"+{BOB}"]


async def test_only_what_is_wanted(world: OpenWorld) -> None:
    async with world() as w:
        await hear(w, "tea")
        await hear(w, "tea", BOB)
        await w.mode("human")
        await feed(w)
        assert [hit.row.address for hit in await found(w, "tea", mode="human")] == [f"+{ADA}"]


async def test_people_are_found_by_name_and_number(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(replace(text("hi", at=T0), sender_name="Ada Lovelace"))
        await w.hear(replace(text("Ada is who?", of=BOB, at=T0), sender_name="Bob"))
        await feed(w)
        named = await found(w, "lovel")
        assert [(hit.source, hit.text, shown(hit)[2]) for hit in named] == [
            ("name", f"Ada Lovelace · +{ADA}", ["Lovelace"])
        ]
        assert [hit.source for hit in await found(w, "ada")] == ["name", "in"]
        for number in ("0001", "1230001", "+1 (555) 123-0001", "15551230001"):
            assert [hit.row.address for hit in await found(w, number)] == [f"+{ADA}"], number
        assert await found(w, "001") == []
        assert len(await found(w, "5551230")) == 2


async def test_an_erased_contact_has_no_name(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(replace(text("hello there", at=T0), sender_name="Ada Lovelace"))
        row = await fed(w)
        assert row.name == "Ada Lovelace"
        await w.store.erase_contact(SHOP, row.contact_id, w.now)
        row = await fed(w)
        assert (row.name, row.preview, await found(w, "lovelace"), await found(w, "hello")) == (None, "", [], [])
        assert len(await found(w, "0001")) == 1


async def test_all_that_was_said_is_found(world: OpenWorld) -> None:
    """The bot's answers, a colleague's words, choices and captions, whoever said them."""
    async with world() as w:
        await w.hear(text("question", at=T0))
        await w.answer("a **bold** answer")
        await w.hear(echo("colleague here"), event("image", "a caption"), chosen("yes", "Certainly"))
        await feed(w)
        told = {asked: [shown(hit)[:2] for hit in await found(w, asked)] for asked in ("bold", "colleague", "caption")}
        assert told == {"bold": [("bot", "out")], "colleague": [("person", "in")], "caption": [("contact", "in")]}


async def test_edits_and_deletions_count(world: OpenWorld) -> None:
    async with world() as w:
        for answered in (False, True):
            first, second = text("apples", at=w.now), text("pears", at=w.now)
            await w.hear(first, second)
            if answered:
                await w.answer("fine")
            await feed(w)
            assert (len(await found(w, "apples")), len(await found(w, "pears"))) == (1, 1)
            await w.hear(edited(first, "plums"), deleted(second))
            await feed(w)
            assert [len(await found(w, asked)) for asked in ("apples", "pears", "plums")] == [0, 0, 1]
            w.now += 100
            await w.hear("over")
            await w.until_idle()


async def test_what_a_voice_note_says_is_found(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(event("voice"))
        turn = await w.turn()
        await feed(w)
        (heard,) = turn.events
        after = msgspec.json.encode(
            with_heard(msgspec.json.decode(heard.body, type=Inbound), w.now, heard="two loaves")
        )
        await w.store.retell(turn.run, turn.turn.no, [Retold(heard.seq, heard.body, after)])
        await feed(w)
        (hit,) = await found(w, "loaves")
        assert (hit.row.preview, shown(hit)) == ("two loaves", ("contact", "in", ["loaves"]))


async def test_nothing_is_found_of_a_bot_that_keeps_nothing(world: OpenWorld) -> None:
    """Not even of what was said before it was told so."""
    shop = channel()
    async with world(shop) as w:
        await w.hear("apples")
        await w.answer("pears")
        await feed(w)
        assert (len(await found(w, "apples")), len(await found(w, "pears"))) == (1, 1)
        w.directory.put(with_policy(shop, turns=with_policy(TURNS, keep="nothing")))
        w.now += 100
        await w.hear("plums")
        await w.answer("lemons")
        for key in await w.store.erasures(w.now, 10):
            await w.store.erase(key, w.now)
        await feed(w)
        assert [len(await found(w, asked)) for asked in ("apples", "pears", "plums", "lemons", "0001")] == [
            0,
            0,
            0,
            0,
            1,
        ]
        assert [row.preview for row in await w.store.inbox_page(SHOP, InboxFilter(), None, 10)] == [""]


async def test_what_was_never_sent_is_not_found(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        await w.store.pause_channel(SHOP, w.channel.id, "token", w.now)
        await w.commit(await w.turn(), "a promise")
        await feed(w)
        assert len(await found(w, "promise")) == 1
        await w.mode("human")
        await feed(w)
        assert await found(w, "promise") == []
