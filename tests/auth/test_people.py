import asyncio
import re

import pytest
from sqlalchemy import select

from bot.auth import account_store
from bot.auth.people import change_roles, demo_path, disable, enable, first_owner_path, invite, reset_access
from scheduler import tables
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.people import store as people
from tests.auth.conftest import OWNER_EMAIL, PASSWORD, invited, site
from tests.auth.conftest import Visitor as Browser
from tests.rig.office import OWNER


async def _owner_id(office) -> str:
    async with office.record.read(office.practice_id) as r:
        return (await account_store.accounts_at(r, OWNER_EMAIL))[0].id


async def _actions(office) -> list[str]:
    async with office.record.read(office.practice_id) as r:
        found = await r.conn.execute(select(tables.audit_entry.c.action).order_by(tables.audit_entry.c.seq))
        return list(found.scalars())


async def _settle_in(visitor, path) -> str:
    answer = await visitor.post(path, password=PASSWORD, again=PASSWORD)
    assert answer.headers.get("Location") == "/signin/app", await answer.text()
    return await visitor.set_up_app()


async def test_somebody_invited_comes_in_with_their_own_password_and_app(owner, office, newcomer):
    made = await invited(office, owner.clock, email="Desk@Staff.Example")
    desk = await newcomer()
    await _settle_in(desk, made.path)
    assert (await desk.get("/console/today")).status == 200
    actions = await _actions(office)
    for action in ("user.first_owner", "password.chosen", "second_factor.set_up", "session.opened", "user.invited"):
        assert action in actions


async def test_whoever_is_put_out_is_out_with_the_next_request(owner, office, newcomer):
    made = await invited(office, owner.clock, email="desk@staff.example")
    desk = await newcomer()
    secret = await _settle_in(desk, made.path)
    answer = await owner.post(f"/console/users/{made.user_id}/disable", page="/console/users")
    assert answer.status == 200
    assert (await desk.get("/console/today")).headers["Location"] == "/signin"
    desk.forget()
    assert (await desk.post("/signin", email="desk@staff.example", password=PASSWORD)).status == 422
    await owner.post(f"/console/users/{made.user_id}/enable", page="/console/users")
    desk.clock.advance(60)
    assert (await desk.sign_in("desk@staff.example", secret)).headers["Location"] == "/console/today"


async def test_reset_access_takes_everything_and_gives_one_address(owner, office, newcomer):
    made = await invited(office, owner.clock, email="desk@staff.example")
    desk = await newcomer()
    await _settle_in(desk, made.path)
    answer = await owner.post(f"/console/users/{made.user_id}/reset", page="/console/users")
    path = re.search(r"http://localhost:8080(/setup/[\w-]+)", await answer.text())[1]
    assert (await desk.get("/console/today")).status == 303
    desk.forget()
    assert (await desk.post("/signin", email="desk@staff.example", password=PASSWORD)).status == 422
    await _settle_in(desk, path)
    assert (await desk.get("/console/today")).status == 200


async def test_only_those_who_may_see_the_users_page(owner, office, newcomer):
    made = await invited(office, owner.clock, email="desk@staff.example")
    desk = await newcomer()
    await _settle_in(desk, made.path)
    assert (await desk.get("/console/users")).status == 403
    for act in ("disable", "enable", "reset", "roles"):
        assert (await desk.post(f"/console/users/{made.user_id}/{act}", page="/account")).status == 403
    assert (await desk.post("/console/users", page="/account", name="X", email="x@y.example")).status == 403


async def test_the_page_invites_and_says_what_does_not_fit(owner, office):
    wrong = await owner.post("/console/users", name="", email="nobody", page="/console/users")
    assert wrong.status == 422
    text = await wrong.text()
    for words in ("Enter a name", "Enter an email address", "Choose at least one role"):
        assert words in text
    clinician = await owner.post("/console/users", name="C", email="c@staff.example", roles="clinician")
    assert "Choose which clinician" in await clinician.text()
    taken = await owner.post("/console/users", name="M", email=OWNER_EMAIL, roles="auditor")
    assert (taken.status, "already an account" in await taken.text()) == (422, True)
    good = await owner.post(
        "/console/users", name="Chi", email="c@staff.example", roles="clinician", clinician_id=office.clinician_ids[0]
    )
    assert (good.status, "/setup/" in await good.text()) == (200, True)
    assert "/setup/" not in await (await owner.get("/console/users")).text()


