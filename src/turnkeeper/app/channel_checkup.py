"""The links of one channel: its provider as the adapter knows it, its webhook from both ends, and its traffic."""

import time
from collections.abc import Callable, Sequence
from secrets import randbelow
from typing import Any
from urllib.parse import urlencode, urlsplit

from turnkeeper import app
from turnkeeper.app.addresses import webhook_path, webhook_url
from turnkeeper.app.database import opened
from turnkeeper.app.link import PATIENCE, Link, ago
from turnkeeper.app.reaching import own_address
from turnkeeper.app.template_checkup import examine_templates
from turnkeeper.channels.base import Calls, Finding, HttpCall, HttpReply
from turnkeeper.config import Receiver, Settings
from turnkeeper.engine.calling import on_behalf
from turnkeeper.engine.http import Client
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.policy import Channel
from turnkeeper.model.templates import TemplateSync
from turnkeeper.rules.account import ends_by_itself


async def examine_channel(receiver: Receiver, settings: Settings, client: Client, *, running: bool) -> list[Link]:
    """The provider's links as its adapter knows them, then the webhook; `running`: the server answers here."""
    channel = receiver.channel
    if channel.elsewhere is not None:
        return [_elsewhere(channel, settings.server.environment)]
    findings = await ask_health(channel, client)
    links = [
        Link(f"channel {channel.id}: {finding.link}", "ok" if finding.ok else "broken", finding.detail, finding.mend)
        for finding in findings
    ]
    if receiver.polls:
        return links
    known = [finding.registered for finding in findings if finding.registered is not None]
    if known:
        links.append(judge_registered(receiver, settings, [url for urls in known for url in urls]))
    return [*links, await _webhook(receiver, settings, client, running=running)]


async def ask_health(channel: Channel, client: Client) -> list[Finding]:
    """What the adapter finds out; nothing where it cannot ask."""
    health: Callable[[Any], Calls[list[Finding]]] | None
    health = getattr(app.adapter(channel.kind), "health", None)
    return [] if health is None else await client.play(on_behalf(channel, health(channel.config)), timeout=PATIENCE)


def _elsewhere(channel: Channel, here: str) -> Link:
    """A channel of another environment is none of ours to examine; whether this has a name at all, is."""
    name = f"channel {channel.id}: environment"
    if here:
        return Link(name, "ok", f"for {channel.elsewhere}; this is {here}, so it is left alone here")
    detail = f"for {channel.elsewhere}, and this environment has no name, so it is left alone here"
    mend = f'Set server.environment (TURNKEEPER_SERVER__ENVIRONMENT) to "{channel.elsewhere}" where it is to answer.'
    return Link(name, "broken", detail, mend)


def judge_registered(receiver: Receiver, settings: Settings, registered: Sequence[str]) -> Link:
    """Whether the provider sends webhooks here. An address of others is shown without what may be secret in it."""
    channel, base = receiver.channel, settings.server.public_url
    name = f"channel {channel.id}: registered"
    mend = f"Run `turnkeeper channel connect {channel.id}`."
    if not registered:
        return Link(name, "broken", "the provider has no webhook of this channel", mend)
    elsewhere = ", ".join(dict.fromkeys(_host(url) for url in registered))
    if not base:
        detail = (
            f"the provider sends to {elsewhere}; server.public_url, which would tell whether that is here, is not set"
        )
        return Link(name, "unknown", detail, "Set server.public_url.")
    if webhook_url(base, receiver) in registered:
        return Link(name, "ok", f"the provider sends to {webhook_url(base, receiver, shown=True)}")
    shared = f"{base.rstrip('/')}/webhooks/{channel.kind}"
    if not receiver.path_secret and shared in registered:
        return Link(name, "ok", f"the provider sends to {shared}")
    if receiver.original and any(url.rstrip("/").endswith(f"/{receiver.original}") for url in registered):
        return Link(name, "ok", f"the provider sends to {elsewhere}, to the path of the original system")
    ours = webhook_url(base, receiver, shown=True)
    return Link(name, "broken", f"the provider sends to {elsewhere}, not to {ours}", mend)


def _host(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}/…"


