"""`turnkeeper demo` as a process of its own, as a stranger starts it."""

import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PATIENCE = 30.0


@contextmanager
def demo(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    environ = os.environ | {"TMPDIR": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-m", "turnkeeper", "demo", "--port", "0", "--no-browser"],
        stdout=subprocess.PIPE,
        env=environ,
    )
    assert process.stdout is not None
    try:
        said = b""
        deadline = time.monotonic() + PATIENCE
        while not (found := re.search(rb"http://127\.0\.0\.1:\d+", said)):
            assert select.select([process.stdout], [], [], max(0.0, deadline - time.monotonic()))[0]
            chunk = os.read(process.stdout.fileno(), 4096)
            assert chunk, said
            said += chunk
        yield process, found[0].decode()
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
        process.wait(PATIENCE)
        process.stdout.close()
