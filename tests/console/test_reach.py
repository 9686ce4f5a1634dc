"""Who comes to which page: every route of the daily pages for every role, and ids that are somebody else's."""

from dataclasses import dataclass, replace

import pytest
from aiohttp.test_utils import TestClient

from messages.tasks import TaskKind, open_task
from scheduler.actions.cancel import cancel
from scheduler.core.actor import CARRIER
from scheduler.core.record import Record
from tests.console.conftest import SignIn
from tests.console.visitor import Visitor, sign_in
from tests.rig.clock import ManualClock
from tests.rig.office import FRONT_DESK, Office, local, open_office
from waitlist import opening_store
from waitlist.actions.join import join

ROLES = ("owner", "front_desk", "clinician", "biller", "auditor")
DESK = {"owner", "front_desk", "clinician"}
BOOKS = DESK | {"biller"}
WRITES_CLIENTS = {"owner", "front_desk"}
NOBODY = "0" * 32


@dataclass
class Ids:
    client: str
    point: str
    visit: str
    task: str
    entry: str
    opening: str
    clinician: str


async def furnish(office: Office) -> Ids:
    """Something of everything, all of it the first clinician's."""
    ana, bob, cleo = [await office.client(number) for number in range(3)]
    booked = await office.book(ana, at=local("2026-03-05 14:00"))
    await office.book(bob, at=local("2026-03-06 14:00"))
    gone = await office.book(cleo, at=local("2026-03-05 16:00"))
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        entry = await join(tx, client_id=bob.id, service_id=office.service_id)
        await cancel(tx, gone.participation_ids[0], by="client")
    async with office.record.write(office.practice_id, CARRIER) as tx:
        task = await open_task(tx, TaskKind.CALL, client_id=ana.id, participation_id=booked.participation_ids[0])
    async with office.record.read(office.practice_id) as r:
        (opening,) = await opening_store.openings(r)
    return Ids(ana.id, ana.phone_id, booked.participation_ids[0], task, entry, opening.id, office.clinician_ids[0])


def gets(of: Ids) -> dict[str, set[str]]:
    """Address: who may open it."""
    return {
        "/console/week": DESK,
        "/console/book": DESK,
        "/console/away": DESK,
        "/console/marks": DESK,
        "/console/clients": BOOKS,
        "/console/clients/new": WRITES_CLIENTS,
        f"/console/clients/{of.client}": BOOKS,
        f"/console/clients/{of.client}/edit": WRITES_CLIENTS,
        f"/console/visits/{of.visit}": BOOKS,
        f"/console/visits/{of.visit}/move": DESK,
        "/console/waitlist": DESK,
        "/console/waitlist/new": DESK,
        "/console/waitlist/time": DESK,
        f"/console/waitlist/{of.entry}": DESK,
        f"/console/waitlist/{of.entry}/change": DESK,
        "/console/waitlist/report": DESK,
        f"/console/openings/{of.opening}/turns": DESK,
        "/console/inbox": DESK,
    }


def posts(of: Ids) -> dict[str, tuple[set[str], dict[str, str]]]:
    """Address: who may press it, and what is sent along. In an order in which each still makes sense."""
    client, visit = f"/console/clients/{of.client}", f"/console/visits/{of.visit}"
    return {
        "/console/search": (BOOKS, {"q": "a"}),
        "/console/clients/search": (BOOKS, {"name": "a"}),
        f"{client}/points": (WRITES_CLIENTS, {"kind": "email", "value": "a@mail.example", "role": "client"}),
        f"{client}/points/{of.point}/prefer": (WRITES_CLIENTS, {}),
        f"{client}/points/{of.point}/consent": (WRITES_CLIENTS, {"purpose": "waitlist", "to": "grant"}),
        f"{client}/link": (WRITES_CLIENTS, {}),
        f"{client}/points/{of.point}/stop": (WRITES_CLIENTS, {}),
        f"{visit}/confirm": (DESK, {}),
        f"{visit}/mark": (DESK, {"to": "arrived"}),
        f"{visit}/cancel": (DESK, {"by": "client"}),
        f"{visit}/restore": (DESK, {}),
        "/console/marks": (DESK, {}),
        "/console/away": (DESK, {"clinician": of.clinician, "day": "2026-03-05"}),
        f"/console/inbox/{of.task}/acknowledge": (DESK, {}),
        f"/console/inbox/{of.task}/free": (DESK, {}),
        f"/console/inbox/{of.task}/done": (DESK, {}),
        f"/console/inbox/{of.task}/reopen": (DESK, {}),
        f"/console/openings/{of.opening}/ask": (DESK, {"entry": of.entry}),
        f"/console/openings/{of.opening}/withdraw": (DESK, {}),
        f"/console/waitlist/{of.entry}/change": (DESK, {}),
        f"/console/waitlist/{of.entry}/rest": (DESK, {"weeks": "2"}),
        f"/console/waitlist/{of.entry}/leave": (DESK, {}),
    }


