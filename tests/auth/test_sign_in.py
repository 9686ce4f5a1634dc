import asyncio
from datetime import timedelta

import pytest

from bot.auth.people import first_owner_path
from bot.auth.throttle import FREE_TRIES
from tests.auth.conftest import OWNER_EMAIL, PASSWORD, invited


async def test_the_first_owner_sets_up_password_and_app_and_is_in(owner):
    answer = await owner.get("/console/today")
    assert answer.status == 200
    assert len(owner.recovery) == 10


async def test_once_there_is_an_owner_no_more_first_addresses_are_made(owner, office):
    assert await first_owner_path(office.record, owner.clock.now()) is None


async def test_a_set_up_address_works_once(owner, office, newcomer):
    made = await invited(office, owner.clock, email="desk@staff.example")
    first, second = await newcomer(), await newcomer()
    assert (await first.post(made.path, password=PASSWORD, again=PASSWORD)).status == 303
    again = await second.get(made.path)
    assert again.status == 404
    assert "no longer works" in await again.text()


async def test_opening_a_set_up_address_uses_nothing_up(visitor, office):
    path = await first_owner_path(office.record, visitor.clock.now())
    for _ in range(3):
        assert (await visitor.get(path)).status == 200


async def test_a_set_up_address_runs_out_after_a_day(visitor, office):
    path = await first_owner_path(office.record, visitor.clock.now())
    visitor.clock.advance(timedelta(hours=24))
    assert (await visitor.get(path)).status == 404


async def test_a_newer_first_address_replaces_the_older(visitor, office):
    older = await first_owner_path(office.record, visitor.clock.now())
    newer = await first_owner_path(office.record, visitor.clock.now())
    assert (await visitor.get(older)).status == 404
    assert (await visitor.get(newer)).status == 200


async def test_without_a_session_the_console_leads_to_the_door(visitor):
    for path in ("/console/today", "/console/nowhere", "/account", "/console/users"):
        answer = await visitor.get(path)
        assert (answer.status, answer.headers["Location"]) == (303, "/signin")
    fragment = await visitor.get("/console/today", headers={"HX-Request": "true"})
    assert (fragment.status, fragment.headers["HX-Redirect"]) == (401, "/signin")


@pytest.mark.parametrize(
    ("asked", "headers", "leads_to"),
    [
        ("/console/users?show=all", {}, "/console/users"),
        (
            "/console/today",
            {"HX-Request": "true", "HX-Current-URL": "http://x.example/console/users#a"},
            "/console/users",
        ),
        (
            "/console/today",
            {"HX-Request": "true", "HX-Current-URL": "https://evil.example//evil.example/"},
            "/console/today",
        ),
        ("/console//evil.example", {}, "/console/today"),
        ("/console/" + "a" * 400, {}, "/console/today"),
    ],
)
async def test_signing_in_leads_to_where_one_was_going_and_once(owner, asked, headers, leads_to):
    owner.forget()
    owner.clock.advance(60)
    assert (await owner.get(asked, headers=headers)).status in {303, 401}
    answer = await owner.sign_in(OWNER_EMAIL, owner.secret)
    assert answer.headers["Location"] == leads_to
    await owner.post("/signout", page="/account")
    owner.clock.advance(60)
    assert (await owner.sign_in(OWNER_EMAIL, owner.secret)).headers["Location"] == "/console/today"


async def test_a_place_to_go_that_somebody_made_up_is_not_gone_to(owner):
    owner.forget()
    owner.clock.advance(60)
    owner.client.session.cookie_jar.update_cookies({"stillon-back": "//evil.example/console"})
    assert (await owner.sign_in(OWNER_EMAIL, owner.secret)).headers["Location"] == "/console/today"


async def test_the_password_alone_opens_nothing(owner):
    owner.forget()
    await owner.post("/signin", email=OWNER_EMAIL, password=PASSWORD)
    assert (await owner.get("/console/today")).headers["Location"] == "/signin"
    assert (await owner.get("/account")).headers["Location"] == "/signin"


async def test_somebody_with_an_app_cannot_set_up_another_with_the_password_alone(owner):
    owner.forget()
    await owner.post("/signin", email=OWNER_EMAIL, password=PASSWORD)
    assert (await owner.get("/signin/app")).headers["Location"] == "/signin"


async def test_sign_in_with_password_and_code(owner):
    owner.forget()
    owner.clock.advance(60)
    answer = await owner.sign_in(f"  {OWNER_EMAIL.upper()} ", owner.secret)
    assert answer.headers["Location"] == "/console/today"
    assert (await owner.get("/console/today")).status == 200


async def test_a_code_works_once(owner, newcomer):
    owner.forget()
    owner.clock.advance(60)
    assert (await owner.sign_in(OWNER_EMAIL, owner.secret)).status == 303
    thief = await newcomer()
    replayed = await thief.sign_in(OWNER_EMAIL, owner.secret)
    assert replayed.status == 422
    assert "used already" in await replayed.text()


async def test_two_browsers_with_one_code_at_the_same_moment_get_one_session(owner, newcomer):
    owner.clock.advance(60)
    both = [await newcomer(), await newcomer()]
    for one in both:
        await one.post("/signin", email=OWNER_EMAIL, password=PASSWORD)
    answers = await asyncio.gather(*(one.post("/signin/code", code=one.code(owner.secret)) for one in both))
    assert sorted(answer.status for answer in answers) == [303, 422]


