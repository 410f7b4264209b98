"""What is measured, started and ended: ours, the usual pattern, bare apps; each in processes of its own."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from benchmarks import traffic
from tests.support.postgres import Cluster, running_cluster
from tests.support.programs import answers, free_port
from tests.support.redis import running_redis

ROOT = Path(__file__).resolve().parents[1]
_PATIENCE = 30.0
_TOML = """
[server]
port = 0
drain = "1s"
log_level = "error"
[database]
url = "{database}"
[workers]
count = {workers}
[channels.shop]
kind = "whatsapp_cloud"
bot = "assistant"
phone_number_id = "{number}"
waba_id = "{waba}"
access_token = "token"
app_secret = "{secret}"
verify_token = "verify"
api_base = "{api_base}"
[bots.assistant]
kind = "python"
entry = "the_bot:bot"
quiet = {quiet}
max_wait = {max_wait}
adaptive = false
overlap = "queue"
rate_limit = "off"
"""
_BOT = """
import asyncio
from turnkeeper import Bot, Turn
bot = Bot("assistant")
@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    history = await turn.history(10)
    turn.state["turns"] = turn.state.get("turns", 0) + 1
    await turn.reply("told: " + turn.text)
"""


class Missing(Exception):
    """A program that a measurement needs is not on this machine."""


@dataclass(frozen=True, slots=True)
class Served:
    """A server that answers on a port of the loopback."""

    port: int
    pid: int
    children: dict[str, int] = field(default_factory=dict)


class Places:
    """Databases and Redis, each started when it is first asked for; ends with everything gone."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self._cluster: Cluster | None = None
        self._redis: str | None = None
        self._databases = 0
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="turnkeeper-bench-")))

    def sqlite(self) -> str:
        """The url of a new SQLite file."""
        self._databases += 1
        return f"sqlite:///{self.folder}/{self._databases}.db"

    def postgres(self) -> str:
        """The url of a new database with PostgreSQL's default durability; raises Missing."""
        if self._cluster is None:
            self._cluster = _found(self._stack, running_cluster())
        self._databases += 1
        self._cluster.create(f"bench{self._databases}")
        return self._cluster.url(f"bench{self._databases}")

    def redis(self) -> str:
        """The url of a Redis that keeps nothing on disk, emptied; raises Missing."""
        if self._redis is None:
            self._redis = _found(self._stack, running_redis())
        import redis

        with redis.Redis.from_url(self._redis) as client:
            client.flushall()
        return self._redis

    def database(self, kind: str) -> str:
        """A new database of a kind: sqlite or postgres."""
        return self.sqlite() if kind == "sqlite" else self.postgres()


def _found(stack: ExitStack, starting: Any) -> Any:
    try:
        return stack.enter_context(starting)
    except pytest.skip.Exception as skipped:
        raise Missing(str(skipped)) from None


@contextmanager
def asgi(app: str, **settings: str) -> Iterator[Served]:
    """An ASGI app under uvicorn, with the loop and the parser that ours has."""
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", app, "--port", str(port), "--loop", "uvloop", "--http", "httptools"]
    command += ["--no-access-log", "--log-level", "error", "--no-server-header", "--backlog", "2048"]
    process = subprocess.Popen(command, cwd=ROOT, env=os.environ | settings, stderr=subprocess.DEVNULL)
    try:
        give_up_at = time.monotonic() + _PATIENCE
        while not answers(port):
            if process.poll() is not None or time.monotonic() > give_up_at:
                raise RuntimeError(f"{app} did not start")
            time.sleep(0.02)
        yield Served(port, process.pid)
    finally:
        process.kill()
        process.wait()


@contextmanager
def turnkeeper(
    folder: Path,
    database: str,
    *,
    window: float,
    api_base: str = "http://127.0.0.1:9",
    workers: int = 1,
    families: Sequence[str] = (),
    more: str = "",
) -> Iterator[Served]:
    """`turnkeeper serve`, as a stranger would run it. `families`: kinds of providers whose models its bot may ask;
    `more`: tables of its configuration."""
    values = {"database": database, "workers": workers, "secret": traffic.SECRET, "api_base": api_base}
    values |= {"number": traffic.PHONE_NUMBER_ID, "waba": traffic.WABA_ID}
    values |= {"quiet": window, "max_wait": max(window * 4, 0.0)}
    text = _TOML.format(**values) + _asking(families) + more
    (folder / "turnkeeper.toml").write_text(text, "utf-8")
    (folder / "the_bot.py").write_text(_BOT, "utf-8")
    with (folder / "server.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "turnkeeper", "serve", "-c", str(folder / "turnkeeper.toml")],
            stdout=subprocess.PIPE,
            stderr=log,
        )
    children: dict[str, int] = {}
    try:
        port = _port(process, folder / "server.log")
        children = _children(process.pid)
        yield Served(port, process.pid, children)
    finally:
        for pid in [process.pid, *children.values()]:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _asking(families: Sequence[str]) -> str:
    """The models of the bot, whose keys come last, and a provider for each."""
    if not families:
        return ""
    models = ", ".join(f'"{kind}/any"' for kind in families)
    tables = "".join(
        f'[providers.{kind}]\nkind = "{kind}"\napi_key = "key"\nbase_url = "http://127.0.0.1:9"\n' for kind in families
    )
    return f"models = [{models}]\n{tables}"


def _port(process: subprocess.Popen[bytes], log: Path) -> int:
    assert process.stdout is not None
    said = b""
    give_up_at = time.monotonic() + _PATIENCE
    while not (found := re.search(rb"http://\S+:(\d+)\s", said)):
        wait = max(0.0, give_up_at - time.monotonic())
        ready = select.select([process.stdout], [], [], wait)[0]
        chunk = os.read(process.stdout.fileno(), 4096) if ready else b""
        if not chunk:
            raise RuntimeError(f"turnkeeper did not start:\n{log.read_text(errors='replace')[-2000:]}")
        said += chunk
    return int(found[1])


def _children(parent: int) -> dict[str, int]:
    found = {}
    for entry in Path("/proc").iterdir():
        with suppress(OSError, ValueError, IndexError):
            above = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            words = (entry / "cmdline").read_bytes().split(b"\0")
            if above == parent and b"turnkeeper.app.child" in words:
                found[words[-2].decode()] = int(entry.name)
    return found


@dataclass(frozen=True, slots=True)
class Heard:
    """What a generator measured; milliseconds."""

    answered: int
    per_second: float
    p50: float
    p99: float
    longest: float


def generate(file: Path, length: int, port: int, *, seconds: float, first: int = 0, concurrency: int = 64) -> Heard:
    """Put a server under load; raises RuntimeError if an answer was not 200."""
    command = [sys.executable, "-m", "benchmarks.generator", str(file)]
    command += [str(value) for value in (length, first, port, concurrency, seconds)]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=seconds + _PATIENCE)
    found = json.loads(done.stdout)
    if set(found["statuses"]) != {"200"}:
        raise RuntimeError(f"not every webhook was acknowledged: {found['statuses']}")
    return Heard(found["answered"], found["answered"] / found["seconds"], found["p50"], found["p99"], found["max"])
