"""Setting up a practice through its actions, on both engines."""

from dataclasses import replace
from datetime import date

import pytest
from sqlalchemy import select

from scheduler import tables
from scheduler.actions.practice import (
    add_clinician,
    add_exception,
    add_location,
    add_service,
    edit_clinician,
    edit_location,
    edit_practice,
    edit_service,
    fields_of,
    remove_exception,
    set_week,
)
from scheduler.calendar.availability import DayException, WeeklyHours
from scheduler.calendar.store import day_exceptions, weekly_hours
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Record
from scheduler.people import store as people
from scheduler.people.hours_store import ListedException, exceptions_from, week_in_force
from scheduler.people.practice_fields import ServiceFields, checked_practice
from tests.people.setting import FRONT, Setting, practice_fields, set_up


async def test_a_practice_starts_with_sane_settings(record: Record, setting: Setting) -> None:
    async with record.read(setting.practice) as r:
        practice = await people.practice(r)
    assert (practice.send_from_minute, practice.send_until_minute) == (480, 1200)
    assert (practice.daily_cap, practice.weekly_cap, practice.late_cancel_hours) == (1, 3, 24)
    assert fields_of(practice) == checked_practice(practice_fields())


async def test_an_edit_says_what_changed_and_nothing_twice(record: Record, setting: Setting) -> None:
    async with record.write(setting.practice, FRONT) as tx:
        edited = practice_fields(label=" Lee  Desk ", send_until_minute=18 * 60)
        assert (await edit_practice(tx, edited)).changed == ("label", "send_until_minute")
        assert (await edit_practice(tx, edited)).changed == ()
    async with record.read(setting.practice) as r:
        assert (await people.practice(r)).label == "Lee Desk"
        found = await r.conn.execute(
            select(tables.audit_entry.c.detail).where(tables.audit_entry.c.action == "practice.edited")
        )
        assert [row.detail for row in found] == [{"changed": "label,send_until_minute"}]


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"zone": "Mars/Olympus"}, "zone_unknown", "zone"),
        ({"label": "x" * 21}, "label_length", "label"),
        ({"label": " "}, "label_length", "label"),
        ({"name": ""}, "name_length", "name"),
        ({"office_phone": "ask Maria"}, "office_phone_unreadable", "office_phone"),
        ({"sender": "555-555-0100"}, "sender_unreadable", "sender"),
        ({"locale": "english"}, "locale_unreadable", "locale"),
        ({"region": "XX"}, "region_unreadable", "region"),
        ({"currency": "usd"}, "currency_unreadable", "currency"),
        ({"stop_mode": "never"}, "stop_mode_unreadable", "stop_mode"),
        ({"crisis_country": "ZZ"}, "crisis_country_unreadable", "crisis_country"),
        ({"email_from": "desk"}, "email_from_unreadable", "email_from"),
        ({"alert_email": "desk@"}, "alert_email_unreadable", "alert_email"),
        ({"send_from_minute": -1}, "number_out_of_range", "send_from_minute"),
        ({"send_until_minute": 1441}, "number_out_of_range", "send_until_minute"),
        ({"send_from_minute": 1100}, "send_window_too_short", "send_until_minute"),
        ({"daily_cap": 0}, "number_out_of_range", "daily_cap"),
        ({"daily_cap": 4}, "weekly_cap_below_daily", "weekly_cap"),
        ({"late_cancel_hours": 400}, "number_out_of_range", "late_cancel_hours"),
    ],
)
def test_settings_that_cannot_work_are_refused(wrong: dict[str, object], code: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        checked_practice(practice_fields(**wrong))
    assert (refused.value.code, refused.value.field) == (code, field)


async def test_places_people_and_services_are_added_edited_and_put_out_of_use(record: Record, setting: Setting) -> None:
    async with record.write(setting.practice, FRONT) as tx:
        place = await add_location(tx, "Annex", "America/Chicago")
        await edit_location(tx, place, name="Annexe", zone="America/Chicago", active=False)
        person = await add_clinician(tx, "Dr. New")
        await edit_clinician(tx, person, name="Dr. Renamed", active=False)
        kind = await add_service(tx, ServiceFields("Group", 90, capacity=8))
        await edit_service(tx, kind, ServiceFields("Group", 80, capacity=6, active=False))
    async with record.read(setting.practice) as r:
        assert await people.location(r, place) == people.Location(place, "Annexe", "America/Chicago", active=False)
        assert place not in {each.id for each in await people.locations(r, active_only=True)}
        assert [c.name for c in await people.clinicians(r)] == ["Dr. Lee", "Dr. Moss", "Dr. Renamed"]
        assert [c.name for c in await people.clinicians(r, active_only=True)] == ["Dr. Lee", "Dr. Moss"]
        changed = await people.service(r, kind)
        assert changed is not None
        assert (changed.duration_minutes, changed.capacity) == (80, 6)
        assert [s.id for s in await people.services(r, active_only=True)] == [setting.service]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "\n"}, "name"),
        ({"duration_minutes": 0}, "duration_minutes"),
        ({"buffer_after_minutes": 121}, "buffer_after_minutes"),
        ({"capacity": 0}, "capacity"),
        ({"fee_minor": -1}, "fee_minor"),
        ({"modality": "dream"}, "modality"),
        ({"code_family": "magic"}, "code_family"),
    ],
)
async def test_services_that_cannot_work_are_refused(
    record: Record, setting: Setting, wrong: dict[str, object], field: str
) -> None:
    with pytest.raises(Invalid) as refused:
        async with record.write(setting.practice, FRONT) as tx:
            await add_service(tx, replace(ServiceFields("Session", 50), **wrong))
    assert refused.value.field == field


