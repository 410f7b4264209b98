"""What the web process serves besides webhooks: health, metrics, the console, the demo's phone."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from tests.web.provider import Site as Webhooks
from turnkeeper.engine.figures import Figures
from turnkeeper.model.conversation import Conversation
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.ids import ChannelId, ContactId, ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.llm import Usage
from turnkeeper.store.announcements import Waiting
from turnkeeper.store.base import Ledger, Moment
from turnkeeper.store.workers import Vitals
from turnkeeper.web.console import Console
from turnkeeper.web.counters import WebhookCounters
from turnkeeper.web.demo import Demo
from turnkeeper.web.ops import Ops
from turnkeeper.web.site import Site

LEDGER = Ledger(7, 2, {"answered": 3, "waiting": 1}, {"stale": 2, "rate_limited": 1}, {"too_large": 4})


class Store:
    """What the pages read."""

    def __init__(self) -> None:
        self.error: Exception | None = None
        self.counted = 0
        self.workers = 1
        self.told: list[Moment] = []
        self.paused = True

    async def vitals(self, now: float, since: float) -> Vitals:
        if self.error is not None:
            raise self.error
        assert since < now
        return Vitals(self.workers, 5, oldest_due_at=now - 2.5)

    async def ledger(self) -> Ledger:
        self.counted += 1
        if self.error is not None:
            raise self.error
        return LEDGER

    async def paused_channels(self) -> list[tuple[WorkspaceId, ChannelId, str, float]]:
        return [(WorkspaceId("default"), ChannelId("desk"), "190: dead", 1.0)] if self.paused else []

    async def waiting_announcements(self) -> list[Waiting]:
        return [Waiting(WorkspaceId("default"), "crm", 3, 1.0)]

    async def open_escalations_count(self) -> list[tuple[WorkspaceId, str, int]]:
        return [(WorkspaceId("default"), "open", 2)]

    async def resume_channel(self, workspace_id: WorkspaceId, channel_id: ChannelId, now: float) -> bool:
        if self.error is not None:
            raise self.error
        assert (workspace_id, channel_id) == ("default", "desk")
        assert now > 0
        self.paused = False
        return True

    async def recent(self, limit: int) -> list[Conversation]:  # noqa: ARG002 - the port's
        if self.error is not None:
            raise self.error
        key = (WorkspaceId("default"), ConversationId("c1"), ChannelId("phone"), ContactId("p1"))
        one = Conversation(
            workspace_id=key[0], id=key[1], channel_id=key[2], contact_id=key[3], addresses="user:US.1\nphone:1555"
        )
        return [one] if self.told else []

    async def moments(self, key: ConversationKey, limit: int) -> list[Moment]:  # noqa: ARG002
        assert key == ("default", "c1")
        return self.told


async def phone(scope: Any, receive: Any, send: Any) -> None:
    body = f"{scope['root_path']} {scope['path']}".encode()
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": body})


class Pages:
    """A whole site over a noting store."""

    def __init__(self, folder: Path, store: Store | None = None, *, demo: bool = False) -> None:
        self.store = store or Store()
        self.now = 1000.0
        self.counters = WebhookCounters()
        self.webhooks = Webhooks()
        self.figures = Figures()
        ops = Ops(self.store, self.counters, lambda: self.now, workers=lambda: self.figures)
        shown = Demo(phone, self.store) if demo else None
        self.app = Site(self.webhooks.app, ops, Console(folder), shown)

    async def get(
        self, path: str, method: str = "GET", headers: dict[str, str] | None = None
    ) -> tuple[int, bytes, dict[str, str]]:
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b""}

        async def send(message: Any) -> None:
            sent.append(message)

        raw = [(key.encode(), value.encode()) for key, value in (headers or {}).items()]
        path, _, query = path.partition("?")
        scope = {"type": "http", "method": method, "path": path, "query_string": query.encode(), "headers": raw}
        await self.app(scope, receive, send)
        named = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
        return sent[0]["status"], sent[1]["body"], named


async def test_health_and_readiness(tmp_path: Path) -> None:
    pages = Pages(tmp_path)
    assert (await pages.get("/health"))[:2] == (200, b'{"status":"ok"}')
    status, body, headers = await pages.get("/ready")
    assert (status, json.loads(body)) == (200, {"ready": True, "store": "ok", "workers": 1})
    assert headers["cache-control"] == "no-store"
    assert (await pages.get("/ready", "HEAD"))[1] == b""
    assert (await pages.get("/ready", "POST"))[0] == 405
    pages.store.error = StoreUnavailable("the disk is full")
    status, body, _ = await pages.get("/ready")
    assert (status, json.loads(body)["store"]) == (503, "the disk is full")
    assert (await pages.get("/health"))[0] == 200


async def test_a_server_without_a_live_worker_is_not_ready(tmp_path: Path) -> None:
    store = Store()
    pages = Pages(tmp_path, store)
    assert json.loads((await pages.get("/ready"))[1])["workers"] == 1
    store.workers = 0
    assert (await pages.get("/ready"))[0] == 503


async def test_a_database_that_hangs_is_not_ready(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("turnkeeper.web.ops._PATIENCE", 0.01)

    class Hanging(Store):
        async def vitals(self, now: float, since: float) -> Vitals:  # noqa: ARG002
            await asyncio.Event().wait()
            return Vitals(0, 0)

    status, body, _ = await Pages(tmp_path, Hanging()).get("/ready")
    assert (status, json.loads(body)["store"]) == (503, "the database does not answer")


async def test_metrics(tmp_path: Path) -> None:
    pages = Pages(tmp_path)
    for seconds in (0.0004, 0.0011, 20.0):
        pages.counters.add("accepted", seconds)
    pages.counters.add("forbidden", 0.0001)
    pages.counters.events = 9
    pages.counters.takes.add(0.002)
    pages.figures.turn("shop", "committed")
    pages.figures.send("shop", "text", "rejected", 2)
    pages.figures.stage("run", 0.02)
    pages.figures.stored("claim", 400.0)
    pages.figures.model("router", "a/b", "answered", 1.5, Usage(10, 5, 4, 0.25))
    pages.figures.model("router", "a/b", "slow", 30.0, None)
    pages.figures.announced("crm", "sent")
    pages.figures.hearing("cloud", "heard", 2.5, 60.0)
    status, body, headers = await pages.get("/metrics")
    assert status == 200
    assert headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = body.decode().splitlines()
    for line in (
        'turnkeeper_webhooks_total{outcome="accepted"} 3.0',
        'turnkeeper_webhooks_total{outcome="forbidden"} 1.0',
        "turnkeeper_webhook_events_total 9.0",
        'turnkeeper_webhook_seconds_bucket{le="0.0005"} 2.0',
        'turnkeeper_webhook_seconds_bucket{le="0.0025"} 3.0',
        'turnkeeper_webhook_seconds_bucket{le="+Inf"} 4.0',
        "turnkeeper_webhook_seconds_count 4.0",
        "turnkeeper_store_up 1.0",
        "turnkeeper_accepted_total 7.0",
        'turnkeeper_events{reason="",state="answered"} 3.0',
        'turnkeeper_events{reason="stale",state="dropped"} 2.0',
        'turnkeeper_media_refused_total{reason="too_large"} 4.0',
        "turnkeeper_workers 1.0",
        'turnkeeper_announcements_total{outcome="sent",subscription="crm"} 1.0',
        'turnkeeper_announcements_waiting{subscription="crm"} 3.0',
        'turnkeeper_escalations{state="open"} 2.0',
        'turnkeeper_model_calls_total{model="a/b",outcome="answered",provider="router"} 1.0',
        'turnkeeper_model_calls_total{model="a/b",outcome="slow",provider="router"} 1.0',
        'turnkeeper_model_tokens_total{kind="cached",model="a/b",provider="router"} 4.0',
        'turnkeeper_model_cost_dollars_total{model="a/b",provider="router"} 0.25',
        'turnkeeper_model_seconds_sum{provider="router"} 31.5',
        'turnkeeper_transcriptions_total{outcome="heard",transcriber="cloud"} 1.0',
        'turnkeeper_transcribed_seconds_total{transcriber="cloud"} 60.0',
        'turnkeeper_transcription_seconds_sum{transcriber="cloud"} 2.5',
        "turnkeeper_due_conversations 5.0",
        "turnkeeper_oldest_due_seconds 2.5",
        'turnkeeper_channel_paused{channel="desk"} 1.0',
        'turnkeeper_turns_total{channel="shop",outcome="committed"} 1.0',
        'turnkeeper_sends_total{channel="shop",kind="text",outcome="rejected"} 1.0',
        'turnkeeper_send_retries_total{channel="shop"} 1.0',
        'turnkeeper_turn_seconds_bucket{le="0.01",stage="run"} 0.0',
        'turnkeeper_turn_seconds_bucket{le="0.05",stage="run"} 1.0',
        'turnkeeper_store_seconds_bucket{asked="claim",le="300.0"} 0.0',
        'turnkeeper_store_seconds_sum{asked="claim"} 400.0',
        "turnkeeper_take_seconds_count 1.0",
    ):
        assert line in lines, body.decode()


async def test_the_ledger_is_not_counted_for_each_scrape(tmp_path: Path) -> None:
    pages = Pages(tmp_path)
    for now in (1000.0, 1004.0, 1005.5, 900.0):
        pages.now = now
        await pages.get("/metrics")
    assert pages.store.counted == 3
    pages.now, pages.store.error = 2000.0, StoreUnavailable("away")
    assert b"turnkeeper_store_up 0.0" in (await pages.get("/metrics"))[1]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "assets").mkdir()
    (tmp_path / "index.html").write_text("<p>console</p>", "utf-8")
    (tmp_path / "assets" / "index-1a2b.js").write_text("1", "utf-8")
    (tmp_path / "icon.svg").write_text("<svg/>", "utf-8")
    (tmp_path / ".stamp").write_text("secret", "utf-8")
    return tmp_path


FILES = [
    ("/", 200, "text/html; charset=utf-8", "no-cache"),
    ("/index.html", 200, "text/html; charset=utf-8", "no-cache"),
    ("/icon.svg", 200, "image/svg+xml", "no-cache"),
    ("/assets/index-1a2b.js", 200, "text/javascript; charset=utf-8", "public, max-age=31536000, immutable"),
    ("/.stamp", 404, "text/plain; charset=utf-8", None),
    ("/assets/../index.html", 404, "text/plain; charset=utf-8", None),
    ("/../../etc/passwd", 404, "text/plain; charset=utf-8", None),
    ("/nothing", 404, "text/plain; charset=utf-8", None),
]  # fmt: skip


@pytest.mark.parametrize("path, status, kind, cached", FILES)
async def test_the_consoles_files(built: Path, path: str, status: int, kind: str, cached: str | None) -> None:
    got, _, headers = await Pages(built).get(path)
    assert (got, headers["content-type"], headers.get("cache-control")) == (status, kind, cached)
    policy = headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script" not in policy, "scripts come under default-src"
    assert headers["x-content-type-options"] == "nosniff"


PAGES = [
    ("/simulator", True),
    ("/conversations/c1/turns/3", True),
    ("/phones", True),
    ("/api/v2/users", False),
    ("/api", False),
    ("/webhooks", False),
    ("/media/nothing", False),
    ("/phone", False),
    ("/assets/nothing", False),
    ("/old.js", False),
    ("/../etc", False),
]


@pytest.mark.parametrize("path, shown", PAGES)
async def test_an_address_that_a_browser_opens_is_a_page_of_the_console(built: Path, path: str, shown: bool) -> None:
    pages = Pages(built)
    accept = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    status, body, headers = await pages.get(path, headers=accept)
    assert (status, body == b"<p>console</p>") == ((200, True) if shown else (404, False))
    assert "default-src 'self'" in headers["content-security-policy"]
    assert (await pages.get(path, headers={"accept": "*/*"}))[0] == 404
    assert (await pages.get(path, "POST", headers=accept))[0] == 404


async def test_a_file_that_has_not_changed_is_not_sent_again(built: Path) -> None:
    pages = Pages(built)
    tag = (await pages.get("/"))[2]["etag"]
    assert (await pages.get("/", headers={"if-none-match": tag}))[:2] == (304, b"")
    assert (await pages.get("/", headers={"if-none-match": '"x"'}))[0] == 200
    assert (await pages.get("/", "HEAD"))[:2] == (200, b"")
    assert (await pages.get("/", "DELETE"))[0] == 405


async def test_who_takes_packed_files_gets_them(built: Path) -> None:
    (built / "index.html.gz").write_bytes(b"packed")
    pages = Pages(built)
    plain, packed = await pages.get("/"), await pages.get("/", headers={"accept-encoding": "br, gzip"})
    assert (plain[1], "content-encoding" in plain[2]) == (b"<p>console</p>", False)
    assert (packed[1], packed[2]["content-encoding"]) == (b"packed", "gzip")
    assert packed[2]["content-type"] == plain[2]["content-type"]
    assert packed[2]["etag"] != plain[2]["etag"]
    assert "accept-encoding" in plain[2]["vary"]
    assert (await pages.get("/index.html.gz"))[0] == 404
    tag = {"accept-encoding": "gzip", "if-none-match": packed[2]["etag"]}
    assert (await pages.get("/", headers=tag))[0] == 304
    assert (await pages.get("/icon.svg", headers={"accept-encoding": "gzip"}))[1] == b"<svg/>"


async def test_a_console_that_is_not_built_says_so(tmp_path: Path) -> None:
    status, body, headers = await Pages(tmp_path / "nothing").get("/")
    assert status == 200
    assert b"console is not built" in body
    assert "default-src 'self'" in headers["content-security-policy"]


async def test_webhooks_are_passed_on(tmp_path: Path) -> None:
    pages = Pages(tmp_path)
    assert (await pages.get("/webhooks/nobody"))[0] == 404
    assert pages.webhooks.counters.outcomes == {"unknown_address": 1}


async def test_there_is_no_phone_outside_the_demo(tmp_path: Path) -> None:
    pages = Pages(tmp_path)
    for path in ("/phone", "/phone/api/state", "/api/demo/moments"):
        assert (await pages.get(path))[0] == 404


async def test_the_phone_is_mounted_in_the_demo(tmp_path: Path) -> None:
    pages = Pages(tmp_path, demo=True)
    assert (await pages.get("/phone/api/state"))[1] == b"/phone /phone/api/state"
    assert (await pages.get("/phones"))[0] == 404


async def test_the_demos_moments(tmp_path: Path) -> None:
    pages = Pages(tmp_path, demo=True)
    assert json.loads((await pages.get("/api/demo/moments"))[1]) == {"moments": [], "stopped": "190: dead"}
    pages.store.told = [
        Moment(10.0, "received", None, 1, "hi"),
        Moment(12.0, "read", 1, 1, "answer"),
        Moment(12.4, "committed", 1, None, "turn 1", "1.5 s"),
        Moment(12.5, "accepted", 1, 1, "answer"),
    ]
    status, body, headers = await pages.get("/api/demo/moments")
    assert (status, headers["content-type"]) == (200, "application/json")
    moments = json.loads(body)["moments"]
    assert moments[0] == {"at": 10.0, "kind": "received", "turn": None, "seq": 1, "text": "hi"}
    assert [(each["kind"], each["at"]) for each in moments[1:]] == [
        ("committed", 12.4),
        ("accepted", 12.5),
        ("read", 12.5),
    ]
    assert moments[1]["detail"] == "1.5 s"
    for asked, known in (("of=phone:1555", True), ("of=user:US.1&of=phone:9", True), ("of=user:US.2", False)):
        told = json.loads((await pages.get(f"/api/demo/moments?{asked}"))[1])["moments"]
        assert bool(told) == known, asked
    pages.store.error = StoreUnavailable("away")
    assert (await pages.get("/api/demo/moments"))[0] == 503


async def test_the_demos_channel_is_resumed_by_the_page_alone(tmp_path: Path) -> None:
    pages = Pages(tmp_path, demo=True)
    json_post = {"content-type": "application/json"}
    assert (await pages.get("/api/demo/resume"))[0] == 405
    assert (await pages.get("/api/demo/resume", "POST", {"content-type": "text/plain"}))[0] == 405
    assert pages.store.paused
    assert (await pages.get("/api/demo/resume", "POST", json_post))[0] == 200
    assert json.loads((await pages.get("/api/demo/moments"))[1])["stopped"] is None
    pages.store.paused, pages.store.error = True, StoreUnavailable("away")
    assert (await pages.get("/api/demo/resume", "POST", json_post))[0] == 503
    assert (await Pages(tmp_path).get("/api/demo/resume", "POST", json_post))[0] in (404, 405)


async def test_the_demos_moments_come_in_an_order_that_can_be(tmp_path: Path) -> None:
    """A send that only its statuses tell of: they name the second in which it began."""
    pages = Pages(tmp_path, demo=True)
    pages.store.told = [
        Moment(12.0, "accepted", 1, 1, "answer", "told by its status", 12.4),
        Moment(12.0, "sent", 1, 1, "answer"),
        Moment(13.0, "read", 1, 1, "answer"),
        Moment(12.3, "step", 1, None, "think", "0.30 s", 12.0),
    ]
    moments = json.loads((await pages.get("/api/demo/moments"))[1])["moments"]
    assert [(each["kind"], each["at"]) for each in moments] == [
        ("step", 12.3),
        ("accepted", 12.4),
        ("sent", 12.4),
        ("read", 13.0),
    ]
    assert [each.get("began_at") for each in moments] == [12.0, 12.4, None, None]


async def test_a_websocket_is_closed_politely(tmp_path: Path) -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {}

    await Pages(tmp_path).app({"type": "websocket", "path": "/"}, receive, send)
    assert sent == [{"type": "websocket.close", "code": 1000}]


@pytest.mark.parametrize(
    "host, status",
    [
        ("localhost:8088", 200),
        ("127.0.0.1:8088", 200),
        ("[::1]:8088", 200),
        ("192.168.1.5:8088", 200),
        ("turnkeeper:8088", 200),
        ("evil.test:8088", 421),
        ("[evil", 421),
    ],
)
async def test_a_page_of_another_site_does_not_get_at_the_demo_by_its_own_name(
    tmp_path: Path, host: str, status: int
) -> None:
    pages = Pages(tmp_path, demo=True)  # a page can let its own name stand for 127.0.0.1, and then read what comes
    for path in ("/api/demo/moments", "/phone/messages"):
        assert (await pages.get(path, headers={"host": host}))[0] == status
