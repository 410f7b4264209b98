"""Channels come and go while the server runs: every process is replaced, no webhook is refused and no turn is lost."""

import asyncio
import http.client
import time
from collections.abc import Callable, Coroutine
from pathlib import Path
from threading import Event, Thread
from typing import Any

from tests.e2e.real_server import PATIENCE, Server, configure, connect, provider, serving
from tests.web.provider import envelope, message, signed
from turnkeeper.config.sealing import Sealing
from turnkeeper.config.stored import sealed
from turnkeeper.model.configured import ConfiguredKey
from turnkeeper.model.ids import DEFAULT_WORKSPACE
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.events import Channels

KEY = "k" * 32
SECOND = ConfiguredKey(DEFAULT_WORKSPACE, "channel", "second")


def changing(folder: Path, change: Callable[[SqliteStore], Coroutine[Any, Any, object]]) -> None:
    """What the console does to the database."""

    async def run() -> None:
        store = SqliteStore(folder / "data.db", Channels())
        await store.open()
        try:
            assert await change(store)
        finally:
            await store.close()

    asyncio.run(run())


def put(folder: Path, table: dict[str, object], expected: int | None = None, key: ConfiguredKey = SECOND) -> None:
    document = sealed(table, key, Sealing([KEY]))
    changing(folder, lambda store: store.put_configured(key, document, expected, "ada", time.time()))


class Posting:
    """Somebody who never stops writing: on one connection as long as it lasts, else on the next one."""

    def __init__(self, server: Server, phone: str) -> None:
        self.statuses: list[int] = []
        self.failures: list[str] = []
        self._server, self._phone = server, phone
        self._stop = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        host, port = self._server.url.removeprefix("http://").split(":")
        line = http.client.HTTPConnection(host, int(port), timeout=PATIENCE)
        while not self._stop.is_set():
            number = len(self.statuses) + len(self.failures)
            body = envelope(message(str(number), id=f"wamid.{self._phone}.{number}", at=int(time.time())))
            body = body.replace(b"15551234567", self._phone.encode())
            try:
                line.request("POST", "/webhooks/shop", body, signed(body, "secret"))
                answer = line.getresponse()
                answer.read()
                self.statuses.append(answer.status)
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                line.close()
            time.sleep(0.01)
        line.close()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join()


def gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


def until(seen: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not seen():
        assert time.monotonic() < deadline, what
        time.sleep(0.02)


def test_channels_come_and_go_while_people_write(tmp_path: Path) -> None:
    with provider() as graph:
        configure(tmp_path, graph, quiet=0.1)
        config = tmp_path / "turnkeeper.toml"
        place = graph.base_url.removeprefix("http://").rstrip("/")
        config.write_text(config.read_text().replace("[server]", f'[server]\nallow_internal = ["{place}"]'))
        table: dict[str, object] = {"kind": "whatsapp_cloud", "bot": "assistant", "phone_number_id": "1000000002"}
        table |= {"waba_id": "2000000001", "access_token": "token", "app_secret": "secret", "verify_token": "other"}
        table |= {"api_base": graph.base_url}
        with serving(tmp_path, TURNKEEPER_SECRET_KEY=KEY) as server:
            connect(graph, server)
            assert server.get("/webhooks/second")[0] == 404
            before = list(server.children.values())
            for phone in ("15550000001", "15550000002"):  # their messages go past the fake
                graph.call(graph.graph.person(phone)).thread().wrote_at = time.time()
            ada, bob = Posting(server, "15550000001"), Posting(server, "15550000002")
            began = time.monotonic()
            put(tmp_path, table)
            until(lambda: server.get("/webhooks/second")[0] != 404, "the new channel's address")
            print(f"known after {time.monotonic() - began:.1f} s")  # noqa: T201
            until(lambda: gone(before), "the processes to be replaced")
            for revision in (1, 2, 3):  # one after the other, as somebody does who tries things out
                put(tmp_path, table | {"niche": f"lamps {revision}"}, revision)
            changing(tmp_path, lambda store: store.drop_configured(SECOND))
            until(lambda: server.get("/webhooks/second")[0] == 404, "the address to go")
            for each in (ada, bob):
                each.stop()
            assert ada.failures == bob.failures == []
            assert set(ada.statuses) == set(bob.statuses) == {200}
            found = server.settled()
            assert found["accepted"] == len(ada.statuses) + len(bob.statuses)
            assert found["states"]["answered"] == found["accepted"], found
        for phone, posted in (("15550000001", ada), ("15550000002", bob)):
            texts = graph.call(graph.graph.person(phone)).texts
            answered = [word for text in texts for word in text.removeprefix("told: ").split(" | ")]
            assert answered == [str(number) for number in range(len(posted.statuses))]
        assert "Traceback" not in server.log()
