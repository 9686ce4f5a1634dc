"""The office pages as a whole: who may open and press what, and whether they hold up in a browser."""

import pytest
from aiohttp.test_utils import TestClient
from playwright.async_api import Page

from bot.auth.door import COOKIE
from bot.web.cookies import cookie_name
from bot.web.keys import Site
from scheduler.access import PERMISSIONS, Role
from scheduler.actions.cancel import cancel
from scheduler.actions.fee_policy import accept_fee_policy, save_fee_policy
from tests.console.conftest import SignIn
from tests.console.visitor import ORIGIN
from tests.rig.browser import Pages, axe_violations
from tests.rig.clock import ManualClock
from tests.rig.office import FRONT_DESK, OWNER, Office, local

NOBODY = "0" * 32
VISIT = f"/console/fees/{NOBODY}"
CLINICIAN = f"/console/settings/clinicians/{NOBODY}"

NEEDS = {
    "console.audit": ("GET", "/console/audit", "audit.read"),
    "console.audit_chain": ("GET", "/console/audit/chain", "audit.read"),
    "console.report": ("GET", "/console/report", "report.read"),
    "console.report_csv": ("GET", "/console/report.csv", "report.read"),
    "console.fees": ("GET", "/console/fees", "fee.read"),
    "console.fee": ("GET", VISIT, "fee.read"),
    "console.fee_approve": ("POST", f"{VISIT}/approve", "fee.approve"),
    "console.fee_waive": ("POST", f"{VISIT}/waive", "fee.waive"),
    "console.fee_reverse": ("POST", f"{VISIT}/reverse", "fee.approve"),
    "console.fee_undo": ("POST", f"{VISIT}/undo", "fee.approve"),
    "console.fee_propose": ("POST", f"{VISIT}/propose", "fee.propose"),
    "console.fee_ledger": ("GET", "/console/fees/ledger", "fee.read"),
    "console.fee_ledger_csv": ("POST", "/console/fees/ledger.csv", "fee.read"),
    "console.fee_policy": ("GET", "/console/fees/policy", "fee.read or policy.read"),
    "console.fee_policy_save": ("POST", "/console/fees/policy", "policy.write"),
    "console.fee_policy_example": ("POST", "/console/fees/policy/example", "policy.write"),
    "console.policies_waitlist": ("GET", "/console/waitlist/policy", "policy.read"),
    "console.policies_waitlist_save": ("POST", "/console/waitlist/policy", "policy.write"),
    "console.policies_waitlist_preview": ("POST", "/console/waitlist/policy/preview", "policy.write"),
    "console.policies": ("GET", "/console/policies", "policy.read"),
    "console.policies_take": ("POST", "/console/policies", "policy.write"),
    "console.policies_preview": ("POST", "/console/policies/preview", "policy.write"),
    "console.words": ("GET", "/console/policies/words", "policy.read"),
    "console.words_one": ("GET", "/console/policies/words/reminder", "policy.write"),
    "console.words_save": ("POST", "/console/policies/words/reminder", "policy.write"),
    "console.words_preview": ("POST", "/console/policies/words/reminder/preview", "policy.write"),
    "console.settings": ("GET", "/console/settings", "settings.write"),
    "console.settings_checks": ("GET", "/console/settings/checks", "settings.write"),
    "console.settings_practice": ("GET", "/console/settings/practice", "settings.write"),
    "console.settings_practice_save": ("POST", "/console/settings/practice", "settings.write"),
    "console.settings_senders": ("GET", "/console/settings/senders", "settings.write"),
    "console.settings_senders_save": ("POST", "/console/settings/senders", "settings.write"),
    "console.settings_senders_add": ("POST", "/console/settings/senders/add", "settings.write"),
    "console.settings_senders_remove": ("POST", "/console/settings/senders/remove", "settings.write"),
    "console.settings_whatsapp": ("GET", "/console/settings/whatsapp", "settings.write"),
    "console.settings_whatsapp_save": ("POST", "/console/settings/whatsapp", "settings.write"),
    "console.settings_whatsapp_end": ("POST", "/console/settings/whatsapp/end", "settings.write"),
    "console.sending": ("GET", "/console/sending", "message.read"),
    "console.sending_pause": ("POST", "/console/sending/pause", "message.send"),
    "console.sending_resume": ("POST", "/console/sending/resume", "message.send"),
    "console.settings_location": ("GET", "/console/settings/locations/new", "settings.write"),
    "console.settings_location_save": ("POST", "/console/settings/locations/new", "settings.write"),
    "console.settings_service": ("GET", "/console/settings/services/new", "settings.write"),
    "console.settings_service_save": ("POST", "/console/settings/services/new", "settings.write"),
    "console.settings_clinician_new": ("GET", "/console/settings/clinicians/new", "settings.write"),
    "console.settings_clinician_add": ("POST", "/console/settings/clinicians/new", "settings.write"),
    "console.settings_clinician": ("GET", CLINICIAN, "settings.write"),
    "console.settings_clinician_save": ("POST", CLINICIAN, "settings.write"),
    "console.settings_week": ("POST", f"{CLINICIAN}/week", "settings.write"),
    "console.settings_days": ("POST", f"{CLINICIAN}/days", "settings.write"),
    "console.settings_day_remove": ("POST", f"{CLINICIAN}/days/{NOBODY}/remove", "settings.write"),
    "console.imports": ("GET", "/console/import", "import.run"),
    "console.import_bring": ("POST", "/console/import", "import.run"),
    "console.import_job": ("GET", f"/console/import/{NOBODY}", "import.run"),
    "console.import_apply": ("POST", f"/console/import/{NOBODY}/apply", "import.run"),
    "console.import_forget": ("POST", f"/console/import/{NOBODY}/forget", "import.run"),
    "console.import_problems": ("GET", f"/console/import/{NOBODY}/problems.csv", "import.run"),
}
OURS = ("audit", "report", "fee", "fees", "policies", "words", "settings", "sending", "import", "imports")

