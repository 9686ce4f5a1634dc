"""A person at the console for tests: a browser's cookies, forms with their token, and what the page answered."""

import re
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestClient
from argon2 import PasswordHasher

from bot.auth import account_store as accounts
from bot.auth.door import COOKIE, know_viewer
from bot.auth.install import install_auth
from bot.auth.passwords import Passwords
from bot.auth.people import add_account
from bot.auth.sessions import OPEN, open_session
from bot.console.routes import install_console
from bot.web.cookies import cookie_name
from bot.web.install import install_web, middlewares
from bot.web.keys import Site
from scheduler.core.actor import OPERATOR
from scheduler.core.clock import Clock
from scheduler.core.record import Record

ORIGIN = "http://127.0.0.1"
PRESSED = {"Sec-Fetch-Site": "same-origin"}
FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}


def console_app(record: Record, clock: Clock) -> web.Application:
    """The application as far as the console needs it. `clock` is that of sessions."""
    app = web.Application(middlewares=middlewares(know_viewer, outside=("/l/",)))
    install_web(app, origin=ORIGIN, clock=record.clock)
    install_auth(app, record, clock=clock, passwords=Passwords(PasswordHasher(1, 8, 1)))
    install_console(app, record)
    return app


@dataclass
class Answer:
    """A response, read."""

    status: int
    text: str
    location: str
    headers: dict[str, str] = field(repr=False)

    def __contains__(self, words: str) -> bool:
        return words in self.text

    @property
    def toast(self) -> str:
        """What was just done, as the page says it."""
        found = re.search(r'class="toast" role="status">\s*<p>(.*?)</p>', self.text, re.DOTALL)
        return found[1].strip() if found else ""


@dataclass
class Visitor:
    """Somebody signed in."""

    client: TestClient[Any, Any]
    csrf: str
    user_id: str
    token: str = field(repr=False)

    async def get(self, path: str, **headers: str) -> Answer:
        return await _answer(await self.client.get(path, headers=headers, allow_redirects=False, cookies=self._mine))

    async def post(self, path: str, data: dict[str, Any] | None = None, **headers: str) -> Answer:
        """Press a button; the answer is that of the form itself, redirects not followed."""
        sent = [("csrf", self.csrf), *_pairs(data or {})]
        heads = {**PRESSED, **headers}
        return await _answer(
            await self.client.post(path, data=sent, headers=heads, allow_redirects=False, cookies=self._mine)
        )

    async def press(self, path: str, data: dict[str, Any] | None = None) -> Answer:
        """Press a button and see the page it leads to."""
        sent = await self.post(path, data)
        assert sent.status == 303, (sent.status, sent.text[:2000])
        return await self.get(sent.location)

    @property
    def _mine(self) -> dict[str, str]:
        return {cookie_name(Site(ORIGIN), COOKIE): self.token}


async def sign_in(
    record: Record,
    client: TestClient[Any, Any],
    practice_id: str,
    clock: Clock,
    *roles: str,
    clinician: str | None = None,
) -> Visitor:
    """An open session of a new account with these roles."""
    async with record.write(practice_id, OPERATOR) as tx:
        user_id = await add_account(
            tx,
            email=f"{'.'.join(roles)}.{tx.new_id()[-8:]}@practice.example",
            name="Robin Desk",
            roles=roles,
            clinician_id=clinician,
            now=clock.now(),
        )
        await accounts.change(tx, user_id, state="active")
        token = await open_session(tx, user_id, state=OPEN, now=clock.now())
    page = await client.get(
        "/account", cookies={cookie_name(Site(ORIGIN), COOKIE): token}, headers=PRESSED, allow_redirects=False
    )
    found = re.search(r'name="csrf" value="([^"]+)"', await page.text())
    assert found is not None, await page.text()
    return Visitor(client, found[1], user_id, token)


def _pairs(data: dict[str, Any]) -> list[tuple[str, str]]:
    return [
        (name, str(each))
        for name, value in data.items()
        for each in (value if isinstance(value, list | tuple) else [value])
    ]


async def _answer(response: Any) -> Answer:
    return Answer(response.status, await response.text(), response.headers.get("Location", ""), dict(response.headers))
