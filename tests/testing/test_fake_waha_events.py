"""The fake WAHA tells the same thing in each engine's shape, signed, and again where it was not taken."""

import asyncio
import hashlib
import hmac
import json
from itertools import pairwise
from typing import Any
from urllib.parse import quote

import pytest

from tests.testing.waha import CHAT, LID, PHONE, waha
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.fake_waha import (
    ENGINES,
    Engine,
    signature,
)


@pytest.mark.parametrize(
    "engine, chat, top, alias",
    [
        ("WEBJS", CHAT, True, None),
        ("NOWEB", f"{LID}@lid", True, ("key", "remoteJidAlt")),
        ("GOWS", f"{LID}@lid", False, ("Info", "SenderAlt")),
    ],
)
async def test_a_message(engine: Engine, chat: str, top: bool, alias: tuple[str, str] | None) -> None:
    async with waha(engine=engine) as w:
        ada = await w.fake.person(PHONE, lid=LID, name="Ada")
        written = await ada.write("hi")
        (told,) = await w.told("message")
        (body,) = w.listener.events("message")
        assert (told["id"], told["from"], told["body"]) == (f"false_{chat}_{written.key}", chat, "hi")
        assert (told["fromMe"], told["source"], told["hasMedia"]) == (False, "app", False)
        assert ("engine" in body, body["environment"]["engine"]) == (top, engine)
        assert ("location" in told) is (engine != "WEBJS")
        assert body["me"]["id"] == "15550009999@c.us"
        assert "Ada" in json.dumps(told["_data"])
        if alias:
            assert told["_data"][alias[0]][alias[1]] == f"{PHONE}@s.whatsapp.net"


async def test_somebody_who_hides_the_phone_goes_by_the_hidden_id_everywhere() -> None:
    for engine in ENGINES:
        async with waha(engine=engine) as w:
            bo = await w.fake.person(lid=LID, name="Bo")
            await bo.write("hi")
            (told,) = await w.told("message")
            assert told["from"] == f"{LID}@lid"
            assert PHONE not in json.dumps(told)
            assert (await w.post("sendText", chatId=f"{LID}@lid", text="x"))[0] == 201
            assert bo.texts == ["x"]


@pytest.mark.parametrize(
    "engine, where", [("WEBJS", ("id", "_serialized")), ("NOWEB", ("key", "id")), ("GOWS", ("id",))]
)
async def test_an_answer(engine: Engine, where: tuple[str, ...]) -> None:
    async with waha(engine=engine) as w:
        ada = await w.fake.person(PHONE, lid=LID)
        _, answer = await w.post("sendText", chatId=CHAT, text="x")
        for name in where:
            answer = answer[name]
        key = ada.received[0].key
        assert answer == {"WEBJS": f"true_{CHAT}_{key}", "NOWEB": key, "GOWS": f"true_{LID}@lid_{key}"}[engine]


async def test_the_engine_changes_while_it_runs_and_keys_stay() -> None:
    async with waha() as w:
        ada = await w.fake.person(PHONE, lid=LID)
        first = await ada.write("one")
        w.fake.engine = "GOWS"
        await ada.write("two")
        one, two = await w.told("message")
        assert (one["from"], two["from"]) == (CHAT, f"{LID}@lid")
        _, found = await w.ask("GET", f"/api/default/chats/{quote(CHAT)}/messages?sortOrder=asc")
        assert [each["id"] for each in found] == [f"false_{LID}@lid_{first.key}", two["id"]]


async def test_groups_name_who_wrote() -> None:
    for engine in ENGINES:
        async with waha(engine=engine) as w:
            ada = await w.fake.person(PHONE)
            friends = await w.fake.group()
            written = await ada.write("hello all", group=friends)
            (told,) = await w.told("message")
            assert told["id"] == f"false_{friends.id}_{written.key}_{CHAT}"
            assert (told["from"], told["participant"]) == (friends.id, CHAT)
            await w.post("sendText", chatId=friends.id, text="hello")
            (got,) = ada.received
            assert {ack["participant"] for ack in await w.told("message.ack.group")} == {CHAT}
            assert got.text == "hello"


async def test_a_message_of_ours_is_echoed_and_acknowledged() -> None:
    async with waha() as w:
        await w.fake.person(PHONE)
        await w.post("sendText", chatId=CHAT, text="x")
        await w.fake.wait_until(lambda: len(w.listener.events("message.ack")) == 3)
        assert [(ack["ack"], ack["ackName"]) for ack in await w.told("message.ack")] == [
            (1, "SERVER"),
            (2, "DEVICE"),
            (3, "READ"),
        ]
        (echo,) = await w.told("message.any")
        assert (echo["fromMe"], echo["source"], echo["body"]) == (True, "api", "x")
        assert await w.told("message") == []