async def test_things_of_another_practice_cannot_be_edited(record: Record, setting: Setting) -> None:
    other = await set_up(record)
    async with record.write(other.practice, FRONT) as tx:
        for edit in (
            edit_location(tx, setting.location, name="x", zone="UTC", active=True),
            edit_clinician(tx, setting.clinician, name="x", active=True),
            edit_service(tx, setting.service, ServiceFields("x", 50)),
            set_week(tx, setting.clinician, (), date(2026, 1, 1)),
            add_exception(tx, setting.clinician, DayException(date(2026, 3, 9), closed=True)),
        ):
            with pytest.raises(NotFound):
                await edit


async def test_a_week_counts_from_its_day_and_leaves_the_past(record: Record, setting: Setting) -> None:
    def hours(weekday: int, start: int) -> WeeklyHours:
        return WeeklyHours(weekday, start, start + 60, location_id=setting.location)

    async with record.write(setting.practice, FRONT) as tx:
        await set_week(tx, setting.clinician, [hours(0, 540)], date(2026, 1, 1))
        await set_week(tx, setting.clinician, [hours(0, 540), hours(1, 600)], date(2026, 3, 1))
        await set_week(tx, setting.clinician, [hours(2, 660)], date(2026, 3, 1))
    async with record.read(setting.practice) as r:
        stored = await weekly_hours(r, setting.clinician)
        assert [h.weekday for h in await week_in_force(r, setting.clinician, date(2026, 2, 28))] == [0]
        assert [h.weekday for h in await week_in_force(r, setting.clinician, date(2026, 3, 1))] == [2]
        spans = [(h.weekday, h.start_minute, h.valid_from, h.valid_until) for h in stored]
    assert spans == [
        (0, 540, date(2026, 1, 1), date(2026, 2, 28)),
        (2, 660, date(2026, 3, 1), None),
    ]


async def test_overlapping_hours_and_unknown_places_are_refused(record: Record, setting: Setting) -> None:
    here = setting.location
    twice = [WeeklyHours(0, 540, 660, location_id=here), WeeklyHours(0, 600, 720, location_id=here)]
    async with record.write(setting.practice, FRONT) as tx:
        with pytest.raises(Invalid, match="hours_overlap"):
            await set_week(tx, setting.clinician, twice, date(2026, 3, 1))
        with pytest.raises(NotFound):
            await set_week(tx, setting.clinician, [WeeklyHours(0, 540, 660)], date(2026, 3, 1))


async def test_days_that_differ_are_added_once_and_taken_back(record: Record, setting: Setting) -> None:
    closed = DayException(date(2026, 3, 9), closed=True)
    async with record.write(setting.practice, FRONT) as tx:
        added = await add_exception(tx, setting.clinician, closed)
        with pytest.raises(Conflict, match="exception_exists"):
            await add_exception(tx, setting.clinician, closed)
        with pytest.raises(Invalid, match="location_needed"):
            await add_exception(tx, setting.clinician, DayException(date(2026, 3, 9), closed=False))
        unknown = DayException(date(2026, 3, 9), closed=False, location_id="0" * 32)
        with pytest.raises(NotFound):
            await add_exception(tx, setting.clinician, unknown)
    async with record.read(setting.practice) as r:
        assert await day_exceptions(r, setting.clinician, closed.day, closed.day) == (closed,)
        assert await exceptions_from(r, closed.day) == (ListedException(added, setting.clinician, closed),)
        assert await exceptions_from(r, date(2026, 3, 10), clinician_id=setting.clinician) == ()
    async with record.write(setting.practice, FRONT) as tx:
        await remove_exception(tx, added)
        with pytest.raises(NotFound):
            await remove_exception(tx, added)
