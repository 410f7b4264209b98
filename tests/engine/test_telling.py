"""E-mail to the team: plain text, one message a notice, and what a mail server may say."""

from typing import Literal

import pytest

from turnkeeper.engine.announcing import Notice, Told
from turnkeeper.engine.telling import EmailTeller, Mail
from turnkeeper.testing.fake_smtp import FakeSmtp

PAYLOAD = {
    "id": "default-7",
    "event": "conversation.escalated",
    "at": 1.0,
    "workspace": "default",
    "conversation": "c1",
    "channel": "shop",
    "contact": {"id": "p1", "addresses": ["user:US.1", "phone:6281234"]},
    "data": {
        "reason": "wants a person\r\nBcc: everybody@example.com",
        "turn": 3,
        "lines": [{"role": "contact", "text": "Héllo\nthere"}],
        "url": "https://bot.example.com/conversations/c1",
    },
}
NOTICE = Notice("default-7", "conversation.escalated", PAYLOAD)


def teller(port: int, **more: str) -> EmailTeller:
    return EmailTeller(
        Mail("127.0.0.1", port, "Shop <shop@example.com>", tls="off", **more), ("team@example.com", "boss@example.com")
    )


async def test_people_read_what_happened() -> None:
    with FakeSmtp() as server:
        assert await teller(server.port).tell(NOTICE) == Told("sent")
    (mail,) = server.messages
    assert mail["Subject"] == "A person is wanted: +6281234 on shop"
    assert (mail["From"], mail["Message-ID"]) == ("Shop <shop@example.com>", "<default-7@example.com>")
    assert mail["Bcc"] is None
    assert server.recipients == [["team@example.com", "boss@example.com"]]
    assert mail.get_content().splitlines() == [
        "A person is wanted: +6281234 on shop",
        "Why: wants a person Bcc: everybody@example.com",
        "turn: 3",
        "They: Héllo there",
        "Conversation: c1",
        "https://bot.example.com/conversations/c1",
    ]


async def test_a_server_that_cannot_now_is_asked_again() -> None:
    with FakeSmtp("451 greylisted secret words") as server:
        assert await teller(server.port).tell(NOTICE) == Told("later", "the mail server: SMTPDataError (451)")
        assert await teller(server.port).tell(NOTICE) == Told("sent")
    assert len(server.messages) == 1
    told = await teller(server.port).tell(NOTICE)
    assert told == Told("later", "the mail server: ConnectionRefusedError")


async def test_no_secret_is_told() -> None:
    with FakeSmtp() as server:
        told = await teller(server.port, username="bot", password="the-password").tell(NOTICE)
    assert told.outcome == "later"
    assert "the-password" not in told.reason
    assert "the-password" not in repr(Mail("h", 1, "s", password="the-password"))


@pytest.mark.parametrize("tls, trouble", [("starttls", "SMTPNotSupportedError"), ("on", "SSLError")])
async def test_nothing_goes_in_the_open_where_it_is_to_be_encrypted(
    tls: Literal["starttls", "on"], trouble: str
) -> None:
    with FakeSmtp() as server:
        mail = Mail("127.0.0.1", server.port, "shop@example.com", tls=tls)
        assert await EmailTeller(mail, ("team@example.com",)).tell(NOTICE) == Told(
            "later", f"the mail server: {trouble}"
        )
    assert server.messages == []


@pytest.mark.parametrize("event", ["turn.failed", "payment.paid", "contact.opted_out"])
async def test_every_event_has_words(event: str) -> None:
    with FakeSmtp() as server:
        await teller(server.port).tell(Notice("default-8", event, {**PAYLOAD, "event": event, "data": {}}))
    assert event not in server.messages[0]["Subject"]
