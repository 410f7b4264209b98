"""Backends of remote bots: who asks them, and whether they can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from turnkeeper.app.link import PATIENCE, Link
from turnkeeper.bots.remote.backend import Backend
from turnkeeper.channels.base import HttpCall
from turnkeeper.config.remote import RemoteKeys

if TYPE_CHECKING:
    from turnkeeper.bots.remote.bot import RemoteBot
    from turnkeeper.engine.http import Client
    from turnkeeper.engine.streaming import Streaming
    from turnkeeper.llm.chain import Chain

_NOBODY = "0"
"""Who is asked for: no number is this one."""


def remote_bot(keys: RemoteKeys, client: Streaming, chain: Chain | None = None) -> RemoteBot:
    """The bot of these settings. `chain`: its models, which translate notes."""
    from turnkeeper.bots.remote.bot import RemoteBot, RemoteSettings

    settings = RemoteSettings(keys.fixed_reply, keys.handover_reply, keys.loop_guard, keys.offer_buttons)
    return RemoteBot(keys.backend(), client, settings, chain)


async def examine_backend(name: str, keys: RemoteKeys, client: Client) -> Link:
    """Whether the backend of `bots.name` is there and takes the key: it is asked whether it knows nobody."""
    link, at = f"bot {name}", f"bots.{name}"
    backend = keys.backend()
    asks = "exists" in backend.calls
    reply = await client.call(_asking(backend, asks=asks), timeout=PATIENCE)
    where = f"the backend at {keys.base_url}"
    if reply.failure == "not_connected":
        return Link(link, "broken", f"{where} cannot be reached", f"Start it, or mend {at}.base_url.")
    if reply.failure is not None or reply.status >= 500:
        said = f"answers with status {reply.status}" if reply.status else "does not answer"
        return Link(link, "broken", f"{where} {said}", "Look at the backend's own log.")
    if reply.status in (401, 403):
        mend = f"Mend {at}.api_key, and {at}.api_key_header."
        return Link(link, "broken", f"{where} refuses the key ({reply.status})", mend)
    if not asks:
        return Link(link, "ok", f"{where} answers; the key is tried with the first message")
    mend = f"Mend {at}.base_url, or {at}.paths.exists."
    if not 200 <= reply.status < 300:
        return Link(link, "broken", f"{where} has no such call: it answers with status {reply.status}", mend)
    if not _is_json(reply.body):
        return Link(link, "broken", f"{where} answers with what is no JSON", mend)
    return Link(link, "ok", f"{where} answers and takes the key")


def _is_json(body: bytes) -> bool:
    try:
        msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True


def _asking(backend: Backend, *, asks: bool) -> HttpCall:
    if asks:
        return backend.call("exists", {"user": _NOBODY, "user_id": _NOBODY, "phone": _NOBODY})
    return HttpCall("GET", backend.base_url)
