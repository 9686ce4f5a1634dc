"""The transaction that decides: claim due messages, look at everything once more, write intents.

After it commits, each message is to be posted, waits for another time, or will never leave, with the reason on its
row. Posting is transmit.py's. Invariant: no intent is written unless every check of send_rules.gate passed on facts
read in this very transaction.
"""

import asyncio
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

from messages import link_store, pacing_store, undeliverable, whatsapp, whatsapp_store
from messages import send_store as store
from messages.channels.base import Outgoing
from messages.clock_watch import ClockWatch
from messages.compose import (
    CannotCompose,
    Composed,
    Desk,
    body_hash,
    compose,
    desk_of,
    kind_now,
    language_of,
    zone_name_of,
)
from messages.crash_points import reach
from messages.kinds import Channel, MessageClass, Purpose, traits
from messages.limits import Limits
from messages.pacing import Pace, number_for
from messages.pause import PLANNED, sending_state
from messages.quiet_hours import window_of
from messages.send_row_store import SendRow, send_rows
from messages.send_rules import (
    Allowed,
    ContactState,
    Postponed,
    Refusal,
    Refused,
    SendFacts,
    SendWindow,
    gate,
)
from messages.send_store import EVERY_PRIORITY, PRESSING, Intent
from scheduler.calendar.wallclock import at_minute, local_day, zone_of
from scheduler.core.log import get_logger
from scheduler.core.record import Tx
from scheduler.people import store as people
from scheduler.people.store import Practice
from scheduler.reminders import store as reminders

log = get_logger(__name__)

HELD_FOR: Final = timedelta(minutes=5)
CAP_SPAN: Final = timedelta(days=8)
LONGEST_VALIDITY: Final = 36_000  # the carrier's own limit
SHORTEST_VALIDITY: Final = 10
NO_HOURS: Final = (None, None)
BREATH: Final = 64  # so many are judged before the event loop gets a turn


