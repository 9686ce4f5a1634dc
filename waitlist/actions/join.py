"""Put a client on the waitlist."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from messages.kinds import Channel, Purpose
from messages.recipients import recipient_for
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Tx
from scheduler.people import store as people
from waitlist import candidates, edit_store, entry_store, opening_store, policy_store, texts
from waitlist.actions.refit import refit
from waitlist.entry_store import EntryState
from waitlist.matching import Misfit, WeeklyWindow
from waitlist.opening_store import OpeningState
from waitlist.wishes import Wishes, require_sensible

URGENCIES = frozenset({"clinical", "promised", "long_wait"})


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
    weekly: bool = False,
) -> str:
    """A new entry's id. The client is told once, if they may be texted about the waitlist.

    What they wait for is said in wishes.py. Whoever is put forward is so for an `urgency_reason` (clinical, promised
    or long_wait). Openings that nobody fitted, but this entry does, are looked at again.

    Raises:
        NotFound: client or service is not of this practice or no longer active; or as `require_sensible`.
        Invalid: `reason_not_known`; or as `require_sensible`.
        Conflict: `waits_already` for this service; or as `require_sensible`.
    """
    if urgency_reason is not None and urgency_reason not in URGENCIES:
        raise Invalid("reason_not_known", field="urgency_reason")
    await _require_waitable(tx, client_id, service_id, weekly=weekly)
    wishes = Wishes(
        clinician_ids=clinician_ids,
        windows=windows,
        earliest_day=earliest_day,
        latest_day=latest_day,
        min_notice_minutes=min_notice_minutes,
        location_id=location_id,
        expires_on=expires_on,
        replaces_participation_id=replaces_participation_id,
        weekly=weekly,
    )
    await require_sensible(tx, client_id, wishes)
    row = {
        "id": tx.new_id(),
        "client_id": client_id,
        "service_id": service_id,
        "priority": priority,
        "urgency_reason": urgency_reason,
        **wishes.columns(),
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
    entry, policy = await entry_store.entry(tx, entry_id), await policy_store.policy(tx)
    for opening in await opening_store.openings(tx):
        if entry is None or opening.next_wave_at is not None:
            continue
        reason = await candidates.misfit(tx, opening, entry)
        if policy.refit and reason is Misfit.OTHER_SERVICE and opening.state is OpeningState.EXHAUSTED:
            await refit(tx, opening)
        if reason is not None:
            continue
        if await edit_store.set_opening_state(
            tx, opening.id, (OpeningState.EXHAUSTED,), OpeningState.OPEN, next_wave_at=tx.now
        ):
            tx.note("opening.open", "opening", opening.id)
        else:
            await edit_store.plan_wave(tx, opening.id, tx.now)


async def look_at_all_again(tx: Tx) -> None:
    """Many may fit by now: every opening that is still to be had is looked at again."""
    for opening in await opening_store.openings(tx):
        if not await edit_store.set_opening_state(
            tx, opening.id, (OpeningState.EXHAUSTED,), OpeningState.OPEN, next_wave_at=tx.now
        ):
            await edit_store.plan_wave(tx, opening.id, tx.now)


async def _tell(tx: Tx, entry_id: str, client_id: str) -> None:
    point = await recipient_for(tx, client_id, Channel.SMS, Purpose.WAITLIST)
    if point is not None:
        await texts.joined(tx, entry_id, point.id)


async def _require_waitable(tx: Tx, client_id: str, service_id: str, *, weekly: bool) -> None:
    client, service = await people.client(tx, client_id), await people.service(tx, service_id)
    if client is None or client.state != "active":
        raise NotFound("client", client=client_id)
    if service is None or not service.active:
        raise NotFound("service", service=service_id)
    waiting = [each for each in await entry_store.entries_of(tx, client_id) if each.state == EntryState.WAITING]
    if any((entry.service_id, entry.weekly) == (service_id, weekly) for entry in waiting):
        raise Conflict("waits_already", client=client_id, service=service_id)
