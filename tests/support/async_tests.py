"""How an `async def test_…` is run: in a loop of its own, within a limit."""

import asyncio
import functools
import inspect
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

LIMIT = 30.0  # seconds


def as_sync(test: Callable[..., Coroutine[Any, Any, None]], limit: float) -> Callable[..., None]:
    """Wrap an async test. The wrapper raises TimeoutError when it takes more than `limit` s."""

    async def run(*args: Any, **kwargs: Any) -> None:
        async with asyncio.timeout(limit):
            await test(*args, **kwargs)

    @functools.wraps(test)
    def call(*args: Any, **kwargs: Any) -> None:
        asyncio.run(run(*args, **kwargs))

    return call


def make_sync(item: pytest.Function) -> None:
    """Replace an async test, also one under hypothesis' `@given`, with one that pytest can call."""
    marker = item.get_closest_marker("limit")
    limit = float(marker.args[0]) if marker else LIMIT
    given = getattr(item.obj, "hypothesis", None)
    if given is not None and inspect.iscoroutinefunction(given.inner_test):
        given.inner_test = as_sync(given.inner_test, limit)
    elif inspect.iscoroutinefunction(item.obj):
        item.obj = as_sync(item.obj, limit)