on_sqlite = pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)


@on_sqlite
async def test_every_route_of_the_office_is_in_the_matrix(client: TestClient):
    routes = {route.name for route in client.app.router.routes() if route.name and route.name.startswith("console.")}
    ours = {name for name in routes if name.removeprefix("console.").split("_")[0] in OURS}
    assert ours == set(NEEDS)


@on_sqlite
@pytest.mark.parametrize("role", list(Role))
async def test_each_role_passes_where_it_may_and_nowhere_else(office: Office, enter: SignIn, role: Role):
    person = await enter(role.value, clinician=office.clinician_ids[0] if role is Role.CLINICIAN else None)
    wrong = []
    for name, (method, path, permission) in NEEDS.items():
        answer = await (person.get(path) if method == "GET" else person.post(path))
        may = any(each in PERMISSIONS[role] for each in permission.split(" or "))
        if (answer.status != 403) != may or answer.status >= 500:
            wrong.append((name, answer.status))
    assert wrong == []


@on_sqlite
async def test_whoever_is_not_signed_in_is_led_to_the_door(office: Office, client: TestClient):
    for method, path, _ in NEEDS.values():
        answer = await client.request(method, path, allow_redirects=False)
        assert (answer.status, answer.headers.get("Location")) == (303, "/signin"), path


@on_sqlite
async def test_a_form_of_another_site_changes_nothing(office: Office, enter: SignIn):
    owner = await enter("owner")
    for method, path, _ in NEEDS.values():
        if method == "POST":
            answer = await owner.post(path, {"csrf": "stolen"}, **{"Sec-Fetch-Site": "cross-site"})
            assert answer.status == 403, path


# ---- in a browser ---------------------------------------------------------------------------------------------------


