"""A Redis server of the tests' own; it keeps nothing."""

import contextlib
from collections.abc import Iterator

from tests.support.programs import answers, folder_for, free_port, requires, running


@contextlib.contextmanager
def running_redis() -> Iterator[str]:
    """Run Redis until the block ends; give its address. Skips where there is none."""
    redis = requires("redis-server", "valkey-server")
    port = free_port()
    with folder_for(None) as folder:
        command = [redis, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)]
        command += ["--save", "", "--appendonly", "no"]
        with running(command, ready=lambda: answers(port), log=folder / "redis.log"):
            yield f"redis://127.0.0.1:{port}/0"
