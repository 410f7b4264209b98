"""The tests' own pytest: async tests, the guard on the network, servers to test against.

Rule: a server is started when the first test asks for it, and ends with the session.
"""

import asyncio
import gc
import itertools
import os
import sys
from collections.abc import Generator, Iterator
from typing import Any, TypeVar

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.support import network
from tests.support.async_tests import make_sync
from tests.support.browser import Chromium
from tests.support.postgres import TEMPLATE, Cluster, running_cluster
from tests.support.programs import requires
from tests.support.redis import running_redis
from tests.support.sqlite import copy_tables
from turnkeeper.testing.events import Channels
from turnkeeper.testing.models import forbid_real_models

REQUIRE_ALL = os.environ.get("TURNKEEPER_REQUIRE_ALL", "") not in ("", "0")
SERVERS = "servers"
BESIDE_OTHERS = "PYTEST_XDIST_WORKER" in os.environ
"""This is one of several test processes."""
Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)

network.guard_sockets()
forbid_real_models()
copy_tables()
# Each of the many processes that tests start would compile all that it imports.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


gc.disable()  # what is collected stays: there is nothing to find among it


def pytest_collection_finish() -> None:
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function):
            make_sync(item)
    if BESIDE_OTHERS:
        items.sort(key=lambda item: not starts_servers(item.nodeid))


class OneForServers(LoadFileScheduling):
    """A file is run whole by one process; so is all that starts real servers, since two of those at once would be
    slower than they may be."""

    def _split_scope(self, nodeid: str) -> str:
        return SERVERS if starts_servers(nodeid) else str(super()._split_scope(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> OneForServers:
    return OneForServers(config, log)


def starts_servers(nodeid: str) -> bool:
    return nodeid.startswith("tests/e2e/")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Beside real servers, whose clocks run, everything else takes what processor time is left."""
    if BESIDE_OTHERS and not starts_servers(item.nodeid) and os.nice(0) == 0:
        os.nice(10)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    network.attempts.clear()
    result = yield
    if network.attempts:
        pytest.fail(f"the test left this machine: {network.attempts}", pytrace=False)
    return result


def no_skips(report: Report) -> Report:
    """Turn a skip into a failure where everything has to run."""
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        why = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"TURNKEEPER_REQUIRE_ALL is set, and this did not run: {why}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return no_skips((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return no_skips((yield))


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[Cluster]:
    """A PostgreSQL cluster of the tests' own."""
    with running_cluster() as cluster:
        yield cluster


@pytest.fixture(scope="session")
def postgres_url(postgres_cluster: Cluster) -> str:
    """The address of the cluster's maintenance database. Create nothing in it."""
    return postgres_cluster.url("postgres")


@pytest.fixture(scope="session")
def database_names() -> Iterator[str]:
    """Names for databases, each once."""
    return (f"test_{number}" for number in itertools.count(1))


@pytest.fixture
def postgres_database(postgres_cluster: Cluster, database_names: Iterator[str]) -> Iterator[str]:
    """The address of a fresh database of this test's own, with nothing in it; dropped afterwards."""
    with postgres_cluster.database(next(database_names)) as url:
        yield url


@pytest.fixture(scope="session")
def migrated_template(postgres_cluster: Cluster) -> str:
    """The database that `migrated_database` copies."""
    postgres_cluster.create(TEMPLATE)
    asyncio.run(migrated(postgres_cluster.url(TEMPLATE)))
    return TEMPLATE


async def migrated(url: str) -> None:
    from turnkeeper.store.postgres.store import PostgresStore

    store = PostgresStore(url, Channels())
    await store.open()
    await store.migrate()
    await store.close()


@pytest.fixture
def migrated_database(
    postgres_cluster: Cluster, migrated_template: str, database_names: Iterator[str]
) -> Iterator[str]:
    """The same with our tables in it: copying them takes a tenth of making them."""
    with postgres_cluster.database(next(database_names), migrated_template) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """The address of a Redis server of the tests' own."""
    with running_redis() as url:
        yield url


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    """An installed Chromium: `async with chromium.page() as page`."""
    return Chromium(requires("chromium", "chromium-browser", "google-chrome", "chrome"))
