"""The tests' own pytest keeps its promises: each is seen failing a test that breaks it."""

import asyncio
import shutil
import socket
from pathlib import Path

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import network
from tests.support.browser import Chromium, left_the_machine

HERE = Path(__file__).parent
PLAIN_OPTIONS = """
[pytest]
addopts = -ra --import-mode=importlib
filterwarnings = error
"""


@pytest.fixture
def inner(pytester: pytest.Pytester) -> pytest.Pytester:
    """A project of its own under the same conftest and support."""
    shutil.copytree(HERE / "support", pytester.path / "tests/support")
    shutil.copy(HERE / "conftest.py", pytester.path / "tests/conftest.py")
    pytester.makeini(PLAIN_OPTIONS + "pythonpath = .\nmarkers = limit(seconds): x\n")
    return pytester


def outcomes(inner: pytest.Pytester, source: str, *lines: str) -> dict[str, int]:
    """Run one test file in the inner project; its output must show `lines` in this order."""
    (inner.path / "tests/test_inner.py").write_text(source)
    result = inner.runpytest_subprocess("tests")
    result.stdout.fnmatch_lines(list(lines))
    return result.parseoutcomes()


def test_a_test_that_leaves_the_machine_fails_even_if_it_swallows_the_error(
    inner: pytest.Pytester,
) -> None:
    source = """
import contextlib, socket

def test_quiet():
    with contextlib.suppress(Exception):
        socket.create_connection(("192.0.2.1", 80), timeout=1)

def test_loud():
    socket.getaddrinfo("turnkeeper.example", 80)

def test_everywhere():
    socket.socket().bind(("0.0.0.0", 0))

def test_inside():
    with socket.socket() as listening, socket.socket() as client:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        client.connect(listening.getsockname())
"""
    seen = outcomes(inner, source, "*test left this machine*192.0.2.1*")
    assert seen == {"failed": 3, "passed": 1}


def test_async_tests_run_and_end_within_their_limit(inner: pytest.Pytester) -> None:
    source = """
import asyncio, pytest
from hypothesis import given, settings, strategies as st

async def test_wrong():
    await asyncio.sleep(0)
    assert 1 == 2

@pytest.mark.limit(0.05)
async def test_endless():
    await asyncio.Event().wait()

class TestInAClass:
    @pytest.mark.parametrize("n", [1, 2])
    async def test_right(self, n, tmp_path):
        await asyncio.sleep(0)
        assert tmp_path.is_dir()

@settings(database=None)
@given(n=st.integers())
async def test_property(n):
    await asyncio.sleep(0)
    assert n < 5
"""
    seen = outcomes(inner, source, "*assert 1 == 2*", "*TimeoutError*", "*assert 5 < 5*")
    assert seen == {"failed": 3, "passed": 2}


@given(value=st.integers())
async def test_async_properties_await(value: int) -> None:
    await asyncio.sleep(0)
    assert await asyncio.to_thread(lambda: value) == value


MISSING = """
import pytest
from tests.support.programs import requires

def test_needs():
    requires("no-such-program")

@pytest.mark.xfail(strict=True)
def test_known():
    assert False

def test_runs():
    assert requires("sh").endswith("/sh")
"""


def test_a_missing_program_skips_and_says_why(inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TURNKEEPER_REQUIRE_ALL", raising=False)
    seen = outcomes(inner, MISSING, "SKIPPED*needs the program no-such-program*")
    assert seen == {"passed": 1, "skipped": 1, "xfailed": 1}


def test_a_missing_program_fails_where_everything_has_to_run(
    inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TURNKEEPER_REQUIRE_ALL", "1")
    seen = outcomes(inner, MISSING, "*did not run*needs the program no-such-program*")
    assert seen == {"passed": 1, "failed": 1, "xfailed": 1}


def test_a_module_that_is_skipped_whole_fails_where_everything_has_to_run(
    inner: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TURNKEEPER_REQUIRE_ALL", "1")
    source = "import pytest\npytest.importorskip('no_such_module')\n"
    assert outcomes(inner, source, "*did not run*no_such_module*") == {"errors": 1}


async def test_each_test_has_a_postgres_database_of_its_own(postgres_database: str) -> None:
    connection = await asyncpg.connect(postgres_database)
    try:
        await connection.execute("CREATE TABLE kept (id int)")
        assert await connection.fetchval("SHOW fsync") == "on"
        assert await connection.fetchval("SHOW synchronous_commit") == "on"
    finally:
        await connection.close()


async def test_and_it_starts_empty(postgres_database: str) -> None:
    connection = await asyncpg.connect(postgres_database)
    try:
        assert await connection.fetchval("SELECT to_regclass('kept')") is None
    finally:
        await connection.close()


def test_redis_answers(redis_url: str) -> None:
    host, port = redis_url.removeprefix("redis://").removesuffix("/0").split(":")
    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall(b"PING\r\n")
        assert connection.recv(16) == b"+PONG\r\n"


async def test_a_page_that_asks_for_another_machine_fails(chromium: Chromium) -> None:
    with pytest.raises(AssertionError, match=r"it asked for https://elsewhere\.example/"):
        async with chromium.page() as page:
            await page.route("https://elsewhere.example/**", lambda route: route.abort())
            await page.set_content("<img src='https://elsewhere.example/pixel.png'>")


async def test_a_page_whose_script_raises_fails(chromium: Chromium) -> None:
    with pytest.raises(AssertionError, match=r"its script raised: .*kaputt"):
        async with chromium.page() as page:
            await page.set_content("<script>throw new Error('kaputt')</script>")


@pytest.mark.parametrize(
    "url, complaints",
    [
        ("data:text/html,x", 0),
        ("about:blank", 0),
        ("http://127.0.0.1:8088/", 0),
        ("http://[::1]:8088/", 0),
        ("http://localhost/", 0),
        ("http://192.0.2.1/", 1),
        ("https://localhost.example/", 1),
    ],
)
def test_what_counts_as_leaving(url: str, complaints: int) -> None:
    assert len(left_the_machine(url)) == complaints


@pytest.mark.parametrize(
    "host, inside",
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("10.0.0.1", False), ("x", False)],
)
def test_what_counts_as_loopback(host: str, inside: bool) -> None:
    assert network.is_loopback(host) is inside
