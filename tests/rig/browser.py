"""Chromium for tests: one browser per test process, a fresh context per page, and eyes on what pages should not do.

Pages are driven through Playwright's async API on the suite's one event loop; the browser is Debian's, since none is
downloaded. Invariant: a page reaches only this machine, and a script error or a broken content policy fails its test.
"""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Page, Route, async_playwright

AXE = Path(__file__).parent.parent / "vendor" / "axe.min.js"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_SWITCHES = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
_HERE = {"127.0.0.1", "localhost", "::1"}


class ChromiumMissing(Exception):
    """No Chromium on the PATH."""


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A running headless browser.

    Raises:
        ChromiumMissing: none of the usual names is on the PATH.
    """
    executable = next(filter(None, map(shutil.which, _NAMES)), None)
    if executable is None:
        raise ChromiumMissing
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable, args=list(_SWITCHES))
        try:
            yield browser
        finally:
            await browser.close()


@dataclass
class Pages:
    """Opens pages and remembers what they did wrong."""

    browser: Browser
    complaints: list[str] = field(default_factory=list)
    _contexts: list[Any] = field(default_factory=list)

    async def open(
        self,
        url: str | None = None,
        *,
        width: int = 1280,
        height: int = 900,
        dark: bool = False,
        javascript: bool = True,
        locale: str = "en-US",
        timezone: str = "America/New_York",
    ) -> Page:
        """A page in a context of its own (no cookies of others), at `url` if one is given."""
        context = await self.browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=javascript,
            locale=locale,
            timezone_id=timezone,
            reduced_motion="reduce",
        )
        self._contexts.append(context)
        await context.route("**/*", self._only_here)
        page = await context.new_page()
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.complaints.append(f"script error: {error}"))
        page.on("console", self._listen)
        if url is not None:
            await page.goto(url)
        return page

    async def close(self) -> None:
        """Close all contexts.

        Raises:
            AssertionError: a page ran into a script error, broke the content policy or asked another machine.
        """
        for context in self._contexts:
            await context.close()
        assert not self.complaints, self.complaints

    async def _only_here(self, route: Route) -> None:
        parts = urlsplit(route.request.url)
        if parts.scheme in {"data", "blob", "about"} or parts.hostname in _HERE:
            await route.continue_()
        else:
            self.complaints.append(f"request to {parts.hostname}")
            await route.abort()

    def _listen(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text or "Refused to" in message.text:
            self.complaints.append(f"content policy: {message.text[:200]}")


async def axe_violations(page: Page) -> list[str]:
    """What axe-core objects to on the page as it is now, one line for each node, worst rules not hidden."""
    # Evaluated, not added as a script element: the page's content policy would rightly refuse that.
    await page.evaluate(AXE.read_text(encoding="utf-8"))
    found = await page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {' '.join(map(str, node['target']))} ({violation['help']})"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
