"""Reading who waits: the entries of the waitlist, as frozen values.

Changing them is edit_store.py's, and what the rest of the record says about the people in them reach_store.py's.
Invariant: nothing is written here, and nothing of another practice is returned.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Select, and_, bindparam, func, not_, or_, select

from scheduler.appointments.states import ACTIVE
from scheduler.core.bulk import one_of
from scheduler.core.record import Reading
from scheduler.tables import appointment, client, participation, waitlist_entry
from waitlist.matching import WeeklyWindow
from waitlist.turns import Standing


class EntryState(StrEnum):
    """Where an entry stands."""

    WAITING = "waiting"
    FILLED = "filled"
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody waits. `replaces_at` is the start of the visit a claim would release, while that visit stands.

    `client_active`: false for clients who have been put away; they are not asked. `asked_whether_at`: when they were
    last asked whether they still wait, having left several offers unanswered; `heard_at`: when they were heard of then.
    """

    id: str
    client_id: str
    service_id: str
    clinician_ids: tuple[str, ...]
    windows: tuple[WeeklyWindow, ...]
    earliest_day: date | None
    latest_day: date | None
    min_notice_minutes: int
    priority: int
    replaces_participation_id: str | None
    replaces_at: datetime | None
    state: EntryState
    credit: int
    unanswered: int
    joined_at: datetime
    last_offered_at: datetime | None
    client_active: bool
    urgency_reason: str | None
    paused_until: datetime | None
    expires_on: date | None
    location_id: str | None
    weekly: bool
    asked_whether_at: datetime | None
    heard_at: datetime | None

    @property
    def is_quiet(self) -> bool:
        """Whether nothing was heard of them since they were asked whether they still wait: they are made no offers."""
        return self.asked_whether_at is not None and self.heard_at is None


async def entries(r: Reading, *, states: Collection[str] = (EntryState.WAITING,)) -> tuple[Entry, ...]:
    """The entries in these states, first joined first."""
    e = waitlist_entry.c
    rows = await r.conn.execute(_ENTRIES.where(e.state.in_(states)).order_by(e.joined_at, e.id), _here(r))
    return tuple(_entry(row) for row in rows)


async def count(r: Reading) -> int:
    """How many wait."""
    e = waitlist_entry.c
    there = (e.practice_id == r.practice_id, e.state == EntryState.WAITING.value)
    return int((await r.conn.execute(select(func.count()).where(*there))).scalar_one())


async def entry(r: Reading, entry_id: str) -> Entry | None:
    """One entry."""
    return (await entries_by_id(r, (entry_id,))).get(entry_id)


async def entries_run_out(r: Reading, today: date, limit: int) -> tuple[str, ...]:
    """The ids of waiting entries whose last day has passed."""
    e = waitlist_entry.c
    wanted = select(e.id).where(
        e.practice_id == r.practice_id, e.state == EntryState.WAITING.value, e.expires_on < today
    )
    return tuple((await r.conn.execute(wanted.order_by(e.expires_on, e.id).limit(limit))).scalars())


async def entries_by_id(r: Reading, entry_ids: Collection[str]) -> dict[str, Entry]:
    """Those of the ids that exist, by id."""
    if not entry_ids:
        return {}
    found = await r.conn.execute(_ENTRIES_BY_ID, {**_here(r), "ids": list(entry_ids)})
    return {row.id: _entry(row) for row in found.all()}


async def entries_of(r: Reading, client_id: str) -> tuple[Entry, ...]:
    """A client's entries of every state, first joined first."""
    rows = await r.conn.execute(_ENTRIES_OF, {**_here(r), "client": client_id})
    return tuple(_entry(row) for row in rows)


async def quiet_entries(r: Reading, client_ids: Collection[str]) -> tuple[str, ...]:
    """The ids of these clients' waiting entries of which nothing was heard since they were asked about them."""
    if not client_ids:
        return ()
    given = {"of": r.practice_id, "clients": list(client_ids)}
    return tuple((await r.conn.execute(_QUIET, given)).scalars())


