"""What gateways write in many ways is read in one."""

import json
from typing import Any

import pytest

from tests.channels.cases import wablas, whacenter
from tests.channels.table import Cases, always, answered
from turnkeeper.channels import gateways
from turnkeeper.channels.base import HttpReply, Located, NotThisProvider
from turnkeeper.model.events import Inbound, Media
from turnkeeper.model.outbound import Rejected

NUMBERS: list[tuple[str, object, str | None]] = [
    ("plain", "6281234567890", "6281234567890"),
    ("a number", 6281234567890, "6281234567890"),
    ("with a plus", "+62 812-3456-7890", "6281234567890"),
    ("local", "081234567890", "6281234567890"),
    ("dialled", "006281234567890", "6281234567890"),
    ("a WhatsApp id", "6281234567890@s.whatsapp.net", "6281234567890"),
    ("of one of several devices", "6281234567890:12@s.whatsapp.net", "6281234567890"),
    ("hidden characters", "\u202a6281234567890\u202c\u200e", "6281234567890"),
    ("of another country", "447700900123", "447700900123"),
    ("eight digits", "12345678", "12345678"),
    ("seven digits", "1234567", None),
    ("too many digits", "1" * 21, None),
    ("other digits", "٦٢٨١٢٣٤٥٦٧٨٩", None),
    ("words", "Ada", None),
    ("nothing", None, None),
    ("a truth", True, None),
]


@pytest.mark.parametrize("label, given, expected", NUMBERS, ids=[row[0] for row in NUMBERS])
def test_numbers(label: str, given: object, expected: str | None) -> None:
    assert gateways.digits_of(given) == expected


INSTANTS: list[tuple[str, object, int | None]] = [
    ("seconds", 1757750400, 1757750400),
    ("part of one", 1757750400.9, 1757750400),
    ("milliseconds", 1757750400123, 1757750400),
    ("microseconds", 1757750400123456, 1757750400),
    ("nanoseconds", 1757750400123456789, 1757750400),
    ("in words", "1757750400", 1757750400),
    ("milliseconds in words", "1757750400123", 1757750400),
    ("RFC 3339", "2025-09-13T08:00:00Z", 1757750400),
    ("eight digits of a second", "2025-09-13T08:00:00.41114184Z", 1757750400),
    ("one digit of a second", "2025-09-13T08:00:00.4Z", 1757750400),
    ("with a zone", "2025-09-13T15:00:00+07:00", 1757750400),
    ("without: Western Indonesia", "2025-09-13 15:00:00", 1757750400),
    ("before there was WhatsApp", "1700-01-01T00:00:00Z", None),
    ("the last day", "9999-12-31T23:59:59", None),
    ("none", 0, None),
    ("below", -5, None),
    ("endless", 1e300, None),
    ("no number", float("nan"), None),
    ("words", "today", None),
    ("a long text", "2" * 5000, None),
    ("a truth", True, None),
    ("an object", {}, None),
]


@pytest.mark.parametrize("label, given, expected", INSTANTS, ids=[row[0] for row in INSTANTS])
def test_instants(label: str, given: object, expected: int | None) -> None:
    assert gateways.instant_of(given) == expected


KINDS: list[tuple[str, str, str | None, str]] = [
    ("by its type", "https://a.test/x", "image/png", "image"),
    ("its type counts", "https://a.test/x.pdf", "video/mp4", "video"),
    ("with parameters", "https://a.test/x", "audio/ogg; codecs=opus", "voice"),
    ("any bytes", "https://a.test/x.mp3", "application/octet-stream", "audio"),
    ("by its ending", "https://a.test/x.JPG?size=1", None, "image"),
    ("a sticker", "https://a.test/x.webp", None, "sticker"),
    ("no ending", "https://a.test/x", None, "document"),
    ("no address", "http://[", None, "document"),
]


@pytest.mark.parametrize("label, url, mime, expected", KINDS, ids=[row[0] for row in KINDS])
def test_kinds_of_files(label: str, url: str, mime: str | None, expected: str) -> None:
    assert gateways.kind_of_file(url, mime) == expected


