"""What the fake takes and refuses, against the error reference of the Cloud API."""

import asyncio
from typing import Any

import httpx2
import pytest

from tests.testing.business import NUMBER, TOKEN, World, message, settle
from turnkeeper.testing.fake_graph import (
    Behaviour,
    Fault,
    close,
    fail_later,
    gateway_error,
    hold,
    refuse,
)


async def test_token_and_number() -> None:
    async with World() as world:
        await (await world.fake.person("15551234567")).write("hi")
        for token in ("", "wrong"):
            reply = await world.post(message(), token=token)
            assert (reply.status_code, reply.json()["error"]["code"]) == (401, 190)
        reply = await world.post(message(), number="999")
        error = reply.json()["error"]
        assert (reply.status_code, error["code"], error["error_subcode"]) == (400, 100, 33)
        world.fake.management.token_expired = True
        reply = await world.post(message())
        assert (reply.status_code, reply.json()["error"]["error_subcode"]) == (401, 463)


async def test_sandbox_names_another_code() -> None:
    async with World(Behaviour(only_known=True)) as world:
        reply = await world.post(message(to="+15559999999"))
        assert reply.json()["error"]["code"] == 131030


async def test_window_closes_after_24_hours() -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        assert (await world.post(message())).json()["error"]["code"] == 131047
        await ada.write("hi")
        await world.clock.advance(24 * 3600 - 1)
        assert (await world.post(message())).status_code == 200
        await world.clock.advance(1)
        assert (await world.post(message())).json()["error"]["code"] == 131047
        template = message("template", {"name": "hello", "language": {"code": "en"}})
        assert (await world.post(template)).status_code == 200


async def test_after_an_ad_the_window_is_three_days() -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        await ada.send("text", {"body": "hi"}, referral={"source_type": "ad", "source_id": "1"})
        await ada.write("and now?")
        await world.clock.advance(72 * 3600 - 1)
        assert (await world.post(message())).status_code == 200
        await world.clock.advance(1)
        assert (await world.post(message())).json()["error"]["code"] == 131047


async def test_window_may_be_told_later() -> None:
    async with World(Behaviour(outside_window="status")) as world:
        ada = await world.fake.person("15551234567")
        reply = await world.post(message(biz_opaque_callback_data="row-7"))
        assert reply.status_code == 200
        await world.clock.advance(1)
        (status,) = world.business.statuses()
        assert (status["status"], status["biz_opaque_callback_data"]) == ("failed", "row-7")
        assert status["errors"][0]["code"] == 131047
        assert ada.received == []


async def test_pair_limit_is_a_burst_of_45_then_one_in_six_seconds() -> None:
    async with World() as world:
        await (await world.fake.person("15551234567")).write("hi")
        await (await world.fake.person("15557654321")).write("hi")
        replies = [(await world.post(message())).status_code for _ in range(46)]
        assert replies == [200] * 45 + [400]
        assert (await world.post(message())).json()["error"]["code"] == 131056
        assert (await world.post(message(to="+15557654321"))).status_code == 200
        await world.clock.advance(6)
        assert [(await world.post(message())).status_code for _ in range(2)] == [200, 400]


async def test_throughput_is_per_number_and_second() -> None:
    async with World(Behaviour(throughput=3, pair_limit=False)) as world:
        await (await world.fake.person("15551234567")).write("hi")
        codes = [(await world.post(message())).status_code for _ in range(4)]
        assert codes == [200, 200, 200, 400]
        assert world.fake.calls[-1].code == 130429
        await world.clock.advance(1)
        assert (await world.post(message())).status_code == 200


async def test_person_without_a_phone() -> None:
    async with World() as world:
        ada = await world.fake.person(user_id="US.42", name=None)
        await ada.write("hi")
        reply = await world.post(message(to=None, recipient="US.42"))
        assert reply.json()["contacts"] == [{"input": "US.42", "user_id": "US.42"}]
        await world.clock.advance(1)
        (written,) = world.business.messages()
        assert "from" not in written
        assert written["from_user_id"] == "US.42"
        assert world.business.values()[0]["contacts"] == [{"profile": {}, "user_id": "US.42"}]
        status = world.business.statuses()[0]
        assert "recipient_id" not in status
        assert status["recipient_user_id"] == "US.42"


async def test_a_phone_wins_over_a_user_id() -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567", user_id="US.1")
        bob = await world.fake.person(user_id="US.2")
        await ada.write("hi")
        await bob.write("hi")
        assert (await world.post(message(recipient="US.2"))).status_code == 200
        assert (len(ada.received), len(bob.received)) == (1, 0)
        assert await world.fake.person("15551234567") is ada
        assert await world.fake.person(user_id="US.1") is ada


FAULTS: list[tuple[str, Fault, type[Exception] | int, list[str]]] = [
    ("rate limited", refuse(130429), 400, ["second"]),
    ("unknown error", refuse(131000), 500, ["second"]),
    ("HTTP 429 all the same", refuse(4, status=429), 429, ["second"]),
    ("gateway", gateway_error(502), 502, ["second"]),
    ("gateway after it was taken", gateway_error(504, taken=True), 504, ["first", "second"]),
    ("held for ever, taken", hold(), httpx2.ReadTimeout, ["first", "second"]),
    ("held for ever, not taken", hold(taken=False), httpx2.ReadTimeout, ["second"]),
    ("closed, not taken", close(taken=False), httpx2.RemoteProtocolError, ["second"]),
    ("closed, taken", close(taken=True), httpx2.RemoteProtocolError, ["first", "second"]),
    ("fails later", fail_later(131026), 200, ["second"]),
]


