"""Promises 8 and 9: what happened is on record in an unbroken chain, and what rows name exists in their practice.

The chain's hashes are core/audit.py's. Of state changes those that matter most are looked for in it: visits booked,
given up and marked, fees decided, messages posted, clients added; an import enters each row it brings.
Invariant: every row asked about is looked for under its own id.
"""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Column, Select, select

from scheduler import tables
from scheduler.checks.finding import Finding, Question, ask
from scheduler.core import audit
from scheduler.core.record import Reading

# Columns that name a row without a foreign key, since the row may come later or belong to a layer above.
SOFT_REFERENCES: Final[tuple[tuple[Column[Any], Column[Any]], ...]] = (
    (tables.participation.c.cancel_inbound_id, tables.inbound.c.id),
    (tables.message.c.offer_id, tables.offer.c.id),
    (tables.message.c.inbound_id, tables.inbound.c.id),
    (tables.inbound.c.client_id, tables.client.c.id),
    (tables.question.c.client_id, tables.client.c.id),
    (tables.question.c.participation_id, tables.participation.c.id),
    (tables.question.c.offer_id, tables.offer.c.id),
    (tables.link.c.contact_point_id, tables.contact_point.c.id),
    (tables.link.c.participation_id, tables.participation.c.id),
    (tables.link.c.offer_id, tables.offer.c.id),
    (tables.task.c.client_id, tables.client.c.id),
    (tables.task.c.inbound_id, tables.inbound.c.id),
    (tables.task.c.message_id, tables.message.c.id),
    (tables.task.c.participation_id, tables.participation.c.id),
    (tables.waitlist_entry.c.replaces_participation_id, tables.participation.c.id),
    (tables.opening.c.freed_participation_id, tables.participation.c.id),
    (tables.opening.c.location_id, tables.location.c.id),
    (tables.opening.c.appointment_id, tables.appointment.c.id),
    (tables.offer.c.contact_point_id, tables.contact_point.c.id),
    (tables.offer.c.participation_id, tables.participation.c.id),
    (tables.availability_exception.c.location_id, tables.location.c.id),
    (tables.user_account.c.clinician_id, tables.clinician.c.id),
)


async def newest_entry_at(r: Reading) -> datetime | None:
    """When the newest entry was made: the record has lived at least until then."""
    head = tables.audit_head
    return (await r.conn.execute(select(head.c.at).where(head.c.practice_id == r.practice_id))).scalar_one_or_none()


async def findings(r: Reading) -> list[Finding]:
    """What is missing from the trail, and what rows point at that is not there."""
    chain = await audit.verify(r.conn, r.vault.audit_key, r.practice_id)
    broken = [Finding(f"audit_{chain.why}", "audit_entry", str(chain.broken_at))] if chain.broken_at else []
    return [*broken, *await ask(r, [*_unrecorded(r), *_dangling(r)])]


def _unrecorded(r: Reading) -> tuple[Question, ...]:
    p, e, m, c = tables.participation.c, tables.fee_entry.c, tables.message.c, tables.client.c
    places = select(p.id).where(p.practice_id == r.practice_id)
    given_up = ("cancelled", "late_cancelled", "clinician_cancelled")
    fees = select(e.id).where(e.practice_id == r.practice_id)
    posted = select(m.id).where(m.practice_id == r.practice_id, m.intent_at.is_not(None))
    clients = select(c.id).where(c.practice_id == r.practice_id)
    return (
        Question("unrecorded", "participation", places.where(~_entered("participation", p.id, "booked", "imported"))),
        Question(
            "unrecorded",
            "participation",
            places.where(p.state.in_(given_up), ~_entered("participation", p.id, "cancelled", "imported")),
        ),
        Question(
            "unrecorded",
            "participation",
            places.where(p.attendance != "unmarked", ~_entered("participation", p.id, "marked", "imported")),
        ),
        Question("unrecorded", "fee_entry", fees.where(~_entered("fee_entry", e.id))),
        Question("unrecorded", "message", posted.where(~_entered("message", m.id, "intended"))),
        Question("unrecorded", "client", clients.where(~_entered("client", c.id, "added", "imported"))),
    )


def _entered(subject: str, row_id: Column[Any], *verbs: str) -> Any:
    t = tables.audit_entry.c
    query = select(t.seq).where(t.practice_id == row_id.table.c.practice_id, t.subject == subject)
    query = query.where(t.subject_id == row_id)
    if verbs:
        query = query.where(t.action.in_([f"{subject}.{verb}" for verb in verbs]))
    return query.exists()


def _dangling(r: Reading) -> list[Question]:
    return [
        Question("points_at_nothing", str(source.table.name), _lost(r, source, to)) for source, to in SOFT_REFERENCES
    ]


def _lost(r: Reading, source: Column[Any], target: Column[Any]) -> Select[Any]:
    own, other = source.table, target.table.alias("target")
    there = select(other.c.id).where(other.c.practice_id == own.c.practice_id, other.c.id == source)
    return select(own.c.id).where(own.c.practice_id == r.practice_id, source.is_not(None), ~there.exists())
