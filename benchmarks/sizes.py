"""How long the command and a server take to be there, and how much memory a server holds that has nothing to do."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.report import Line, at_most, told
from benchmarks.servers import ROOT, Places, turnkeeper

_SETTLE = 3.0
_LOADED = 10.0
"""Seconds after which whatever is loaded in the background is there."""
_FAMILIES = ("openai_compatible", "anthropic", "google")


def run(places: Places, *, quick: bool) -> Iterator[Line]:
    """Every line of this benchmark."""
    yield at_most("size", "turnkeeper --help", median(_help() for _ in range(3 if quick else 7)), 0.25, "s")
    with turnkeeper(places.folder, places.sqlite(), window=4.0) as served:
        time.sleep(_SETTLE)
        sizes = {name: _pss(pid) for name, pid in {"supervisor": served.pid, **served.children}.items()}
    shown = ", ".join(f"{name} {size:.0f}" for name, size in sizes.items())
    yield at_most("size", "idle serve, all its processes (PSS)", sum(sizes.values()), 180, "MB")
    yield told("size", "of these, MB", shown, **sizes)
    began = time.perf_counter()
    with turnkeeper(places.folder, places.sqlite(), window=4.0, families=_FAMILIES) as served:
        ready = time.perf_counter() - began
        time.sleep(_LOADED)
        idle = sum(_pss(pid) for pid in (served.pid, *served.children.values()))
        back = _back(served.children["worker-1"])
    yield at_most("size", "serve with three families of models: ready after", ready, 4.0, "s")
    yield at_most("size", "its worker is back after a kill", back, 3.0, "s")
    yield at_most("size", "and all its processes, idle (PSS)", idle, 180, "MB")


def _help() -> float:
    script = Path(sys.executable).with_name("turnkeeper")
    command = [str(script)] if script.exists() else [sys.executable, "-m", "turnkeeper"]
    began = time.perf_counter()
    subprocess.run([*command, "--help"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _back(worker: int) -> float:
    """Seconds from a worker's sudden end until the next one has taken its place, which it notes in a file."""
    runtime = Path(f"/proc/{worker}/cmdline").read_text().split("\0")[-3]
    note = Path(runtime) / "worker-1.id"
    before = note.read_text()
    began = time.perf_counter()
    os.kill(worker, signal.SIGKILL)
    while note.read_text() in (before, "") and time.perf_counter() - began < 60.0:
        time.sleep(0.01)
    return time.perf_counter() - began


def _pss(pid: int) -> float:
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) / 1000
