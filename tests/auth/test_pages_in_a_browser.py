"""The way in as a person goes it, in a browser, on a phone and a desk; each page without accessibility violations."""

import pyotp
import pytest

from bot.auth.people import first_owner_path
from tests.auth.conftest import OWNER_EMAIL, PASSWORD
from tests.rig.browser import axe_violations

pytestmark = pytest.mark.browser


@pytest.fixture
async def engine_name(databases):
    """One engine is enough for what a browser can tell."""
    return "sqlite"


@pytest.mark.parametrize(("width", "dark"), [(390, False), (1280, True)])
async def test_from_the_first_address_to_the_second_sign_in(office, visitor, pages, width, dark):
    base = str(visitor.client.make_url("")).rstrip("/")
    page = await pages.open(width=width, dark=dark)

    async def fine() -> None:
        assert await axe_violations(page) == [], page.url
        assert await page.evaluate("document.documentElement.scrollWidth") <= width, page.url

    await page.goto(base + await first_owner_path(office.record, visitor.clock.now()))
    await fine()
    await page.get_by_role("button", name="Go on").click()
    await page.get_by_role("heading", name="Nothing was saved yet").wait_for()
    await fine()
    await page.get_by_label("Your name").fill("Maya Okafor")
    await page.get_by_label("Your email").fill(OWNER_EMAIL)
    await page.get_by_label("Password", exact=True).fill(PASSWORD)
    await page.get_by_label("The same password again").fill(PASSWORD)
    await page.get_by_role("button", name="Go on").click()
    await page.wait_for_url("**/signin/app")
    await page.get_by_text("The camera does not help").click()
    await fine()
    secret = (await page.locator("details code").inner_text()).replace(" ", "")
    code = pyotp.TOTP(secret)
    await page.get_by_label("Code", exact=True).fill(code.at(int(visitor.clock.now().timestamp())))
    await page.get_by_role("button", name="Go on").click()
    await page.get_by_role("heading", name="Keep these").wait_for()
    await fine()
    await page.goto(f"{base}/account")
    await fine()
    await page.goto(f"{base}/console/users")
    await fine()
    await page.get_by_role("button", name="Invite").click()
    await page.get_by_role("heading", name="Nothing was saved yet").wait_for()
    await page.locator(".errors:focus").wait_for()
    await fine()
    await page.locator(".bar-who summary").click()
    await page.get_by_role("button", name="Sign out").click()
    await page.wait_for_url("**/signin")
    await fine()
    visitor.clock.advance(60)
    await page.get_by_label("Email").fill(OWNER_EMAIL)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/signin/code")
    await fine()
    await page.get_by_label("Code", exact=True).fill(code.at(int(visitor.clock.now().timestamp())))
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/console/today")


async def test_a_dead_address_says_what_to_do(visitor, office, pages):
    page = await pages.open(str(visitor.client.make_url("/setup/nothing")))
    assert await page.get_by_text("works once, for a day").is_visible()
    assert await axe_violations(page) == []
