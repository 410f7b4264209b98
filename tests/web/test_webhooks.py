"""The accept path: what is taken, what is refused and with which status; nothing gives a 500."""

import asyncio
import json
from collections.abc import Sequence
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.web.provider import NUMBER, Site, envelope, message, signed, status
from turnkeeper.channels.base import Webhook
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloud, WhatsAppCloudConfig
from turnkeeper.engine.sorting import NOT_OURS
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.events import Received
from turnkeeper.web.bodies import LARGEST_BODY, Bodies, Refused
from turnkeeper.web.webhooks import Headers

GOOD = envelope(message("hello"))
APP = "/webhooks/whatsapp_cloud"


async def test_a_signed_message_is_taken_and_its_worker_woken() -> None:
    site = Site()
    assert await site.ask("POST", "/webhooks/shop", GOOD, signed(GOOD)) == (
        200,
        b"",
        {b"content-type": b"text/plain; charset=utf-8", b"content-length": b"0"},
    )
    (intake,) = site.store.intakes
    (arrival,) = intake.arrivals
    assert (arrival.channel.id, arrival.event.text, arrival.received_at) == ("shop", "hello", 1000.0)
    assert [wake.conversation_id for wake in site.wakeups.published] == ["c1"]
    assert (site.counters.outcomes, site.counters.events) == ({"accepted": 1}, 1)


async def test_a_body_in_pieces_is_one_body() -> None:
    site = Site()
    assert await site.post(GOOD, parts=7) == 200
    assert site.store.texts == ["hello"]


async def test_all_of_a_batch_is_one_intake() -> None:
    site = Site()
    batch = [message(f"m{n}", id=f"wamid.{n}") for n in range(50)]
    assert await site.post(envelope(*batch, status())) == 200
    (intake,) = site.store.intakes
    assert site.store.texts == [f"m{n}" for n in range(50)]
    assert [report.update.message_id for report in intake.reports] == ["wamid.out"]


REFUSED = [
    ("no signature", GOOD, {}, 401, "forbidden"),
    ("another secret", GOOD, signed(GOOD, "other"), 401, "forbidden"),
    ("another body", GOOD + b" ", signed(GOOD), 401, "forbidden"),
    ("signature cut", GOOD, {"x-hub-signature-256": "sha256=00"}, 401, "forbidden"),
    ("unsigned garbage", b"\xff{", {}, 401, "forbidden"),
    ("not JSON", b"{", signed(b"{"), 400, "not_this_provider"),
    ("empty", b"", signed(b""), 400, "not_this_provider"),
    ("invalid UTF-8", b'"\xff"', signed(b'"\xff"'), 400, "not_this_provider"),
    ("a list", b"[]", signed(b"[]"), 400, "not_this_provider"),
    ("another object", b'{"object":"page"}', signed(b'{"object":"page"}'), 400, "not_this_provider"),
    ("nested deep", b"[" * 100_000, signed(b"[" * 100_000), 400, "not_this_provider"),
    ("too large", b" " * (LARGEST_BODY + 1), {}, 413, "too_large"),
]


@pytest.mark.parametrize("label, body, headers, code, outcome", REFUSED, ids=[r[0] for r in REFUSED])
async def test_what_is_refused_stores_nothing(
    label: str, body: bytes, headers: dict[str, str], code: int, outcome: str
) -> None:
    site = Site()
    assert (await site.ask("POST", "/webhooks/shop", body, headers))[0] == code
    assert site.store.intakes == []
    assert site.counters.outcomes == {outcome: 1}


async def test_a_body_of_exactly_the_limit_is_read() -> None:
    site = Site()
    body = GOOD + b" " * (LARGEST_BODY - len(GOOD))
    assert await site.post(body, parts=50) == 200
    assert await site.post(body + b" ", parts=50) == 413
    assert site.store.texts == ["hello"]


async def test_unknown_addresses_and_methods() -> None:
    site = Site()
    assert await site.post(GOOD, "/webhooks/nobody") == 404
    for method in ("PUT", "DELETE", "HEAD", "PATCH"):
        code, _, headers = await site.ask(method, "/webhooks/shop")
        assert (code, headers[b"allow"]) == (405, b"GET, POST")


