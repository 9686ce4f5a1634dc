"""After a busy day of the demo nobody's name, number or birth date stands where it must not.

Searched: everything logged at DEBUG, every address a browser asked for or was shown, what the carrier was sent (the
number a text goes to aside), and the database file with its log, byte by byte, in every form the scanner knows.
"""

import json
import re
import sqlite3
from dataclasses import dataclass, field
from datetime import date
from html import unescape
from pathlib import Path
from shutil import copyfile
from typing import Any

import aiohttp
import pytest
from playwright.async_api import Page, Request, expect

from bot.demo import people
from bot.demo.practice import SENDER, number_of
from tests.flows.demo import RunningDemo, start_demo
from tests.rig.browser import Pages
from tests.rig.canary import Canary, Scanner, words
from tests.rig.process import Processes

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(600)]

PATIENCE = 60_000
EVERYBODY = [
    Canary(at, each.first, each.last, number_of(each), "", date.fromisoformat(each.born), each.preferred or "")
    for at, each in enumerate(people.CLIENTS)
]
SCANNER = Scanner(words(EVERYBODY))
ANNELIESE, BARTHOLOMEW, CONSUELO, DASHIELL, EVANGELINE, FERDINAND = (each.phone for each in EVERYBODY[:6])
SHOWN_ADDRESS = re.compile(r'(?:href|src|action|formaction|hx-[a-z-]+|data-[a-z-]+)="([^"]*)"')


@dataclass
class Carrier:
    """The phones, without their page."""

    base: str
    session: aiohttp.ClientSession

    async def jump(self, **order: Any) -> None:
        async with self.session.post(f"{self.base}control/clock", json=order or {"jump": "next"}) as answer:
            assert (await answer.json())["trouble"] is None
        await self.come_to_rest()

    async def says(self, phone: str, body: str) -> None:
        order = {"phone": phone, "to": SENDER, "body": body}
        async with self.session.post(f"{self.base}control/inbound", json=order) as answer:
            assert (await answer.json())["received"]["status"] == 200
        await self.jump(advance_seconds=1)

    async def come_to_rest(self) -> None:
        async with self.session.get(f"{self.base}control/idle") as answer:
            assert answer.status == 200

    async def texts_to(self, phone: str) -> list[str]:
        async with self.session.get(f"{self.base}control/ledger", params={"to": phone}) as answer:
            return [each["params"]["Body"] for each in (await answer.json())["entries"]]


@dataclass
class Addresses:
    """Every address asked for by a browser, and every one its pages held."""

    seen: list[str] = field(default_factory=list)

    def follow(self, page: Page) -> None:
        page.context.on("request", self._asked)

    def _asked(self, request: Request) -> None:
        self.seen += [request.url, request.headers.get("referer", "")]

    async def read(self, page: Page) -> None:
        """Note what the page as it stands would lead to."""
        self.seen += [unescape(each) for each in SHOWN_ADDRESS.findall(await page.content())]


@pytest.fixture
async def demo(processes: Processes) -> RunningDemo:
    return await start_demo(processes, "--log-level", "DEBUG")


async def test_nobody_is_found_after_a_busy_day(demo: RunningDemo, pages: Pages):
    addresses = Addresses()
    async with aiohttp.ClientSession() as session:
        carrier = Carrier(demo.phones, session)
        await a_day_by_text(carrier)
        link = await pages.open()
        addresses.follow(link)
        await a_day_by_link(carrier, link, addresses)
        await carrier.jump()
    console = await pages.open(demo.owner)
    addresses.follow(console)
    await a_day_at_the_desk(console, demo, addresses)
    written = (demo.folder / "stillon.db-wal").read_bytes()
    assert demo.process.stop() == 0

    assert '"route":"link_act"' in demo.process.said(), "the log is not that of the day"
    assert SCANNER.find(demo.process.said()) == []
    assert len(addresses.seen) > 200
    assert SCANNER.find("\n".join(addresses.seen)) == []
    sent = requests_to_the_carrier(demo.folder)
    assert len(sent) > 20
    assert SCANNER.find("\n".join(sent)) == []
    for file in ("stillon.db", "demo.json", "clock.json", "keyring.json"):
        assert SCANNER.find((demo.folder / file).read_bytes()) == [], file
    assert len(written) > 100_000
    assert SCANNER.find(written) == [], "the database's log"
    assert planted(demo.folder / "stillon.db") >= {
        "'Marchetti' (as it is)",
        "'Marchetti' (UTF-16)",
        "'Marchetti' (hex)",
        "'206-555-0105' (as it is)",
        "'9/17/1969' (as it is)",
    }


