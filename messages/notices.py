"""Telling clients what was done to their visit without them, and greeting a number that has agreed to texts.

Called by plan.py's subscribers, in their transaction. What cannot be told by text or mail in time becomes a call for
staff. Invariant: a client is told of the last thing that happened, once; a mistake undone within the grace is not told.
"""

from datetime import datetime, timedelta
from typing import Final

from messages import outbox, outbox_store, plan_store
from messages.kinds import Channel, Kind, Purpose
from messages.outbox import Draft
from messages.particulars import Particulars
from messages.recipients import reachable
from messages.tasks import TaskKind, open_task
from scheduler.appointments import series_store
from scheduler.appointments.store import Visit
from scheduler.calendar.wallclock import local_day, zone_of
from scheduler.core.record import Tx
from scheduler.people import store as people
from scheduler.people.store import ContactPoint

# Staff undo a slip within moments; a text that is not sent needs no second one.
GRACE: Final = timedelta(minutes=1)
GREET_WITHIN: Final = timedelta(days=1)


async def cancelled_by_practice(tx: Tx, visit: Visit) -> None:
    """Tell the client that the practice had to cancel; of a whole series, that this and all that followed are off."""
    told = Particulars(starts_at=visit.starts_at, weekly=await _ends_its_series(tx, visit))
    draft = await _draft(tx, visit, Kind.CLINICIAN_CANCELLED, "cancelled", told)
    await _tell(tx, visit, draft)


async def moved_by_practice(tx: Tx, visit: Visit, before: datetime, *, every_weeks: int | None = None) -> None:
    """Tell the client of the new time. Moved twice within the grace, they hear of it once, from the first time.

    `every_weeks`: the visits that follow move with it, and the text says so.
    """
    believed = await plan_store.earliest_other_time(tx, visit.participation_id, Kind.RESCHEDULED_BY_STAFF.value)
    told = Particulars(
        starts_at=visit.starts_at,
        other_at=believed or before,
        weekly=every_weeks is not None,
        count=every_weeks if every_weeks != 1 else None,
    )
    if told.other_at == told.starts_at:
        return
    draft = await _draft(tx, visit, Kind.RESCHEDULED_BY_STAFF, "moved", told)
    await _tell(tx, visit, draft)


async def stands_again(tx: Tx, visit: Visit) -> None:
    """Tell the client that a cancellation they heard of is undone; nothing if they never heard of it."""
    about = await outbox_store.messages_about(tx, (visit.participation_id,))
    heard = [
        each
        for each in about.get(visit.participation_id, ())
        if each.kind is Kind.CLINICIAN_CANCELLED and each.state in {"intent", "unknown", "sent"}
    ]
    if heard:
        draft = await _draft(tx, visit, Kind.BOOKED, f"again:{heard[-1].id}", Particulars(starts_at=visit.starts_at))
        await _tell(tx, visit, draft)


async def enrol(tx: Tx, client_id: str) -> None:
    """Greet each number of the client that has agreed to reminders by text: once, on the first consent.

    Consents that came with an import were given, and greeted, in the system they come from; one that is older than
    a day is no news to anybody.
    """
    points = await people.contact_points(tx, client_id)
    agreed = await people.consents(tx, [point.id for point in points])
    reach = (await reachable(tx, (client_id,), Purpose.REMINDERS))[client_id]
    point = reach.get(Channel.SMS)
    if point is None:
        return
    consent = agreed[point.id, Channel.SMS.value, Purpose.REMINDERS.value]
    if consent.how == "import" or tx.now - consent.at > GREET_WITHIN:
        return
    draft = Draft(kind=Kind.ENROLMENT, channel=Channel.SMS, to=point.id, dedupe=f"enrolment:{point.id}")
    await outbox.enqueue(tx, draft)


async def _ends_its_series(tx: Tx, visit: Visit) -> bool:
    """Whether the visit went because its series ends before it."""
    stored = await series_store.by_id(tx, visit.series_id) if visit.series_id else None
    if stored is None or stored.state != "ended" or stored.rule.last_day is None:
        return False
    return local_day(visit.starts_at, zone_of(stored.zone)) > stored.rule.last_day


async def _draft(tx: Tx, visit: Visit, kind: Kind, word: str, told: Particulars) -> Draft | None:
    way = await _way(tx, visit.client_id)
    if way is None:
        return None
    channel, point = way
    return Draft(
        kind=kind,
        channel=channel,
        to=point.id,
        dedupe=f"notice:{visit.participation_id}:{word}:{visit.revision}:{int(tx.now.timestamp() * 1000)}",
        fields=told,
        due_at=tx.now + GRACE,
        participation_id=visit.participation_id,
        revision=visit.revision,
    )


async def _way(tx: Tx, client_id: str) -> tuple[Channel, ContactPoint] | None:
    reach = (await reachable(tx, (client_id,), Purpose.REMINDERS))[client_id]
    return next(iter(reach.items()), None)


async def _tell(tx: Tx, visit: Visit, draft: Draft | None) -> None:
    if draft is not None:
        await outbox.enqueue(tx, draft)
        return
    await open_task(
        tx,
        TaskKind.CALL,
        dedupe=f"call:{visit.participation_id}:{visit.revision}",
        client_id=visit.client_id,
        participation_id=visit.participation_id,
    )
