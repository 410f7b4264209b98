"""The fake's webhooks: signed, at least once, and as unruly as they are asked to be."""

import asyncio
import hashlib
import hmac
from collections import Counter
from typing import Any

import httpx2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.testing.business import SECRET, TOKEN, World, message, settle
from turnkeeper.testing.fake_graph import REFERRAL, REPLIES, Behaviour


def signed(request: httpx2.Request) -> bool:
    mac = hmac.new(SECRET.encode(), request.content, hashlib.sha256).hexdigest()
    return request.headers["x-hub-signature-256"] == f"sha256={mac}"


async def test_a_message_in_metas_shape() -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567", name="Ada Zoë", user_id="US.9")
        written = await ada.write("Grüße 🌍")
        await world.fake.drained()
        (request,) = world.business.requests
        assert signed(request)
        assert request.content.isascii()
        assert world.business.bodies == [
            {
                "object": "whatsapp_business_account",
                "entry": [
                    {
                        "id": "2000000001",
                        "changes": [
                            {
                                "field": "messages",
                                "value": {
                                    "messaging_product": "whatsapp",
                                    "metadata": {
                                        "display_phone_number": "15550001111",
                                        "phone_number_id": "1000000001",
                                    },
                                    "contacts": [
                                        {
                                            "profile": {"name": "Ada Zoë"},
                                            "wa_id": "15551234567",
                                            "user_id": "US.9",
                                        }
                                    ],
                                    "messages": [
                                        {
                                            "from": "15551234567",
                                            "from_user_id": "US.9",
                                            "id": written.id,
                                            "timestamp": "1800000000",
                                            "type": "text",
                                            "text": {"body": "Grüße 🌍"},
                                        }
                                    ],
                                },
                            }
                        ],
                    }
                ],
            }
        ]


KINDS = "image video audio document sticker location contacts interactive button order system reaction edit revoke"


@pytest.mark.parametrize("kind", [*KINDS.split(), "unsupported"])
async def test_every_kind_has_a_sample(kind: str) -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        await ada.send(kind, referral=REFERRAL)
        await world.fake.drained()
        (item,) = world.business.messages()
        assert item["type"] == kind
        assert item[kind]
        assert item["referral"]["ctwa_clid"]
        assert ("contacts" in world.business.values()[0]) == (kind != "system")
        assert [error["code"] for error in item.get("errors", [])] == ([131051] if kind == "unsupported" else [])


@pytest.mark.parametrize("name", REPLIES)
async def test_every_reply_names_its_type(name: str) -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        await ada.send("interactive", REPLIES[name])
        await world.fake.drained()
        (item,) = world.business.messages()
        assert item["interactive"]["type"] == name
        assert item["interactive"][name]


async def test_reactions_presses_and_quotes() -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        await ada.react("wamid.a", "")
        await ada.press("b1", "Yes", reply_to="wamid.b")
        await ada.write("that one", reply_to="wamid.c")
        await world.fake.drained()
        reaction, press, quote = world.business.messages()
        assert reaction["reaction"] == {"message_id": "wamid.a"}
        assert press["interactive"]["button_reply"] == {"id": "b1", "title": "Yes"}
        assert [item["context"]["id"] for item in (press, quote)] == ["wamid.b", "wamid.c"]
        with pytest.raises(ValueError, match="no sample payload"):
            await ada.send("hologram")


async def test_statuses_advance_and_carry_our_data_back() -> None:
    behaviour = Behaviour(sent_after=1.0, delivered_after=2.0, read_after=5.0)
    async with World(behaviour) as world:
        ada = await world.fake.person("15551234567")
        await ada.write("hi")
        await world.post(message(biz_opaque_callback_data="row-1"))
        seen = []
        for _ in range(6):
            seen.append(ada.received[0].ticks)
            await world.clock.advance(1.0)
        assert seen == ["clock", "sent", "delivered", "delivered", "delivered", "read"]
        statuses = world.business.statuses()
        assert [s["status"] for s in statuses] == ["sent", "delivered", "read"]
        assert {s["biz_opaque_callback_data"] for s in statuses} == {"row-1"}
        assert {s["id"] for s in statuses} == {ada.received[0].id}
        assert all(s["pricing"]["category"] == "service" for s in statuses)
        assert all(v["contacts"] for v in world.business.values() if "statuses" in v)


async def test_statuses_may_be_left_out_or_never_come() -> None:
    behaviour = Behaviour(drop_statuses=frozenset({"delivered"}), read_after=3.0)
    async with World(behaviour) as world:
        await (await world.fake.person("15551234567")).write("hi")
        await world.post(message("audio", {"link": "https://x.example/a.ogg", "voice": True}))
        await world.clock.advance(10)
        assert [s["status"] for s in world.business.statuses()] == ["sent", "read", "played"]
        world.fake.behaviour = Behaviour(delivered_after=None)
        await world.post(message())
        await world.clock.advance(10)
        assert [s["status"] for s in world.business.statuses()][3:] == ["sent"]


