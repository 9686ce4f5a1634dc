"""The whole way as a new user would go it: phones and console of a running demo, from the reminder to the audit.

Nothing is asked of the record: what is asserted is read on the pages. Each step leaves a picture in test-results/.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from shutil import rmtree

import pytest
from playwright.async_api import Locator, Page, expect

from tests.flows.demo import RunningDemo, start_demo
from tests.rig.browser import Pages
from tests.rig.process import ROOT, Processes

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(600)]

PICTURES = ROOT / "test-results" / "the_whole_way"
PATIENCE = 60_000  # milliseconds; a machine that does much else beside is no failure


@dataclass
class Phones:
    """The page of phones, and what a person does there."""

    page: Page

    def texts(self, name: str) -> Locator:
        """All texts on somebody's phone, theirs among them."""
        return self.page.get_by_role("region", name=f"{name}'s phone").locator(".bubble")

    async def reads(self, name: str, number: int, words: str | re.Pattern[str]) -> None:
        """Wait until the text of that number on the phone says so."""
        await expect(self.texts(name)).to_have_count(number, timeout=PATIENCE)
        await expect(self.texts(name).last).to_contain_text(words)

    async def says(self, name: str, words: str) -> None:
        """Type a text on somebody's phone and send it."""
        field = self.page.get_by_label(f"Text from {name}'s phone")
        await field.fill(words)
        await field.press("Enter")
        await expect(field).to_have_value("", timeout=PATIENCE)

    async def jump(self, button: str = "Jump to the next event") -> None:
        """Let time jump, and what was due happen."""
        pressed = self.page.get_by_role("button", name=button)
        await pressed.click()
        await expect(pressed).to_be_enabled(timeout=PATIENCE)


@dataclass
class Album:
    """Pictures in the order of the story."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def __post_init__(self) -> None:
        rmtree(self.folder, ignore_errors=True)

    async def keep(self, page: Page, what: str) -> None:
        await page.screenshot(path=self.folder / f"{next(self._numbers):02d}_{what}.png", full_page=True)


@pytest.fixture
async def demo(processes: Processes) -> RunningDemo:
    return await start_demo(processes)


async def enter(pages: Pages, demo: RunningDemo, role: str) -> Page:
    """The console, entered by a role's door."""
    page = await pages.open(demo.console + demo.doors[role])
    page.set_default_timeout(PATIENCE)
    await page.get_by_role("button", name="Enter as").click()
    await page.wait_for_url("**/console/**")
    return page


