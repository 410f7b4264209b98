"""A fake of WAHA (WhatsApp HTTP API), whose engine can be changed while it runs.

    fake = FakeWaha("waha-key", hook={"url": "http://127.0.0.1:8088/webhooks/wa", "events": ["*"]})
    async with running(fake) as here:                        # here.base_url is your base_url
        ada = await fake.person("15551234567", lid="199000000000001", name="Ada")
        await ada.write("hello")
        assert (await ada.next_message()).text == "Hello, Ada!"
        fake.engine = "GOWS"
        fake.session.lose("SCAN_QR_CODE")

It depends on nothing else of this project but what other fakes share: a bug that it had in common with what it tests
would hide.
"""

from turnkeeper.testing.fake_waha.behaviour import (
    ENGINES,
    Behaviour,
    Engine,
    Fault,
    close,
    engine_error,
    gateway_error,
    hold,
)
from turnkeeper.testing.fake_waha.core import Call
from turnkeeper.testing.fake_waha.fake import ME, FakeWaha
from turnkeeper.testing.fake_waha.messages import Group, Identity, Message
from turnkeeper.testing.fake_waha.people import Owner, Person, Typing
from turnkeeper.testing.fake_waha.sessions import Session
from turnkeeper.testing.fake_waha.webhooks import WebhookCall, signature
from turnkeeper.testing.loopback import InProcess, Running, running, serve_in_thread

__all__ = [
    "ENGINES",
    "ME",
    "Behaviour",
    "Call",
    "Engine",
    "FakeWaha",
    "Fault",
    "Group",
    "Identity",
    "InProcess",
    "Message",
    "Owner",
    "Person",
    "Running",
    "Session",
    "Typing",
    "WebhookCall",
    "close",
    "engine_error",
    "gateway_error",
    "hold",
    "running",
    "serve_in_thread",
    "signature",
]
