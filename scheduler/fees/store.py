"""Reading and adding to the ledger of fees, the fee policies and what clients accepted.

The rules are rules.py's and ledger.py's, the decisions the actions'. Entries are only ever added; two decisions on
one case collide on (participation, step), so exactly one of them is written.
Invariant: nothing here updates or deletes.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, insert, or_, select
from sqlalchemy.exc import IntegrityError

from scheduler import tables
from scheduler.core.record import Reading, Tx, insert_once
from scheduler.core.vault import Where
from scheduler.fees.ledger import EntryKind, FeeEventWord, Step, effect
from scheduler.fees.rules import PayerClass
from scheduler.people import store as people


@dataclass(frozen=True, slots=True)
class FeePolicyVersion:
    """One version. `value` is per cent (mode percent) or minor currency units (mode amount)."""

    version: int
    window_hours: int
    mode: str
    value: int
    grace_misses: int
    text: str
    made_by: str | None
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Acceptance:
    """A client's agreement to one version."""

    client_id: str
    version: int
    how: str
    recorded_by: str | None
    accepted_at: datetime


@dataclass(frozen=True, slots=True)
class FeeEntry:
    """One entry; `note` is opened from its seal. Amounts in minor currency units."""

    id: str
    participation_id: str
    client_id: str
    step: int
    kind: EntryKind
    event: FeeEventWord
    amount_minor: int
    policy_version: int | None
    reason: str | None
    note: str | None = field(repr=False)
    by_id: str | None
    at: datetime

    def as_step(self) -> Step:
        """What sums are made of."""
        return Step(self.kind, self.amount_minor)


@dataclass(frozen=True, slots=True)
class FeeCase:
    """The newest entry of a participation beside the visit it is about: a row of the fees page."""

    entry: FeeEntry
    clinician_id: str
    service_id: str
    starts_at: datetime
    zone: str
    cancelled_at: datetime | None
    cancelled_via: str | None
    cancel_inbound_id: str | None
    marked_by: str | None
    payer: PayerClass


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """An entry for the export, with what it adds to the sum owed (negative for the reversal of an approval)."""

    entry: FeeEntry
    effect_minor: int
    clinician_id: str
    service_id: str
    starts_at: datetime
    zone: str


# --- policies and acceptance ------------------------------------------------------------------------------------


async def fee_policies(r: Reading) -> tuple[FeePolicyVersion, ...]:
    """All versions, newest first: the first one is in force."""
    t = tables.fee_policy
    found = await r.conn.execute(select(t).where(t.c.practice_id == r.practice_id).order_by(t.c.version.desc()))
    return tuple(FeePolicyVersion(**_own(row)) for row in found.mappings())


async def insert_policy(tx: Tx, values: Mapping[str, Any]) -> bool:
    """Add a version; False when that number has just been taken."""
    row = {"practice_id": tx.practice_id, "made_by": tx.actor.id, "made_at": tx.now, **values}
    return await insert_once(tx, tables.fee_policy, [row]) == 1


async def acceptances(r: Reading, client_id: str) -> tuple[Acceptance, ...]:
    """What a client accepted, newest version first."""
    t = tables.fee_acceptance
    wanted = select(t).where(t.c.practice_id == r.practice_id, t.c.client_id == client_id)
    found = await r.conn.execute(wanted.order_by(t.c.version.desc()))
    return tuple(Acceptance(**_own(row)) for row in found.mappings())


async def insert_acceptance(tx: Tx, client_id: str, version: int, how: str, accepted_at: datetime) -> bool:
    """Note an acceptance; False when that version was accepted before, whose date then stands."""
    row = {
        "practice_id": tx.practice_id,
        "client_id": client_id,
        "version": version,
        "how": how,
        "recorded_by": tx.actor.id,
        "accepted_at": accepted_at,
    }
    return await insert_once(tx, tables.fee_acceptance, [row]) == 1


# --- the ledger -------------------------------------------------------------------------------------------------


async def history(r: Reading, participation_id: str) -> tuple[FeeEntry, ...]:
    """The entries of one case in the order of their steps."""
    t = tables.fee_entry
    found = await r.conn.execute(_entries(r).where(t.c.participation_id == participation_id).order_by(t.c.step))
    return tuple(_entry(r, row) for row in found.mappings())


async def newest_entry(r: Reading, participation_id: str) -> FeeEntry | None:
    """The entry that tells a case's state; None when there is no case."""
    entries = await history(r, participation_id)
    return entries[-1] if entries else None


async def cases(
    r: Reading, *, kind: EntryKind | None = None, client_id: str | None = None, limit: int = 500
) -> tuple[FeeCase, ...]:
    """Cases by their newest entry, the latest first; `kind` PROPOSED gives those that wait for a decision."""
    e, p, a = tables.fee_entry.c, tables.participation.c, tables.appointment.c
    wanted = _entries(r, *_VISIT, tables.client.c.payer).where(_newest(r)).order_by(e.at.desc(), e.id.desc())
    wanted = wanted.where(p.practice_id == r.practice_id, p.id == e.participation_id)
    wanted = wanted.where(a.practice_id == r.practice_id, a.id == p.appointment_id)
    if kind is not None:
        wanted = wanted.where(e.kind == kind.value)
    if client_id is not None:
        wanted = wanted.where(e.client_id == client_id)
    found = await r.conn.execute(wanted.limit(limit))
    return tuple(
        FeeCase(
            entry=_entry(r, row),
            payer=PayerClass(row["payer"]),
            **{column.name: row[column] for column in _VISIT},
        )
        for row in found.mappings()
    )