async def _webhook(receiver: Receiver, settings: Settings, client: Client, *, running: bool) -> Link:
    """Whether the running server knows this channel, and by the same secret."""
    channel = receiver.channel
    name = f"channel {channel.id}: address"
    if not running:
        return Link(name, "unknown", "can be tried only while the server runs")
    url = own_address(settings) + webhook_path(receiver)
    token = getattr(channel.config, "verify_token", None)
    if token is not None:
        challenge = str(randbelow(10**12))
        query = urlencode({"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": challenge})
        return _of_challenge(name, challenge, await client.call(HttpCall("GET", f"{url}?{query}"), timeout=PATIENCE))
    method, known = ("POST", 400) if receiver.path_secret else ("GET", 405)
    reply = await client.call(HttpCall(method, url), timeout=PATIENCE)  # type: ignore[arg-type]
    return _of_knock(name, reply.status, known, receiver)


def _of_challenge(name: str, challenge: str, reply: HttpReply) -> Link:
    if reply.status == 200 and reply.body == challenge.encode():
        return Link(name, "ok", "answers the provider's challenge")
    mend = "Start the server again: it runs with another configuration than this one."
    if reply.status in (403, 404):
        what = "the verify token" if reply.status == 403 else "the channel"
        return Link(name, "broken", f"the running server does not know {what}", mend)
    return Link(name, "broken", f"the challenge was not answered (HTTP {reply.status})", mend)


def _of_knock(name: str, status: int, known: int, receiver: Receiver) -> Link:
    """An empty body is no webhook: what it is refused with tells whether the address and its secret are known."""
    if status == known:
        return Link(name, "ok", f"the running server takes {webhook_path(receiver, shown=True)}")
    mend = "Start the server again: it runs with another configuration than this one."
    what = "the secret of its address" if status == 401 else "the channel"
    return Link(name, "broken", f"the running server does not know {what} (HTTP {status})", mend)


async def examine_traffic(settings: Settings, *, readable: bool) -> list[Link]:
    """What the database tells of each channel: whether it was stopped, and when a message came."""
    if not readable:
        return [
            Link(f"channel {each.id}: {name}", "unknown", "no database to look in yet")
            for each in settings.channels_here
            for name in ("sending", "last event")
        ]
    try:
        async with opened(settings) as store:
            stopped = {(workspace, name): reason for workspace, name, reason, _ in await store.paused_channels()}
            traffic = {(each.workspace_id, each.channel_id): each for each in await store.traffic()}
            syncs = {(each.workspace_id, each.channel_id): each for each in await store.template_syncs()}
            asked = {key for key, sync in syncs.items() if sync.synced_at is not None}
            known = [each for each in settings.channels_here if (each.workspace_id, each.id) in asked]
            named = await examine_templates(store, settings, known)
    except StoreUnavailable as error:
        return [Link("last event", "unknown", str(error))]
    now = time.time()
    found = []
    for channel in settings.channels_here:
        key = (channel.workspace_id, channel.id)
        found.append(_sending(channel, stopped.get(key)))
        if key in syncs:
            found.append(_templates(channel, syncs[key], now))
        heard_at = traffic[key].contact_at if key in traffic else None
        name = f"channel {channel.id}: last event"
        if heard_at is not None:
            found.append(Link(name, "ok", f"a message came {ago(now - heard_at)} ago"))
        else:
            found.append(Link(name, "unknown", "no message yet: write one to it"))
    return found + named


def _templates(channel: Channel, sync: TemplateSync, now: float) -> Link:
    """A list that cannot be had costs nothing but what is known of templates."""
    name = f"channel {channel.id}: templates"
    if sync.problem is not None:
        mend = "Check waba_id, and that the token has whatsapp_business_management; they are asked for again."
        return Link(name, "broken", f"they cannot be asked for: {sync.problem}", mend)
    if sync.synced_at is None:
        return Link(name, "unknown", "a worker is about to ask for them")
    return Link(name, "ok", f"asked for {ago(now - sync.synced_at)} ago")


def _sending(channel: Channel, reason: str | None) -> Link:
    """A channel that is stopped accepts and answers, and sends nothing."""
    name = f"channel {channel.id}: sending"
    if reason is None:
        return Link(name, "ok", "answers are sent")
    return Link(name, "broken", f"nothing is sent: {reason}", to_resume(channel, reason))


def to_resume(channel: Channel, reason: str) -> str:
    """What lets a stopped channel send again."""
    if ends_by_itself(reason):
        return "Log the account in again; it goes on by itself once it works."
    return f"Mend the cause if there is one, then run `turnkeeper channel resume {channel.id}`."
