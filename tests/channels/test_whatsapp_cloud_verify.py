"""Who may post to the webhook, and who may register it."""

from dataclasses import replace

import pytest

from tests.channels.cloud_bodies import CONFIG, SECRET, body, message, messages, signature, signed
from turnkeeper.channels.base import Forbidden, Webhook
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloud

RAW = body(messages(message()))
GOOD = signature(RAW)
ADAPTER = WhatsAppCloud()


def test_a_good_signature_passes() -> None:
    ADAPTER.verify(signed(RAW), CONFIG)
    ADAPTER.verify(signed(b"\xff not JSON at all"), CONFIG)


@pytest.mark.parametrize(
    "label, header",
    [
        ("empty", ""),
        ("only the prefix", "sha256="),
        ("without prefix", GOOD.removeprefix("sha256=")),
        ("another prefix", GOOD.replace("sha256", "sha1")),
        ("too short", GOOD[:-1]),
        ("too long", GOOD + "0"),
        ("not hex", GOOD[:-1] + "g"),
        ("spaces in it", GOOD[:9] + " " + GOOD[9:]),
        ("not ASCII", GOOD[:-1] + "é"),
        ("a lone surrogate", GOOD[:-1] + "\udcff"),
        ("one digit wrong", GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1")),
        ("of another secret", signature(RAW, SECRET + "x")),
        ("of another body", signature(RAW + b" ")),
        ("of no secret", signature(RAW, "")),
    ],
)
def test_a_wrong_signature_is_refused(label: str, header: str) -> None:
    with pytest.raises(Forbidden):
        ADAPTER.verify(Webhook({"x-hub-signature-256": header}, RAW), CONFIG)


def test_a_missing_signature_is_refused() -> None:
    with pytest.raises(Forbidden):
        ADAPTER.verify(Webhook({"x-hub-signature": GOOD}, RAW), CONFIG)


def test_without_a_secret_nothing_is_accepted() -> None:
    with pytest.raises(Forbidden):
        ADAPTER.verify(signed(RAW, ""), replace(CONFIG, app_secret=""))


QUERY = {
    "hub.mode": "subscribe",
    "hub.verify_token": CONFIG.verify_token,
    "hub.challenge": "1158201444",
}


def test_the_challenge_is_echoed() -> None:
    assert ADAPTER.challenge(QUERY, CONFIG) == "1158201444"


@pytest.mark.parametrize(
    "label, wrong",
    [
        ("mode", {"hub.mode": "unsubscribe"}),
        ("token", {"hub.verify_token": "guess"}),
        ("token not ASCII", {"hub.verify_token": "é\udcff"}),
        ("no token", {"hub.verify_token": ""}),
        ("no challenge", {"hub.challenge": ""}),
        ("a script", {"hub.challenge": "<script>alert(1)</script>"}),
        ("other digits", {"hub.challenge": "١٢"}),
        ("without end", {"hub.challenge": "1" * 65}),
    ],
)
def test_a_wrong_challenge_is_refused(label: str, wrong: dict[str, str]) -> None:
    with pytest.raises(Forbidden):
        ADAPTER.challenge({**QUERY, **wrong}, CONFIG)


def test_an_empty_verify_token_registers_nobody() -> None:
    with pytest.raises(Forbidden):
        ADAPTER.challenge({**QUERY, "hub.verify_token": ""}, replace(CONFIG, verify_token=""))
    with pytest.raises(Forbidden):
        ADAPTER.challenge({}, replace(CONFIG, verify_token=""))