async def resting_despite(r: Reading, quiet_after: int) -> int:
    """How many entries have gone quiet that would not by these terms (`Policy.quiet_after`)."""
    wanted = select(func.count()).where(waitlist_entry.c.practice_id == r.practice_id, rests_despite(quiet_after))
    return int((await r.conn.execute(wanted)).scalar_one())


def not_quiet() -> ColumnElement[bool]:
    """`Entry.is_quiet` is false, as the database can ask it."""
    e = waitlist_entry.c
    return or_(e.asked_whether_at.is_(None), e.heard_at.is_not(None))


def rests_despite(quiet_after: int) -> ColumnElement[bool]:
    """An entry has gone quiet, and would not have been asked by these terms: after more offers, or never (0)."""
    e = waitlist_entry.c
    rests = and_(e.state == EntryState.WAITING.value, not_(not_quiet()))
    return and_(rests, e.unanswered < quiet_after) if quiet_after else rests


def standing_of(entry: Entry) -> Standing:
    """The facts of an entry that decide its turn."""
    return Standing(
        joined_at=entry.joined_at,
        last_offered_at=entry.last_offered_at,
        credit=entry.credit,
        unanswered=entry.unanswered,
        priority=entry.priority,
    )


def _here(r: Reading) -> dict[str, Any]:
    """What `_ENTRIES` needs to know: the practice, and from when on a visit still stands."""
    return {"of": r.practice_id, "now": r.now}


def _entries() -> Select[Any]:
    e, p, a = waitlist_entry.c, participation.c, appointment.c
    standing = and_(p.practice_id == e.practice_id, p.id == e.replaces_participation_id, one_of(p.state, ACTIVE))
    then = and_(a.practice_id == p.practice_id, a.id == p.appointment_id, a.starts_at > bindparam("now"))
    whose = and_(client.c.practice_id == e.practice_id, client.c.id == e.client_id)
    joined = waitlist_entry.join(client, whose).outerjoin(participation, standing).outerjoin(appointment, then)
    columns = (a.starts_at.label("replaces_at"), client.c.state.label("client_state"))
    wanted = select(waitlist_entry, *columns).select_from(joined)
    return wanted.where(e.practice_id == bindparam("of"))


def _entry(row: Row[Any]) -> Entry:
    return Entry(
        row.id,
        row.client_id,
        row.service_id,
        tuple(row.clinician_ids),
        tuple(WeeklyWindow(*window) for window in row.windows),
        row.earliest_day,
        row.latest_day,
        row.min_notice_minutes,
        row.priority,
        row.replaces_participation_id,
        row.replaces_at,
        EntryState(row.state),
        row.credit,
        row.unanswered,
        row.joined_at,
        row.last_offered_at,
        row.client_state == "active",
        row.urgency_reason,
        row.paused_until,
        row.expires_on,
        row.location_id,
        row.weekly,
        row.asked_whether_at,
        row.heard_at,
    )


# What is asked again and again is put together once.
_ENTRIES: Final = _entries()
_ENTRIES_BY_ID: Final = _ENTRIES.where(waitlist_entry.c.id.in_(bindparam("ids", expanding=True)))
_ENTRIES_OF: Final = _ENTRIES.where(waitlist_entry.c.client_id == bindparam("client")).order_by(
    waitlist_entry.c.joined_at, waitlist_entry.c.id
)
_QUIET: Final = (
    select(waitlist_entry.c.id)
    .where(
        waitlist_entry.c.practice_id == bindparam("of"),
        waitlist_entry.c.client_id.in_(bindparam("clients", expanding=True)),
        waitlist_entry.c.state == EntryState.WAITING.value,
        not_(not_quiet()),
    )
    .order_by(waitlist_entry.c.id)
)
