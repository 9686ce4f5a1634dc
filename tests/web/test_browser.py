"""What only a browser can tell: accessibility, the content policy at work, small screens, keys, no scripts needed."""

import pytest

from bot.web.forms import Form
from tests.rig.browser import axe_violations
from tests.web.conftest import add_page, site, viewer

pytestmark = pytest.mark.browser

OPTIONS = [{"value": str(n), "day": f"Thursday, October {n}", "time": "4:00 PM"} for n in (1, 8, 15)]
LINK = {
    "label": "Lee Office",
    "phone": "(555) 555-0100",
    "phone_e164": "+15555550100",
    "zone": "",
    "nonce": "n",
    "action": "/l/t",
    "cannot": "/l/t/cannot",
    "pick": "/l/t/pick",
    "keep": "/l/t",
    "preferences": "/l/t/preferences",
    "confirmed": False,
    "more": "/l/t/pick",
    "decline": "/l/t/pass",
    "deadline": "2:10 PM",
    "languages": [("en", "English"), ("es", "Español")],
    "channels": ["sms", "email"],
    "channel": "sms",
    "stop": "/l/t/stop",
    "undo": "/l/t/undo",
    "undo_until": "12:45 PM",
    "back": "/l/t",
    "options": OPTIONS,
    "late_hours": "24",
    "kept": "Thu, Oct 8, 3:00 PM",
    "release": "Thu, Oct 8, 3:00 PM",
}
ENGLISH = {
    **LINK,
    "lang": "en",
    "language": "en",
    "day": "Wednesday, September 30",
    "time": "12:30 PM",
    "when": "Wed, Sep 30",
}
SPANISH = {
    **LINK,
    "lang": "es",
    "language": "es",
    "day": "miércoles 30 de septiembre",
    "time": "12:30 PM",
    "when": "mié 30 sep",
}
WISH = {
    "form": Form({"latest": "2026-09-01"}, {"latest": "This day has passed."}),
    "suits": {"0-morning", "2-evening"},
    "days": ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
    "parts": ["morning", "afternoon", "evening"],
    "who": ["same", "seen", "any"],
    "how": ["in_person", "telehealth"],
    "where": ["same", "any"],
    "notices": [("0", "None"), ("60", "1 hour")],
    "gives": "Wed, Sep 30, 12:30 PM",
    "waits": True,
    "rests": "Wed, Sep 30",
    "leave": "/l/t/unlist",
    "rest": "/l/t/rest",
}
LINK_PAGES = {
    "list": {**ENGLISH, **WISH},
    "list-es": {**SPANISH, **WISH, "form": Form(), "waits": False, "rests": ""},
    "confirm": ENGLISH,
    "confirm-es": SPANISH,
    "cannot": ENGLISH,
    "cannot-es": SPANISH,
    "pick": ENGLISH,
    "pick-es": SPANISH,
    "claim": ENGLISH,
    "claim-es": SPANISH,
    "preferences": ENGLISH,
    "stop": SPANISH,
    "again": ENGLISH,
    "gone": {},
    **{
        f"done-{what}": {**ENGLISH, "what": what}
        for what in ("confirmed", "cancelled", "moved", "claimed", "passed", "taken", "saved", "stopped", "undone")
    },
}


async def _link_site(serve):
    app = site()
    for name, context in LINK_PAGES.items():
        add_page(app, f"/x/{name}", f"links/{name.partition('-')[0]}.html", **context)
    return await serve(app)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [390, 768, 1280])
