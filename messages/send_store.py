"""The `message` table as the sender sees it: claiming, facts in bulk, intents, outcomes.

What is unknown is settle_store.py's.

Few statements per batch, none per message except the writes. Invariant: every change of state here names the state,
and where it matters the attempt, it is changed from; a row somebody else has changed is left alone.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, case, func, literal_column, select, update

from messages.cap_store import COUNTED
from messages.kinds import Channel, Kind, Purpose, traits
from messages.particulars import NO_PARTICULARS, Particulars
from messages.states import State
from scheduler.appointments.states import ACTIVE
from scheduler.core.bulk import Update, among, listed
from scheduler.core.errors import Misconfigured
from scheduler.core.record import Reading, Tx
from scheduler.core.vault import Where
from scheduler.tables import (
    appointment,
    client,
    consent,
    contact_point,
    message,
    offer,
    opt_out,
    participation,
    practice,
)

PRESSING: Final = 5
"""Priorities below this are answers, notices and alerts: somebody waits for them now (outbox.PRIORITY)."""
EVERY_PRIORITY: Final = 99
DUE_AT_ONCE: Final = 20_000


class VisitFacts(NamedTuple):
    """The visit a message is about, as it is now."""

    active: bool
    confirmed: bool
    revision: int
    starts_at: datetime
    zone: str


class PersonFacts(NamedTuple):
    """The client a message goes to, and the contact point it is addressed to."""

    client_id: str
    current: bool
    language: str | None
    zone: str | None
    contact_state: str | None
    verified: bool
    own_hours: tuple[int | None, int | None] = (None, None)


class SendRow(NamedTuple):
    """A message about to be decided on, with everything the decision and the words need from the record.

    `address` is None when there is none, or when it cannot be opened with the keys at hand; then it is not `readable`.
    `consented` is the newest word of the contact point on this channel and the kind's purpose.
    """

    id: str
    kind: Kind
    channel: Channel
    contact_point_id: str | None
    client_id: str | None
    participation_id: str | None
    offer_id: str | None
    inbound_id: str | None
    touch: str | None
    revision: int | None
    fields: Particulars
    useful_until: datetime
    due_at: datetime
    priority: int
    attempt: int
    dedupe: str
    address: str | None
    address_ix: bytes | None
    readable: bool
    visit: VisitFacts | None
    person: PersonFacts | None
    offer_open: bool | None
    opted_out: bool
    consented: bool

    def __repr__(self) -> str:
        """Nothing but its id: an address has no place in a log."""
        return f"SendRow(id={self.id!r})"


class Intent(NamedTuple):
    """What is written before a message may be posted. `sender` is what it leaves from."""

    message_id: str
    attempt: int
    sender: str
    body_hash: bytes
    segments: int


class Standing(NamedTuple):
    """How a message stands just now: its state, its last attempt, and why it waits, was recalled or ended."""

    state: str
    attempt: int
    reason: str | None
    sid: str | None
    intent_at: datetime | None


# --- claiming ---------------------------------------------------------------------------------------------------


async def hold_claims(tx: Tx) -> None:
    """One claim of a practice runs at a time, from here to the commit.

    Two that ran together could each allow a client's last text of the day or overdraw a sender's pace, and a STOP is
    acknowledged only when no claim is half done (consent_store.hold_sending takes the same lock).
    """
    await tx.conn.execute(_HOLD, {"of": tx.practice_id})


async def due(tx: Tx, limit: int, *, below: int, only: Channel | None = None) -> tuple[str, ...]:
    """The ids of due messages of a priority below `below` (of one channel only), locked until the transaction ends.

    Most pressing first, and of equals the one that is of use for the shortest time: the nearest visit. However much
    has piled up, only the `DUE_AT_ONCE` that have been due longest are put in order.
    """
    asked = {"of": tx.practice_id, "now": tx.now, "most": limit}
    ids = tuple((await tx.conn.execute(_first_due(below, only), asked)).scalars())
    if tx.conn.dialect.name == "sqlite" or not ids:
        return ids
    # Somebody may be taking one of them back just now; it is passed over, not waited for.
    locked = set((await tx.conn.execute(_FREE, {"of": tx.practice_id, "ids": list(ids)})).scalars())
    return tuple(each for each in ids if each in locked)


async def any_due(r: Reading, *, below: int) -> bool:
    """Whether a claim would find something: asked first, so that an idle worker takes no write lock."""
    return (await r.conn.execute(_any_due(below), {"of": r.practice_id, "now": r.now})).first() is not None


def in_state(state: str) -> ColumnElement[bool]:
    """That a message is in this state, spelt out in the statement: only so do engines use the indexes of few rows."""
    return message.c.state == literal_column(f"'{State(state).value}'")


# Built once: what follows is asked again and again, by claims and by whoever looks whether there is anything to claim.


@cache
def _first_due(below: int, only: Channel | None) -> Select[Any]:
    waiting = _due_now(below)
    if only is not None:
        waiting = waiting.where(message.c.channel == only.value)
    oldest = waiting.order_by(message.c.due_at).limit(DUE_AT_ONCE).subquery()
    first = select(oldest.c.id).order_by(oldest.c.priority, oldest.c.useful_until, oldest.c.due_at, oldest.c.id)
    return first.limit(bindparam("most"))


@cache
def _any_due(below: int) -> Select[Any]:
    return _due_now(below).order_by(message.c.due_at).limit(1)


def _due_now(below: int) -> Select[Any]:
    """What is due; only with the priority spelt out do engines use the index of what is pressing."""
    c = message.c
    return select(c.id, c.priority, c.useful_until, c.due_at).where(
        c.practice_id == bindparam("of"),
        in_state("pending"),
        c.due_at <= bindparam("now"),
        c.priority < literal_column(str(int(below))),
    )


_HOLD: Final = select(practice.c.id).where(practice.c.id == bindparam("of")).with_for_update(key_share=True)
_FREE: Final = (
    select(message.c.id)
    .where(message.c.practice_id == bindparam("of"), among(message.c.id, "ids", sqlite=False), in_state("pending"))
    .with_for_update(skip_locked=True)
)


async def send_rows(r: Reading, message_ids: Sequence[str]) -> tuple[SendRow, ...]:
    """The facts of these messages, in the order of the ids."""
    sqlite = r.conn.dialect.name == "sqlite"
    asked = {"of": r.practice_id, "ids": listed(message_ids, sqlite=sqlite)}
    rows = map(Joined._make, await r.conn.execute(_facts_of(sqlite=sqlite), asked))
    found = {row.id: row for row in rows}
    return tuple(_send_row(r, found[message_id]) for message_id in message_ids if message_id in found)


async def agreed(r: Reading, contact_point_ids: Collection[str]) -> frozenset[tuple[str, str, str]]:
    """Which (contact point, channel, purpose) are agreed to by the newest consent."""
    if not contact_point_ids:
        return frozenset()
    c = consent.c
    wanted = select(c.contact_point_id, c.channel, c.purpose, c.granted).where(
        c.practice_id == r.practice_id, c.contact_point_id.in_(sorted(contact_point_ids))
    )
    newest: dict[tuple[str, str, str], bool] = {}
    for point, channel, purpose, granted in await r.conn.execute(wanted.order_by(c.at, c.id)):
        newest[point, channel, purpose] = granted
    return frozenset(key for key, granted in newest.items() if granted)


async def capped_since(r: Reading, address_ixs: Collection[bytes], since: datetime) -> dict[bytes, list[datetime]]:
    """When capped messages left, or may have left, to these addresses."""
    if not address_ixs:
        return {}
    asked = {"of": r.practice_id, "address_ixs": list(address_ixs), "since": since}
    found: dict[bytes, list[datetime]] = {}
    for address_ix, intent_at in await r.conn.execute(_CAPPED_SINCE, asked):
        found.setdefault(address_ix, []).append(intent_at)
    return found


# --- changing state ---------------------------------------------------------------------------------------------


_CAPPED_SINCE: Final = select(message.c.address_ix, message.c.intent_at).where(
    message.c.practice_id == bindparam("of"),
    message.c.address_ix.in_(bindparam("address_ixs", expanding=True)),
    message.c.intent_at >= bindparam("since"),
    COUNTED,
    message.c.state.in_(("intent", "unknown", "sent")),
)
_INTEND: Final = Update(
    message,
    each=("attempt", "sender", "body_hash", "segments"),
    same=("state", "reason", "worker", "deadline", "intent_at", "settle_at", "looks"),
    where="state = 'pending'",
)
_ACCEPT: Final = Update(
    message,
    each=("sid", "provider_status"),
    same=("state", "reason", "error_code", "sent_at", "redact_at"),
)


async def write_intents(tx: Tx, intents: Sequence[Intent], *, worker: str, deadline: datetime) -> None:
    """From pending to intent. The rows are those of `due`, in this very transaction."""
    rows = [(each.message_id, each.attempt, each.sender, each.body_hash, each.segments) for each in intents]
    same = ("intent", None, worker, deadline, tx.now, None, 0)
    await _INTEND.run(tx.conn, tx.practice_id, rows, same)


async def accept(tx: Tx, rows: Sequence[tuple[str, str, str]], *, sent_at: datetime, redact_at: datetime) -> None:
    """To sent: (message id, sid, the carrier's word). The caller has locked the rows and looked at their state."""
    await _ACCEPT.run(tx.conn, tx.practice_id, rows, ("sent", None, None, sent_at, redact_at))


async def postpone(tx: Tx, message_ids: Collection[str], due_at: datetime, reason: str) -> tuple[str, ...]:
    """Pending messages wait until another time; returns which."""
    return await _pending_become(tx, message_ids, {"due_at": due_at, "reason": reason})


async def drop(tx: Tx, message_ids: Collection[str], reason: str) -> tuple[str, ...]:
    """From pending to cancelled: they must not leave any more; returns which."""
    return await _pending_become(tx, message_ids, {"state": "cancelled", "reason": reason})


async def _pending_become(tx: Tx, message_ids: Collection[str], values: dict[str, Any]) -> tuple[str, ...]:
    found = await tx.conn.execute(
        update(message)
        .where(message.c.practice_id == tx.practice_id, message.c.id.in_(sorted(message_ids)), in_state("pending"))
        .values(values)
        .returning(message.c.id)
    )
    return tuple(sorted(found.scalars()))


async def still_wanted(r: Reading, attempts: Mapping[str, int]) -> frozenset[str]:
    """Which of these intents, by message id and attempt, still stand: not recalled, taken over or decided."""
    c = message.c
    wanted = select(c.id, c.attempt).where(
        c.practice_id == r.practice_id, c.id.in_(sorted(attempts)), in_state("intent"), c.reason.is_(None)
    )
    return frozenset(row.id for row in await r.conn.execute(wanted) if attempts[row.id] == row.attempt)


async def standing(tx: Tx, message_ids: Collection[str]) -> dict[str, Standing]:
    """How these messages stand, locked until the transaction ends, in the order of their ids."""
    sqlite = tx.conn.dialect.name == "sqlite"
    asked = {"of": tx.practice_id, "ids": listed(sorted(message_ids), sqlite=sqlite)}
    rows = await tx.conn.execute(_standing(sqlite=sqlite), asked)
    return {message_id: Standing(*rest) for message_id, *rest in rows}


@cache
def _standing(*, sqlite: bool) -> Select[Any]:
    c = message.c
    wanted = select(c.id, c.state, c.attempt, c.reason, c.sid, c.intent_at)
    return (
        wanted.where(c.practice_id == bindparam("of"), among(c.id, "ids", sqlite=sqlite))
        .order_by(c.id)
        .with_for_update()
    )


async def being_posted(r: Reading, message_ids: Collection[str]) -> bool:
    """Whether a worker may still be about to post one of these."""
    c = message.c
    wanted = select(c.id).where(
        c.practice_id == r.practice_id, c.id.in_(sorted(message_ids)), in_state("intent"), c.deadline > r.now
    )
    return (await r.conn.execute(wanted.limit(1))).first() is not None


async def resolve(tx: Tx, message_id: str, attempt: int, origins: Collection[str], values: dict[str, Any]) -> bool:
    """Write the outcome of an attempt, if the message is in one of these states and still at that attempt."""
    where = and_(message.c.state.in_(sorted(origins)), message.c.attempt == attempt)
    return await _move(tx, message_id, where, values)


async def attempt_of(r: Reading, message_id: str) -> int:
    """The number of the last attempt."""
    wanted = select(message.c.attempt).where(message.c.practice_id == r.practice_id, message.c.id == message_id)
    return int((await r.conn.execute(wanted)).scalar_one())


async def recalled_reason(r: Reading, message_id: str) -> str | None:
    """Why an intent was recalled; None when it was not, or is no longer an intent."""
    wanted = select(message.c.reason).where(
        message.c.practice_id == r.practice_id, message.c.id == message_id, message.c.state == "intent"
    )
    reason: str | None = (await r.conn.execute(wanted)).scalar_one_or_none()
    return reason


async def _move(tx: Tx, message_id: str, origin: Any, values: dict[str, Any]) -> bool:
    found = await tx.conn.execute(
        update(message)
        .where(message.c.practice_id == tx.practice_id, message.c.id == message_id, origin)
        .values(values)
    )
    return found.rowcount == 1


async def ids_of_keys(r: Reading, dedupe_keys: Collection[str]) -> tuple[str, ...]:
    """The messages with these dedupe keys."""
    wanted = select(message.c.id).where(
        message.c.practice_id == r.practice_id, message.c.dedupe.in_(sorted(dedupe_keys))
    )
    # Sorted here: asked for the order, SQLite walks through all messages of the practice to find these few in it.
    return tuple(sorted((await r.conn.execute(wanted)).scalars()))


# --- reading rows -----------------------------------------------------------------------------------------------

_OF_MESSAGE: Final = (
    "id",
    "kind",
    "channel",
    "contact_point_id",
    "client_id",
    "participation_id",
    "offer_id",
    "inbound_id",
    "touch",
    "revision",
    "fields",
    "useful_until",
    "due_at",
    "priority",
    "attempt",
    "dedupe",
    "address_ct",
    "address_ix",
    "intent_at",
    "looks",
    "body_hash",
)

_PURPOSE: Final = case(
    (message.c.kind.in_([kind.value for kind in Kind if traits(kind).purpose is Purpose.WAITLIST]), "waitlist"),
    else_="reminders",
)
_AGREED: Final = (
    select(consent.c.granted)
    .where(
        consent.c.practice_id == message.c.practice_id,
        consent.c.contact_point_id == message.c.contact_point_id,
        consent.c.channel == message.c.channel,
        consent.c.purpose == _PURPOSE,
    )
    .order_by(consent.c.at.desc(), consent.c.id.desc())
    .limit(1)
    .correlate(message)
    .scalar_subquery()
)

FACTS: Select[Any] = (
    select(
        *(message.c[name] for name in _OF_MESSAGE),
        contact_point.c.value_ct,
        contact_point.c.state.label("contact_state"),
        contact_point.c.client_id.label("contact_client_id"),
        contact_point.c.verified_at,
        client.c.data_key.label("client_key"),
        client.c.language.label("client_language"),
        client.c.zone.label("client_zone"),
        client.c.from_minute.label("client_from"),
        client.c.until_minute.label("client_until"),
        client.c.state.label("client_state"),
        participation.c.state.label("place_state"),
        appointment.c.state.label("appointment_state"),
        appointment.c.revision.label("revision_now"),
        appointment.c.starts_at.label("visit_starts_at"),
        appointment.c.zone.label("visit_zone"),
        offer.c.state.label("offer_state"),
        offer.c.expires_at.label("offer_expires_at"),
        practice.c.data_key.label("practice_key"),
        opt_out.c.stopped,
        _AGREED.label("agreed"),
    )
    .join_from(message, practice, practice.c.id == message.c.practice_id)
    .join(
        contact_point,
        and_(contact_point.c.practice_id == message.c.practice_id, contact_point.c.id == message.c.contact_point_id),
        isouter=True,
    )
    .join(
        client,
        and_(
            client.c.practice_id == message.c.practice_id,
            client.c.id == func.coalesce(message.c.client_id, contact_point.c.client_id),
        ),
        isouter=True,
    )
    .join(
        participation,
        and_(participation.c.practice_id == message.c.practice_id, participation.c.id == message.c.participation_id),
        isouter=True,
    )
    .join(
        appointment,
        and_(
            appointment.c.practice_id == participation.c.practice_id,
            appointment.c.id == participation.c.appointment_id,
        ),
        isouter=True,
    )
    .join(offer, and_(offer.c.practice_id == message.c.practice_id, offer.c.id == message.c.offer_id), isouter=True)
    .join(
        opt_out,
        and_(
            opt_out.c.practice_id == message.c.practice_id,
            opt_out.c.channel == message.c.channel,
            opt_out.c.address_ix == message.c.address_ix,
        ),
        isouter=True,
    )
)


@cache
def _facts_of(*, sqlite: bool) -> Select[Any]:
    return FACTS.where(message.c.practice_id == bindparam("of"), among(message.c.id, "ids", sqlite=sqlite))


class Joined(NamedTuple):
    """A row of FACTS, in its order; read by name without a look-up for each name, which adds up.

    Everything of a table that may have no row for the message is None then.
    """

    id: str
    kind: str
    channel: str
    contact_point_id: str | None
    client_id: str | None
    participation_id: str | None
    offer_id: str | None
    inbound_id: str | None
    touch: str | None
    revision: int | None
    fields: Mapping[str, Any]
    useful_until: datetime
    due_at: datetime
    priority: int
    attempt: int
    dedupe: str
    address_ct: bytes | None
    address_ix: bytes | None
    intent_at: Any
    looks: int
    body_hash: bytes | None
    value_ct: Any
    contact_state: str | None
    contact_client_id: str | None
    verified_at: datetime | None
    client_key: Any
    client_language: str | None
    client_zone: str | None
    client_from: int | None
    client_until: int | None
    client_state: str | None
    place_state: str | None
    appointment_state: str | None
    revision_now: Any
    visit_starts_at: Any
    visit_zone: Any
    offer_state: str | None
    offer_expires_at: Any
    practice_key: bytes
    stopped: bool | None
    agreed: bool | None

    def __repr__(self) -> str:
        """Nothing but its id: not even sealed things have a place in a log."""
        return f"Joined(id={self.id!r})"


async def joined(r: Reading, wanted: Select[Any]) -> list[Joined]:
    """The rows of a select that begins with FACTS."""
    return list(map(Joined._make, await r.conn.execute(wanted)))


def _send_row(r: Reading, row: Joined) -> SendRow:
    address, readable = opened(r, row)
    return SendRow(
        id=row.id,
        kind=Kind(row.kind),
        channel=Channel(row.channel),
        contact_point_id=row.contact_point_id,
        client_id=row.client_id,
        participation_id=row.participation_id,
        offer_id=row.offer_id,
        inbound_id=row.inbound_id,
        touch=row.touch,
        revision=row.revision,
        fields=Particulars.from_json(row.fields) if row.fields else NO_PARTICULARS,
        useful_until=row.useful_until,
        due_at=row.due_at,
        priority=row.priority,
        attempt=row.attempt,
        dedupe=row.dedupe,
        address=address,
        address_ix=row.address_ix,
        readable=readable,
        visit=_visit(row),
        person=_person(row),
        offer_open=None if row.offer_state is None else _is_open(r, row),
        opted_out=bool(row.stopped),
        consented=bool(row.agreed),
    )


def opened(r: Reading, row: Joined) -> tuple[str | None, bool]:
    """The address, and whether it could be opened: one row that does not open must not keep all others waiting."""
    try:
        return _address(r, row), True
    except Misconfigured:
        return None, False


def _address(r: Reading, row: Joined) -> str | None:
    if row.contact_point_id is not None:
        if row.contact_client_id != row.client_id:
            return None
        where = Where(r.practice_id, "contact_point", row.contact_point_id, "value_ct")
        return r.vault.box(row.client_key).open(where, row.value_ct)
    if row.address_ct is None:
        return None
    where = Where(r.practice_id, "message", row.id, "address_ct")
    return r.vault.box(row.practice_key).open(where, row.address_ct)


def _visit(row: Joined) -> VisitFacts | None:
    if row.place_state is None:
        return None
    return VisitFacts(
        active=row.place_state in ACTIVE and row.appointment_state == "booked",
        confirmed=row.place_state == "confirmed",
        revision=row.revision_now,
        starts_at=row.visit_starts_at,
        zone=row.visit_zone,
    )


def _person(row: Joined) -> PersonFacts | None:
    if row.client_id is None:
        return None
    on_file = row.contact_point_id is None or row.contact_state not in {None, "removed"}
    return PersonFacts(
        client_id=row.client_id,
        current=on_file and row.client_state == "active",
        language=row.client_language,
        zone=row.client_zone,
        contact_state=row.contact_state,
        verified=row.verified_at is not None,
        own_hours=(row.client_from, row.client_until),
    )


def _is_open(r: Reading, row: Joined) -> bool:
    return bool(row.offer_state == "held" and row.offer_expires_at > r.now)
