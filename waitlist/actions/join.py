"""Put a client on the waitlist."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from messages.kinds import Channel, Purpose
from messages.recipients import recipient_for
from scheduler.appointments import store as appointments
from scheduler.calendar.wallclock import DAYS_PER_WEEK, MINUTES_PER_DAY
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Tx
from scheduler.people import store as people
from waitlist import candidates, edit_store, store, texts
from waitlist.matching import WeeklyWindow
from waitlist.store import EntryState, OpeningState

URGENCIES = frozenset({"clinical", "promised", "long_wait"})
LONGEST_NOTICE_MINUTES = 14 * MINUTES_PER_DAY


async def join(
    tx: Tx,
    *,
    client_id: str,
    service_id: str,
    clinician_ids: Sequence[str] = (),
    windows: Sequence[WeeklyWindow] = (),
    earliest_day: date | None = None,
    latest_day: date | None = None,
    min_notice_minutes: int = 0,
    priority: int = 0,
    urgency_reason: str | None = None,
    location_id: str | None = None,
    expires_on: date | None = None,
    replaces_participation_id: str | None = None,
) -> str:
    """A new entry's id. The client is told once, if they may be texted about the waitlist.

    Empty `clinician_ids` and `windows` mean any; so does no `location_id`. Whoever is put forward is so for an
    `urgency_reason` (clinical, promised or long_wait). After the day `expires_on` the entry leaves by itself.
    `replaces_participation_id` is a booked visit of theirs that a claim would release; only earlier times are offered
    then. Openings that nobody fitted, but this entry does, are looked at again.

    Raises:
        NotFound: client, service or a clinician is not of this practice or no longer active; or the visit to be
            replaced is not this client's.
        Invalid: hours, days or the notice make no sense; `field` says which.
        Conflict: `waits_already` for this service, or `visit_is_over` for the one to be replaced.
    """
    await _check_people(tx, client_id, service_id, clinician_ids)
    await _check_place_and_reason(tx, location_id, urgency_reason)
    _check_wish(windows, earliest_day, latest_day, min_notice_minutes)
    _check_expiry(expires_on, earliest_day)
    await _check_replaced(tx, client_id, replaces_participation_id)
    await _check_not_waiting(tx, client_id, service_id)
    row = {
        "id": tx.new_id(),
        "client_id": client_id,
        "service_id": service_id,
        "clinician_ids": list(clinician_ids),
        "windows": [[each.weekday, each.from_minute, each.until_minute] for each in windows],
        "earliest_day": earliest_day,
        "latest_day": latest_day,
        "min_notice_minutes": min_notice_minutes,
        "priority": priority,
        "urgency_reason": urgency_reason,
        "location_id": location_id,
        "expires_on": expires_on,
        "replaces_participation_id": replaces_participation_id,
    }
    return await _put_on_the_list(tx, row)


async def _put_on_the_list(tx: Tx, row: dict[str, Any]) -> str:
    await edit_store.add_entry(tx, row)
    entry_id: str = row["id"]
    tx.note("entry.joined", "waitlist_entry", entry_id, client=row["client_id"], priority=row["priority"])
    await _tell(tx, entry_id, row["client_id"])
    await look_again(tx, entry_id)
    return entry_id


async def look_again(tx: Tx, entry_id: str) -> None:
    """Somebody may fit what nobody else fitted: openings that ran out of people are looked at again."""
    entry = await store.entry(tx, entry_id)
    for opening in await store.openings(tx):
        if entry is None or opening.next_wave_at is not None or await candidates.misfit(tx, opening, entry) is not None:
            continue
        if await edit_store.set_opening_state(
            tx, opening.id, (OpeningState.EXHAUSTED,), OpeningState.OPEN, next_wave_at=tx.now
        ):
            tx.note("opening.open", "opening", opening.id)
        else:
            await edit_store.plan_wave(tx, opening.id, tx.now)


async def _tell(tx: Tx, entry_id: str, client_id: str) -> None:
    point = await recipient_for(tx, client_id, Channel.SMS, Purpose.WAITLIST)
    if point is not None:
        await texts.joined(tx, entry_id, point.id)


async def _check_people(tx: Tx, client_id: str, service_id: str, clinician_ids: Sequence[str]) -> None:
    client, service = await people.client(tx, client_id), await people.service(tx, service_id)
    if client is None or client.state != "active":
        raise NotFound("client", client=client_id)
    if service is None or not service.active:
        raise NotFound("service", service=service_id)
    for clinician_id in clinician_ids:
        clinician = await people.clinician(tx, clinician_id)
        if clinician is None or not clinician.active:
            raise NotFound("clinician", clinician=clinician_id)


async def _check_place_and_reason(tx: Tx, location_id: str | None, urgency_reason: str | None) -> None:
    if urgency_reason is not None and urgency_reason not in URGENCIES:
        raise Invalid("reason_not_known", field="urgency_reason")
    if location_id is not None and await people.location(tx, location_id) is None:
        raise NotFound("location", location=location_id)


async def _check_not_waiting(tx: Tx, client_id: str, service_id: str) -> None:
    waiting = await store.entries_of(tx, client_id)
    if any(entry.service_id == service_id and entry.state == EntryState.WAITING for entry in waiting):
        raise Conflict("waits_already", client=client_id, service=service_id)


def _check_expiry(expires_on: date | None, earliest_day: date | None) -> None:
    if expires_on and earliest_day and expires_on < earliest_day:
        raise Invalid("ends_before_it_begins", field="expires_on")


def _check_wish(
    windows: Sequence[WeeklyWindow], earliest_day: date | None, latest_day: date | None, min_notice_minutes: int
) -> None:
    for window in windows:
        hours = 0 <= window.from_minute < window.until_minute <= MINUTES_PER_DAY
        if not hours or window.weekday not in range(DAYS_PER_WEEK):
            raise Invalid("hours_make_no_sense", field="windows")
    if earliest_day and latest_day and latest_day < earliest_day:
        raise Invalid("ends_before_it_begins", field="latest_day")
    if not 0 <= min_notice_minutes <= LONGEST_NOTICE_MINUTES:
        raise Invalid("notice_out_of_range", field="min_notice_minutes")


async def _check_replaced(tx: Tx, client_id: str, participation_id: str | None) -> None:
    if participation_id is None:
        return
    visit = await appointments.visit(tx, participation_id)
    if visit is None or visit.client_id != client_id:
        raise NotFound("participation", participation=participation_id)
    if not visit.is_active or visit.starts_at <= tx.now:
        raise Conflict("visit_is_over", participation=participation_id)