@pytest.mark.parametrize("label, fault, seen, reached", FAULTS, ids=[row[0] for row in FAULTS])
async def test_faults(label: str, fault: Fault, seen: type[Exception] | int, reached: list[str]) -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        await ada.write("hi")
        world.fake.fail_next(fault)
        first = message(payload={"body": "first"})
        if isinstance(seen, int):
            assert (await world.post(first)).status_code == seen
        else:
            with pytest.raises(seen):
                await world.post(first)
        assert (await world.post(message(payload={"body": "second"}))).status_code == 200
        assert ada.texts == reached
        statuses = [call.status for call in world.fake.calls if call.kind == "message"]
        assert statuses == [seen if isinstance(seen, int) else None, 200]


async def test_a_hold_may_end() -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        await ada.write("hi")
        world.fake.fail_next(hold(3.0))
        world.client.timeout = httpx2.Timeout(None)
        answer = world.fake.clock.now() + 3.0
        waiting = asyncio.create_task(world.post(message()))
        await settle()
        assert ada.texts == ["hi"]
        assert not waiting.done()
        await world.clock.advance(3.0)
        assert (await waiting).status_code == 200
        assert world.fake.clock.now() == answer
        assert world.fake.calls[-1].latency == 3.0


async def test_mark_read_marks_the_earlier_ones_and_shows_typing() -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        one, two, three = [await ada.write(text) for text in ("one", "two", "three")]
        await world.clock.advance(1)
        assert [ada.ticks(m) for m in (one, two, three)] == ["sent"] * 3
        mark = {"messaging_product": "whatsapp", "status": "read", "message_id": two.id}
        assert (await world.post(mark)).json() == {"success": True}
        assert [ada.ticks(m) for m in (one, two, three)] == ["read", "read", "sent"]
        assert not ada.typing
        mark = {**mark, "message_id": three.id, "typing_indicator": {"type": "text"}}
        assert (await world.post(mark)).status_code == 200
        assert ada.typing
        assert [call.kind for call in world.fake.calls] == ["mark_read", "typing"]


async def test_typing_lasts_25_seconds_is_refreshed_and_ends_with_the_reply() -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        written = await ada.write("hi")
        show = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": written.id,
            "typing_indicator": {"type": "text"},
        }
        await world.post(show)
        await world.clock.advance(24.9)
        assert ada.typing
        await world.clock.advance(0.2)
        assert not ada.typing
        started_at = world.clock.now()
        await world.post(show)
        await world.clock.advance(20)
        await world.post(show)
        await world.clock.advance(20)
        assert ada.typing
        await world.post(message())
        assert not ada.typing
        first, second = ada.typings
        assert (first.until - first.started_at, first.by_reply) == (25, False)
        assert (second.started_at, second.until) == (started_at, started_at + 40)
        assert (second.shown, second.by_reply) == (2, True)


@pytest.mark.parametrize(
    "label, change, code",
    [
        ("no id", {"message_id": None}, 131008),
        ("unknown id", {"message_id": "wamid.nope"}, 100),
        ("other status", {"status": "delivered"}, 131009),
        ("typing of no type", {"typing_indicator": {}}, 131009),
        ("no product", {"messaging_product": "sms"}, 100),
    ],
)
async def test_mark_read_refuses(label: str, change: dict[str, Any], code: int) -> None:
    async with World() as world:
        written = await (await world.fake.person("15551234567")).write("hi")
        mark = {"messaging_product": "whatsapp", "status": "read", "message_id": written.id}
        assert (await world.post({**mark, **change})).json()["error"]["code"] == code


async def test_another_number_knows_neither_the_message_nor_the_window() -> None:
    async with World() as world:
        written = await (await world.fake.person("15551234567")).write("hi")
        mark = {"messaging_product": "whatsapp", "status": "read", "message_id": written.id}
        assert (await world.post(mark, number="1000000002")).json()["error"]["code"] == 100
        assert (await world.post(message(), number="1000000002")).json()["error"]["code"] == 131047


async def test_the_reads_of_a_doctor() -> None:
    async with World() as world:
        fake = world.fake
        number = (await world.get(f"/v25.0/{NUMBER.phone_number_id}?fields=status,id")).json()
        assert number == {"status": "CONNECTED", "id": NUMBER.phone_number_id}
        fake.management.health[NUMBER.phone_number_id] = {"status": "PENDING"}
        number = (await world.get(f"/v25.0/{NUMBER.phone_number_id}?fields=status")).json()
        assert number["status"] == "PENDING"
        token = (await world.get(f"/v25.0/debug_token?input_token={TOKEN}")).json()["data"]
        assert token["is_valid"]
        assert "whatsapp_business_messaging" in token["scopes"]
        other = (await world.get("/v25.0/debug_token?input_token=x")).json()["data"]
        assert not other["is_valid"]
        apps = f"/v25.0/{NUMBER.waba_id}/subscribed_apps"
        assert len((await world.get(apps)).json()["data"]) == 1
        numbers = (await world.get(f"/v25.0/{NUMBER.waba_id}/phone_numbers")).json()["data"]
        assert [row["id"] for row in numbers] == [NUMBER.phone_number_id]
        fake.management.subscribed.clear()
        assert (await world.get(apps)).json()["data"] == []
        await (await fake.person("15551234567")).write("hi")
        await settle()
        assert world.business.requests == []
        headers = {"Authorization": f"Bearer {TOKEN}"}
        assert (await world.client.post(apps, headers=headers)).json() == {"success": True}
        assert len((await world.get(apps)).json()["data"]) == 1
        assert (await world.get("/v25.0/12345")).json()["error"]["error_subcode"] == 33
        assert (await world.get("/nowhere/at/all")).status_code == 400