async def test_retries_come_later_and_later_with_the_same_bytes() -> None:
    async with World() as world:

        async def down(_: httpx2.Request) -> httpx2.Response:
            return httpx2.Response(500)

        world.business.answer = down
        ada = await world.fake.person("15551234567")
        written = await ada.write("hi")
        start = world.clock.now()
        await world.clock.advance(8)
        assert ada.ticks(written) == "clock"
        world.business.answer = world.business.ok
        await world.clock.advance(100)
        calls = list(world.fake.webhooks.sent)
        assert [call.at - start for call in calls] == [0, 1, 3, 7, 15]
        assert [call.status for call in calls] == [500, 500, 500, 500, 200]
        assert [call.attempt for call in calls] == [1, 2, 3, 4, 5]
        assert len({call.body for call in calls}) == 1
        assert all(signed(request) for request in world.business.requests)
        assert ada.ticks(written) == "sent"
        assert world.fake.webhooks.pending == 0


async def test_an_update_is_lost_after_36_hours() -> None:
    async with World(Behaviour(outage=True)) as world:
        ada = await world.fake.person("15551234567")
        written = await ada.write("hi")
        await world.clock.advance(30 * 3600)
        assert world.fake.webhooks.pending == 1
        await world.clock.advance(7 * 3600)
        assert world.business.requests == []
        assert world.fake.webhooks.pending == 0
        assert [update.id for update in world.fake.webhooks.lost] == [written.id]
        assert ada.ticks(written) == "failed"
        assert {call.error for call in world.fake.webhooks.sent} == {"outage"}


async def test_a_slow_business_counts_as_failed() -> None:
    async with World(Behaviour(timeout=0.01)) as world:

        async def slow(_: httpx2.Request) -> httpx2.Response:
            await asyncio.Event().wait()
            raise AssertionError

        world.business.answer = slow
        await (await world.fake.person("15551234567")).write("hi")
        await world.fake.wait_until(lambda: len(world.fake.webhooks.sent) == 1)
        assert world.fake.webhooks.sent[0].error == "timeout"
        assert world.fake.webhooks.pending == 1


async def test_one_persons_messages_stay_in_order_others_do_not_wait() -> None:
    async with World() as world:
        gate = asyncio.Event()

        async def answer(request: httpx2.Request) -> httpx2.Response:
            if b"one" in request.content:
                await gate.wait()
            return httpx2.Response(200)

        world.business.answer = answer
        ada = await world.fake.person("15551234567")
        bob = await world.fake.person("15557654321")
        for text in ("one", "two", "three"):
            await ada.write(text)
        await bob.write("bob")
        await settle()
        seen = [item["text"]["body"] for item in world.business.messages()]
        assert seen == ["one", "bob"]
        gate.set()
        await world.fake.drained()
        seen = [item["text"]["body"] for item in world.business.messages()]
        assert seen == ["one", "bob", "two", "three"]


async def test_a_batch_holds_several_entries_and_changes() -> None:
    async with World(Behaviour(batch=50), seed=3) as world:
        ada = await world.fake.person("15551234567")
        bob = await world.fake.person("15557654321", number=world.fake.numbers["1000000002"])
        for index in range(20):
            await ada.write(f"a{index}")
            await bob.write(f"b{index}")
        await world.post(message())
        await world.clock.advance(0.02)
        body = world.business.bodies[0]
        assert len(body["entry"]) > 2
        assert max(len(entry["changes"]) for entry in body["entry"]) == 1
        assert len(world.business.messages()) == 40


async def test_a_batch_of_one_account_shares_values_and_entries() -> None:
    async with World(Behaviour(batch=50), seed=3) as world:
        ada = await world.fake.person("15551234567")
        for index in range(40):
            await ada.write(f"a{index}")
        await world.clock.advance(0.02)
        (body,) = world.business.bodies
        assert len(body["entry"]) > 1
        assert max(len(entry["changes"]) for entry in body["entry"]) > 1
        assert max(len(value["messages"]) for value in world.business.values()) > 1


async def test_other_fields() -> None:
    async with World() as world:
        world.fake.tell_field("account_update", {"event": "VERIFIED_ACCOUNT"})
        await world.fake.drained()
        change = world.business.bodies[0]["entry"][0]["changes"][0]
        assert change == {"field": "account_update", "value": {"event": "VERIFIED_ACCOUNT"}}