async def test_somebody_gets_other_roles_from_the_next_page_on(owner, office, newcomer):
    made = await invited(office, owner.clock, email="desk@staff.example")
    desk = await newcomer()
    await _settle_in(desk, made.path)
    where = f"/console/users/{made.user_id}/roles"
    for sent, words in (
        ({}, "Choose at least one role"),
        ({"roles": "king"}, "Choose from the roles shown"),
        ({"roles": "clinician"}, "Choose which clinician"),
        ({"roles": "clinician", "clinician_id": "0" * 32}, "Choose which clinician"),
    ):
        wrong = await owner.post(where, page="/console/users", **sent)
        assert (wrong.status, words in await wrong.text()) == (422, True)
    assert (await desk.get("/console/users")).status == 403
    good = await owner.post(where, page="/console/users", roles="owner")
    assert (good.status, "Roles of" in await good.text()) == (200, True)
    assert (await desk.get("/console/users")).status == 200
    await owner.post(where, page="/console/users", roles="auditor")
    assert (await desk.get("/console/users")).status == 403
    assert "user.roles_changed" in await _actions(office)


async def test_the_last_owners_roles_stay_whatever_the_page_sends(owner, office):
    answer = await owner.post(f"/console/users/{await _owner_id(office)}/roles", page="/console/users", roles="auditor")
    assert answer.status == 409
    assert (await owner.get("/console/users")).status == 200


async def test_another_practices_user_is_like_an_absent_one(owner, office):
    answer = await owner.post("/console/users/" + "0" * 32 + "/disable", page="/console/users")
    assert answer.status == 404


async def test_the_last_owner_stays(owner, office):
    user_id = await _owner_id(office)
    with pytest.raises(Conflict, match="last_owner"):
        async with office.record.write(office.practice_id, OWNER) as tx:
            await disable(tx, user_id)
    with pytest.raises(Conflict, match="last_owner"):
        async with office.record.write(office.practice_id, OWNER) as tx:
            await change_roles(tx, user_id, ["auditor"], None)
    answer = await owner.post(f"/console/users/{user_id}/disable", page="/console/users")
    assert answer.status == 409
    assert "needs an owner" in await answer.text()
    assert (await owner.get("/console/today")).status == 200


async def test_two_owners_cannot_put_each_other_out_at_once(owner, office, newcomer):
    made = await invited(office, owner.clock, email="second@staff.example", roles=("owner",))
    await _settle_in(await newcomer(), made.path)
    first = await _owner_id(office)

    async def put_out(user_id: str) -> str:
        try:
            async with office.record.write(office.practice_id, OWNER) as tx:
                await disable(tx, user_id)
        except Conflict as error:
            return error.code
        return "out"

    outcomes = await asyncio.gather(put_out(first), put_out(made.user_id))
    async with office.record.read(office.practice_id) as r:
        left = [a for a in await account_store.accounts(r) if a.state == "active"]
    assert len(left) == 1
    assert sorted(outcomes) == ["last_owner", "out"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"email": "no address"}, "email_shape"),
        ({"email": "a@b.example\nBcc: x@y.example"}, "email_shape"),
        ({"name": " "}, "name_length"),
        ({"name": "x" * 121}, "name_length"),
        ({"roles": []}, "roles_none"),
        ({"roles": ["root"]}, "role_unknown"),
        ({"roles": ["clinician"]}, "clinician_missing"),
    ],
)
async def test_an_invitation_that_makes_no_sense_is_refused(owner, office, changes, code):
    given = {"email": "x@staff.example", "name": "X", "roles": ["front_desk"], **changes}
    with pytest.raises(Invalid, match=code):
        async with office.record.write(office.practice_id, OWNER) as tx:
            await invite(tx, now=owner.clock.now(), **given)


async def test_an_address_belongs_to_one_account(owner, office):
    with pytest.raises(Conflict, match="email_taken"):
        await invited(office, owner.clock, email=OWNER_EMAIL.upper())


async def test_acts_on_nobody_are_refused(owner, office):
    for act in (disable, enable):
        with pytest.raises(NotFound):
            async with office.record.write(office.practice_id, OWNER) as tx:
                await act(tx, "0" * 32)
    with pytest.raises(NotFound):
        async with office.record.write(office.practice_id, OWNER) as tx:
            await reset_access(tx, "0" * 32, owner.clock.now())