async def _as(enter: SignIn, office: Office, role: str) -> Visitor:
    return await enter(role, clinician=office.clinician_ids[0] if role == "clinician" else None)


@pytest.mark.parametrize("role", ROLES)
async def test_every_page_and_button_for_a_role(office: Office, enter: SignIn, role: str):
    of, somebody = await furnish(office), await _as(enter, office, role)
    seen = {path: (await somebody.get(path)).status for path in gets(of)}
    assert seen == {path: 200 if role in roles else 403 for path, roles in gets(of).items()}
    pressed = {path: (await somebody.post(path, data)).status for path, (_, data) in posts(of).items()}
    assert {path: status == 403 for path, status in pressed.items()} == {
        path: role not in roles for path, (roles, _) in posts(of).items()
    }
    assert all(status in {200, 303, 403} for status in pressed.values()), pressed


@pytest.mark.parametrize(("role", "place"), [("biller", "/console/fees"), ("auditor", "/console/report")])
async def test_who_may_not_see_the_day_begins_elsewhere(office: Office, enter: SignIn, role: str, place: str):
    page = await (await enter(role)).get("/console/today")
    assert (page.status, page.location) in {(303, "/console/clients"), (303, place)}


async def test_a_colleagues_visits_clients_and_tasks_are_not_there(office: Office, enter: SignIn):
    of = await furnish(office)
    colleague = await enter("clinician", clinician=office.clinician_ids[1])
    private = [path for path in gets(of) if any(len(part) == 32 for part in path.split("/"))]
    assert {path: (await colleague.get(path)).status for path in private if "/edit" not in path} == {
        path: 404 for path in private if "/edit" not in path
    }
    for path, (roles, data) in posts(of).items():
        if "clinician" in roles and any(len(part) == 32 for part in path.split("/")):
            assert (await colleague.post(path, data)).status == 404, path
    for path in (
        "/console/today?day=2026-03-05",
        "/console/week?day=2026-03-05",
        "/console/inbox",
        "/console/waitlist",
    ):
        page = await colleague.get(path)
        assert of.client not in page
        assert of.visit not in page
        assert of.entry not in page


async def test_another_practices_ids_are_answered_like_absent_ones(record: Record, office: Office, client: TestClient):
    of, theirs = await furnish(office), await open_office(record)
    stranger = await sign_in(record, client, theirs.practice_id, ManualClock(), "owner")
    absent = replace(of, **dict.fromkeys(("client", "point", "visit", "task", "entry", "opening"), NOBODY))
    for path, nowhere in zip(gets(of), gets(absent), strict=True):
        if path != nowhere:
            there, none = await stranger.get(path), await stranger.get(nowhere)
            assert (there.status, there.text) == (404, none.text), path
    for (path, (_, data)), nowhere in zip(posts(of).items(), posts(absent), strict=True):
        if path != nowhere:
            there, none = await stranger.post(path, data), await stranger.post(nowhere, data)
            assert (there.status, there.text) == (404, none.text), path


async def test_nobody_comes_in_without_a_session(office: Office, client: TestClient):
    of = await furnish(office)
    for path in gets(of):
        answer = await client.get(path, allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, "/signin")
