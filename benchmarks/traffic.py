"""Webhooks as the WhatsApp Cloud API sends them, signed before anything is measured.

Every request of a file has the same length, so that a generator finds the n-th without an index.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

PHONE_NUMBER_ID = "1000000001"
WABA_ID = "2000000001"
SECRET = "a-secret-of-the-benchmark"
PATH = "/webhooks/whatsapp_cloud"
FIRST_PHONE = 491_700_000_000


def body(number: int, person: int, said_at: int) -> bytes:
    """The n-th message, from one of many people."""
    phone = str(FIRST_PHONE + person)
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550000001", "phone_number_id": PHONE_NUMBER_ID},
        "contacts": [{"profile": {"name": f"Person {person:09d}"}, "wa_id": phone}],
        "messages": [
            {
                "from": phone,
                "id": f"wamid.HBgM{phone}VAgASGBQz{number:012d}",
                "timestamp": str(said_at),
                "text": {"body": f"Hello, where is my order number {number:09d}?"},
                "type": "text",
            }
        ],
    }
    entry = {"id": WABA_ID, "changes": [{"value": value, "field": "messages"}]}
    return json.dumps({"object": "whatsapp_business_account", "entry": [entry]}, separators=(",", ":")).encode()


def signature(content: bytes) -> str:
    """What Meta puts into X-Hub-Signature-256."""
    return "sha256=" + hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()


def request(content: bytes, path: str = PATH) -> bytes:
    """A whole HTTP request."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bot.example.com\r\nUser-Agent: facebookexternalua\r\nAccept: */*\r\n"
        f"Content-Type: application/json\r\nX-Hub-Signature-256: {signature(content)}\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    )
    return head.encode() + content


def requests(count: int, people: int, seed: int = 0, first: int = 0) -> Iterator[bytes]:
    """Requests with distinct messages of randomly chosen people."""
    rng = random.Random(seed)
    said_at = int(time.time())
    for number in range(first, first + count):
        yield request(body(number, rng.randrange(people), said_at))


def write(file: Path, count: int, people: int, seed: int = 0) -> int:
    """Write requests to a file; the length of each."""
    length = 0
    with file.open("wb") as out:
        for each in requests(count, people, seed):
            length = len(each)
            out.write(each)
    return length
