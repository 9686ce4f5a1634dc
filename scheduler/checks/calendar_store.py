"""Promise 5 and its kin: nobody is double-booked, and appointments, places, taken time and offers agree.

Invariant: these queries hold at every commit, not only at rest, so a live database may be asked.
"""

from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from scheduler.appointments.states import ACTIVE
from scheduler.checks.finding import Finding, Question, ask
from scheduler.core.record import Reading
from scheduler.tables import appointment, busy, offer, opening, participation

_ACTIVE = [state.value for state in ACTIVE]


async def findings(r: Reading) -> list[Finding]:
    """What is wrong in the calendar and on the waitlist."""
    return await ask(r, [*_taken_time(r), *_places(r), *_waitlist(r)])


def _taken_time(r: Reading) -> tuple[Question, ...]:
    a, b = appointment.c, busy.c
    own = and_(b.practice_id == a.practice_id, b.appointment_id == a.id)
    covers = and_(own, b.clinician_id == a.clinician_id, b.starts_at <= a.starts_at, b.ends_at >= a.ends_at)
    booked = select(a.id).where(a.practice_id == r.practice_id, a.state == "booked")
    cancelled = select(a.id).where(a.practice_id == r.practice_id, a.state == "cancelled")
    return (
        Question("double_booked", "busy", _overlaps(r)),
        Question("booked_without_time", "appointment", booked.where(~select(b.id).where(covers).exists())),
        Question("cancelled_with_time", "appointment", cancelled.where(select(b.id).where(own).exists())),
    )


def _overlaps(r: Reading) -> Select[Any]:
    earlier = func.max(busy.c.ends_at).over(
        partition_by=busy.c.clinician_id, order_by=(busy.c.starts_at, busy.c.id), rows=(None, -1)
    )
    ends = select(busy.c.id, busy.c.starts_at, earlier.label("taken_until")).where(busy.c.practice_id == r.practice_id)
    seen = ends.subquery()
    return select(seen.c.id).where(seen.c.taken_until > seen.c.starts_at)


def _places(r: Reading) -> tuple[Question, ...]:
    a, p = appointment.c, participation.c
    held = select(p.id).where(p.practice_id == a.practice_id, p.appointment_id == a.id, p.state.in_(_ACTIVE)).exists()
    mine = select(a.id).where(a.practice_id == r.practice_id)
    places = select(p.id).where(p.practice_id == r.practice_id)
    visit = and_(a.practice_id == p.practice_id, a.id == p.appointment_id)
    came = p.attendance.in_(("started", "stopped", "missed"))
    return (
        Question("booked_without_place", "appointment", mine.where(a.state == "booked", ~held)),
        Question("cancelled_with_place", "appointment", mine.where(a.state == "cancelled", held)),
        Question(
            "cancelled_and_marked", "participation", places.where(p.state.not_in(_ACTIVE), p.attendance != "unmarked")
        ),
        Question("unmarked_with_times", "participation", places.where(p.attendance == "unmarked", _any_time())),
        Question(
            "marked_before_its_day", "participation", places.where(visit, came, a.starts_at > r.now + timedelta(days=1))
        ),
    )


def _any_time() -> ColumnElement[bool]:
    p = participation.c
    return or_(
        p.arrived_at.is_not(None), p.started_at.is_not(None), p.stopped_at.is_not(None), p.missed_at.is_not(None)
    )


def _waitlist(r: Reading) -> tuple[Question, ...]:
    o, n, p = offer.c, opening.c, participation.c
    claimed = select(o.opening_id).where(o.practice_id == r.practice_id, o.state == "claimed")
    won = select(o.id).where(o.practice_id == n.practice_id, o.opening_id == n.id, o.state == "claimed").exists()
    visit = select(p.id).where(p.practice_id == o.practice_id, p.id == o.participation_id).exists()
    return (
        Question("two_winners", "opening", claimed.group_by(o.opening_id).having(func.count() > 1)),
        Question(
            "claimed_without_visit",
            "offer",
            select(o.id).where(o.practice_id == r.practice_id, o.state == "claimed", ~visit),
        ),
        Question(
            "filled_without_winner",
            "opening",
            select(n.id).where(n.practice_id == r.practice_id, n.state == "filled", ~won),
        ),
        Question(
            "offered_after_the_end",
            "offer",
            select(o.id).where(
                o.practice_id == r.practice_id,
                o.state == "held",
                n.practice_id == o.practice_id,
                n.id == o.opening_id,
                n.state.not_in(("open", "exhausted")),
            ),
        ),
    )
