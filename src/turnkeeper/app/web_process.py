"""The web process: accepts webhooks and serves the console. It runs no turn and makes no call."""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import uvicorn

import turnkeeper.web
from turnkeeper import app
from turnkeeper.app.addresses import original_addresses
from turnkeeper.app.api import open_api
from turnkeeper.app.configuration import follow
from turnkeeper.app.connections import Connection, Server
from turnkeeper.app.figures import of_machine
from turnkeeper.app.garbage import settle
from turnkeeper.app.line import Line
from turnkeeper.app.naming import address_of
from turnkeeper.app.payments import merchants
from turnkeeper.app.telemetry import Telemetry
from turnkeeper.config import Receiver, Settings
from turnkeeper.engine.accounts import looks_after
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.feeding import note_changes
from turnkeeper.engine.patience import until_stored
from turnkeeper.engine.spooling import Spooling
from turnkeeper.engine.wakeups import Wakeups
from turnkeeper.media.base import MediaStore
from turnkeeper.model.errors import StoreError, StoreUnavailable
from turnkeeper.model.ids import DEFAULT_WORKSPACE
from turnkeeper.store.base import Store
from turnkeeper.web.api.events import Events, Source
from turnkeeper.web.api.routes import Api
from turnkeeper.web.asgi import App
from turnkeeper.web.console import read_console
from turnkeeper.web.counters import WebhookCounters
from turnkeeper.web.demo import Demo
from turnkeeper.web.following import Live
from turnkeeper.web.media import MediaPages
from turnkeeper.web.ops import Ops
from turnkeeper.web.originals import Originals
from turnkeeper.web.payments import PaymentHooks
from turnkeeper.web.site import Site
from turnkeeper.web.webhooks import Endpoint, Holder, Taking, Webhooks

STATIC = Path(turnkeeper.web.__file__).parent / "static"
_MOST_CONNECTIONS_WAITING = 2048
_FOLLOW_EVERY = 10.0
_LINGER = 3.0
"""Seconds that connections have to end, where a successor takes new ones already."""
_CONNECT_WITHIN = 1.0
"""Seconds after which webhooks are accepted without the database."""

log = logging.getLogger("turnkeeper.web")


async def run_web(settings: Settings, line: Line, runtime: Path, telemetry: Telemetry, *, demo: bool = False) -> None:
    """Serve until SIGTERM; requests under way are finished."""
    store = app.open_store(settings.database_url, settings.directory())
    clock = SystemClock()
    spooling = await _spooling(settings, store, line)
    known_away = settings.revision is None  # it was waited for a moment ago
    patiently = spooling is not None and (spooling.accepts or line.succeeds)
    opening = await _open(store, clock, patiently=patiently, within=0.0 if known_away else _CONNECT_WITHIN)
    wakeups = app.open_wakeups(store, runtime, "web")
    await wakeups.start(None)
    counters = WebhookCounters()
    webhooks = Webhooks(endpoints(settings.receivers), spooling or store, wakeups, clock.now, counters, telemetry.spans)
    if spooling is not None:
        spooling.drain(webhooks.taken)
    ops = Ops(store, counters, clock.now, settings.workers.lease, spooling, lambda: of_machine(runtime))
    phone, stop_phone = _phone(settings, store) if demo else (None, None)
    media = app.open_media(settings)
    pages = MediaPages(store, media, lambda: app.media_secret(settings), clock.now)
    originals = Originals(webhooks, original_addresses(settings.receivers))
    live = Live(store)
    site = Site(
        webhooks,
        ops,
        await read_console(STATIC),
        phone,
        pages,
        originals,
        _api(settings, store, spooling or store, clock, webhooks, wakeups, media, live, demo=demo),
        _payments(settings, store, wakeups, clock, counters),
    )
    listener = line.listener()
    noting = asyncio.create_task(_note_absence(settings, store, clock, clock.now()))
    server = Server(_uvicorn(site, settings), line.ready)
    tick = asyncio.create_task(line.tick())
    stopping = asyncio.create_task(_stop_when_told(server, line, live, stop_phone))
    following = asyncio.create_task(_follow(store, clock))
    noting_changes = asyncio.create_task(note_changes(store, clock))
    watching = asyncio.create_task(follow(settings, store, line))
    settle()
    await server.serve(sockets=[listener] if listener is not None else None)
    tasks = (noting_changes, tick, stopping, following, watching, opening, noting)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await wakeups.close()
    if spooling is not None:
        await spooling.close()
    await store.close()


def _api(
    settings: Settings,
    store: Store,
    taking: Taking,
    clock: SystemClock,
    webhooks: Webhooks,
    wakeups: Wakeups,
    media: MediaStore,
    live: Live,
    *,
    demo: bool,
) -> Api:
    """What programs and the console ask. `taking`: what takes events from outside."""
    parts: dict[str, App] = {}
    events = _events(settings, taking, clock, webhooks)
    if events is not None:
        parts["events"] = events
    return Api(parts, open_api(settings, store, clock.now, wakeups, media, demo=demo, live=live))


def _events(settings: Settings, store: Taking, clock: SystemClock, webhooks: Webhooks) -> Events | None:
    """The API for events from outside; None where nobody may tell any."""
    sources = [
        Source(
            name,
            keys.token.get_secret_value(),
            keys.secret.get_secret_value(),
            {each.id: each for each in settings.channels if each.workspace_id == keys.workspace},
        )
        for name, keys in settings.event_sources.items()
    ]
    return (
        Events(sources, store, address_of, clock.now, webhooks.taken, frozenset(settings.sequences))
        if sources
        else None
    )


