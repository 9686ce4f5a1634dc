"""Touches become rows: subscribers that plan, re-plan and take back messages in the transaction of what happened.

The arithmetic is the scheduler's (reminders/planner.py), the send window is send_rules', what to change is
reconcile.py's; here they meet the record. Notices of what the practice did to a visit are in notices.py.
Invariant: after every commit the outbox holds, for every visit to come, just the touches the policy in force wants.
"""

from collections.abc import Awaitable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from messages import links, notices, outbox, plan_store, task_store
from messages.kinds import Kind, VisitNeed, traits
from messages.particulars import Particulars
from messages.plan_store import NewTouch, Placed
from messages.reconcile import Changes, WantedTouch, reconcile
from messages.tasks import TaskKind, open_task, settled
from messages.wanted import Setting, setting_of, wanted_touches
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.core.bell import Work
from scheduler.core.record import Tx
from scheduler.events import (
    AppointmentMoved,
    ContactChanged,
    ParticipationBooked,
    ParticipationCancelled,
    ParticipationConfirmed,
    ParticipationRestored,
    PolicyChanged,
    VisitsImported,
)
from scheduler.reminders.policy import BOOKED_KEY

CHUNK: Final = 500
_ABOUT_ACTIVE: Final = tuple(kind for kind in Kind if traits(kind).visit is VisitNeed.ACTIVE)
_ABOUT_GONE: Final = tuple(kind for kind in Kind if traits(kind).visit is VisitNeed.GONE)


# --- subscribers ------------------------------------------------------------------------------------------------


async def on_booked(tx: Tx, event: ParticipationBooked) -> None:
    """Plan a new visit; "booked" is said only if touches were missed, and not at all when nobody is to be told."""
    visit = await appointments.visit(tx, event.participation_id)
    if visit is not None:
        await replan(tx, (visit,), reason="booked", agreed_at=tx.now, booked_notice=event.told)


async def on_imported(tx: Tx, event: VisitsImported) -> None:
    """Plan many visits that were agreed elsewhere: their touches are ours from now on, and nobody is told anything."""
    found = await appointments.visits(tx, event.participation_ids)
    await replan(tx, tuple(found.values()), reason="imported", agreed_at=tx.now)


async def on_moved(tx: Tx, event: AppointmentMoved) -> None:
    """Take back what speaks of the old time, plan the new one, and tell the client if it was not their own pick."""
    visits = await appointments.visits_of_appointment(tx, event.appointment_id)
    active = [visit for visit in visits if visit.is_active]
    for visit in active:
        if event.by == "practice" and event.before is not None and event.told:
            before = datetime.fromisoformat(event.before)
            await notices.moved_by_practice(tx, visit, before, every_weeks=event.every_weeks)
        stale = await plan_store.superseded(tx, visit.participation_id, visit.revision)
        await outbox.cancel_ids(tx, stale, "moved")
    await replan(tx, active, reason="moved", agreed_at=tx.now)


async def on_cancelled(tx: Tx, event: ParticipationCancelled) -> None:
    """Take back what speaks of the visit as standing; tell the client if the practice cancelled it."""
    await outbox.cancel_for_participation(tx, event.participation_id, "visit_cancelled", kinds=_ABOUT_ACTIVE)
    if event.by == "practice" and event.told:
        visit = await appointments.visit(tx, event.participation_id)
        if visit is not None:
            await notices.cancelled_by_practice(tx, visit)


async def on_confirmed(tx: Tx, event: ParticipationConfirmed) -> None:
    """Take back the touches that are only for those who have not confirmed."""
    found = await plan_store.touches(tx, (event.participation_id,))
    quiet = [row.id for row in found.get(event.participation_id, ()) if row.only_if_unconfirmed]
    await outbox.cancel_ids(tx, quiet, "confirmed")


async def on_restored(tx: Tx, event: ParticipationRestored) -> None:
    """Bring the touches back; whoever was told of the cancellation is told that it stands again."""
    visit = await appointments.visit(tx, event.participation_id)
    if visit is None:
        return
    await outbox.cancel_for_participation(tx, event.participation_id, "restored", kinds=_ABOUT_GONE)
    await notices.stands_again(tx, visit)
    await replan(tx, (visit,), reason="restored")


async def on_policy_changed(tx: Tx, _event: PolicyChanged) -> None:
    """Plan every visit to come anew. Nothing leaves at once because of it, and no touch leaves twice."""
    await replan(tx, await appointments.active_from(tx, tx.now), reason="policy_changed")


async def on_contact_changed(tx: Tx, event: ContactChanged) -> None:
    """Send what waits to where the client can be reached now; greet a number on its first consent to texts.

    Links that went to numbers no longer in use are dead from now on.
    """
    await links.revoke_unreachable(tx, event.client_id)
    await notices.enrol(tx, event.client_id)
    await replan(tx, await appointments.upcoming(tx, (event.client_id,), tx.now), reason="contact_changed")


# --- planning ---------------------------------------------------------------------------------------------------


