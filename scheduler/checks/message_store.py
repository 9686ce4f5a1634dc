"""Promises 1, 2 and 7: nothing twice, nothing after STOP, nothing without consent, statuses only climb.

What may be judged from the rows alone is judged here. The send window and the caps are not: they depend on settings
of the moment of sending, which may have changed since. Invariant: every rule here holds for each message of any kind,
except where the rule itself says which.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, case, func, select

from scheduler.appointments.states import ACTIVE
from scheduler.checks.finding import Finding, Question, ask
from scheduler.core.record import Reading
from scheduler.tables import audit_entry, consent, delivery, message, opt_out, participation

# The carrier's words in climbing order, as messages/delivery.py has them; that module is above this one.
CLIMB: Final[Mapping[str, int]] = MappingProxyType(
    {
        word: rank
        for rank, word in enumerate(
            (
                "scheduled",
                "accepted",
                "queued",
                "sending",
                "sent",
                "canceled",
                "failed",
                "undelivered",
                "partially_delivered",
                "delivered",
                "read",
            )
        )
    }
)
# The one confirmation of a STOP that the law allows (47 CFR 64.1200(a)(12)).
ANSWERS_STOP: Final = ("stop_confirmed", "opt_out_by_link")
_POSTED: Final = ("intent", "unknown", "sent")


async def findings(r: Reading) -> list[Finding]:
    """What is wrong with messages."""
    return await ask(
        r, [*_once(r), *_allowed(r), *_timely(r), *_ended(r), Question("status_fell", "message", _fallen(r))]
    )


def _once(r: Reading) -> tuple[Question, ...]:
    m = message.c
    touches = select(func.min(m.id)).where(
        m.practice_id == r.practice_id, m.state == "sent", m.touch.is_not(None), m.participation_id.is_not(None)
    )
    of_one = touches.group_by(m.participation_id, m.touch, m.revision, m.channel)
    sids = select(func.min(m.id)).where(m.practice_id == r.practice_id, m.sid.is_not(None)).group_by(m.sid)
    return (
        Question("sent_twice", "message", of_one.having(func.count() > 1)),
        Question("sid_of_two", "message", sids.having(func.count() > 1)),
    )


def _allowed(r: Reading) -> tuple[Question, ...]:
    m, o = message.c, opt_out.c
    posted = select(m.id).where(m.practice_id == r.practice_id, m.state.in_(_POSTED), m.intent_at.is_not(None))
    after_stop = posted.where(
        o.practice_id == m.practice_id,
        o.channel == m.channel,
        o.address_ix == m.address_ix,
        o.stopped.is_(True),
        m.intent_at > o.acknowledged_at,
        m.kind.not_in(ANSWERS_STOP),
    )
    return (
        Question("sent_after_stop", "message", after_stop),
        Question("sent_without_consent", "message", posted.where(m.touch.is_not(None), ~_agreed("reminders"))),
        Question("sent_without_consent", "message", posted.where(m.kind == "offer", ~_agreed("waitlist"))),
    )


def _timely(r: Reading) -> tuple[Question, ...]:
    """Touches about a time that had been given up, as the audit trail dates it: rows only say how it is now."""
    m, p, e = message.c, participation.c, audit_entry.c
    touches = select(m.id).where(
        m.practice_id == r.practice_id,
        m.state.in_(_POSTED),
        m.touch.is_not(None),
        p.practice_id == m.practice_id,
        p.id == m.participation_id,
    )
    entered = and_(e.practice_id == r.practice_id, e.at < m.intent_at)
    # An appointment begins at revision 1 and each move adds one.
    moves = select(func.count()).where(
        entered, e.subject == "appointment", e.subject_id == p.appointment_id, e.action == "appointment.moved"
    )
    place = and_(e.practice_id == r.practice_id, e.subject == "participation", e.subject_id == p.id)
    cancelled = select(e.seq).where(place, e.action == "participation.cancelled", e.at < m.intent_at).exists()
    restored = select(e.seq).where(place, e.action == "participation.restored").exists()
    return (
        Question(
            "sent_about_an_old_time",
            "message",
            touches.where(m.revision <= moves.correlate(message, participation).scalar_subquery()),
        ),
        Question(
            "sent_about_a_cancelled_visit",
            "message",
            touches.where(p.state.not_in([state.value for state in ACTIVE]), cancelled, ~restored),
        ),
    )


def _agreed(purpose: str) -> ColumnElement[bool]:
    """Whether the newest consent before the intent was given."""
    m, c = message.c, consent.c
    newest = (
        select(c.granted)
        .where(
            c.practice_id == m.practice_id,
            c.contact_point_id == m.contact_point_id,
            c.channel == m.channel,
            c.purpose == purpose,
            c.at <= m.intent_at,
        )
        .order_by(c.at.desc(), c.id.desc())
        .limit(1)
        .correlate(message)
        .scalar_subquery()
    )
    return func.coalesce(newest, False).is_(True)


def _ended(r: Reading) -> tuple[Question, ...]:
    m = message.c
    mine = select(m.id).where(m.practice_id == r.practice_id)
    return (
        Question("sent_without_intent", "message", mine.where(m.state == "sent", m.intent_at.is_(None))),
        Question("sent_before_intent", "message", mine.where(m.state == "sent", m.sent_at < m.intent_at)),
        Question(
            "ended_without_reason", "message", mine.where(m.state.in_(("failed", "cancelled")), m.reason.is_(None))
        ),
        Question("intent_without_deadline", "message", mine.where(m.state == "intent", m.deadline.is_(None))),
        Question("unknown_without_settling", "message", mine.where(m.state == "unknown", m.settle_at.is_(None))),
    )


def _fallen(r: Reading) -> Select[tuple[str]]:
    m, d = message.c, delivery.c
    heard = select(func.max(_rank(d.status))).where(
        d.practice_id == m.practice_id, d.message_id == m.id, d.sid == m.sid
    )
    return select(m.id).where(
        and_(m.practice_id == r.practice_id, m.provider_status.is_not(None)),
        _rank(m.provider_status) < heard.correlate(message).scalar_subquery(),
    )


def _rank(word: ColumnElement[str]) -> ColumnElement[int]:
    return case(dict(CLIMB), value=word, else_=-1)
