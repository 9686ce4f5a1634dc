"""What will leave in the next days if nobody changes anything, and what will not, with the reason.

Every message that waits is put before the same gate that will judge it (send_rules.py), at its own time and with the
caps as they will be then; a number's wave is then drained at its rate (drain.py). Nothing is written. Invariant: what
is counted as leaving is what leaves, as long as visits, consents and settings stay as they are.
"""

import heapq
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import count
from typing import Final

from messages import consent_store, pacing_store, send_store
from messages import week_ahead_store as store
from messages.claim import CAP_SPAN
from messages.drain import Queued, drained
from messages.kinds import Channel, Kind, traits
from messages.pacing import number_for
from messages.send_rules import Allowed, ContactState, Postponed, Refused, SendFacts, SendWindow, gate
from messages.week_ahead_store import Waiting
from scheduler.calendar.wallclock import at_minute, local_day, zone_of
from scheduler.core.record import Reading
from scheduler.people import store as people
from scheduler.people.store import Practice

DAYS: Final = 7
AT_ONCE: Final = 5000  # facts are asked for in parts: both engines take 32,766 values in a statement
SegmentsOf = Callable[[Kind], int]


@dataclass(frozen=True, slots=True)
class Wave:
    """What one number has to say on a day: the last text has left at `done_at`, `late` of them after the window."""

    number: str
    texts: int
    segments: int
    begins_at: datetime
    done_at: datetime
    late: int


@dataclass(frozen=True, slots=True)
class Day:
    """One local day of the practice. `kinds` counts what leaves; `held_back` what will not, by reason."""

    day: date
    kinds: Mapping[tuple[Kind, Channel], int] = field(default_factory=dict)
    segments: int = 0
    waves: tuple[Wave, ...] = ()
    held_back: Mapping[str, int] = field(default_factory=dict)

    @property
    def texts(self) -> int:
        """How many texts leave."""
        return sum(number for (_, channel), number in self.kinds.items() if channel is Channel.SMS)

    @property
    def mails(self) -> int:
        """How many mails leave."""
        return sum(number for (_, channel), number in self.kinds.items() if channel is Channel.EMAIL)


@dataclass(frozen=True, slots=True)
class Leaving:
    """A message and the instant at which the gate lets it go."""

    message: Waiting
    at: datetime


@dataclass(frozen=True, slots=True)
class Judged:
    """What leaves, and what never will with the reason and the instant of the refusal."""

    leaving: tuple[Leaving, ...]
    refused: tuple[tuple[Waiting, datetime, str], ...]


@dataclass(frozen=True, slots=True)
class _World:
    """What messages are judged by."""

    practice: Practice
    agreed: frozenset[tuple[str, str, str]]
    stopped: frozenset[tuple[bytes, str]]
    sent: dict[bytes, list[datetime]]


async def week_ahead(r: Reading, segments_of: SegmentsOf, *, client_ids: frozenset[str] | None = None) -> list[Day]:
    """The next seven days, today included; `client_ids` narrows it to some clients."""
    practice = await people.practice(r)
    zone = zone_of(practice.zone)
    today = local_day(r.now, zone)
    until = at_minute(today + timedelta(days=DAYS), 0, zone)
    judged = await judge(r, practice, until)
    leaving = [each for each in judged.leaving if client_ids is None or each.message.client_id in client_ids]
    refused = [each for each in judged.refused if client_ids is None or each[0].client_id in client_ids]
    senders = {each.number: each.segments_per_second for each in await pacing_store.senders(r)}
    waves = _waves(leaving, practice, senders, segments_of)
    found = []
    for day in (today + timedelta(days=number) for number in range(DAYS)):
        mine = [each.message for each in leaving if local_day(each.at, zone) == day]
        found.append(
            Day(
                day,
                Counter((each.kind, each.channel) for each in mine),
                sum(segments_of(each.kind) for each in mine if each.channel is Channel.SMS),
                tuple(waves.get(day, ())),
                Counter(reason for _, at, reason in refused if local_day(at, zone) == day),
            )
        )
    return found


