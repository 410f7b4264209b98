"""Errands are children, a few at a time: no workspace has all of them, and one that nobody listens to ends."""

import sys
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import cast

import pytest

from turnkeeper.app import errands
from turnkeeper.app.errand import Errand
from turnkeeper.app.errands import Errands
from turnkeeper.web.api.channel_ports import TooMany

CHILD = (sys.executable, "-S", "-c", "import time; print('begun', flush=True); time.sleep(60)")


async def test_no_workspace_has_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(errands, "command", lambda _: CHILD)
    all_of_them = Errands()

    def begun(workspace: str) -> AsyncGenerator[bytes]:
        errand = Errand(config="", workspace=workspace, name="line", do="check")
        return cast(AsyncGenerator[bytes], all_of_them.run(errand))

    async with aclosing(begun("shop")) as first, aclosing(begun("shop")) as second, aclosing(begun("shop")) as third:
        assert [await anext(each) for each in (first, second, third)] == [b"begun\n"] * 3
        with pytest.raises(TooMany):
            await anext(begun("shop"))
        async with aclosing(begun("cafe")) as theirs:
            assert await anext(theirs) == b"begun\n"
        await first.aclose()
        async with aclosing(begun("shop")) as again:
            assert await anext(again) == b"begun\n"
