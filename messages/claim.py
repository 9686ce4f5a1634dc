"""The transaction that decides: claim due messages, look at everything once more, write intents.

After it commits, each message is to be posted, waits for another time, or will never leave, with the reason on its
row. Posting is transmit.py's. Invariant: no intent is written unless every check of send_rules.gate passed on facts
read in this very transaction.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from messages import consent_store, link_store, links, undeliverable
from messages import send_store as store
from messages.channels.base import Outgoing
from messages.compose import CannotCompose, Composed, Desk, body_hash, compose, zone_name_of
from messages.crash_points import reach
from messages.kinds import Channel, Purpose, traits
from messages.limits import Limits
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
from messages.send_store import Intent, SendRow
from scheduler.calendar.wallclock import at_minute, local_day, zone_of
from scheduler.core.log import get_logger
from scheduler.core.record import Tx
from scheduler.people import store as people
from scheduler.reminders import store as reminders

log = get_logger(__name__)

HELD_FOR: Final = timedelta(minutes=5)
CAP_SPAN: Final = timedelta(days=8)
LONGEST_VALIDITY: Final = 36_000  # the carrier's own limit
SHORTEST_VALIDITY: Final = 10


@dataclass(frozen=True, slots=True)
class Ready:
    """A message with an intent: to be posted before the deadline, or not at all."""

    row: SendRow
    outgoing: Outgoing


@dataclass(frozen=True, slots=True)
class Claimed:
    """What became of one batch."""

    ready: tuple[Ready, ...]
    postponed: int
    dropped: int

    @property
    def touched(self) -> int:
        """How many rows were dealt with."""
        return len(self.ready) + self.postponed + self.dropped


@dataclass(frozen=True, slots=True)
class _Facts:
    """What one batch is judged by, read in bulk. `sent` grows while the batch is decided."""

    desk: Desk
    links: Mapping[tuple[str, str], link_store.MessageLink]
    agreed: AbstractSet[tuple[str, str, str]]
    stopped: AbstractSet[tuple[bytes, str]]
    sent: dict[bytes, list[datetime]]
    channels: AbstractSet[Channel]


@dataclass(frozen=True, slots=True)
class _Stuck:
    """Something of ours is broken around this message; it waits until that is mended. `why` is a code."""

    why: str


async def claim(tx: Tx, *, limits: Limits, worker: str, public_url: str, channels: AbstractSet[Channel]) -> Claimed:
    """Decide a batch of due messages; see the module."""
    rows = await store.send_rows(tx, await store.claim(tx, limits.batch))
    reach("claim.rows_chosen")
    if not rows:
        return Claimed((), 0, 0)
    facts = await _facts(tx, rows, public_url, channels)
    ready: list[Ready] = []
    postponed = dropped = 0
    for row in rows:
        verdict = _decide(tx, facts, row)
        if isinstance(verdict, Refused):
            await _drop(tx, row, verdict.reason)
            dropped += 1
        elif isinstance(verdict, Postponed):
            await _postpone(tx, row, verdict)
            postponed += 1
        elif isinstance(verdict, _Stuck):
            await _hold(tx, row, verdict.why)
            postponed += 1
        else:
            ready.append(await _intend(tx, facts, row, verdict, limits, worker))
    reach("claim.intents_written")
    return Claimed(tuple(ready), postponed, dropped)


async def _facts(tx: Tx, rows: Sequence[SendRow], public_url: str, channels: AbstractSet[Channel]) -> _Facts:
    addresses = {row.address_ix for row in rows if row.address_ix is not None}
    points = {row.contact_point_id for row in rows if row.contact_point_id is not None}
    desk = Desk(await people.practice(tx), await reminders.wordings_in_force(tx), public_url)
    return _Facts(
        desk=desk,
        links=await link_store.of_messages(tx, [row.id for row in rows if row.attempt]),
        agreed=await store.agreed(tx, points),
        stopped=await consent_store.stopped_among(tx, addresses),
        sent=await store.capped_since(tx, addresses, tx.now - CAP_SPAN),
        channels=channels,
    )


def _decide(tx: Tx, facts: _Facts, row: SendRow) -> "Composed | Refused | Postponed | _Stuck":
    """The words to send, or why not. A row that breaks its judge is held alone: the others must not wait for it."""
    if not row.readable:
        return _Stuck("unreadable")
    try:
        composed = compose(tx, facts.desk, row, facts.links)
        verdict = _verdict(tx, facts, row, composed)
    except Exception as error:
        log.exception("message_cannot_be_judged", message_id=row.id, error=type(error).__name__)
        return _Stuck("cannot_judge")
    if not isinstance(verdict, Allowed):
        return verdict
    return composed if isinstance(composed, Composed) else Refused(Refusal.TEXT_UNSAFE)


def _verdict(tx: Tx, facts: _Facts, row: SendRow, composed: Composed | CannotCompose) -> Allowed | Refused | Postponed:
    if row.channel not in facts.channels:
        return Refused(Refusal.SENDER_UNREGISTERED)
    practice, person, visit = facts.desk.practice, row.person, row.visit
    kind = traits(row.kind)
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
            consented=(row.contact_point_id or "", row.channel.value, kind.purpose.value) in facts.agreed,
            opted_out=(row.address_ix or b"", row.channel.value) in facts.stopped,
            contact_state=_contact_state(row),
            window=_window(facts.desk, row),
            zone=zone_name_of(facts.desk, row),
            sent=tuple(facts.sent.get(row.address_ix or b"", ())),
            daily_cap=practice.daily_cap,
            weekly_cap=practice.weekly_cap,
            text_safe=isinstance(composed, Composed),
            sender_registered=bool(practice.sender),
        )
    )


def _contact_state(row: SendRow) -> ContactState:
    if row.person is None or row.person.contact_state is None:
        return ContactState.VERIFIED
    if row.person.contact_state == "active":
        return ContactState.VERIFIED if row.person.verified else ContactState.UNVERIFIED
    return ContactState.INVALID if row.person.contact_state == "invalid" else ContactState.QUARANTINED


def _window(desk: Desk, row: SendRow) -> SendWindow:
    practice = desk.practice
    return SendWindow(
        zones=(zone_name_of(desk, row),),
        start_minute=practice.send_from_minute,
        end_minute=practice.send_until_minute,
    )


async def _drop(tx: Tx, row: SendRow, reason: Refusal) -> None:
    if await store.drop(tx, row.id, reason.value):
        tx.note("message.cancelled", "message", row.id, reason=reason.value)
        await undeliverable.dropped(tx, row, reason)


async def _postpone(tx: Tx, row: SendRow, verdict: Postponed) -> None:
    if await store.postpone(tx, row.id, verdict.until, verdict.reason.value):
        tx.note("message.postponed", "message", row.id, reason=verdict.reason.value)


async def _hold(tx: Tx, row: SendRow, why: str) -> None:
    if await store.postpone(tx, row.id, tx.now + HELD_FOR, why):
        tx.note("message.held", "message", row.id, why=why)
        await undeliverable.trouble(tx, why)


async def _intend(tx: Tx, facts: _Facts, row: SendRow, composed: Composed, limits: Limits, worker: str) -> Ready:
    attempt = row.attempt + 1
    intent = Intent(
        message_id=row.id,
        attempt=attempt,
        worker=worker,
        deadline=tx.now + limits.lease_span,
        body_hash=body_hash(tx, composed.text),
        segments=composed.segments,
    )
    await store.write_intent(tx, intent)
    await links.add(tx, composed.new_links)
    tx.note("message.intended", "message", row.id, attempt=attempt, kind=row.kind.value)
    if traits(row.kind).capped and row.address_ix is not None:
        facts.sent.setdefault(row.address_ix, []).append(tx.now)
    desk = facts.desk
    outgoing = Outgoing(
        reference=row.id,
        attempt=attempt,
        sender=desk.practice.sender if row.channel is Channel.SMS else desk.practice.email_from or "",
        to=row.address or "",  # the gate lets nothing through without one
        text=composed.text,
        subject=composed.subject,
        callback_url=f"{desk.public_url}/twilio/{tx.practice_id}/status?m={row.id}&a={attempt}",
        valid_seconds=_validity(tx.now, desk, row),
    )
    return Ready(row, outgoing)


def _validity(now: datetime, desk: Desk, row: SendRow) -> int:
    """Seconds the carrier may queue it: neither past its use nor into the night."""
    until = row.useful_until
    if traits(row.kind).windowed and traits(row.kind).purpose is not Purpose.STAFF:
        zone = zone_of(zone_name_of(desk, row))
        until = min(until, at_minute(local_day(now, zone), desk.practice.send_until_minute, zone))
    return max(SHORTEST_VALIDITY, min(LONGEST_VALIDITY, int((until - now).total_seconds())))
