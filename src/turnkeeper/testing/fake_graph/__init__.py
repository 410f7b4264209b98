"""A fake of Meta's Graph API for the WhatsApp Cloud API.

    fake = FakeGraph("app-secret", "verify-token", "access-token", "http://127.0.0.1:8088/webhooks/shop")
    async with running_fake_graph(fake) as running:          # running.base_url is your api_base
        ada = await fake.person("15551234567", name="Ada")
        await ada.write("hello")
        assert (await ada.next_message()).text == "Hello, Ada!"

It depends on nothing else of this project: a bug that it shared with what it tests would hide.
"""

from turnkeeper.testing.fake_graph.behaviour import (
    Behaviour,
    Fault,
    close,
    fail_later,
    gateway_error,
    hold,
    refuse,
)
from turnkeeper.testing.fake_graph.business_app import BusinessApp
from turnkeeper.testing.fake_graph.clock import Clock, SystemClock
from turnkeeper.testing.fake_graph.errors import GraphError
from turnkeeper.testing.fake_graph.fake import FakeGraph
from turnkeeper.testing.fake_graph.graph import Call
from turnkeeper.testing.fake_graph.lies import Cut, Endless, GzipBomb, Lie, Redirect, Slow
from turnkeeper.testing.fake_graph.media import Link, Media, Medium
from turnkeeper.testing.fake_graph.payloads import FakeNumber, Identity
from turnkeeper.testing.fake_graph.people import Person, Received, Typing, Written
from turnkeeper.testing.fake_graph.phone import PhoneOwner
from turnkeeper.testing.fake_graph.samples import REFERRAL, REPLIES
from turnkeeper.testing.fake_graph.serving import (
    FakeGraphTransport,
    Running,
    running_fake_graph,
    serve_in_thread,
)
from turnkeeper.testing.fake_graph.switches import Switch, set_switch, switches
from turnkeeper.testing.fake_graph.templates import TemplateDefinition, Templates
from turnkeeper.testing.fake_graph.webhooks import Verified, WebhookCall, signature

__all__ = [
    "REFERRAL",
    "REPLIES",
    "Behaviour",
    "BusinessApp",
    "Call",
    "Clock",
    "Cut",
    "Endless",
    "FakeGraph",
    "FakeGraphTransport",
    "FakeNumber",
    "Fault",
    "GraphError",
    "GzipBomb",
    "Identity",
    "Lie",
    "Link",
    "Media",
    "Medium",
    "Person",
    "PhoneOwner",
    "Received",
    "Redirect",
    "Running",
    "Slow",
    "Switch",
    "SystemClock",
    "TemplateDefinition",
    "Templates",
    "Typing",
    "Verified",
    "WebhookCall",
    "Written",
    "close",
    "fail_later",
    "gateway_error",
    "hold",
    "refuse",
    "running_fake_graph",
    "serve_in_thread",
    "set_switch",
    "signature",
    "switches",
]
