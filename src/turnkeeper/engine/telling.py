"""The ways in which somebody is told: a webhook, an e-mail, a chat on one of our channels."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate
from typing import Literal, Protocol

import msgspec

from turnkeeper.engine.announcing import Notice, Told
from turnkeeper.engine.clock import Clock
from turnkeeper.engine.speaking import CannotSay, Speaker
from turnkeeper.model.contents import Reply, Template
from turnkeeper.model.http import HttpCall, HttpReply
from turnkeeper.model.policy import Channel
from turnkeeper.rules import window
from turnkeeper.rules.signing import HEADER, signature
from turnkeeper.store.base import Store
from turnkeeper.text.notices import in_one_line, subject, words

_LIMIT = 10.0
_GONE = 410
_LONGEST_PARAMETER = 1000


class Caller(Protocol):
    """Makes one call."""

    async def call(self, call: HttpCall, *, timeout: float) -> HttpReply:  # noqa: ASYNC109 - the call's own
        """Never raises for what the network does."""


class WebhookTeller:
    """POSTs what happened, signed. The address is the operator's, and may be an internal one."""

    def __init__(self, caller: Caller, url: str, secret: str, clock: Clock) -> None:
        self._caller = caller
        self._url = url
        self._secret = secret
        self._clock = clock

    async def tell(self, notice: Notice) -> Told:
        """2xx: it was told; 410: it is never to be told."""
        body = msgspec.json.encode(notice.payload)
        headers = {
            "content-type": "application/json",
            HEADER.lower(): signature(self._secret, body, self._clock.now()),
            "x-turnkeeper-event": notice.event,
            "x-turnkeeper-id": notice.id,
        }
        reply = await self._caller.call(HttpCall("POST", self._url, headers, body=body), timeout=_LIMIT)
        if reply.failure is not None:
            return Told("later", "could not be reached" if reply.failure == "not_connected" else "did not answer")
        if 200 <= reply.status < 300:
            return Told("sent")
        return Told("refused" if reply.status == _GONE else "later", f"answered with status {reply.status}")


@dataclass(frozen=True, slots=True)
class Mail:
    """Through whom e-mail goes. `tls`: `starttls` after connecting, `on` from the first byte, `off`."""

    host: str
    port: int
    sender: str
    username: str = ""
    password: str = field(default="", repr=False)
    tls: Literal["starttls", "on", "off"] = "starttls"


class EmailTeller:
    """Writes to people, in plain text."""

    def __init__(self, mail: Mail, to: tuple[str, ...]) -> None:
        self._mail = mail
        self._to = to

    async def tell(self, notice: Notice) -> Told:
        """What the server refuses for good is not told again."""
        message = EmailMessage()
        message["From"] = self._mail.sender
        message["To"] = ", ".join(self._to)
        message["Subject"] = subject(notice.payload)
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{notice.id}@{self._mail.sender.rpartition('@')[2].rstrip('>') or 'turnkeeper'}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(words(notice.payload))
        try:
            await asyncio.to_thread(self._send, message)
        except smtplib.SMTPRecipientsRefused:
            return Told("refused", "the server refuses every recipient")
        except (OSError, smtplib.SMTPException) as error:  # its words may hold the password
            code = f" ({error.smtp_code})" if isinstance(error, smtplib.SMTPResponseException) else ""
            return Told("later", f"the mail server: {type(error).__name__}{code}")
        return Told("sent")

    def _send(self, message: EmailMessage) -> None:
        mail = self._mail
        if mail.tls == "on":
            context = ssl.create_default_context()
            server: smtplib.SMTP = smtplib.SMTP_SSL(mail.host, mail.port, timeout=_LIMIT, context=context)
        else:
            server = smtplib.SMTP(mail.host, mail.port, timeout=_LIMIT)
        with server:
            if mail.tls == "starttls":
                server.starttls(context=ssl.create_default_context())
            if mail.username:
                server.login(mail.username, mail.password)
            server.send_message(message)


class ElsewhereTeller:
    """In place of a chat on a channel that is for another environment."""

    def __init__(self, environment: str) -> None:
        self._environment = environment

    async def tell(self, notice: Notice) -> Told:  # noqa: ARG002 - the port's
        """Never."""
        return Told("refused", f"the channel is for the environment {self._environment}")


class ChatTeller:
    """Writes into a chat on one of our channels. `template`: name and language of one with one parameter, for whoever
    has not written to us lately."""

    def __init__(
        self,
        speaker: Speaker,
        store: Store,
        channel: Channel,
        address: str,
        clock: Clock,
        template: tuple[str, str] | None = None,
    ) -> None:
        self._speaker = speaker
        self._store = store
        self._channel = channel
        self._address = address
        self._clock = clock
        self._template = template

    async def tell(self, notice: Notice) -> Told:
        """Said once it is in the chat's outbox. What happens in that chat itself is no news there."""
        channel, now = self._channel, self._clock.now()
        here = notice.payload["channel"] == channel.id and self._address in notice.payload["contact"]["addresses"]
        if here:
            return Told("sent", "it happened in that chat itself")
        try:
            said = await self._content(words(notice.payload), now)
            await self._speaker.say(channel, self._address, [said], known_as=f"notice:{notice.id}", by="notice")
        except CannotSay as error:
            return Told("refused", str(error))
        return Told("sent")

    async def _content(self, said: str, now: float) -> Reply:
        if self._template is None:
            return said
        found = await self._store.find(self._channel.workspace_id, self._channel.id, self._address)
        if found is not None and window.is_open(found, self._channel.sends, now):
            return said
        name, language = self._template
        return Template(name, language, body=(in_one_line(said, _LONGEST_PARAMETER),))