async def test_a_new_password_asks_the_old_one_and_ends_other_sessions(owner, newcomer):
    elsewhere = await newcomer()
    elsewhere.clock.advance(60)
    await elsewhere.sign_in(OWNER_EMAIL, owner.secret)
    fresh = "rivers by the quiet rooms"
    wrong = await owner.post("/account/password", page="/account", present="x", password="short", again="other")
    text = await wrong.text()
    assert wrong.status == 422
    for words in ("not your present password", "at least 12 characters", "passwords differ"):
        assert words in text
    right = await owner.post("/account/password", page="/account", present=PASSWORD, password=fresh, again=fresh)
    assert right.headers["Location"] == "/account?done=password"
    assert (await owner.get("/account?done=password")).status == 200
    assert (await elsewhere.get("/console/today")).status == 303
    owner.forget()
    assert (await owner.post("/signin", email=OWNER_EMAIL, password=PASSWORD)).status == 422
    assert (await owner.post("/signin", email=OWNER_EMAIL, password=fresh)).status == 303


async def test_signing_out_everywhere_else(owner, newcomer):
    elsewhere = await newcomer()
    elsewhere.clock.advance(60)
    await elsewhere.sign_in(OWNER_EMAIL, owner.secret)
    assert "1 more place" in await (await owner.get("/account")).text()
    await owner.post("/account/sessions", page="/account")
    assert (await elsewhere.get("/console/today")).status == 303
    assert (await owner.get("/console/today")).status == 200


async def test_set_up_of_a_fresh_installation_makes_the_practice_too(record, auth_clock, aiohttp_client):
    client = await aiohttp_client(site(record, auth_clock))
    visitor = Browser(client, auth_clock)
    path = await first_owner_path(record, auth_clock.now())
    good = {
        "name": "Hudson Quiet Rooms",
        "label": "Lee Office",
        "office_phone": "555-555-0100",
        "sender": "+1 (202) 555-0199",
        "zone": "America/Denver",
        "person": "Maya Okafor",
        "email": OWNER_EMAIL,
        "password": PASSWORD,
        "again": PASSWORD,
    }
    nothing = await visitor.post(path)
    text = await nothing.text()
    assert nothing.status == 422
    for field in ("name", "label", "office_phone", "sender", "zone", "person", "email", "password"):
        assert f'href="#f-{field}"' in text, field
    telling = await visitor.post(path, **{**good, "label": "Hope Recovery"})
    assert "what kind of office" in await telling.text()
    assert PASSWORD not in await telling.text()
    assert (await visitor.post(path, **good)).headers["Location"] == "/signin/app"
    await visitor.set_up_app()
    async with record.read("") as r:
        (practice_id,) = await people.practice_ids(r)
    async with record.read(practice_id) as r:
        practice = await people.practice(r)
    assert (practice.label, practice.sender, practice.zone) == ("Lee Office", "+12025550199", "America/Denver")
    assert (await visitor.get("/console/today")).status == 200


async def test_a_demo_is_entered_by_one_button_and_a_real_practice_is_not(owner, office, newcomer):
    async with office.record.write(office.practice_id, OWNER) as tx:
        path = await demo_path(tx, await _owner_id(office), owner.clock.now())
    assert (await (await newcomer()).get(path)).status == 404
    async with office.record.write(office.practice_id, OWNER) as tx:
        await tx.conn.execute(tables.practice.update().values(demo=True))
    for _ in range(2):
        guest = await newcomer()
        assert (await guest.post(path)).headers["Location"] == "/console/today"
        assert (await guest.get("/console/today")).status == 200


async def test_nothing_that_opens_a_door_is_stored_in_clear(owner, office, newcomer):
    made = await invited(office, owner.clock, email="desk@staff.example")
    secrets = [PASSWORD, owner.secret, made.path.removeprefix("/setup/"), *owner.recovery]
    secrets += [code.replace("-", "") for code in owner.recovery]
    secrets += [c.value for c in owner.client.session.cookie_jar if c.key == "stillon-session"]
    async with office.record.read(office.practice_id) as r:
        for table in ("user_account", "staff_session", "setup_token", "throttle", "audit_entry"):
            rows = await r.conn.execute(select(tables.metadata.tables[table]))
            text = " ".join(str(value) for row in rows for value in row)
            assert not [secret for secret in secrets if secret in text], table
