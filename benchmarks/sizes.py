"""How long the command takes to answer, and how much memory a server holds that has nothing to do."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

from benchmarks.report import Line, at_most, told
from benchmarks.servers import ROOT, Places, turnkeeper

_SETTLE = 3.0


def run(places: Places, *, quick: bool) -> Iterator[Line]:
    """Every line of this benchmark."""
    yield at_most("size", "turnkeeper --help", median(_help() for _ in range(3 if quick else 7)), 0.25, "s")
    with turnkeeper(places.folder, places.sqlite(), window=4.0) as served:
        time.sleep(_SETTLE)
        sizes = {name: _pss(pid) for name, pid in {"supervisor": served.pid, **served.children}.items()}
    shown = ", ".join(f"{name} {size:.0f}" for name, size in sizes.items())
    yield at_most("size", "idle serve, all its processes (PSS)", sum(sizes.values()), 180, "MB")
    yield told("size", "of these, MB", shown, **sizes)


def _help() -> float:
    script = Path(sys.executable).with_name("turnkeeper")
    command = [str(script)] if script.exists() else [sys.executable, "-m", "turnkeeper"]
    began = time.perf_counter()
    subprocess.run([*command, "--help"], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


def _pss(pid: int) -> float:
    found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
    assert found
    return int(found[1]) / 1000
