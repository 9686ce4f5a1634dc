"""The daily pages in a browser: usable by everybody, on a phone and a desk, light and dark, with and without script."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient
from playwright.async_api import Page, Route
from pytest_aiohttp.plugin import AiohttpServer

from bot.auth.door import COOKIE
from bot.web.cookies import cookie_name
from bot.web.keys import Site
from messages.inbound import Received, receive
from messages.tasks import TaskKind, open_task
from scheduler.actions.cancel import cancel
from scheduler.actions.practice import add_clinician
from scheduler.core.actor import CARRIER
from scheduler.core.record import Record
from tests.console.visitor import ORIGIN, console_app, sign_in
from tests.rig.browser import Pages, axe_violations
from tests.rig.clock import ManualClock
from tests.rig.office import FRONT_DESK, OWNER, Known, Office, local
from waitlist.actions.join import join
from waitlist.due import do_due

pytestmark = [pytest.mark.browser, pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)]


@dataclass
class Busy:
    """A practice in the middle of a day, and where it is served."""

    base: str
    token: str
    pages: Pages
    ana: Known
    visit: str
    late: str
    entry: str
    clinician: str

    async def open(self, path: str, **how: object) -> Page:
        page = await self.pages.open(**how)
        name = cookie_name(Site(ORIGIN), COOKIE)
        await page.context.add_cookies([{"name": name, "value": self.token, "url": self.base}])
        await page.goto(self.base + path)
        return page


@pytest.fixture
async def busy(
    record: Record, office: Office, aiohttp_server: AiohttpServer, client: TestClient, pages: Pages, clock: ManualClock
) -> Busy:
    people = [await office.client(number) for number in range(6)]
    ana = people[0]
    first = await office.book(ana, at=local("2026-03-04 10:30"))
    await office.book(people[1], people[2], at=local("2026-03-04 14:00"), clinician=1)
    gone = await office.book(people[3], at=local("2026-03-04 16:00"))
    async with record.write(office.practice_id, FRONT_DESK) as tx:
        entry = await join(tx, client_id=people[4].id, service_id=office.service_id)
        await cancel(tx, gone.participation_ids[0], by="client")
    clock.advance(timedelta(minutes=12))
    await do_due(record, office.practice_id)
    async with record.write(office.practice_id, CARRIER) as tx:
        for kind, urgent in ((TaskKind.CRISIS, True), (TaskKind.REPLY, False)):
            text = await receive(tx, Received(sid=f"SM{kind}", sender=ana.who.phone, body="cant come, so tired"))
            await open_task(tx, kind, client_id=ana.id, inbound_id=text, urgent=urgent)
    who = await sign_in(record, client, office.practice_id, ManualClock(), "owner")
    server = await aiohttp_server(console_app(record, ManualClock()))
    base = f"http://127.0.0.1:{server.port}"
    return Busy(
        base,
        who.token,
        pages,
        ana,
        first.participation_ids[0],
        gone.participation_ids[0],
        entry,
        office.clinician_ids[0],
    )


def _paths(busy: Busy) -> list[str]:
    return [
        "/console/today", "/console/week", "/console/book", "/console/clients", "/console/clients/new",
        f"/console/clients/{busy.ana.id}", f"/console/clients/{busy.ana.id}/edit", f"/console/visits/{busy.visit}",
        f"/console/visits/{busy.late}", f"/console/visits/{busy.visit}/move", "/console/waitlist",
        "/console/waitlist/new", f"/console/waitlist/{busy.entry}", "/console/inbox",
        "/console/waitlist/report", f"/console/waitlist/{busy.entry}/change", "/console/waitlist/time",
        f"/console/away?clinician={busy.clinician}&day=2026-03-05", "/console/marks",
    ]  # fmt: skip


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_page_is_for_everybody(busy: Busy, dark: bool):
    page = await busy.open("/console/today", dark=dark)
    found = {}
    for path in _paths(busy):
        await page.goto(busy.base + path)
        for details in await page.query_selector_all("main details:not([open]) > summary"):
            await details.click()
            await page.keyboard.press("Tab")
        if violations := await axe_violations(page):
            found[path] = violations
    assert found == {}


# How far a page reaches beyond the screen, also with each of its menus open.
_WIDEST = """() => {
  const over = () => document.documentElement.scrollWidth - innerWidth
  const opened = [...document.querySelectorAll("main details:not([open])")].map((each) => {
    each.open = true
    const found = over()
    each.open = false
    return found
  })
  return Math.max(over(), ...opened)
}"""


@pytest.mark.parametrize("width", [390, 1280])
async def test_no_page_is_wider_than_its_screen(busy: Busy, width: int):
    page = await busy.open("/console/today", width=width)
    wider = {}
    for path in _paths(busy):
        await page.goto(busy.base + path)
        over = await page.evaluate(_WIDEST)
        if over > 0:
            wider[path] = over
    assert wider == {}


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
async def test_marking_a_visit_and_its_undo(busy: Busy, javascript: bool):
    page = await busy.open("/console/today", javascript=javascript)
    row = page.locator(f"#v-{busy.visit}")
    await row.get_by_role("button", name="Arrived").click()
    await page.get_by_text("Marked as arrived.").wait_for()
    await row.get_by_role("button", name="Start").wait_for()
    await page.locator(".toast").get_by_role("button", name="Undo").click()
    await row.get_by_role("button", name="Arrived").wait_for()


async def test_a_mark_leaves_the_rest_of_the_page_alone(busy: Busy):
    page = await busy.open("/console/today")
    await page.evaluate("window.untouched = true")
    await page.locator(f"#v-{busy.visit}").get_by_role("button", name="Arrived").click()
    await page.get_by_text("Marked as arrived.").wait_for()
    assert await page.evaluate("window.untouched")


async def test_the_search_finds_while_one_types_and_the_address_says_nothing(busy: Busy):
    page = await busy.open("/console/today")
    await page.keyboard.press("/")
    await page.keyboard.type(busy.ana.who.family)
    await page.wait_for_load_state("networkidle")  # what is found is drawn anew with every letter
    await page.locator("#found a").first.click()
    await page.wait_for_url("**/console/clients/*")
    assert page.url == f"{busy.base}/console/clients/{busy.ana.id}"


@pytest.mark.parametrize("javascript", [True, False], ids=["script", "no script"])
async def test_booking_by_picking(busy: Busy, javascript: bool):
    page = await busy.open("/console/book?day=2026-03-05", javascript=javascript)
    await page.get_by_label("Client", exact=True).fill(busy.ana.who.family)
    if not javascript:
        await page.get_by_role("button", name="Find").click()
    await page.locator("#clients").get_by_text(busy.ana.who.given).click()
    await page.locator(".time").first.click()
    await page.get_by_role("button", name="Book", exact=True).click()
    await page.wait_for_url("**/console/visits/*")
    assert await page.locator(".toast").get_by_text("Booked.").is_visible()


async def test_a_double_click_presses_once(busy: Busy):
    page = await busy.open("/console/today")
    row = page.locator(f"#v-{busy.visit}")
    pressed: list[str] = []
    page.on("request", lambda request: pressed.append(request.url) if request.url.endswith("/mark") else None)
    await row.get_by_role("button", name="Arrived").dblclick(delay=5)
    await row.get_by_text("Arrived", exact=True).wait_for()
    await row.get_by_role("button", name="Start").wait_for()
    assert len(pressed) == 1


async def test_a_form_is_sent_once_however_slow_the_answer_is(busy: Busy):
    page = await busy.open(f"/console/visits/{busy.visit}/move")
    sent: list[Route] = []

    async def hold(route: Route) -> None:
        sent.append(route)

    await page.route("**/move", hold)
    await page.locator(".time").first.click()
    again = """button => new Promise((done) => {
      button.click()
      setTimeout(() => { button.click(); button.form.requestSubmit(button); done(button.form.ariaBusy) }, 30)
    })"""
    assert await page.get_by_role("button", name="Move", exact=True).evaluate(again) == "true"
    assert len(sent) == 1
    await sent[0].continue_()
    await page.get_by_text("Moved. What was planned").wait_for()


async def test_where_nobody_answers_the_page_says_so_and_stays(busy: Busy):
    page = await busy.open("/console/today")
    row = page.locator(f"#v-{busy.visit}")
    answers = ["abort", "bad gateway"]

    async def break_(route: Route) -> None:
        if answers.pop() == "abort":
            await route.abort()
        else:
            await route.fulfill(status=502, content_type="text/html", body="<h1>502 Bad Gateway</h1>")

    await page.route("**/mark", break_)
    for _ in range(2):
        await row.get_by_role("button", name="Arrived").click()
        await page.locator(".toast").get_by_text("No answer from Stillon").wait_for()
        await page.locator(".toast").get_by_role("button", name="Close").click()
    assert await page.get_by_text("Bad Gateway").count() == 0
    await page.unroute("**/mark")
    await row.get_by_role("button", name="Arrived").click()
    await row.get_by_role("button", name="Start").wait_for()


async def test_the_keyboard_keeps_its_place_when_a_row_goes(busy: Busy):
    page = await busy.open("/console/today")
    first, second = (
        page.locator("section[aria-labelledby=unconfirmed-h]").get_by_role("button").nth(n) for n in (0, 1)
    )
    after = await second.get_attribute("class"), await second.inner_text()
    await first.focus()
    await page.keyboard.press("Enter")
    await page.get_by_text("Confirmed. Reminders that only ask").wait_for()
    focused = page.locator("section[aria-labelledby=unconfirmed-h] button:focus")
    await focused.wait_for()
    assert (await focused.get_attribute("class"), await focused.inner_text()) == after


async def test_the_search_is_walked_with_arrows_and_enter_opens_the_one(busy: Busy):
    page = await busy.open("/console/today")
    await page.keyboard.press("/")
    await page.keyboard.type(busy.ana.who.family)
    await page.locator("#found a").first.wait_for()
    await page.keyboard.press("ArrowDown")
    assert await page.evaluate("document.activeElement.closest('#found') !== null")
    await page.keyboard.press("ArrowUp")
    assert await page.evaluate("document.activeElement.id") == "q"
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console/clients/*")


async def test_a_typed_time_is_the_one_that_is_meant(busy: Busy):
    page = await busy.open("/console/book?day=2026-03-05")
    await page.locator(".time").first.click()
    await page.locator("#f-time").fill("15:15")
    assert await page.get_by_label("Another time").first.is_checked()
    await page.locator(".time").nth(1).click()
    assert await page.locator("#f-time").input_value() == ""


async def test_whoever_is_away_is_warned_then_signed_out_but_not_while_another_tab_is_used(busy: Busy):
    page = await busy.open("/console/today")
    other = await page.context.new_page()
    for each in (page, other):
        await each.clock.install()
        await each.goto(busy.base + "/console/today")
    await page.clock.fast_forward("28:30")
    await page.locator(".toast").get_by_text("You are signed out in 2 minutes").wait_for()
    await other.keyboard.press("Shift")
    await page.locator(".toast").wait_for(state="detached")
    await page.clock.fast_forward("29:30")
    await page.locator(".toast").get_by_text("You are signed out in 2 minutes").wait_for()
    assert page.url.endswith("/console/today")
    await page.goto(busy.base + "/console/clients/new")
    await page.get_by_label("First name").fill("Zoe")
    async with page.expect_request("**/account/keep") as handed:
        await page.clock.fast_forward("30:30")
    assert "first=Zoe" in ((await handed.value).post_data or "")
    await page.wait_for_url("**/signin")


async def test_typing_alone_keeps_the_session(busy: Busy):
    page = await busy.open("/console/clients/new")
    await page.clock.install()
    await page.reload()
    await page.clock.fast_forward("06:00")
    async with page.expect_response("**/account/here") as answer:
        await page.get_by_label("First name").press("A")
    assert (await answer.value).status == 204


async def test_many_clinicians_keep_columns_one_can_read(busy: Busy, record: Record, office: Office):
    async with record.write(office.practice_id, OWNER) as tx:
        for number in range(10):
            await add_clinician(tx, f"Dr. With A Long Name {number}")
    page = await busy.open("/console/week?day=2026-03-04")
    widths = "[...document.querySelectorAll('.week-day')].map((day) => day.getBoundingClientRect().width)"
    assert min(await page.evaluate(widths)) >= 112
    last = page.locator(".filter a").last
    assert (await last.bounding_box())["x"] + (await last.bounding_box())["width"] <= 1280
    assert await page.evaluate(_WIDEST) <= 0