async def unruly(seed: int, behaviour: Behaviour, fail_every: int) -> tuple[list[bytes], World]:
    async with World(behaviour, seed) as world:

        async def answer(_: httpx2.Request) -> httpx2.Response:
            failing = fail_every and len(world.business.requests) % fail_every == 0
            return httpx2.Response(503 if failing else 200)

        world.business.answer = answer
        people = [await world.fake.person(f"1555000000{n}") for n in range(3)]
        for index in range(12):
            await people[index % 3].write(f"m{index}")
            if index % 4 == 0:
                await world.clock.advance(0.01)
        await world.post(message(to="+15550000000"))
        await world.clock.advance(3600)
        return [request.content for request in world.business.requests], world


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 1000),
    batch=st.integers(1, 20),
    duplicate=st.integers(1, 3),
    reorder=st.booleans(),
    alone=st.booleans(),
    fail_every=st.sampled_from([0, 2, 3]),
)
def test_nothing_is_lost_or_invented_and_seeds_repeat(
    seed: int, batch: int, duplicate: int, reorder: bool, alone: bool, fail_every: int
) -> None:
    def run() -> tuple[list[bytes], World]:
        behaviour = Behaviour(batch=batch, duplicate=duplicate, reorder=reorder, retry_alone=alone, delay=0.1)
        return asyncio.run(unruly(seed, behaviour, fail_every))

    bodies, world = run()
    texts = Counter(item["text"]["body"] for item in world.business.messages())
    assert set(texts) == {f"m{index}" for index in range(12)}
    assert min(texts.values()) >= duplicate
    assert Counter(s["status"] for s in world.business.statuses()).keys() == {
        "sent",
        "delivered",
        "read",
    }
    assert world.fake.webhooks.pending == 0
    assert run()[0] == bodies


async def test_reorder_shuffles() -> None:
    orders = set()
    for seed in range(4):
        async with World(Behaviour(reorder=True), seed) as world:
            ada = await world.fake.person("15551234567")
            for index in range(6):
                await ada.write(f"m{index}")
            await world.clock.advance(1)
            orders.add(tuple(item["text"]["body"] for item in world.business.messages()))
    assert len(orders) > 1


async def test_histories_are_bounded() -> None:
    async with World(history=5) as world:
        ada = await world.fake.person("15551234567")
        for index in range(9):
            await ada.write(f"m{index}")
            await world.post(message())
        await world.clock.advance(10)
        fake = world.fake
        kept = [fake.calls, fake.webhooks.sent, ada.written, ada.received]
        assert [len(items) for items in kept] == [5, 5, 5, 5]
        assert len(world.business.messages()) == 9


async def wrong(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, text="hello")


async def forbidden(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(403)


async def refused(request: httpx2.Request) -> httpx2.Response:
    raise httpx2.ConnectError("refused", request=request)


@pytest.mark.parametrize(
    "label, answer, status, why",
    [
        ("right", None, 200, ""),
        ("another body", wrong, 200, "the body is not the challenge"),
        ("403", forbidden, 403, "answered 403, not 200"),
        ("nobody there", refused, None, "no answer: ConnectError refused"),
    ],
)
async def test_verification(label: str, answer: Any, status: int | None, why: str) -> None:
    async with World() as world:
        if answer is not None:
            world.business.answer = answer
        outcome = await world.fake.verify_webhook()
        assert (outcome.ok, outcome.status, outcome.why) == (answer is None, status, why)
        query = world.business.requests[0].url.params
        assert query["hub.mode"] == "subscribe"
        assert query["hub.verify_token"] == "verify-me"
        assert query["hub.challenge"].isdigit()


async def test_one_numbers_webhooks_can_go_elsewhere_once_that_address_has_answered() -> None:
    async with World(Behaviour(batch=10, gather=0)) as world:
        hooks = world.fake.webhooks
        there = {"override_callback_uri": "http://127.0.0.1:1/other", "verify_token": "v2"}

        async def ask(configuration: Any) -> int:
            headers = {"Authorization": f"Bearer {TOKEN}"}
            answered = await world.client.post(
                "/v25.0/1000000002", json={"webhook_configuration": configuration}, headers=headers
            )
            return int(answered.status_code)

        assert await ask({**there, "override_callback_uri": "http://127.0.0.1:1/" + "x" * 200}) == 400
        world.business.answer = refused
        assert (await ask(there), hooks.overrides) == (400, {})
        world.business.answer = world.business.ok
        assert await ask(there) == 200
        assert world.business.requests[-1].url.params["hub.verify_token"] == "v2"
        _, second = world.fake.numbers.values()
        told = (await world.get("/v25.0/1000000002?fields=webhook_configuration")).json()["webhook_configuration"]
        assert told == {"application": hooks.url, "phone_number": "http://127.0.0.1:1/other"}
        world.business.requests.clear()
        for n in range(4):
            number = second if n % 2 else world.fake.first_number
            await (await world.fake.person(f"1555000000{n}", number=number)).write(f"m{n}")
        await world.clock.advance(1)
        await world.fake.drained()
        went = {request.url.path for request in world.business.requests}
        assert went == {"/webhooks/shop", "/other"}
        for request in world.business.requests:
            of = b"1000000002" if request.url.path == "/other" else b"1000000001"
            assert of in request.content
        assert (await ask({}), hooks.overrides) == (200, {})