async def test_every_piece_is_accessible_and_fits(serve, pages, width, dark):
    client = await serve(site(who=viewer()))
    page = await pages.open(str(client.make_url("/console/look")), width=width, dark=dark)
    assert await axe_violations(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
async def test_every_client_page_is_accessible_and_fits_a_small_phone(serve, pages, dark):
    client = await _link_site(serve)
    page = await pages.open(width=320, dark=dark)
    for name in LINK_PAGES:
        await page.goto(str(client.make_url(f"/x/{name}")))
        assert await axe_violations(page) == [], name
        assert await page.evaluate("document.documentElement.scrollWidth") <= 320, name


async def test_targets_are_large_enough_for_a_thumb(serve, pages):
    client = await _link_site(serve)
    page = await pages.open(width=360)
    small = """[...document.querySelectorAll('a, button, label.choice, summary')]
        .filter(e => e.offsetParent && e.getBoundingClientRect().height < 44).map(e => e.outerHTML.slice(0, 80))"""
    for name in LINK_PAGES:
        await page.goto(str(client.make_url(f"/x/{name}")))
        assert await page.evaluate(small) == [], name


async def test_client_pages_need_no_script(serve, pages):
    client = await _link_site(serve)
    page = await pages.open(str(client.make_url("/x/confirm")), javascript=False)
    assert await page.get_by_role("button", name="I'll be there").is_visible()
    assert await page.locator("script").count() == 0


async def test_keys_lead_to_the_search_and_out_of_menus(serve, pages):
    client = await serve(site(who=viewer()))
    page = await pages.open(str(client.make_url("/console/look")))
    await page.keyboard.press("/")
    assert await page.evaluate("document.activeElement.id") == "q"
    await page.locator(".bar-who summary").click()
    assert await page.get_by_role("button", name="Sign out").is_visible()
    await page.keyboard.press("Escape")
    assert not await page.get_by_role("button", name="Sign out").is_visible()
    await page.keyboard.press("Tab")
    assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


async def test_the_first_tab_offers_to_skip_the_chrome(serve, pages):
    client = await serve(site(who=viewer()))
    page = await pages.open(str(client.make_url("/console/look")))
    await page.keyboard.press("Tab")
    assert await page.evaluate("document.activeElement.textContent") == "Skip to the page"


async def test_a_definition_opens_on_a_tap_and_closes_with_escape(serve, pages):
    client = await serve(site(who=viewer()))
    page = await pages.open(str(client.make_url("/console/look")))
    text = page.get_by_text("Missed visits divided by")
    await page.mouse.move(0, 0)
    await page.locator(".define summary").press("Enter")
    assert await text.is_visible()
    await page.keyboard.press("Escape")
    assert not await text.is_visible()


async def test_a_toast_can_be_put_away(serve, pages):
    client = await serve(site(who=viewer()))
    page = await pages.open(str(client.make_url("/console/look")))
    await page.locator(".toast").get_by_role("button", name="Close").click()
    assert await page.locator(".toast").count() == 0


async def test_an_error_answer_to_a_fragment_becomes_a_toast(serve, pages):
    app = site(who=viewer())
    client = await serve(app)
    page = await pages.open(str(client.make_url("/console/look")))
    await page.evaluate("htmx.ajax('POST', '/go/taken', {target: '#rows', headers: {'X-CSRF-Token': 'known-token'}})")
    await page.get_by_text("This has changed in the meantime").wait_for()
    assert await page.locator("#rows .row").count() == 7


async def test_a_page_left_alone_for_half_an_hour_leaves(serve, pages):
    app = site(who=viewer())
    add_page(app, "/signin", "auth/sign_in.html", form=Form())
    client = await serve(app)
    page = await pages.open()
    await page.clock.install()
    await page.goto(str(client.make_url("/console/look")))
    await page.clock.fast_forward("29:59")
    assert page.url.endswith("/console/look")
    await page.clock.fast_forward("00:02")
    await page.wait_for_url("**/signin")


async def test_it_prints_without_its_chrome(serve, pages):
    client = await serve(site(who=viewer()))
    page = await pages.open(str(client.make_url("/console/look")))
    await page.emulate_media(media="print")
    assert not await page.locator(".rail").is_visible()
    assert not await page.locator(".bar").is_visible()
    assert await page.locator(".plot").first.is_visible()