def test_forms_are_objects() -> None:
    form = b"a=1&b=x+y%0A&c[d]=2&c[e]=3&c[f][g]=4&n=%00&u=%ED%A0%80&c=late"
    assert gateways.items_of(form) == [
        {"a": "1", "b": "x y\n", "c": "late", "c[f][g]": "4", "n": "\ufffd", "u": "\ufffd\ufffd\ufffd"}
    ]
    assert gateways.items_of(b'\xef\xbb\xbf {"a": 1}') == [{"a": 1}]
    for none in (b"a", b"=", b"&&", b"a=", b"&".join(b"f%d=1" % n for n in range(300))):
        with pytest.raises(NotThisProvider):
            gateways.items_of(none)


def key_of(cases: Cases, body: Any) -> tuple[str, float]:
    (event,) = cases.adapter.parse(cases.webhook(body), cases.config)
    assert isinstance(event, Inbound)
    return event.dedup_key, event.dedup_window


def test_without_an_id_a_message_is_known_by_its_content_for_a_while() -> None:
    message = whacenter.message
    first = key_of(whacenter.CASES, message())
    assert first[1] == 15.0
    assert key_of(whacenter.CASES, json.loads(json.dumps(message(pushName="Ada L")))) == first
    picture = f"{whacenter.FILES}/a.jpg"
    others = [
        message(message="Salam!"),
        message(media=picture),
        message(**{"from": "6289999999"}),
        message(to="628111000112"),
        message(timestamp=whacenter.AT + 1),
        message(timestamp=None),
    ]
    assert len({first, *(key_of(whacenter.CASES, other) for other in others)}) == 1 + len(others)
    assert key_of(wablas.CASES, wablas.message(id=None))[1] == 15.0
    assert key_of(wablas.CASES, wablas.message(id="")) != key_of(wablas.CASES, wablas.message(id="", message="no"))


def test_with_an_id_the_device_and_the_id_tell_a_message() -> None:
    message = wablas.message
    first = key_of(wablas.CASES, message())
    assert first == (f"{wablas.DEVICE}:3EB0AA", 0.0)
    assert key_of(wablas.CASES, message(message="edited")) == first
    assert key_of(wablas.CASES, message(deviceId="OTHER")) != first


def test_who_names_the_device_in_a_group_speaks_to_it() -> None:
    def told(**changed: Any) -> bool:
        body = wablas.message(isGroup=True, phone="1203630", group=wablas.GROUP, **changed)
        (event,) = wablas.CASES.adapter.parse(wablas.CASES.webhook(body), wablas.CASES.config)
        assert isinstance(event, Inbound)
        return event.mentions_us

    assert told(message=f"what does @{wablas.OWN} say?")
    assert not told()
    assert not told(message=f"call {wablas.OWN}")
    assert not told(message="@", sender="")


PLACES: list[tuple[str, str | None, tuple[str, bool] | None]] = [
    ("at the provider", "https://jogja.wablas.test/media/a.jpg", ("https://jogja.wablas.test/media/a.jpg", True)),
    ("a path", "/media/a.jpg", ("https://jogja.wablas.test/media/a.jpg", True)),
    ("elsewhere", "https://files.test/a.jpg", ("https://files.test/a.jpg", False)),
    ("another port", "https://jogja.wablas.test:8443/a", ("https://jogja.wablas.test:8443/a", False)),
    ("not encrypted", "http://jogja.wablas.test/a", ("http://jogja.wablas.test/a", False)),
    ("inside our network", "https://10.0.0.1/a", ("https://10.0.0.1/a", False)),
    ("by another's name", "https://jogja.wablas.test@10.0.0.1/a", ("https://jogja.wablas.test@10.0.0.1/a", False)),
    ("no address", "http://[", None),
    ("nowhere", None, None),
]


@pytest.mark.parametrize("label, url, expected", PLACES, ids=[row[0] for row in PLACES])
def test_only_the_configured_address_is_trusted_with_files(
    label: str, url: str | None, expected: tuple[str, bool] | None
) -> None:
    cases = wablas.CASES
    calls, found = answered(cases.adapter.fetch_media(Media(url=url), cases.config), always(HttpReply()))
    assert calls == []
    if expected is None:
        assert isinstance(found, Rejected)
    else:
        assert isinstance(found, Located)
        assert (found.url, found.trusted, found.headers) == (*expected, {})