async def test_a_store_that_is_away_asks_the_provider_to_come_again() -> None:
    site = Site()
    site.store.raises = StoreUnavailable("away")
    code, _, headers = await site.ask("POST", "/webhooks/shop", GOOD, signed(GOOD))
    assert (code, headers[b"retry-after"]) == (503, b"5")
    site.store.raises = RuntimeError("a mistake")
    assert await site.post(GOOD) == 503
    assert site.wakeups.published == []


async def test_a_mistake_in_parsing_costs_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    from turnkeeper.channels.whatsapp_cloud import WhatsAppCloud

    def parse(self: object, request: Webhook, config: object) -> object:
        raise RuntimeError("a mistake")

    monkeypatch.setattr(WhatsAppCloud, "parse", parse)
    site = Site()
    assert await site.post(GOOD) == 200
    (stray,) = site.store.intakes[0].strays
    assert (stray.state, stray.raw) == ("unreadable", GOOD)


async def test_only_the_channels_that_hold_the_secret_receive() -> None:
    ours, theirs = message("to shop"), message("to other", "1000000002")
    site = Site()
    assert await site.post(envelope(ours, theirs), APP) == 200
    assert await site.post(envelope(ours, theirs), APP, "other-secret") == 200
    first, second = site.store.intakes
    assert [(a.channel.id, a.event.text) for a in first.arrivals] == [("shop", "to shop")]
    assert [(a.channel.id, a.event.text) for a in second.arrivals] == [("other", "to other")]
    assert [(s.state, s.reason, s.channel_id) for s in first.strays] == [("ignored", NOT_OURS, "")]
    assert json.loads(first.strays[0].raw)["text"] == "to other"
    assert await site.post(envelope(ours), APP, "third-secret") == 401


async def test_a_channels_own_address_takes_only_its_own() -> None:
    site = Site()
    assert await site.post(envelope(message("x", "1000000002"), status("999"))) == 200
    (intake,) = site.store.intakes
    assert (intake.arrivals, intake.reports) == ([], [])
    assert [stray.reason for stray in intake.strays] == [NOT_OURS, NOT_OURS]
    assert await site.post(GOOD, secret="other-secret") == 401


async def test_what_is_for_another_environment_is_acknowledged_counted_and_not_kept() -> None:
    site = Site(elsewhere="production")
    unread = message("y")
    unread["value"]["messages"] = [5]  # type: ignore[index]
    history = {"field": "history", "value": {"metadata": {"phone_number_id": NUMBER}}}
    body = envelope(message("x"), status(), unread, history, message("ours", "1000000002"))
    assert await site.post(body) == 200
    (intake,) = site.store.intakes
    assert (intake.arrivals, intake.reports, site.wakeups.published) == ([], [], [])
    told = [(stray.state, stray.reason, stray.channel_id, stray.raw) for stray in intake.strays]
    assert told[:4] == [("ignored", "for environment production", "shop", b"")] * 4
    assert [reason for _, reason, _, _ in told[4:]] == [NOT_OURS]
    assert len({stray.dedup_key for stray in intake.strays}) == 5
    await site.post(body)
    assert [stray.dedup_key for stray in site.store.intakes[1].strays] == [each.dedup_key for each in intake.strays]
    assert await site.post(body, secret="other-secret") == 401


async def test_beside_a_channel_of_another_environment_the_others_go_on() -> None:
    site = Site(elsewhere="production")
    assert await site.post(envelope(message("to other", "1000000002")), APP, "other-secret") == 200
    assert site.store.texts == ["to other"]


async def test_a_stray_that_comes_again_has_the_same_key_and_others_do_not() -> None:
    site = Site()
    once = envelope(message("x", "999", "wamid.1"))
    await site.post(once)
    await site.post(envelope(message("x", "999", "wamid.1"), message("x", "999", "wamid.2")))
    await site.post(envelope(message("x", "998", "wamid.1")))
    keys = [stray.dedup_key for intake in site.store.intakes for stray in intake.strays]
    assert keys[0] == keys[1]
    assert len(set(keys)) == 3