async def test_what_the_owner_types_is_told_as_such() -> None:
    async with waha() as w:
        ada = await w.fake.person(PHONE)
        await w.fake.owner.write(ada, "I am here")
        (echo,) = await w.told("message.any")
        assert (echo["fromMe"], echo["source"]) == (True, "app")
        assert ada.texts == ["I am here"]


async def test_changes_name_what_they_change_by_its_key() -> None:
    async with waha(engine="GOWS") as w:
        ada = await w.fake.person(PHONE)
        written = await ada.write("tea")
        await ada.edit(written, "coffee")
        await ada.react(written, "👍")
        await ada.revoke(written)
        (edited,), (reaction,), (revoked,) = [
            await w.told(name) for name in ("message.edited", "message.reaction", "message.revoked")
        ]
        assert (edited["editedMessageId"], edited["body"]) == (written.key, "coffee")
        assert edited["id"] != written.id("GOWS")
        assert reaction["reaction"] == {"text": "👍", "messageId": written.id("GOWS")}
        assert (revoked["revokedMessageId"], revoked["before"]["body"]) == (written.key, "coffee")


async def test_votes_calls_and_typing() -> None:
    async with waha() as w:
        ada = await w.fake.person(PHONE)
        poll = {"name": "Tea?", "options": ["yes", "no"], "multipleAnswers": False}
        await w.post("sendPoll", chatId=CHAT, poll=poll)
        await ada.vote(ada.received[0], "yes")
        await ada.call()
        await ada.begin_typing()
        assert await w.told("presence.update") == []
        await w.ask("POST", f"/api/default/presence/{quote(CHAT)}/subscribe")
        await ada.begin_typing()
        (presence,) = await w.told("presence.update")
        assert presence["presences"][0]["lastKnownPresence"] == "typing"
        ((vote,), (call,)) = await w.told("poll.vote"), await w.told("call.received")
        assert (vote["vote"]["selectedOptions"], call["from"]) == (["yes"], CHAT)


async def test_only_what_is_asked_for_is_told() -> None:
    async with waha() as w:
        w.fake.hook("http://us/", "message.ack")
        ada = await w.fake.person(PHONE)
        await ada.write("hi")
        assert await w.told() == []


async def test_it_is_signed_over_its_raw_bytes() -> None:
    async with waha() as w:
        await (await w.fake.person(PHONE)).write("grüß")
        await w.fake.drained()
        for _, request in w.listener.heard:
            mac = hmac.new(b"k", request.body, hashlib.sha512).hexdigest()
            assert request.headers["x-webhook-hmac"] == mac == signature("k", request.body)
            assert request.headers["x-webhook-hmac-algorithm"] == "sha512"
            assert {"x-webhook-request-id", "x-webhook-timestamp"} <= set(request.headers)


@pytest.mark.parametrize(
    "label, retries, waits",
    [
        ("its own", {}, [2.0, 2.0]),
        ("linear", {"policy": "linear", "delaySeconds": 1, "attempts": 3}, [1.0, 2.0]),
        ("exponential", {"policy": "exponential", "delaySeconds": 3, "attempts": 9}, [3.0, 6.0]),
    ],
)
def test_what_is_not_taken_comes_again(label: str, retries: dict[str, Any], waits: list[float]) -> None:
    @in_virtual_time
    async def play() -> None:
        async with waha() as w:
            w.fake.hook("http://us/", "message", retries=retries)
            w.listener.answers = [503, 404]
            await (await w.fake.person(PHONE)).write("hi")
            await w.fake.drained(60)
            at = [call.at for call in w.fake.webhooks.sent]
            assert [later - sooner for sooner, later in pairwise(at)] == pytest.approx(waits)
            ids = {request.headers["x-webhook-request-id"] for _, request in w.listener.heard}
            assert (len(w.listener.heard), len(ids)) == (3, 1)

    play()


def test_it_is_given_up_after_half_a_minute_and_forgotten_at_a_restart() -> None:
    @in_virtual_time
    async def play() -> None:
        async with waha(outage=True) as w:
            ada = await w.fake.person(PHONE)
            w.fake.hook("http://us/", "message")
            await ada.write("lost")
            began = w.fake.now()
            await w.fake.drained(60)
            assert w.fake.now() - began == pytest.approx(30)
            assert [envelope["payload"]["body"] for envelope in w.fake.webhooks.lost] == ["lost"]
            await ada.write("forgotten")
            await asyncio.sleep(3)
            await w.fake.restart()
            w.fake.behaviour.outage = False
            await asyncio.sleep(60)
            assert w.listener.heard == []
            assert [message.body for message in w.fake.session.messages] == ["lost", "forgotten"]

    play()


async def test_copies_and_order() -> None:
    async with waha(duplicate=3, reorder=True) as w:
        w.fake.hook("http://us/", "message")
        ada = await w.fake.person(PHONE)
        for number in range(8):
            await ada.write(str(number))
        heard = [told["body"] for told in await w.told("message")]
        assert sorted(heard) == sorted(list(map(str, range(8))) * 3)
        assert heard != sorted(heard)
