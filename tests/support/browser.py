"""An installed Chromium, driven by Playwright; a browser is never downloaded.

Rule: a page that asks for anything outside the loopback, or whose script fails, fails the test.
"""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, async_playwright

from tests.support.network import LOOPBACK_NAMES, is_loopback

FLAGS = (
    "--no-sandbox",  # the tests may run as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",  # a microphone that beeps, and nobody to ask for it
    "--use-fake-ui-for-media-stream",
)


@dataclass(frozen=True, slots=True)
class Chromium:
    """Where Chromium is, and how it is opened."""

    path: str

    @contextlib.asynccontextmanager
    async def browser(self) -> AsyncIterator[Browser]:
        """Open a headless browser with an empty profile; close it at the end of the block."""
        async with async_playwright() as playwright:
            browser = await playwright.chromium.launch(executable_path=self.path, args=[*FLAGS])
            try:
                yield browser
            finally:
                await browser.close()

    @contextlib.asynccontextmanager
    async def page(self, **context: Any) -> AsyncIterator[Page]:
        """Open one page; `context` goes to Playwright's `new_context` (viewport, color_scheme …).

        Raises AssertionError at the end if its script raised, or if it asked for another machine.
        """
        wrong: list[str] = []
        async with self.browser() as browser:
            page = await (await browser.new_context(**context)).new_page()
            page.on("pageerror", lambda error: wrong.append(f"its script raised: {error}"))
            page.on("request", lambda request: wrong.extend(left_the_machine(request.url)))
            yield page
        assert not wrong, f"the page did wrong: {wrong}"


def left_the_machine(url: str) -> list[str]:
    """Return a complaint if a page's address is on another machine, else nothing."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    inside = parts.scheme in ("data", "blob", "about") or host in LOOPBACK_NAMES
    return [] if inside or is_loopback(host) else [f"it asked for {url}"]
