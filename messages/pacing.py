"""How fast a number may speak: what its carrier takes in segments a second, and who goes first when it is less.

Pure values; the rows behind them are pacing_store.py's. A sender's `free_at` is the instant at which everything
claimed for it so far has left at its rate. Planned texts are claimed only a moment ahead of that instant, so that
what waits stays with us, where a reply overtakes it, and not in the carrier's queue, where nothing overtakes.
Source of the rates: rules.md A1 (a local number 1 segment a second, toll-free 3, a short code 100).
Invariant: however many workers claim, what they claim for a sender leaves at its rate, but for one moment's worth.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import blake2b
from typing import Final

AHEAD: Final = timedelta(seconds=1.5)
"""Planned texts are claimed so far ahead: a little more than the tick that brings the worker back."""
AHEAD_PRESSING: Final = timedelta(seconds=60)
"""Answers and notices may wait in the carrier's queue for so long; more than that waits here, in order."""

_NOTHING: Final = timedelta(0)

FURTHEST: Final = timedelta(minutes=15)
"""No claim speaks for more, and a sender that was refused as a whole is held for less (pacing_store.hold)."""


@dataclass(frozen=True, slots=True)
class Sender:
    """A number with its rate; `free_at` is None before its first text."""

    number: str
    segments_per_second: int
    free_at: datetime | None


class Pace:
    """What the senders of a practice can still take now. A number that is not listed is not held back."""

    def __init__(self, senders: Iterable[Sender], now: datetime, *, pressing: bool) -> None:
        self._senders = {each.number: each for each in senders}
        self._until = now + (AHEAD_PRESSING if pressing else AHEAD)
        self._free = {each.number: _free(each.free_at, now) for each in self._senders.values()}
        self._used: set[str] = set()

    def takes(self, number: str) -> bool:
        """Whether one more text may be claimed for this number now."""
        free = self._free.get(number)
        return free is None or free < self._until

    def take(self, number: str, segments: int) -> None:
        """A text of so many segments is claimed for it."""
        if number in self._free:
            rate = self._senders[number].segments_per_second
            self._free[number] += timedelta(seconds=segments / rate)
            self._used.add(number)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The paced numbers."""
        return tuple(self._senders)

    @property
    def room(self) -> int | None:
        """How many texts of one segment could be claimed; None when nothing limits them."""
        if not self._free:
            return None
        spare = ((self._until - free, self._senders[number]) for number, free in self._free.items())
        return sum(int(left.total_seconds() * each.segments_per_second) + 1 for left, each in spare if left > _NOTHING)

    @property
    def taken(self) -> Mapping[str, datetime]:
        """The new `free_at` of the numbers for which something was claimed."""
        return {number: self._free[number] for number in sorted(self._used)}


def _free(free_at: datetime | None, now: datetime) -> datetime:
    """From when a number can take more. An instant further ahead than claims ever go was written by another clock."""
    if free_at is None or not now < free_at <= now + FURTHEST:
        return now
    return free_at


def number_for(address_ix: bytes | None, main: str, senders: Collection[str]) -> str:
    """Which of a practice's numbers writes to an address: always the same one, so that a conversation stays in one.

    A number that is added takes over its share of the addresses, one that goes gives up its own; all others stay with
    theirs. `main` when there is no other.
    """
    if address_ix is None or not senders or (len(senders) == 1 and main in senders):
        return main
    return max({main, *senders}, key=lambda number: blake2b(number.encode(), key=address_ix, digest_size=8).digest())