@dataclass(frozen=True, slots=True)
class Ready:
    """A message with an intent: to be posted before the deadline, or not at all."""

    row: SendRow
    outgoing: Outgoing


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Who claims, and what: only messages of a priority below `below`, and at most `at_most`.

    `watch` is the worker's own, by which it notices that its clock was moved.
    """

    limits: Limits
    worker: str
    public_url: str
    channels: AbstractSet[Channel]
    below: int = EVERY_PRIORITY
    at_most: int = 1_000_000
    watch: ClockWatch | None = None

    @property
    def pressing(self) -> bool:
        """Whether only what somebody waits for is claimed."""
        return self.below <= PRESSING


@dataclass(frozen=True, slots=True)
class Claimed:
    """What became of one batch. `was_all`: there was nothing else to claim just then."""

    ready: tuple[Ready, ...]
    postponed: int
    dropped: int
    was_all: bool = True

    @property
    def touched(self) -> int:
        """How many rows were dealt with."""
        return len(self.ready) + self.postponed + self.dropped


@dataclass(frozen=True, slots=True)
class _Facts:
    """What one batch is judged by, read in bulk. `sent` grows while the batch is decided."""

    desk: Desk
    pace: Pace
    numbers: tuple[str, ...]
    links: Mapping[tuple[str, str], link_store.MessageLink]
    sent: dict[bytes, list[datetime]]
    channels: AbstractSet[Channel]
    whatsapp: "_WhatsApp | None" = None


@dataclass(frozen=True, slots=True)
class _WhatsApp:
    """How the practice writes there, and when each address of the batch last did."""

    terms: whatsapp.Terms
    heard: Mapping[bytes, datetime]


@dataclass(frozen=True, slots=True)
class _Stuck:
    """Something of ours is broken around this message; it waits until that is mended. `why` is a code."""

    why: str


@dataclass(frozen=True, slots=True)
class _Full:
    """Its sender takes no more just now: it stays as it is, to be claimed in a moment."""


_Verdict = Composed | Refused | Postponed | _Stuck | _Full


async def claim(tx: Tx, order: Order) -> Claimed:
    """Decide a batch of due messages; see the module."""
    await store.hold_claims(tx)
    pace = Pace(await pacing_store.senders(tx), tx.now, pressing=order.pressing)
    # As many for each number: what is first may all be for one that is full, and must not hide what others can take.
    most = min(order.limits.batch, pace.room * len(pace.numbers)) if pace.room else order.limits.batch
    # Mail has no number to wait for: while texts must wait for theirs, it goes on.
    only = Channel.EMAIL if pace.room == 0 else None
    at_most = min(most, order.at_most)
    due = await store.due(tx, at_most, below=await _below(tx, order), only=only)
    rows = await send_rows(tx, due)
    reach("claim.rows_chosen")
    if not rows:
        return Claimed((), 0, 0)
    facts = await _facts(tx, rows, order, pace)
    verdicts = await _judge(tx, facts, rows)
    ready = await _intend(tx, facts, verdicts, order)
    postponed = await _postpone(tx, verdicts) + await _hold(tx, verdicts)
    dropped = await _drop(tx, verdicts)
    reach("claim.intents_written")
    return Claimed(ready, postponed, dropped, was_all=len(due) < at_most)


async def _below(tx: Tx, order: Order) -> int:
    if (await sending_state(tx, order.watch)).planned_paused:
        return min(PLANNED, order.below)
    return order.below


async def _judge(tx: Tx, facts: _Facts, rows: Sequence[SendRow]) -> list[tuple[SendRow, _Verdict]]:
    verdicts: list[tuple[SendRow, _Verdict]] = []
    for place, row in enumerate(rows):
        if place % BREATH == 0:
            await asyncio.sleep(0)  # noqa: TID251 -- no time passes: others of this loop get their turn
        verdict = _decide(tx, facts, row)
        if isinstance(verdict, Composed) and row.channel is Channel.SMS:
            facts.pace.take(_number(facts, row), verdict.segments)
        verdicts.append((row, verdict))
    return verdicts


def _number(facts: _Facts, row: SendRow) -> str:
    return number_for(row.address_ix, facts.desk.practice.sender, facts.numbers)


async def _facts(tx: Tx, rows: Sequence[SendRow], order: Order, pace: Pace) -> _Facts:
    addresses = {row.address_ix for row in rows if row.address_ix is not None}
    chats = {row.address_ix for row in rows if row.channel is Channel.WHATSAPP and row.address_ix is not None}
    desk = desk_of(await people.practice(tx), await reminders.wordings_in_force(tx), order.public_url)
    again = {row.id: row.client_id for row in rows if row.attempt and row.client_id is not None}
    return _Facts(
        desk=desk,
        pace=pace,
        numbers=pace.numbers,
        links=await link_store.of_messages(tx, again) if again else {},
        sent=await store.capped_since(tx, addresses, tx.now - CAP_SPAN),
        channels=order.channels,
        whatsapp=await _whatsapp(tx, chats) if chats else None,
    )


async def _whatsapp(tx: Tx, addresses: AbstractSet[bytes]) -> _WhatsApp | None:
    terms = await whatsapp_store.terms(tx)
    return None if terms is None else _WhatsApp(terms, await whatsapp_store.last_heard(tx, addresses))


def _by_template(tx: Tx, facts: _Facts, row: SendRow, composed: Composed) -> Composed | None:
    """The message as it is said by WhatsApp: in free words, or by its approved template; None when by neither."""
    there = facts.whatsapp
    if there is None:
        return None
    if whatsapp.is_open(there.heard.get(row.address_ix or b""), tx.now):
        return composed
    sid = whatsapp.template_for(there.terms, kind_now(row), language_of(facts.desk, row))
    return None if sid is None else composed._replace(content_sid=sid)


def _decide(tx: Tx, facts: _Facts, row: SendRow) -> _Verdict:
    """The words to send, or why not. A row that breaks its judge is held alone: the others must not wait for it."""
    if not row.readable:
        return _Stuck("unreadable")
    if row.channel is Channel.SMS and not facts.pace.takes(_number(facts, row)):
        return _Full()
    try:
        composed = compose(tx, facts.desk, row, facts.links)
        sayable = True
        if row.channel is Channel.WHATSAPP and isinstance(composed, Composed):
            dressed = _by_template(tx, facts, row, composed)
            composed, sayable = dressed or composed, dressed is not None
        verdict = _verdict(tx, facts, row, composed, sayable=sayable)
    except Exception as error:
        log.exception("message_cannot_be_judged", message_id=row.id, error=type(error).__name__)
        return _Stuck("cannot_judge")
    if not isinstance(verdict, Allowed):
        return verdict
    if not isinstance(composed, Composed):
        return Refused(Refusal.TEXT_UNSAFE)
    if traits(row.kind).capped and row.address_ix is not None:
        facts.sent.setdefault(row.address_ix, []).append(tx.now)
    return composed


def _verdict(
    tx: Tx, facts: _Facts, row: SendRow, composed: Composed | CannotCompose, *, sayable: bool
) -> Allowed | Refused | Postponed:
    if row.channel not in facts.channels:
        return Refused(Refusal.SENDER_UNREGISTERED)
    practice, person, visit = facts.desk.practice, row.person, row.visit
    return gate(
        SendFacts(
            kind=row.kind,
            channel=row.channel,
            now=tx.now,
            useful_until=row.useful_until,
            visit_active=visit.active if visit else None,
            revision_current=visit is None or row.revision in {None, visit.revision},
            visit_confirmed=visit.confirmed if visit else False,
            only_if_unconfirmed=row.fields.only_if_unconfirmed,
            offer_open=row.offer_open,
            recipient_current=row.address is not None and (person is None or person.current),
            consented=row.consented,
            opted_out=row.opted_out,
            contact_state=_contact_state(row),
            window=_window_for(practice, row, zone_name_of(facts.desk, row), tx.now),
            zone=zone_name_of(facts.desk, row),
            sent=tuple(facts.sent.get(row.address_ix or b"", ())),
            daily_cap=practice.daily_cap,
            weekly_cap=practice.weekly_cap,
            text_safe=isinstance(composed, Composed),
            sayable=sayable,
            sender_registered=bool(practice.sender),
        )
    )


def _contact_state(row: SendRow) -> ContactState:
    if row.person is None or row.person.contact_state is None:
        return ContactState.VERIFIED
    if row.person.contact_state == "active":
        return ContactState.VERIFIED if row.person.verified else ContactState.UNVERIFIED
    return ContactState.INVALID if row.person.contact_state == "invalid" else ContactState.QUARANTINED


def _window_for(practice: Practice, row: SendRow, zone: str, now: datetime) -> SendWindow:
    """The practice's window; narrower by the client's own hours, and by the law's for what nobody asked for."""
    own = row.person.own_hours if row.person else NO_HOURS
    unasked = traits(row.kind).message_class is MessageClass.OFFER
    if own == NO_HOURS and not practice.strict_hours and not (unasked and practice.subdivision):
        return _window(zone, practice.send_from_minute, practice.send_until_minute)
    return window_of(practice, zone, now.date(), unasked=unasked, own=own)