def _payments(
    settings: Settings, store: Store, wakeups: Wakeups, clock: SystemClock, counters: WebhookCounters
) -> PaymentHooks | None:
    """The webhooks of payment providers; None where there is none."""
    found = merchants(settings)
    home = settings.channels[0].workspace_id if settings.channels else DEFAULT_WORKSPACE
    return PaymentHooks(found, store, wakeups, clock.now, counters, home) if found else None


async def _spooling(settings: Settings, store: Store, line: Line) -> Spooling | None:
    """The spool, open; None where it is not wanted or cannot be had, which is no reason not to serve."""
    spooling = app.spooling(settings, store)
    if spooling is not None:
        try:
            await spooling.open()
        except StoreUnavailable as error:
            if not line.succeeds:
                log.error("there is no spool, webhooks are refused while the database is away: %s", error)
                return None
            spooling.open_later()  # the process before this one has it until it ends
    return spooling


async def _open(store: Store, clock: SystemClock, *, patiently: bool, within: float) -> asyncio.Future[None]:
    """Connect. `patiently`: what comes before the database is back goes into the spool, after `within` seconds."""
    opening = asyncio.ensure_future(until_stored(store.open, clock) if patiently else store.open())
    await asyncio.wait({opening}, timeout=within if patiently else None)
    if opening.done():
        opening.result()
    return opening


async def _note_absence(settings: Settings, store: Store, clock: SystemClock, began_at: float) -> None:
    """Until now nobody listened; what came meanwhile is read by a worker, where the provider still has it."""
    looked_after = [each for each in settings.channels_here if looks_after(app.adapter(each.kind))]
    channels = [(each.workspace_id, each.id) for each in looked_after]
    if channels:
        await until_stored(lambda: store.been_away(channels, began_at, clock.now()), clock)


async def _follow(store: Store, clock: SystemClock) -> None:
    """Keep to the database's clock, as the workers do with each heartbeat."""
    while True:
        with suppress(StoreError):
            asked_at = clock.now()
            shown = (await store.vitals(asked_at, asked_at)).clock
            if shown is not None:
                clock.follow(shown, (asked_at + clock.now()) / 2)
        await asyncio.sleep(_FOLLOW_EVERY)


async def _stop_when_told(server: Server, line: Line, live: Live, stop_phone: Any) -> None:
    await line.stopped()
    await live.close()
    server.lingers = _LINGER if line.succeeded else 0.0
    if stop_phone is not None:  # its event streams never end by themselves
        await stop_phone()
    server.should_exit = True


def _uvicorn(site: Site, settings: Settings) -> uvicorn.Config:
    return uvicorn.Config(
        site,
        host=settings.server.host,
        port=settings.server.port,
        http=Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="error",  # what strangers send is not worth a line each
        access_log=False,
        server_header=False,
        proxy_headers=False,
        backlog=_MOST_CONNECTIONS_WAITING,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=max(1, int(settings.server.drain)),
    )


def endpoints(receivers: Sequence[Receiver]) -> dict[str, Endpoint]:
    """Every webhook address: one for each channel, and one for all channels of a kind."""
    found: dict[str, Endpoint] = {}
    for kind, same in _by_kind(receivers).items():
        adapter = app.adapter(kind)
        for receiver in same:
            secret = bool(receiver.path_secret)
            found[f"/webhooks/{receiver.channel.id}"] = Endpoint(adapter, _holders([receiver]), secret)
        found[f"/webhooks/{kind}"] = Endpoint(adapter, _holders(same))
    return found


def _by_kind(receivers: Sequence[Receiver]) -> dict[str, list[Receiver]]:
    kinds: dict[str, list[Receiver]] = {}
    for receiver in receivers:
        kinds.setdefault(receiver.channel.kind, []).append(receiver)
    return kinds


def _holders(receivers: Sequence[Receiver]) -> list[Holder]:
    """The receivers by secret. An account id that two share (a business account) goes to the first."""
    by_secret: dict[str, list[Receiver]] = {}
    for receiver in receivers:
        by_secret.setdefault(receiver.secret, []).append(receiver)
    holders = []
    for same in by_secret.values():
        own = {id_: each.channel for each in reversed(same) for id_ in each.account_ids}
        holders.append(Holder(same[0].channel.config, own, same[0].channel))
    return holders


def _phone(settings: Settings, store: Store) -> tuple[Demo, Any]:
    """The fake provider of the demo, which is the only channel's."""
    from turnkeeper.testing.fake_graph import Behaviour, FakeGraph, FakeNumber

    (channel,) = settings.channels
    config: Any = channel.config
    here = f"http://127.0.0.1:{settings.server.port}"
    number = FakeNumber(config.phone_number_id, waba_id=config.waba_id)
    fake = FakeGraph(
        config.app_secret,
        config.verify_token,
        config.access_token,
        f"{here}/webhooks/whatsapp_cloud",
        [number],
        behaviour=Behaviour.lifelike(),
    )
    fake.templates.add(
        "order_update",
        header="Your order",
        body="Hello {{1}}, your order {{2}} is on its way.",
        footer="Sent by the demo",
        buttons=[{"type": "QUICK_REPLY", "text": "Thank you"}],
    )
    return Demo(fake, store), fake.aclose
