"""Promises 11 and 12: no fee for what nobody marked, none without an accepted version, none without a person.

Invariant: a case is judged by its entries in the order of their steps and by the visit as it stands.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, not_, or_, select

from scheduler.appointments.states import ACTIVE
from scheduler.checks.finding import Finding, Question, ask
from scheduler.core.record import Reading
from scheduler.fees.ledger import FOLLOWS, EntryKind
from scheduler.tables import appointment, fee_acceptance, fee_entry, participation

_OWED = ("proposed", "approved")
_ACTIVE = [state.value for state in ACTIVE]


async def findings(r: Reading) -> list[Finding]:
    """What is wrong in the ledger of fees."""
    e = fee_entry.c
    approved = select(e.id).where(e.practice_id == r.practice_id, e.kind == "approved")
    return await ask(
        r,
        [
            Question("fee_for_kept_or_unmarked", "fee_entry", _owed(r).where(not_(_happened()))),
            Question("fee_step_out_of_order", "fee_entry", _out_of_order(r)),
            Question("fee_without_acceptance", "fee_entry", _unaccepted(r)),
            Question("fee_approved_by_nobody", "fee_entry", approved.where(e.by_id.is_(None))),
        ],
    )


def _owed(r: Reading) -> Select[Any]:
    """The newest entries of cases that are open or approved, beside their visits."""
    e, p, a = fee_entry.c, participation.c, appointment.c
    later = fee_entry.alias("later")
    follows = select(later.c.id).where(
        later.c.practice_id == e.practice_id, later.c.participation_id == e.participation_id, later.c.step > e.step
    )
    return select(e.id).where(
        e.practice_id == r.practice_id,
        e.kind.in_(_OWED),
        ~follows.exists(),
        p.practice_id == e.practice_id,
        p.id == e.participation_id,
        a.practice_id == p.practice_id,
        a.id == p.appointment_id,
    )


def _happened() -> ColumnElement[bool]:
    e, p = fee_entry.c, participation.c
    missed = and_(e.event == "no_show", p.attendance == "missed", p.state.in_(_ACTIVE))
    late = and_(e.event == "late_cancel", p.state == "late_cancelled")
    return or_(missed, late)


def _out_of_order(r: Reading) -> Select[Any]:
    e, before = fee_entry.c, fee_entry.alias("before")
    allowed = [
        and_(before.c.kind == origin.value, e.kind.in_([kind.value for kind in FOLLOWS[origin]]))
        for origin in EntryKind
    ]
    fits = select(before.c.id).where(
        before.c.practice_id == e.practice_id,
        before.c.participation_id == e.participation_id,
        before.c.step == e.step - 1,
        or_(*allowed),
    )
    first = and_(e.step == 1, e.kind.in_([kind.value for kind in FOLLOWS[None]]))
    return select(e.id).where(e.practice_id == r.practice_id, not_(or_(first, fits.exists())))


def _unaccepted(r: Reading) -> Select[Any]:
    e, p, a, f = fee_entry.c, participation.c, appointment.c, fee_acceptance.c
    happened = case((e.event == "late_cancel", p.cancelled_at), else_=a.starts_at)
    in_time = select(f.version).where(
        f.practice_id == e.practice_id,
        f.client_id == e.client_id,
        f.version == e.policy_version,
        f.accepted_at < happened,
    )
    return _owed(r).where(~in_time.correlate(fee_entry, participation, appointment).exists())
