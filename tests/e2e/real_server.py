"""A `turnkeeper serve` in real processes, with a fake Graph API that it talks to."""

import json
import os
import re
import select
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from turnkeeper.testing.fake_graph import FakeGraph, FakeNumber, Running, serve_in_thread

PATIENCE = 20.0
SECRETS = {"E2E_TOKEN": "token", "E2E_SECRET": "secret", "E2E_VERIFY": "verify"}
TOML = """
[server]
port = {port}
drain = "{drain}s"
log_level = "warning"
[database]
url = "{database}"
[workers]
count = {workers}
lease = "{lease}s"
[channels.shop]
kind = "whatsapp_cloud"
bot = "assistant"
phone_number_id = "1000000001"
waba_id = "2000000001"
access_token = "env:E2E_TOKEN"
app_secret = "env:E2E_SECRET"
verify_token = "env:E2E_VERIFY"
api_base = "{api_base}"
unknown_wait = "{unknown_wait}s"
send_limit = "{send_limit}s"
[bots.assistant]
kind = "python"
entry = "the_bot:bot"
quiet = {quiet}
max_wait = 2
adaptive = false
rate_limit = "off"
"""
DEFAULTS = {
    "port": 0, "drain": 5, "database": "sqlite:///data.db", "workers": 1, "lease": 3,
    "unknown_wait": 30, "send_limit": 20, "quiet": 0.3,
}  # fmt: skip
ECHO = """
from turnkeeper import Bot, Turn
bot = Bot("assistant")
@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    await turn.reply("told: " + turn.text.replace("\\n", " | "))
"""


class Server:
    """A running server. `stop` and `kill` end it."""

    def __init__(self, folder: Path, process: subprocess.Popen[bytes], url: str) -> None:
        self.folder = folder
        self.process = process
        self.url = url
        self.said = ""
        """What it printed once it was ready."""

    @property
    def children(self) -> dict[str, int]:
        """Process ids by role: web, worker-1, …"""
        found = {}
        for entry in Path("/proc").iterdir():
            with suppress(OSError, ValueError, IndexError):
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if parent == self.process.pid and b"turnkeeper.app.child" in words:
                    found[words[-2].decode()] = int(entry.name)
        return found

    def child(self, name: str, other_than: int = 0) -> int:
        """The process of a role, once there is one (another one)."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            pid = self.children.get(name)
            if pid is not None and pid != other_than:
                return pid
            time.sleep(0.01)
        raise AssertionError(f"no {name} among {self.children}")

    def get(self, path: str) -> tuple[int, bytes]:
        try:
            with urllib.request.urlopen(self.url + path, timeout=PATIENCE) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read()

    def post(self, path: str, body: bytes, headers: dict[str, str]) -> int:
        asked = urllib.request.Request(self.url + path, body, headers, method="POST")
        try:
            with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
                status: int = answer.status
                return status
        except urllib.error.HTTPError as error:
            with error:
                return error.code

    def ledger(self) -> dict[str, Any]:
        told = turnkeeper("ledger", "--json", "--config", str(self.folder / "turnkeeper.toml"))
        assert told.returncode == 0, told.stderr
        found: dict[str, Any] = json.loads(told.stdout)
        return found

    def settled(self, within: float = PATIENCE) -> dict[str, Any]:
        """The ledger, once nothing waits or runs any more."""
        deadline = time.monotonic() + within
        while True:
            found: dict[str, Any] = self.ledger()
            states = found["states"]
            total = sum(count for count in states.values() if isinstance(count, int))
            assert total + sum(states["dropped"].values()) == found["accepted"], found
            if not states["waiting"] + states["running"]:
                return found
            assert time.monotonic() < deadline, (found, self.log())

    def log(self) -> str:
        return (self.folder / "server.log").read_text("utf-8")

    def kill(self) -> None:
        """The whole machine goes down."""
        for pid in [self.process.pid, *self.children.values()]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def memory(self) -> dict[str, int]:
        """Proportional set size of each process in kilobytes."""
        pids = {"supervisor": self.process.pid, **self.children}
        sizes = {}
        for name, pid in pids.items():
            rolled = Path(f"/proc/{pid}/smaps_rollup").read_text()
            found = re.search(r"^Pss:\s+(\d+)", rolled, re.MULTILINE)
            assert found
            sizes[name] = int(found[1])
        return sizes


def turnkeeper(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "turnkeeper", *arguments],
        capture_output=True,
        text=True,
        env=os.environ | SECRETS,
        timeout=PATIENCE,
        check=False,
    )


@contextmanager
def serving(folder: Path, *arguments: str, **environ: str) -> Iterator[Server]:
    """Start `turnkeeper serve` on the folder's configuration; ends with everything gone."""
    log = (folder / "server.log").open("ab")
    process = subprocess.Popen(
        [sys.executable, "-m", "turnkeeper", "serve", "-c", str(folder / "turnkeeper.toml"), *arguments],
        stdout=subprocess.PIPE,
        stderr=log,
        env=os.environ | SECRETS | {"TMPDIR": str(folder)} | environ,
    )
    assert process.stdout is not None
    server = Server(folder, process, "")
    try:
        said = b""
        deadline = time.monotonic() + PATIENCE
        while b"ready" not in said or not said.endswith(b"\n"):
            wait = max(0.0, deadline - time.monotonic())
            if not select.select([process.stdout], [], [], wait)[0]:
                raise AssertionError(f"not ready: {said!r}\n{(folder / 'server.log').read_text()}")
            chunk = os.read(process.stdout.fileno(), 4096)
            if not chunk:
                raise AssertionError(f"ended: {said!r}\n{(folder / 'server.log').read_text()}")
            said += chunk
        found = re.search(rb"http://\S+", said)
        server.url = found[0].decode() if found else ""
        server.said = said.decode()
        yield server
    finally:
        for pid in [*server.children.values(), process.pid]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        process.stdout.close()
        log.close()


@contextmanager
def provider() -> Iterator[Running]:
    """The fake, not yet told where its webhooks go."""
    number = FakeNumber("1000000001", waba_id="2000000001")
    graph = FakeGraph("secret", "verify", "token", "http://127.0.0.1:1/", [number])
    with serve_in_thread(graph) as running:
        yield running


def configure(folder: Path, running: Running, *, bot: str = ECHO, api_base: str = "", **changed: object) -> None:
    """Write a configuration and a bot; `changed` are placeholders of TOML, durations in seconds."""
    folder.mkdir(exist_ok=True)
    text = TOML.format(api_base=api_base or running.base_url, **DEFAULTS | changed)
    (folder / "turnkeeper.toml").write_text(text, "utf-8")
    (folder / "the_bot.py").write_text(bot, "utf-8")


def connect(running: Running, server: Server) -> None:
    """From now on the provider's webhooks go to the server."""
    running.graph.webhooks.url = f"{server.url}/webhooks/whatsapp_cloud"
