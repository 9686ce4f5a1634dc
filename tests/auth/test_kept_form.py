"""What was typed when a session ended is there after signing in, for the same person, and for nobody else."""

import re
from datetime import timedelta
from urllib.parse import urlencode

from tests.auth.conftest import OWNER_EMAIL, PASSWORD, invited

PLACE = "/console/settings/practice"
TYPED = {"name": "Quiet Rooms", "late_hours": "36"}


async def _token(owner) -> str:
    shown = await (await owner.client.get("/account")).text()
    return re.search(r'name="csrf" value="([^"]+)"', shown)[1]


async def _send(owner, csrf: str, *, site: str = "same-origin", path: str = PLACE, typed=TYPED):
    body = urlencode({"csrf": csrf, **typed})
    headers = {"Sec-Fetch-Site": site, "Content-Type": "application/x-www-form-urlencoded"}
    return await owner.client.post(path, data=body, headers=headers, allow_redirects=False)


async def test_what_was_typed_waits_behind_the_door_and_is_sent_only_by_a_press(owner):
    csrf = await _token(owner)
    owner.clock.advance(timedelta(minutes=31))
    answer = await _send(owner, csrf)
    assert (answer.status, answer.headers["Location"]) == (303, "/signin")
    assert "Quiet" not in str(answer.headers)
    answer = await owner.sign_in(OWNER_EMAIL, owner.secret)
    assert answer.headers["Location"] == "/account/kept"
    shown = await (await owner.get("/account/kept")).text()
    assert f'action="{PLACE}"' in shown
    assert '<input type="hidden" name="name" value="Quiet Rooms">' in shown
    assert "<dd>Quiet Rooms</dd>" in shown
    assert csrf not in shown
    again = await owner.get("/account/kept")  # shown once
    assert (again.status, again.headers["Location"]) == (303, "/console/today")


async def test_nothing_is_kept_of_a_form_that_is_not_ours_or_too_long_or_no_form(owner):
    csrf = await _token(owner)
    owner.clock.advance(timedelta(minutes=31))
    for answer in (
        await _send(owner, csrf, site="cross-site"),
        await _send(owner, "x" * 43),
        await _send(owner, csrf, typed={"note": "long " * 1000}),
        await _send(owner, csrf, path="/account/password", typed={"password": "quiet rooms"}),
    ):
        assert answer.status == 303
        assert "stillon-kept" not in str(answer.headers.getall("Set-Cookie", []))
    owner.forget()
    assert "stillon-kept" not in str((await _send(owner, csrf)).headers.getall("Set-Cookie", []))


async def test_it_opens_for_nobody_else(owner, newcomer, office):
    csrf = await _token(owner)
    owner.clock.advance(timedelta(minutes=31))
    await _send(owner, csrf)
    (kept,) = [each.value for each in owner.client.session.cookie_jar if each.key == "stillon-kept"]
    other = await newcomer()
    made = await invited(office, other.clock, email="desk@staff.example")
    await other.post(made.path, person="Front Desk", email="desk@staff.example", password=PASSWORD, again=PASSWORD)
    await other.set_up_app()
    for found in (kept, kept[:-6] + "AAAAAA", ".", "no.no"):
        other.client.session.cookie_jar.update_cookies({"stillon-kept": found}, other.client.make_url("/"))
        answer = await other.get("/account/kept")
        assert (answer.status, answer.headers.get("Location")) == (303, "/console/today"), found


async def test_an_idle_page_hands_in_what_was_being_typed(owner):
    csrf = await _token(owner)
    handed = await _send(owner, csrf, path="/account/keep", typed={**TYPED, "kept_path": PLACE})
    assert handed.status == 204
    shown = await (await owner.get("/account/kept")).text()
    assert "<dd>Quiet Rooms</dd>" in shown
    assert "kept_path" not in shown.casefold()
    assert "Kept path" not in shown
    elsewhere = await _send(owner, csrf, path="/account/keep", typed={**TYPED, "kept_path": "//evil.example/console"})
    assert "stillon-kept" not in str(elsewhere.headers.getall("Set-Cookie", []))