async def a_day_by_text(carrier: Carrier) -> None:
    """Answers of every kind, words that name people among them."""
    await carrier.jump()
    assert await carrier.texts_to(ANNELIESE)
    await carrier.says(ANNELIESE, "C")
    await carrier.says(BARTHOLOMEW, "so sorry, can't make it")
    await carrier.says(BARTHOLOMEW, "Bartholomew Quigley here, born 1975-07-30. Will I be charged?")
    await carrier.says(CONSUELO, "R")
    await carrier.says(CONSUELO, "2")
    await carrier.says(DASHIELL, "This is Dashiell Wexford (206-555-0104), 3/22/2001. May I bring Natasha Dragomirov?")
    for _ in range(4):
        if not await carrier.texts_to(FERDINAND):
            await carrier.jump()
    assert await carrier.texts_to(FERDINAND)
    await carrier.says(FERDINAND, "A")
    await carrier.says(EVANGELINE, "STOP")


async def a_day_by_link(carrier: Carrier, page: Page, addresses: Addresses) -> None:
    """The link of a reminder: looked at, said no by, and taken back."""
    page.set_default_timeout(PATIENCE)
    found = re.search(r"http\S+/l/\w+", (await carrier.texts_to(ANNELIESE))[0])
    assert found is not None
    await page.goto(found[0])
    await addresses.read(page)
    await page.get_by_role("link", name=re.compile("can't|cannot", re.IGNORECASE)).click()
    await addresses.read(page)
    await page.get_by_role("button").first.click()
    await expect(page.locator(".done-mark")).to_be_visible()
    await addresses.read(page)


async def a_day_at_the_desk(page: Page, demo: RunningDemo, addresses: Addresses) -> None:
    """Every page of the console is opened, somebody is searched for by name, number and birth date, and changed."""
    page.set_default_timeout(PATIENCE)
    await page.get_by_role("button", name="Enter as").click()
    await page.wait_for_url("**/console/**")
    for name in ("today", "week", "inbox", "waitlist", "clients", "fees", "report", "policies", "audit", "settings"):
        await page.goto(f"{demo.console}/console/{name}")
        await addresses.read(page)
    for words_typed in ("Torvald", "1988-02-14", "5550101"):
        await page.goto(f"{demo.console}/console/today")
        field_of_search = page.get_by_role("searchbox").first
        await field_of_search.fill(words_typed)
        await field_of_search.press("Enter")
        # Whoever is found alone is gone to at once; while the search is on its way, a list is shown.
        await expect(page.locator("main").get_by_text("Torvald").first).to_be_visible()
        await addresses.read(page)


def requests_to_the_carrier(folder: Path) -> list[str]:
    """What each text was asked for with, but for the number it goes to."""
    found = []
    for line in (folder / "ledger.jsonl").read_text(encoding="utf-8").splitlines():
        given = json.loads(line)["params"]
        assert given.pop("To").startswith("+1")
        found.append(json.dumps(given))
    return found


def planted(database: Path) -> set[str]:
    """The forms found in a copy of the database to which somebody was careless in several ways."""
    copy = database.with_name("careless.db")
    copyfile(database, copy)
    with sqlite3.connect(copy) as connection:
        connection.execute("CREATE TABLE note (words)")
        for careless in ("Marchetti", "Marchetti".encode("utf-16-le"), b"Marchetti".hex(), "206-555-0105", "9/17/1969"):
            connection.execute("INSERT INTO note VALUES (?)", (careless,))
    connection.close()
    return {str(each) for each in SCANNER.find(copy.read_bytes())}


def test_every_client_of_the_demo_can_be_found():
    for each in EVERYBODY:
        for word in (each.given, each.family, each.phone, each.birth_date.isoformat()):
            assert SCANNER.find(f"GET /console/clients?q={word} 200"), word
    assert not SCANNER.find("GET /console/clients?q= 200")
