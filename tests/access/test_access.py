"""Who reaches what: roles, one's own clients, and the one answer for absent, foreign and out of reach."""

from datetime import timedelta

import pytest

from scheduler import access, tables
from scheduler.access import PERMISSIONS, Role
from scheduler.actions.book import book
from scheduler.core.actor import CARRIER, OPERATOR, WORKER, Actor, ActorKind, Via
from scheduler.core.errors import Forbidden, NotFound
from scheduler.core.record import Record
from tests.people.setting import BILLER, FRONT, Setting, set_up

LEE = Actor(ActorKind.STAFF, "1" * 32, Via.CONSOLE, frozenset({"clinician"}))
LOST = Actor(ActorKind.STAFF, "2" * 32, Via.CONSOLE, frozenset({"clinician"}))


@pytest.fixture
async def setting(record: Record) -> Setting:
    return await set_up(record)


@pytest.fixture
async def visits(record: Record, setting: Setting) -> dict[str, str]:
    """Ana sees Dr. Lee, Bob sees Dr. Moss; Dr. Lee has an account."""
    async with record.write(setting.practice, OPERATOR) as tx:
        account = {"practice_id": tx.practice_id, "id": LEE.id, "email": "lee@example.org", "name": "Dr. Lee"}
        account |= {"roles": ["clinician"], "clinician_id": setting.clinician, "recovery": [], "state": "active"}
        await tx.conn.execute(tables.user_account.insert().values(**account, created_at=tx.now))
        starts_at = tx.now + timedelta(days=7)
        with_lee = await book(
            tx,
            clinician_id=setting.clinician,
            service_id=setting.service,
            location_id=setting.location,
            client_ids=(setting.ana,),
            starts_at=starts_at,
        )
        with_moss = await book(
            tx,
            clinician_id=setting.other_clinician,
            service_id=setting.service,
            location_id=setting.location,
            client_ids=(setting.bob,),
            starts_at=starts_at,
        )
    return {"lee": with_lee.participation_ids[0], "moss": with_moss.participation_ids[0]}


def test_every_role_has_permissions_and_the_owner_has_all() -> None:
    assert set(PERMISSIONS) == set(Role)
    assert PERMISSIONS[Role.OWNER] == access.ALL_PERMISSIONS


def test_only_the_owner_both_marks_and_approves() -> None:
    both = [role for role, allowed in PERMISSIONS.items() if {"attendance.mark", "fee.approve"} <= allowed]
    assert both == [Role.OWNER]


def test_the_auditor_reads_no_client() -> None:
    assert not {p for p in PERMISSIONS[Role.AUDITOR] if p.startswith(("client.", "message.", "day."))}


@pytest.mark.parametrize("actor", [WORKER, CARRIER, Actor(ActorKind.CLIENT, None, Via.LINK, frozenset({"owner"}))])
def test_only_staff_and_operators_hold_permissions(actor: Actor) -> None:
    assert access.permissions_of(actor) == frozenset()


def test_a_missing_permission_is_said_and_an_unknown_one_is_a_mistake() -> None:
    with pytest.raises(Forbidden):
        access.require(FRONT, "fee.approve")
    with pytest.raises(ValueError, match="unknown permission"):
        access.require(OPERATOR, "moon.walk")
    access.require(BILLER, "fee.approve")


def test_a_role_of_a_newer_version_gives_nothing() -> None:
    strange = Actor(ActorKind.STAFF, "3" * 32, Via.CONSOLE, frozenset({"superuser"}))
    assert access.permissions_of(strange) == frozenset()


async def test_the_front_desk_reaches_everybody(record: Record, setting: Setting, visits: dict[str, str]) -> None:
    async with record.read(setting.practice) as r:
        assert (await access.client(r, FRONT, setting.bob, "client.read")).id == setting.bob
        assert (await access.participation(r, FRONT, visits["moss"], "appointment.write")).client_id == setting.bob
        assert (await access.clinician(r, FRONT, setting.clinician, "day.read")).id == setting.clinician