async def replan(
    tx: Tx,
    visits: Sequence[Visit],
    *,
    reason: str,
    agreed_at: datetime | None = None,
    booked_notice: bool = False,
) -> None:
    """Make the outbox hold what these visits should have; visits that are over or cancelled are left alone.

    `agreed_at` is when the time was agreed, if not at the booking. `reason` is kept on rows that are taken back.
    """
    coming = [visit for visit in visits if visit.is_active and visit.starts_at > tx.now]
    for chunk in _chunks(coming):
        setting = await setting_of(tx, {visit.client_id for visit in chunk})
        rows = await plan_store.touches(tx, [visit.participation_id for visit in chunk])
        work = _Work(setting.policy.version)
        for visit in chunk:
            wanted = wanted_touches(tx, setting, visit, agreed_at or visit.booked_at, booked_notice=booked_notice)
            changes = reconcile(
                rows.get(visit.participation_id, ()),
                wanted,
                revision=visit.revision,
                now=tx.now,
                kept_keys=frozenset() if booked_notice else frozenset({BOOKED_KEY}),
            )
            work.take(tx, visit, changes)
        await _do(tx, work, reason)
        await _note_unreachable(tx, setting, {visit.client_id for visit in chunk})


@dataclass(slots=True)
class _Work:
    """What a chunk of visits asks for, to be written together."""

    version: int
    new: list[NewTouch] = field(default_factory=list)
    change: list[Placed] = field(default_factory=list)
    revive: list[Placed] = field(default_factory=list)
    superseded: list[str] = field(default_factory=list)
    cancel: list[str] = field(default_factory=list)

    def take(self, tx: Tx, visit: Visit, changes: Changes) -> None:
        """Add what one visit asks for."""
        self.new += [_new(tx, visit, touch, self.version) for touch in changes.add]
        self.change += [Placed(row.id, *_place(touch, self.version)) for row, touch in changes.change]
        self.revive += [Placed(row.id, *_place(touch, self.version)) for row, touch in changes.revive]
        self.superseded += [row.id for row in changes.superseded]
        self.cancel += [row.id for row in changes.cancel]


def _chunks(visits: Sequence[Visit]) -> Iterator[Sequence[Visit]]:
    return (visits[start : start + CHUNK] for start in range(0, len(visits), CHUNK))


async def _do(tx: Tx, work: _Work, reason: str) -> None:
    for message_id in await _written(plan_store.change(tx, work.change), work.change):
        tx.note("message.replanned", "message", message_id, reason=reason)
    for message_id in await _written(plan_store.revive(tx, work.revive), work.revive):
        tx.note("message.revived", "message", message_id, reason=reason)
    await outbox.cancel_ids(tx, work.superseded, "moved")
    await outbox.cancel_ids(tx, work.cancel, reason)
    added = await plan_store.add(tx, work.new)
    for row in work.new:
        if row.id in added:
            tx.note("message.planned", "message", row.id, touch=row.touch, possible=row.reason is None)
    if any(row.due_at <= tx.now for row in work.new):
        tx.wake(Work.PLANNED)


async def _written(writing: Awaitable[frozenset[str]], rows: Sequence[Placed]) -> list[str]:
    """The ids that were changed, in the order of the rows."""
    changed = await writing
    return [row.id for row in rows if row.id in changed]


def _new(tx: Tx, visit: Visit, touch: WantedTouch, version: int) -> NewTouch:
    possible = touch.due_at is not None
    return NewTouch(
        tx.new_id(),
        touch.kind.value,
        touch.channel.value,
        visit.client_id,
        visit.participation_id,
        touch.key,
        visit.revision,
        outbox.touch_key(visit.participation_id, touch.key, visit.revision, touch.channel.value),
        outbox.PRIORITY[traits(touch.kind).message_class],
        "pending" if possible else "cancelled",
        None if possible else "outside_window",
        *_place(touch, version),
    )


def _place(touch: WantedTouch, version: int) -> tuple[str, bytes, int, dict[str, Any], datetime, datetime]:
    return (
        touch.contact_point_id,
        touch.address_ix,
        version,
        Particulars(only_if_unconfirmed=touch.only_if_unconfirmed).to_json(),
        touch.due_at or touch.useful_until,
        touch.useful_until,
    )


def no_channel_key(client_id: str) -> str:
    """The one task of a client who cannot be reached."""
    return f"no_channel:{client_id}"


async def _note_unreachable(tx: Tx, setting: Setting, client_ids: set[str]) -> None:
    """A client with a visit and no way to be told of it is a person's work until there is a way."""
    waiting = await task_store.live_among(tx, [no_channel_key(client_id) for client_id in client_ids])
    for client_id in sorted(client_ids):
        key = no_channel_key(client_id)
        if setting.reach.get(client_id):
            if key in waiting:
                await settled(tx, key)
        elif setting.policy.touches and key not in waiting:
            await open_task(tx, TaskKind.NO_CHANNEL, dedupe=key, client_id=client_id)