async def judge(r: Reading, practice: Practice, until: datetime) -> Judged:
    """Put everything that waits until an instant before the gate, each at its time."""
    rows = await store.waiting(r, until)
    agreed: set[tuple[str, str, str]] = set()
    stopped: set[tuple[bytes, str]] = set()
    sent: dict[bytes, list[datetime]] = {}
    for start in range(0, len(rows), AT_ONCE):
        part = rows[start : start + AT_ONCE]
        addresses = {each.address_ix for each in part if each.address_ix is not None}
        agreed |= await send_store.agreed(r, {each.contact_point_id for each in part if each.contact_point_id})
        stopped |= await consent_store.stopped_among(r, addresses)
        sent |= await send_store.capped_since(r, addresses, r.now - CAP_SPAN)
    return _replayed(_World(practice, frozenset(agreed), frozenset(stopped), sent), rows, r.now, until)


def _replayed(world: _World, rows: Sequence[Waiting], now: datetime, until: datetime) -> Judged:
    """Time runs from due message to due message; one that is put off comes up again."""
    order = count()
    coming = [(max(each.due_at, now), next(order), each) for each in rows]
    heapq.heapify(coming)
    leaving: list[Leaving] = []
    refused: list[tuple[Waiting, datetime, str]] = []
    while coming:
        at, _, each = heapq.heappop(coming)
        if at >= until:
            continue
        match gate(_facts(world, each, at)):
            case Allowed():
                leaving.append(Leaving(each, at))
                if traits(each.kind).capped and each.address_ix is not None:
                    world.sent.setdefault(each.address_ix, []).append(at)
            case Postponed(until=later):
                heapq.heappush(coming, (later, next(order), each))
            case Refused(reason=reason):
                refused.append((each, at, reason.value))
    return Judged(tuple(leaving), tuple(refused))


def _facts(world: _World, each: Waiting, at: datetime) -> SendFacts:
    practice, kind = world.practice, traits(each.kind)
    zone = each.zone or practice.zone
    return SendFacts(
        kind=each.kind,
        channel=each.channel,
        now=at,
        useful_until=each.useful_until,
        visit_active=each.visit_active,
        revision_current=each.revision_current,
        visit_confirmed=each.visit_confirmed,
        only_if_unconfirmed=each.only_if_unconfirmed,
        consented=(each.contact_point_id or "", each.channel.value, kind.purpose.value) in world.agreed,
        opted_out=(each.address_ix or b"", each.channel.value) in world.stopped,
        contact_state=_contact_state(each),
        window=SendWindow(zones=(zone,), start_minute=practice.send_from_minute, end_minute=practice.send_until_minute),
        zone=zone,
        sent=tuple(world.sent.get(each.address_ix or b"", ())),
        daily_cap=practice.daily_cap,
        weekly_cap=practice.weekly_cap,
        sender_registered=bool(practice.sender),
    )


def _contact_state(each: Waiting) -> ContactState:
    match each.contact_state:
        case None:
            return ContactState.VERIFIED
        case "active":
            return ContactState.VERIFIED if each.verified else ContactState.UNVERIFIED
        case "invalid":
            return ContactState.INVALID
        case _:
            return ContactState.QUARANTINED


def _waves(
    leaving: Sequence[Leaving], practice: Practice, rates: Mapping[str, int], segments_of: SegmentsOf
) -> dict[date, list[Wave]]:
    """By day and number, how long its texts take."""
    zone = zone_of(practice.zone)
    queue = [
        Queued(number_for(each.message.address_ix, practice.sender, rates), each.at, segments_of(each.message.kind))
        for each in leaving
        if each.message.channel is Channel.SMS
    ]
    by_day: dict[tuple[date, str], list[tuple[Queued, datetime]]] = {}
    for left in drained(queue, rates):
        by_day.setdefault((local_day(left.queued.due_at, zone), left.queued.number), []).append(
            (left.queued, left.left_at)
        )
    found: dict[date, list[Wave]] = {}
    for (day, number), texts in sorted(by_day.items()):
        closes = at_minute(day, practice.send_until_minute, zone)
        wave = Wave(
            number,
            len(texts),
            sum(queued.segments for queued, _ in texts),
            texts[0][0].due_at,
            max(left_at for _, left_at in texts),
            sum(left_at > closes >= queued.due_at for queued, left_at in texts),
        )
        found.setdefault(day, []).append(wave)
    return found