async def test_a_clinician_reaches_their_own_only(record: Record, setting: Setting, visits: dict[str, str]) -> None:
    async with record.read(setting.practice) as r:
        assert await access.own_clinician(r, LEE, "client.read") == setting.clinician
        assert (await access.client(r, LEE, setting.ana, "client.read")).id == setting.ana
        assert (await access.participation(r, LEE, visits["lee"], "attendance.mark")).client_id == setting.ana
        with pytest.raises(NotFound):
            await access.client(r, LEE, setting.bob, "client.read")
        with pytest.raises(NotFound):
            await access.participation(r, LEE, visits["moss"], "attendance.mark")
        with pytest.raises(NotFound):
            await access.clinician(r, LEE, setting.other_clinician, "day.read")


async def test_a_clinician_without_a_calendar_reaches_nobody(
    record: Record, setting: Setting, visits: dict[str, str]
) -> None:
    async with record.read(setting.practice) as r:
        with pytest.raises(NotFound):
            await access.client(r, LOST, setting.ana, "client.read")
        with pytest.raises(NotFound):
            await access.participation(r, LOST, visits["lee"], "attendance.mark")


async def test_another_role_widens_only_what_it_allows(
    record: Record, setting: Setting, visits: dict[str, str]
) -> None:
    also_auditor = Actor(ActorKind.STAFF, LEE.id, Via.CONSOLE, frozenset({"clinician", "auditor"}))
    also_biller = Actor(ActorKind.STAFF, LEE.id, Via.CONSOLE, frozenset({"clinician", "biller"}))
    async with record.read(setting.practice) as r:
        with pytest.raises(NotFound):
            await access.client(r, also_auditor, setting.bob, "client.read")
        assert await access.client(r, also_biller, setting.bob, "client.read")
        with pytest.raises(NotFound):
            await access.participation(r, also_biller, visits["moss"], "attendance.mark")


async def test_absent_foreign_and_out_of_reach_are_one_answer(
    record: Record, setting: Setting, visits: dict[str, str]
) -> None:
    other = await set_up(record)
    answers = set()
    async with record.read(setting.practice) as r:
        for client_id in ("0" * 32, other.ana, setting.bob):
            with pytest.raises(NotFound) as refused:
                await access.client(r, LEE, client_id, "client.read")
            answers.add((refused.value.code, tuple(refused.value.ids)))
        with pytest.raises(NotFound):
            await access.participation(r, FRONT, "0" * 32, "day.read")
    async with record.read(other.practice) as r:
        with pytest.raises(NotFound):
            await access.participation(r, FRONT, visits["lee"], "day.read")
    assert len(answers) == 1


async def test_other_rows_are_reached_by_whom_they_concern(
    record: Record, setting: Setting, visits: dict[str, str]
) -> None:
    tasks = {}
    async with record.write(setting.practice, OPERATOR) as tx:
        for name, client_id in (("ana", setting.ana), ("bob", setting.bob), ("unknown", None)):
            tasks[name] = tx.new_id()
            row = {"practice_id": tx.practice_id, "id": tasks[name], "kind": "reply", "client_id": client_id}
            row |= {"urgent": False, "state": "open", "opened_at": tx.now, "alerts": 0}
            await tx.conn.execute(tables.task.insert().values(**row))
    async with record.read(setting.practice) as r:
        assert (await access.thing(r, LEE, tables.task, tasks["ana"], "inbox.work")).client_id == setting.ana
        assert (await access.thing(r, FRONT, tables.task, tasks["unknown"], "inbox.work")).client_id is None
        for name in ("bob", "unknown"):
            with pytest.raises(NotFound):
                await access.thing(r, LEE, tables.task, tasks[name], "inbox.work")
        assert (await access.thing(r, LEE, tables.client, setting.ana, "client.read")).client_id == setting.ana
        with pytest.raises(Forbidden):
            await access.thing(r, BILLER, tables.task, tasks["ana"], "inbox.work")
