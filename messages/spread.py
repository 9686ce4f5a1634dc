"""A wave that its number cannot say before the send window closes begins earlier, so that nobody is told tomorrow.

A local number sends one segment a second: ten thousand reminders take nearly three hours. What would still be waiting
when the window closes would be put off to the next morning or dropped, so the wave is brought forward, as far as it
needs and the window allows. The arithmetic is pure and stands first; the duty below keeps the record by it.
Invariant: nothing is moved later, nor before the window opens, and what fits is not moved at all.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from messages import pacing_store
from messages import spread_store as store
from messages.pacing import Sender, number_for
from messages.send_rules import DRAIN_MINUTES
from messages.spread_store import Planned
from scheduler.calendar.wallclock import at_minute, local_day, zone_of
from scheduler.core.actor import WORKER
from scheduler.core.record import Reading, Record
from scheduler.people import store as people

SEGMENTS: Final = 1.5
"""What a text is reckoned at before its words are drawn: most are one segment, some languages take two."""
SMALL: Final = timedelta(minutes=10)
"""A wave shorter than this is looked at by nobody."""
DAYS: Final = 2


@dataclass(frozen=True, slots=True)
class Hours:
    """A send window of one day, as instants."""

    opens: datetime
    closes: datetime


def brought_forward(due: Sequence[datetime], hours: Hours, segments_per_second: int, now: datetime) -> list[datetime]:
    """When each of these texts of one number should be due instead, in the order given.

    The last one has to be due a quarter of an hour before the window closes, each before it a text's time earlier:
    then at no instant more is still to be said than can be. What is due before that anyway stays.
    """
    takes = timedelta(seconds=SEGMENTS / segments_per_second)
    earliest = max(hours.opens, now)
    latest = hours.closes - timedelta(minutes=DRAIN_MINUTES)
    moved = list(due)
    for place in sorted(range(len(due)), key=due.__getitem__, reverse=True):
        moved[place] = min(due[place], max(latest, earliest))
        latest -= takes
    return moved


class Spreader:
    """A duty: looks at the next two days' waves of a practice and brings forward what would not leave in time."""

    def __init__(self, record: Record) -> None:
        self._record = record

    async def run(self, practice_id: str) -> int:
        """One look; returns how many messages were moved."""
        async with self._record.read(practice_id) as r:
            moves = await self._moves(r)
        if not moves:
            return 0
        async with self._record.write(practice_id, WORKER) as tx:
            for message_id in await store.bring_forward(tx, moves):
                tx.note("message.brought_forward", "message", message_id)
        return len(moves)

    async def _moves(self, r: Reading) -> list[tuple[str, datetime]]:
        senders = {each.number: each for each in await pacing_store.senders(r)}
        until = r.now + timedelta(days=DAYS)
        slowest = min((each.segments_per_second for each in senders.values()), default=None)
        if slowest is None or await store.count_planned(r, until) * SEGMENTS < SMALL.total_seconds() * slowest:
            return []
        return list(await _all_moves(r, senders, await store.planned(r, until)))


async def _all_moves(
    r: Reading, senders: Mapping[str, Sender], waiting: Sequence[Planned]
) -> Iterator[tuple[str, datetime]]:
    practice = await people.practice(r)
    zone = zone_of(practice.zone)
    waves: dict[tuple[str, Hours], list[Planned]] = {}
    for each in waiting:
        day = local_day(each.due_at, zone)
        hours = Hours(at_minute(day, practice.send_from_minute, zone), at_minute(day, practice.send_until_minute, zone))
        number = number_for(each.address_ix, practice.sender, senders)
        if number in senders and hours.opens <= each.due_at < hours.closes:
            waves.setdefault((number, hours), []).append(each)
    return _changed(waves, senders, r.now)


def _changed(
    waves: Mapping[tuple[str, Hours], Sequence[Planned]], senders: Mapping[str, Sender], now: datetime
) -> Iterator[tuple[str, datetime]]:
    for (number, hours), wave in waves.items():
        wanted = brought_forward([each.due_at for each in wave], hours, senders[number].segments_per_second, now)
        yield from _moved(zip(wave, wanted, strict=True))


def _moved(pairs: Iterable[tuple[Planned, datetime]]) -> Iterator[tuple[str, datetime]]:
    return ((each.id, instant) for each, instant in pairs if instant < each.due_at)