@lru_cache(maxsize=512)
def _window(zone: str, start_minute: int, end_minute: int) -> SendWindow:
    return SendWindow(zones=(zone,), start_minute=start_minute, end_minute=end_minute)


@lru_cache(maxsize=512)
def _closes(day: date, minute: int, zone: str) -> datetime:
    return at_minute(day, minute, zone_of(zone))


async def _drop(tx: Tx, verdicts: Sequence[tuple[SendRow, _Verdict]]) -> int:
    found = {row.id: (row, verdict.reason) for row, verdict in verdicts if isinstance(verdict, Refused)}
    for reason in sorted({reason for _, reason in found.values()}):
        ids = [row.id for row, why in found.values() if why is reason]
        for message_id in await store.drop(tx, ids, reason.value):
            tx.note("message.cancelled", "message", message_id, reason=reason.value)
            await undeliverable.dropped(tx, found[message_id][0], reason)
    return len(found)


async def _postpone(tx: Tx, verdicts: Sequence[tuple[SendRow, _Verdict]]) -> int:
    found = [(row.id, verdict) for row, verdict in verdicts if isinstance(verdict, Postponed)]
    for until, reason in sorted({(verdict.until, verdict.reason) for _, verdict in found}):
        ids = [each for each, verdict in found if (verdict.until, verdict.reason) == (until, reason)]
        for message_id in await store.postpone(tx, ids, until, reason.value):
            tx.note("message.postponed", "message", message_id, reason=reason.value)
    return len(found)