VERIFICATIONS = [
    ("right", {"hub.mode": "subscribe", "hub.verify_token": "v", "hub.challenge": "42"}, 200, b"42"),
    ("the other channel's", {"hub.mode": "subscribe", "hub.verify_token": "w", "hub.challenge": "7"}, 200, b"7"),
    ("wrong token", {"hub.mode": "subscribe", "hub.verify_token": "x", "hub.challenge": "42"}, 403, None),
    ("no mode", {"hub.verify_token": "v", "hub.challenge": "42"}, 403, None),
    ("a script", {"hub.mode": "subscribe", "hub.verify_token": "v", "hub.challenge": "<b>"}, 403, None),
    ("nothing", {}, 403, None),
]  # fmt: skip


@pytest.mark.parametrize("label, query, code, body", VERIFICATIONS, ids=[r[0] for r in VERIFICATIONS])
async def test_verification(label: str, query: dict[str, str], code: int, body: bytes | None) -> None:
    site = Site()
    got = await site.ask("GET", APP, query=urlencode(query).encode())
    assert got[0] == code
    assert body is None or got[1] == body


async def test_verification_of_a_channel_and_of_strange_queries() -> None:
    site = Site()
    theirs = urlencode({"hub.mode": "subscribe", "hub.verify_token": "w", "hub.challenge": "7"})
    assert (await site.ask("GET", "/webhooks/shop", query=theirs.encode()))[0] == 403
    for query in (b"a=1&" * 1000, b"\xff=\xff", b"%zz=%"):
        assert (await site.ask("GET", APP, query=query))[0] == 403


@given(st.binary(max_size=300), st.sampled_from(["/webhooks/shop", APP]))
def test_no_signed_bytes_give_a_500(body: bytes, path: str) -> None:
    assert asyncio.run(Site().post(body, path)) in (200, 400)


async def test_a_slow_body_is_ended_and_a_cancelled_reader_stays_cancelled() -> None:
    bodies = Bodies(slowest=0.02)
    never = asyncio.Event()

    async def receive() -> dict[str, object]:
        await never.wait()
        raise AssertionError

    with pytest.raises(Refused) as refused:
        await bodies.read(receive)
    assert (refused.value.status, refused.value.outcome) == (408, "too_slow")
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    patient = Bodies()
    reader = asyncio.create_task(patient.read(receive))
    await asyncio.sleep(0)
    reader.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reader


async def test_a_sender_that_hangs_up_is_not_heard_further() -> None:
    async def receive() -> dict[str, object]:
        return {"type": "http.disconnect"}

    with pytest.raises(Refused) as refused:
        await Bodies().read(receive)
    assert refused.value.outcome == "cut_off"


def test_headers_are_found_by_lower_case_name() -> None:
    headers = Headers([(b"a", b"1"), (b"x-b", b"\xff"), (b"a", b"2")])
    assert dict(headers) == {"a": "2", "x-b": "ÿ"}
    assert (headers.get("none"), len(headers), headers.get("ü", "-")) == (None, 2, "-")


async def test_what_the_provider_waits_for_is_said_once_it_is_kept() -> None:
    class Polite(WhatsAppCloud):
        def acknowledgement(self, received: Sequence[Received], config: WhatsAppCloudConfig) -> bytes:
            assert config.app_secret
            return b'{"heard":%d}' % len(received) if len(site.store.intakes) == 1 else b""

    for elsewhere, said in ((None, b'{"heard":1}'), ("production", b"")):
        site = Site(elsewhere)
        site.use(Polite())
        status, body, headers = await site.ask("POST", "/webhooks/shop", GOOD, signed(GOOD))
        assert (status, body) == (200, said)
        assert headers[b"content-length"] == str(len(said)).encode()
        assert headers[b"content-type"].startswith(b"application/json" if said else b"text/plain")
        site.store.raises = StoreUnavailable("away")
        assert await site.ask("POST", "/webhooks/shop", GOOD, signed(GOOD)) != (200, said, headers)
