"""Setting up a practice: itself, its places, people, services and working hours.

Nothing here moves or cancels a visit: hours that close over booked visits leave them standing for a person to
decide. Invariant: everything that has ever been booked stays readable; things are put out of use, never deleted.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date
from itertools import pairwise

from scheduler import tables
from scheduler.calendar.availability import DayException, WeeklyHours
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Tx
from scheduler.people import practice_edit_store as edits
from scheduler.people import sender_store
from scheduler.people import store as people
from scheduler.people.client_fields import check_zone
from scheduler.people.practice_fields import (
    PracticeFields,
    ServiceFields,
    checked_name,
    checked_practice,
    checked_service,
)
from scheduler.people.sender_rate import rate_of
from scheduler.reminders import store as reminders
from scheduler.reminders.defaults import DEFAULT_TOUCHES


@dataclass(frozen=True, slots=True)
class Edited:
    """The names of the fields that changed; empty when the form was sent as it was."""

    changed: tuple[str, ...]


async def create_practice(tx: Tx, given: PracticeFields, *, demo: bool = False) -> str:
    """The practice this transaction was opened for (its id is made by the caller before it exists); returns the id.

    It starts with the reminder policy of reminders/defaults.py and without a fee policy.

    Raises:
        Invalid: see `practice_fields.checked_practice`.
    """
    checked = checked_practice(given)
    await edits.insert_practice(tx, checked, demo=demo)
    await _paced(tx, checked.sender)
    await reminders.insert_version(tx, 1, DEFAULT_TOUCHES, {})
    tx.note("practice.created", "practice", tx.practice_id, demo=demo)
    return tx.practice_id


async def edit_practice(tx: Tx, given: PracticeFields) -> Edited:
    """Replace the practice's settings. Texts that wait are composed when they leave, so they follow at once.

    Raises:
        Invalid: see `practice_fields.checked_practice`.
    """
    before = fields_of(await people.practice(tx))
    changed = checked_practice(given).changed_from(before)
    if "sender" in changed:
        await sender_store.remove(tx, before.sender)
        await _paced(tx, checked_practice(given).sender)
    if changed:
        await edits.update_practice(tx, checked_practice(given))
        tx.note("practice.edited", "practice", tx.practice_id, changed=",".join(changed))
    return Edited(changed)


async def add_location(tx: Tx, name: str, zone: str) -> str:
    """A new place, in use at once; returns its id.

    Raises:
        Invalid: name_length or zone_unknown.
    """
    check_zone(zone)
    return await _add(tx, "location", {"name": checked_name(name), "zone": zone, "active": True})


async def edit_location(tx: Tx, location_id: str, *, name: str, zone: str, active: bool) -> None:
    """Replace a place's fields. A new zone counts for visits booked from now on; booked ones keep theirs.

    Raises:
        NotFound: no such location.
        Invalid: name_length or zone_unknown.
    """
    check_zone(zone)
    await _edit(tx, "location", location_id, {"name": checked_name(name), "zone": zone, "active": active})


async def add_clinician(tx: Tx, name: str) -> str:
    """A new clinician without hours yet; returns the id.

    Raises:
        Invalid: name_length.
    """
    return await _add(tx, "clinician", {"name": checked_name(name), "active": True})


async def edit_clinician(tx: Tx, clinician_id: str, *, name: str, active: bool) -> None:
    """Replace a clinician's fields; one out of use is offered no more, their visits stand.

    Raises:
        NotFound: no such clinician.
        Invalid: name_length.
    """
    await _edit(tx, "clinician", clinician_id, {"name": checked_name(name), "active": active})


async def add_service(tx: Tx, given: ServiceFields) -> str:
    """A new type of visit; returns its id.

    Raises:
        Invalid: see `practice_fields.checked_service`.
    """
    return await _add(tx, "service", asdict(checked_service(given)))


async def edit_service(tx: Tx, service_id: str, given: ServiceFields) -> None:
    """Replace a service's fields; booked visits keep their times and buffers.

    Raises:
        NotFound: no such service.
        Invalid: see `practice_fields.checked_service`.
    """
    await _edit(tx, "service", service_id, asdict(checked_service(given)))


async def set_week(tx: Tx, clinician_id: str, hours: Sequence[WeeklyHours], first_day: date) -> None:
    """A clinician's weekly hours from `first_day` on; earlier days keep the hours they had. No hours: none.

    Each of the hours names its location; their own validity dates are ignored.

    Raises:
        NotFound: no such clinician or location.
        Invalid: hours_overlap (two windows of one weekday).
    """
    await _clinician(tx, clinician_id)
    known = {place.id for place in await people.locations(tx)}
    if any(row.location_id not in known for row in hours):
        raise NotFound("location")
    _check_no_overlap(hours)
    plain = [WeeklyHours(h.weekday, h.start_minute, h.end_minute, location_id=h.location_id) for h in hours]
    await edits.replace_week(tx, clinician_id, plain, first_day)
    tx.note("availability.set", "clinician", clinician_id, windows=len(hours), first_day=first_day.isoformat())


async def add_exception(tx: Tx, clinician_id: str, exception: DayException) -> str:
    """A day that differs from the week: closed minutes, or extra ones (which name their location).

    Raises:
        NotFound: no such clinician or location.
        Invalid: location_needed.
        Conflict: exception_exists (same day, kind and first minute).
    """
    await _clinician(tx, clinician_id)
    if exception.location_id is None and not exception.closed:
        raise Invalid("location_needed", field="location")
    if exception.location_id is not None and await people.location(tx, exception.location_id) is None:
        raise NotFound("location")
    exception_id = tx.new_id()
    if not await edits.insert_exception(tx, exception_id, clinician_id, exception):
        raise Conflict("exception_exists", clinician=clinician_id)
    tx.note(
        "availability.exception_added",
        "clinician",
        clinician_id,
        exception=exception_id,
        day=exception.day.isoformat(),
        closed=exception.closed,
    )
    return exception_id


async def remove_exception(tx: Tx, exception_id: str) -> None:
    """The day is like its weekday again.

    Raises:
        NotFound: no such exception.
    """
    if not await edits.delete_exception(tx, exception_id):
        raise NotFound("exception", exception=exception_id)
    tx.note("availability.exception_removed", "exception", exception_id)


def fields_of(practice: people.Practice) -> PracticeFields:
    """The editable fields of a practice as they are: what a form starts from."""
    return PracticeFields(**{each.name: getattr(practice, each.name) for each in fields(PracticeFields)})


async def _paced(tx: Tx, number: str) -> None:
    """Texts leave from this number from now on, as fast as its shape says; the settings may say better."""
    if number:
        await sender_store.add(tx, number, rate_of(number))


async def _add(tx: Tx, kind: str, values: dict[str, object]) -> str:
    thing_id = tx.new_id()
    await edits.insert_thing(tx, tables.metadata.tables[kind], thing_id, values)
    tx.note(f"{kind}.added", kind, thing_id)
    return thing_id


async def _edit(tx: Tx, kind: str, thing_id: str, values: dict[str, object]) -> None:
    if not await edits.update_thing(tx, tables.metadata.tables[kind], thing_id, values):
        raise NotFound(kind, **{kind: thing_id})
    tx.note(f"{kind}.edited", kind, thing_id)


async def _clinician(tx: Tx, clinician_id: str) -> people.Clinician:
    found = await people.clinician(tx, clinician_id)
    if found is None:
        raise NotFound("clinician", clinician=clinician_id)
    return found


def _check_no_overlap(hours: Sequence[WeeklyHours]) -> None:
    ordered = sorted(hours, key=lambda row: (row.weekday, row.start_minute))
    for before, after in pairwise(ordered):
        if before.weekday == after.weekday and after.start_minute < before.end_minute:
            raise Invalid("hours_overlap", field="hours", weekday=after.weekday)