async def _hold(tx: Tx, verdicts: Sequence[tuple[SendRow, _Verdict]]) -> int:
    found = [(row.id, verdict.why) for row, verdict in verdicts if isinstance(verdict, _Stuck)]
    for why in sorted({why for _, why in found}):
        held = await store.postpone(tx, [each for each, it in found if it == why], tx.now + HELD_FOR, why)
        for message_id in held:
            tx.note("message.held", "message", message_id, why=why)
        if held:
            await undeliverable.trouble(tx, why)
    return len(found)


async def _intend(
    tx: Tx, facts: _Facts, verdicts: Sequence[tuple[SendRow, _Verdict]], order: Order
) -> tuple[Ready, ...]:
    ready = [(row, composed) for row, composed in verdicts if isinstance(composed, Composed)]
    intents = [
        Intent(
            message_id=row.id,
            attempt=row.attempt + 1,
            sender=_sender(facts, row),
            body_hash=body_hash(tx, composed.text),
            segments=composed.segments,
        )
        for row, composed in ready
    ]
    await store.write_intents(tx, intents, worker=order.worker, deadline=tx.now + order.limits.lease_span)
    await link_store.add(tx, [new for _, composed in ready for new in composed.new_links])
    await pacing_store.taken(tx, facts.pace.taken)
    for (row, composed), intent in zip(ready, intents, strict=True):
        links = len(composed.new_links)
        tx.note("message.intended", "message", row.id, attempt=intent.attempt, kind=row.kind.value, links=links)
    return tuple(
        Ready(row, _outgoing(tx, facts.desk, row, composed, intent))
        for (row, composed), intent in zip(ready, intents, strict=True)
    )


def _sender(facts: _Facts, row: SendRow) -> str:
    if row.channel is Channel.EMAIL:
        return facts.desk.practice.email_from or ""
    if row.channel is Channel.WHATSAPP:
        return facts.whatsapp.terms.number if facts.whatsapp else ""
    return _number(facts, row)


def _outgoing(tx: Tx, desk: Desk, row: SendRow, composed: Composed, intent: Intent) -> Outgoing:
    return Outgoing(
        reference=row.id,
        attempt=intent.attempt,
        sender=intent.sender,
        to=row.address or "",  # the gate lets nothing through without one
        text=composed.text,
        subject=composed.subject,
        callback_url=f"{desk.public_url}/twilio/{tx.practice_id}/status?m={row.id}&a={intent.attempt}",
        valid_seconds=_validity(tx.now, desk, row),
        content_sid=composed.content_sid,
        variables=composed.variables,
    )


def _validity(now: datetime, desk: Desk, row: SendRow) -> int:
    """Seconds the carrier may queue it: neither past its use nor into the night."""
    until = row.useful_until
    if traits(row.kind).windowed and traits(row.kind).purpose is not Purpose.STAFF:
        zone = zone_name_of(desk, row)
        until = min(until, _closes(local_day(now, zone_of(zone)), desk.practice.send_until_minute, zone))
    return max(SHORTEST_VALIDITY, min(LONGEST_VALIDITY, int((until - now).total_seconds())))