async def ledger(r: Reading, start: datetime, end: datetime) -> tuple[LedgerLine, ...]:
    """All entries written from `start` to before `end`, in the order they were written."""
    e, p, a = tables.fee_entry.c, tables.participation.c, tables.appointment.c
    about = (a.clinician_id, a.service_id, a.starts_at, a.zone)
    touched = select(e.participation_id).where(e.practice_id == r.practice_id, e.at >= start, e.at < end)
    wanted = _entries(r, *about).where(
        e.participation_id.in_(touched),
        e.at < end,
        p.practice_id == r.practice_id,
        p.id == e.participation_id,
        a.practice_id == r.practice_id,
        a.id == p.appointment_id,
    )
    found = await r.conn.execute(wanted.order_by(e.participation_id, e.step))
    read = [(_entry(r, row), {column.name: row[column] for column in about}) for row in found.mappings()]
    befores: list[FeeEntry | None] = [None, *(entry for entry, _ in read)]
    lines = [
        LedgerLine(entry, _effect(before, entry), **visit)
        for before, (entry, visit) in zip(befores, read, strict=False)
        if entry.at >= start
    ]
    return tuple(sorted(lines, key=lambda line: (line.entry.at, line.entry.participation_id, line.entry.step)))


async def insert_entry(tx: Tx, entry: FeeEntry) -> bool:
    """Add an entry as the next step of its case; False when somebody else has just added that step."""
    sealed = None
    if entry.note:
        box = await people.box_of_client(tx, entry.client_id)
        sealed = box.seal(_note_place(tx, entry.id), entry.note)
    row = {
        "practice_id": tx.practice_id,
        "id": entry.id,
        "participation_id": entry.participation_id,
        "client_id": entry.client_id,
        "step": entry.step,
        "kind": entry.kind.value,
        "event": entry.event.value,
        "amount_minor": entry.amount_minor,
        "policy_version": entry.policy_version,
        "reason": entry.reason,
        "note_ct": sealed,
        "by_id": entry.by_id,
        "at": entry.at,
    }
    try:
        async with tx.conn.begin_nested():
            await tx.conn.execute(insert(tables.fee_entry).values(row))
    except IntegrityError:
        return False
    return True


async def earlier_events(r: Reading, client_id: str, *, after: datetime, before: datetime) -> int:
    """A client's late cancellations and missed visits that began in `(after, before)`, without those waived."""
    p, a, e = tables.participation.c, tables.appointment.c, tables.fee_entry.c
    waived = select(e.participation_id).where(_newest(r), e.kind == EntryKind.WAIVED.value)
    wanted = select(func.count()).where(
        p.practice_id == r.practice_id,
        p.client_id == client_id,
        or_(p.state == "late_cancelled", and_(p.attendance == "missed", p.state.in_(("booked", "confirmed")))),
        p.id.not_in(waived),
        a.practice_id == r.practice_id,
        a.id == p.appointment_id,
        a.starts_at > after,
        a.starts_at < before,
    )
    return int((await r.conn.execute(wanted)).scalar_one())


_VISIT = (
    tables.appointment.c.clinician_id,
    tables.appointment.c.service_id,
    tables.appointment.c.starts_at,
    tables.appointment.c.zone,
    tables.participation.c.cancelled_at,
    tables.participation.c.cancelled_via,
    tables.participation.c.cancel_inbound_id,
    tables.participation.c.marked_by,
)


def _entries(r: Reading, *more: Any) -> Select[Any]:
    e, c = tables.fee_entry.c, tables.client.c
    query = select(tables.fee_entry, c.data_key, *more)
    return query.where(e.practice_id == r.practice_id, c.practice_id == r.practice_id, c.id == e.client_id)


def _newest(r: Reading) -> ColumnElement[bool]:
    e, later = tables.fee_entry.c, tables.fee_entry.alias("later")
    follows = select(later.c.id).where(
        later.c.practice_id == e.practice_id, later.c.participation_id == e.participation_id, later.c.step > e.step
    )
    return and_(e.practice_id == r.practice_id, ~follows.exists())


def _effect(before: FeeEntry | None, entry: FeeEntry) -> int:
    same_case = before is not None and before.participation_id == entry.participation_id
    return effect(before.as_step() if before is not None and same_case else None, entry.as_step())


def _entry(r: Reading, row: Mapping[Any, Any]) -> FeeEntry:
    note = row["note_ct"]
    return FeeEntry(
        id=row["id"],
        participation_id=row["participation_id"],
        client_id=row["client_id"],
        step=row["step"],
        kind=EntryKind(row["kind"]),
        event=FeeEventWord(row["event"]),
        amount_minor=row["amount_minor"],
        policy_version=row["policy_version"],
        reason=row["reason"],
        note=None if note is None else r.vault.box(row["data_key"]).open(_note_place(r, row["id"]), note),
        by_id=row["by_id"],
        at=row["at"],
    )


def _note_place(r: Reading, entry_id: str) -> Where:
    return Where(r.practice_id, "fee_entry", entry_id, "note_ct")


def _own(row: Mapping[Any, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "practice_id"}
