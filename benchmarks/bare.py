"""What is possible at all: ASGI apps that do less than any server of webhooks can.

`trivial` only reads and answers, which is the generator's own ceiling; `bare` proves the signature and parses
with our parser, and keeps nothing.
"""

from __future__ import annotations

from benchmarks.traffic import SECRET
from turnkeeper.channels.base import Forbidden, Webhook
from turnkeeper.channels.whatsapp_cloud.adapter import WhatsAppCloud, WhatsAppCloudConfig
from turnkeeper.web.asgi import Receive, Scope, Send, answer, send_answer

_OK = answer(200, b"OK")
_FORBIDDEN = answer(401, b"no")
_ADAPTER = WhatsAppCloud()
_CONFIG = WhatsAppCloudConfig("", "", "", SECRET, "")


async def trivial(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's
    """Read the body, answer 200."""
    await receive()
    await send_answer(send, _OK)


async def bare(scope: Scope, receive: Receive, send: Send) -> None:
    """Prove, parse, answer 200."""
    message = await receive()
    request = Webhook({name.decode(): value.decode() for name, value in scope["headers"]}, message["body"])
    try:
        _ADAPTER.verify(request, _CONFIG)
    except Forbidden:
        await send_answer(send, _FORBIDDEN)
        return
    _ADAPTER.parse(request, _CONFIG)
    await send_answer(send, _OK)


async def provider(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's
    """A provider that takes everything at once: the sends of both sides go here."""
    message = await receive()
    while message.get("more_body"):
        message = await receive()
    await send_answer(send, _SENT)


_SENT = answer(200, b'{"messages":[{"id":"wamid.out"}]}', kind=b"application/json")