async def test_a_recovery_code_signs_in_once(owner, newcomer):
    code = owner.recovery[3].upper().replace("-", " ")
    for expected in (303, 422):
        one = await newcomer()
        await one.post("/signin", email=OWNER_EMAIL, password=PASSWORD)
        assert (await one.post("/signin/code", code=code)).status == expected


@pytest.mark.parametrize(
    ("email", "password"), [(OWNER_EMAIL, "not the password"), ("nobody@staff.example", PASSWORD), ("", "")]
)
async def test_wrong_address_and_wrong_password_read_the_same(owner, email, password):
    owner.forget()
    answer = await owner.post("/signin", email=email, password=password)
    assert answer.status == 422
    text = await answer.text()
    assert "do not belong together" in text
    assert PASSWORD not in text


async def test_after_ten_failures_even_the_right_password_waits(owner, newcomer):
    guesser = await newcomer()
    for _ in range(FREE_TRIES):
        assert (await guesser.post("/signin", email=OWNER_EMAIL, password="wrong")).status == 422
    blocked = await guesser.post("/signin", email=OWNER_EMAIL, password=PASSWORD)
    assert blocked.status == 429
    assert int(blocked.headers["Retry-After"]) > 0
    owner.clock.advance(int(blocked.headers["Retry-After"]))
    assert (await guesser.post("/signin", email=OWNER_EMAIL, password=PASSWORD)).status == 303


async def test_guessed_codes_are_slowed_too(owner, newcomer):
    guesser = await newcomer()
    await guesser.post("/signin", email=OWNER_EMAIL, password=PASSWORD)
    statuses = [(await guesser.post("/signin/code", code="000000")).status for _ in range(FREE_TRIES + 1)]
    assert statuses == [422] * FREE_TRIES + [429]


async def test_failures_of_an_unknown_address_are_slowed_alike(visitor, office):
    statuses = [
        (await visitor.post("/signin", email="nobody@staff.example", password="x")).status
        for _ in range(FREE_TRIES + 1)
    ]
    assert statuses == [422] * FREE_TRIES + [429]


async def test_signing_in_gives_a_new_id_at_each_step(owner):
    seen = {cookie.value for cookie in owner.client.session.cookie_jar if cookie.key == "stillon-session"}
    owner.forget()
    owner.clock.advance(60)
    await owner.post("/signin", email=OWNER_EMAIL, password=PASSWORD)
    seen |= {cookie.value for cookie in owner.client.session.cookie_jar if cookie.key == "stillon-session"}
    await owner.post("/signin/code", code=owner.code(owner.secret))
    seen |= {cookie.value for cookie in owner.client.session.cookie_jar if cookie.key == "stillon-session"}
    assert len(seen) == 3


async def test_signing_out_ends_the_session_in_the_record_too(owner, newcomer):
    kept = next(c.value for c in owner.client.session.cookie_jar if c.key == "stillon-session")
    answer = await owner.post("/signout", page="/account")
    assert answer.headers["Location"] == "/signin"
    thief = await newcomer()
    thief.client.session.cookie_jar.update_cookies({"stillon-session": kept}, thief.client.make_url("/"))
    assert (await thief.get("/console/today")).status == 303


async def test_a_session_ends_half_an_hour_after_its_last_use(owner):
    for _ in range(3):
        owner.clock.advance(timedelta(minutes=29))
        assert (await owner.get("/console/today")).status == 200
    owner.clock.advance(timedelta(minutes=30))
    assert (await owner.get("/console/today")).status == 303


async def test_a_session_ends_twelve_hours_after_it_began_however_busy(owner):
    for _ in range(35):
        owner.clock.advance(timedelta(minutes=20))
        assert (await owner.get("/console/today")).status == 200
    owner.clock.advance(timedelta(minutes=20))
    assert (await owner.get("/console/today")).status == 303


async def test_a_day_moved_in_the_demo_does_not_end_a_session(owner, clock):
    clock.advance(timedelta(days=7))
    assert (await owner.get("/console/today")).status == 200


async def test_half_way_sessions_last_ten_minutes(owner):
    owner.forget()
    await owner.post("/signin", email=OWNER_EMAIL, password=PASSWORD)
    owner.clock.advance(timedelta(minutes=10))
    assert (await owner.get("/signin/code")).headers["Location"] == "/signin"


async def test_a_form_from_another_site_is_refused(owner):
    shown = await (await owner.get("/account")).text()
    token = shown.split('name="csrf" value="')[1].split('"')[0]
    fields = {"csrf": token, "present": PASSWORD, "password": "another good phrase", "again": "another good phrase"}
    for headers in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
    ):
        answer = await owner.client.post("/account/password", data=fields, headers=headers, allow_redirects=False)
        assert answer.status == 403
    without = await owner.client.post(
        "/account/password", data={**fields, "csrf": "guess"}, headers={"Sec-Fetch-Site": "same-origin"}
    )
    assert without.status == 403
    missing = await owner.client.post("/signout", headers={"Sec-Fetch-Site": "same-origin"}, allow_redirects=False)
    assert missing.status == 403