@pytest.fixture
async def seeded(office: Office, clock: ManualClock) -> str:
    """A fee to decide and one day of history; the place the fee is about."""
    ana = await office.client(0)
    async with office.record.write(office.practice_id, OWNER) as tx:
        await save_fee_policy(tx, window_hours=24, mode="percent", value=50, grace_misses=0, text="Notice, please.")
        await accept_fee_policy(tx, ana.id, 1)
    clock.advance(60.0)
    booked = await office.book(ana, at=local("2026-03-04 14:00"))
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await cancel(tx, booked.participation_ids[0], by="client", words="kid is ill")
    return booked.participation_ids[0]


@pytest.mark.browser
@on_sqlite
@pytest.mark.parametrize(
    "path",
    [
        "/console/report",
        "/console/fees/{visit}",
        "/console/policies/words/reminder",
        "/console/settings",
        "/console/settings/whatsapp",
        *(
            pytest.param(path, marks=pytest.mark.long)
            for path in (
                "/console/audit",
                "/console/report?first=soon",
                "/console/fees",
                "/console/fees?show=none",
                "/console/fees/ledger",
                "/console/fees/policy",
                "/console/policies",
                "/console/policies/words",
                "/console/settings?checks=now",
                "/console/settings/practice",
                "/console/settings/senders",
                "/console/sending",
                "/console/settings/clinicians/{clinician}",
                "/console/settings/services/new",
                "/console/settings/locations/new",
                "/console/import",
            )
        ),
    ],
)
async def test_pages_are_accessible_and_fit_a_phone_and_a_desk(
    office: Office, enter: SignIn, client: TestClient, pages: Pages, seeded: str, path: str
):
    owner = await enter("owner")
    address = str(client.make_url(path.format(visit=seeded, clinician=office.clinician_ids[0])))
    for width, dark in ((390, False), (1280, True)):
        page = await pages.open(width=width, dark=dark)
        await signed_in(page, owner.token, address)
        await page.goto(address)
        await page.wait_for_load_state("networkidle")
        assert await axe_violations(page) == [], (width, dark)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width


async def signed_in(page: Page, token: str, address: str) -> None:
    await page.context.add_cookies([{"name": cookie_name(Site(ORIGIN), COOKIE), "value": token, "url": address}])


@pytest.mark.browser
@on_sqlite
async def test_editing_a_reminder_shows_at_once_what_would_move(
    office: Office, enter: SignIn, client: TestClient, pages: Pages
):
    await office.book(await office.client(0), at=local("2026-03-13 14:00"))
    owner, page = await enter("owner"), await pages.open()
    address = str(client.make_url("/console/policies"))
    await signed_in(page, owner.token, address)
    await page.goto(address)
    await page.fill("#f-t0-n", "5")
    await page.press("#f-t0-n", "Tab")
    await page.wait_for_selector("#preview h3")
    assert "At another time" in await page.inner_text("#preview")
    await page.click("text=Save as version 2")
    await page.wait_for_selector("text=Saved as version 2")
    assert await page.input_value("#f-t0-n") == "5"


@pytest.mark.browser
@on_sqlite
async def test_the_fee_policy_example_follows_what_is_typed(
    office: Office, enter: SignIn, client: TestClient, pages: Pages, seeded: str
):
    owner, page = await enter("owner"), await pages.open()
    address = str(client.make_url("/console/fees/policy"))
    await signed_in(page, owner.token, address)
    await page.goto(address)
    await page.fill("#f-value", "20")
    await page.wait_for_selector("#example >> text=$30.00")
    await page.click("text=A fixed amount")
    await page.fill("#f-value", "45.50")
    await page.wait_for_selector("#example >> text=$45.50")


@pytest.mark.browser
@on_sqlite
async def test_a_fee_is_approved_and_undone_by_hand_without_script(
    office: Office, enter: SignIn, client: TestClient, pages: Pages, seeded: str
):
    biller, page = await enter("biller"), await pages.open(javascript=False, width=390)
    address = str(client.make_url("/console/fees"))
    await signed_in(page, biller.token, address)
    await page.goto(address)
    await page.click("button:has-text('Approve')")
    assert "Fee approved." in await page.inner_text("#toasts")
    await page.click("#toasts button:has-text('Undo')")
    assert await page.locator("button:has-text('Approve')").count() == 1
