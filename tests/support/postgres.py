"""A PostgreSQL cluster of the tests' own: a free port, a temporary folder, default durability."""

import asyncio
import contextlib
import getpass
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from tests.support.programs import folder_for, free_port, requires, running

OWNER = "postgres"
TEMPLATE = "tests_template"


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running cluster; everyone on the loopback may connect, and `postgres` may do anything."""

    port: int

    def url(self, database: str, user: str = OWNER) -> str:
        """Return the address of one of its databases."""
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def execute(self, *statements: str, database: str = "postgres") -> None:
        """Run statements one by one, each in its own transaction."""
        url = self.url(database)

        async def run() -> None:
            connection = await asyncpg.connect(url)
            try:
                for statement in statements:
                    await connection.execute(statement)
            finally:
                await connection.close()

        asyncio.run(run())

    def create(self, database: str, template: str = "template1") -> None:
        """Create a database as a copy of another one."""
        self.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')

    def drop(self, database: str) -> None:
        """Drop a database, closing the connections that are still open on it."""
        self.execute(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    @contextlib.contextmanager
    def database(self, name: str, template: str = "template1") -> Iterator[str]:
        """Give the address of a copy of another database; it is dropped afterwards."""
        self.create(name, template)
        try:
            yield self.url(name)
        finally:
            self.drop(name)


def server_folders() -> list[Path]:
    """Return where the distributions keep PostgreSQL's server programs, newest version first."""
    homes = [*Path("/usr/lib/postgresql").glob("*/bin"), *Path("/usr").glob("pgsql-*/bin")]
    digits = [int("".join(filter(str.isdigit, str(home))) or 0) for home in homes]
    return [home for _, home in sorted(zip(digits, homes, strict=True), reverse=True)]


@contextlib.contextmanager
def running_cluster() -> Iterator[Cluster]:
    """Make a cluster, run it until the block ends, and remove it. Skips where there is none."""
    initdb = requires("initdb", places=server_folders())
    postgres = requires("postgres", places=[Path(initdb).parent, *server_folders()])
    user = OWNER if os.geteuid() == 0 else None  # the server refuses to run as root
    with folder_for(user) as folder:
        data = folder / "data"
        subprocess.run(
            [initdb, "-D", data, "-U", OWNER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
            check=True,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            cwd=folder,
            user=user,
            group=user,
            extra_groups=None if user is None else [],
            env={"PATH": os.defpath, "USER": user or getpass.getuser(), "LC_ALL": "C"},
        )
        port = free_port()
        command = [postgres, "-D", str(data), "-p", str(port), "-k", str(folder)]
        command += ["-c", "listen_addresses=127.0.0.1", "-c", "max_connections=200"]
        cluster = Cluster(port)
        with running(
            command,
            ready=lambda: accepts(cluster),
            log=folder / "server.log",
            user=user,
            stop_with="INT",  # a fast shutdown, that does not wait for clients
        ):
            yield cluster


def accepts(cluster: Cluster) -> bool:
    """Tell whether the cluster runs statements yet."""
    try:
        cluster.execute("SELECT 1")
    except (OSError, asyncpg.PostgresError):
        return False
    return True