async def test_from_the_reminder_to_the_audit(demo: RunningDemo, pages: Pages):
    album = Album(PICTURES)
    page = await pages.open(demo.phones)
    page.set_default_timeout(PATIENCE)
    phones = Phones(page)

    # A reminder is confirmed; another is answered with a late cancellation in somebody's own words.
    await expect(phones.texts("Anneliese")).to_have_count(0)
    await phones.jump()
    await phones.reads("Anneliese", 1, re.compile(r"visit Wed, \w+ \d+, 1:00 PM\. Reply C to confirm"))
    await phones.reads("Bartholomew", 1, "9:00 AM")
    await album.keep(page, "reminders")
    await phones.says("Anneliese", "C")
    await phones.reads("Anneliese", 3, "confirmed, Wed")
    await phones.says("Bartholomew", "so sorry, can't make it")
    await phones.reads("Bartholomew", 3, re.compile(r"9:00 AM is cancelled\. Inside 24 h .*late policy may apply"))
    await album.keep(page, "answers")

    # The time is near, so both who wait are asked at once: the first yes has it.
    await phones.jump()
    await phones.reads("Evangeline", 1, re.compile(r"opening Wed, .* 9:00 AM\. First A"))
    await phones.reads("Ferdinand", 1, re.compile(r"opening Wed, .* 9:00 AM\. First A"))
    await album.keep(page, "offers")

    # One of them takes it from the text's link; opening the link took nothing.
    async with page.context.expect_page() as opened:
        await phones.texts("Ferdinand").get_by_role("link").click()
    link = await opened.value
    await expect(link.get_by_role("heading", name="A time opened")).to_be_visible(timeout=PATIENCE)
    await expect(link.get_by_text("is released when you take this one")).to_be_visible()
    await expect(phones.texts("Ferdinand")).to_have_count(1)
    await album.keep(link, "link")
    await link.get_by_role("button", name="Take it").click()
    await expect(link.get_by_role("heading", name="It's yours")).to_be_visible(timeout=PATIENCE)
    await album.keep(link, "taken")
    await link.close()
    await phones.reads("Ferdinand", 2, "it's yours")

    # The other is told at once that it is gone, and that she stays on the list.
    await phones.reads("Evangeline", 2, re.compile("taken"))
    await album.keep(page, "gone")

    # The board marks the second missed visit of somebody; the biller approves the fee.
    desk = await enter(pages, demo, "Front desk")
    row = desk.locator("#board li", has_text="Dashiell Wexford")
    await album.keep(desk, "board")
    await row.get_by_role("button", name="Missed").click()
    await expect(row.get_by_text("Missed", exact=True)).to_be_visible(timeout=PATIENCE)
    await expect(desk.locator(".toast")).to_contain_text("Marked as missed")
    await album.keep(desk, "missed")
    await desk.goto(f"{demo.console}/console/fees")
    await expect(desk.locator("li.fee", has_text="Dashiell Wexford")).to_be_visible()
    await expect(desk.get_by_role("button", name="Approve")).to_have_count(0)
    biller = await enter(pages, demo, "Biller")
    await biller.goto(f"{demo.console}/console/fees")
    fee = biller.locator("li.fee", has_text="Dashiell Wexford")
    await expect(fee).to_contain_text("$80.00")
    await album.keep(biller, "fee")
    await fee.get_by_role("button", name="Approve").click()
    await expect(biller.locator(".toast")).to_contain_text("Fee approved")
    await expect(fee).to_have_count(0)

    # A day later all of it stands in the report.
    owner = await enter(pages, demo, "Owner")
    before = await counted(owner, demo)
    await phones.jump("+1 day")
    after = await counted(owner, demo)
    await album.keep(owner, "report")
    assert after["Late cancel"] == before["Late cancel"] + 1
    assert after["Filled"] == before["Filled"] + 1
    assert after["Missed"] == before["Missed"] >= 2

    # And every step in the audit, whose chain holds.
    auditor = await enter(pages, demo, "Auditor")
    await auditor.goto(f"{demo.console}/console/audit")
    await expect(auditor.get_by_text("entries fit together")).to_be_visible(timeout=PATIENCE)
    await album.keep(auditor, "audit")
    missing = await not_in_audit(auditor, list(STEPS))
    assert not missing


STEPS = {
    "Visit confirmed": "Client (text)",
    "Visit cancelled": "Client (text)",
    "Time offered": "Stillon",
    "Offer withdrawn": "Client (link)",
    "Offer taken": "Client (link)",
    "Freed time filled": "Client (link)",
    "Attendance marked": "Cornelius Aldridge (console)",
    "Fee proposed": "Cornelius Aldridge (console)",
    "Fee approved": "Henrietta Lindholm (console)",
}
"""What the audit page calls each step, and who it says did it."""


async def counted(page: Page, demo: RunningDemo) -> dict[str, int]:
    """The numbers of all visits in the report's table, by the words of its columns."""
    await page.goto(f"{demo.console}/console/report")
    table = page.get_by_role("table").filter(has_text="All visits")
    names = await table.locator("thead th").all_inner_texts()
    cells = await table.locator("tr", has_text="All visits").locator("th, td").all_inner_texts()
    assert len(names) == len(cells), (names, cells)
    return {name: int(cell) for name, cell in zip(names, cells, strict=True) if cell.isdecimal()}


async def not_in_audit(page: Page, steps: list[str]) -> list[str]:
    """Which of the steps no page of the audit shows with who did it; goes back page by page."""
    left = set(steps)
    for _ in range(20):
        for row in await page.locator("table.audit tbody tr").all_inner_texts():
            left -= {step for step in left if step in row and STEPS[step] in row}
        older = page.get_by_role("link", name="Older")
        if not left or not await older.count():
            break
        await older.click()
        await page.wait_for_load_state()
    return sorted(left)
