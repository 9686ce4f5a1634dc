"""Until when an offer is held. Pure.

Here lives the length of a hold, by the time left before the visit. Texts show the deadline as a clock time, so it
lies on a five-minute mark. The one invariant: an offer lasts ten minutes at least and ends ten before the visit.
"""

from datetime import datetime, timedelta
from typing import Final

from waitlist.matching import too_soon

SHORTEST_MINUTES: Final = 10
"""Less than this is no offer: the text has to arrive, be seen and be answered."""

SHARE_OF_LEAD: Final = 6
"""At most a sixth of the remaining time goes to one person, so that several can be asked before a near visit."""

HANDLING_MINUTES: Final = 2
"""The hold outlives the deadline by this much: an answer sent in time may be read a moment after it."""

_MARK: Final = timedelta(minutes=5)


def held_until(now: datetime, starts_at: datetime, hold_minutes: int, *, alone: bool) -> datetime | None:
    """The deadline of an offer made `now`, or None when the visit is too near for one.

    The practice's `hold_minutes`, no less than ten minutes, rounded up to a five-minute mark. When one person is asked
    `alone`, no more than a sixth of the time left. Instants are aware UTC; every zone's offset is a multiple of
    fifteen minutes, so the mark is a mark on every clock.
    """
    if too_soon(starts_at, now):
        return None
    lead_minutes = (starts_at - now) // timedelta(minutes=1)
    most = lead_minutes // SHARE_OF_LEAD if alone else lead_minutes
    minutes = max(SHORTEST_MINUTES, min(hold_minutes, most))
    deadline = _next_mark(now + timedelta(minutes=minutes))
    return min(deadline, _last_mark(starts_at - timedelta(minutes=SHORTEST_MINUTES)))


def too_soon_to_come(starts_at: datetime, now: datetime) -> bool:
    """Whether a yes is of no use any more."""
    return starts_at - now < timedelta(minutes=SHORTEST_MINUTES)


def hold_expiry(deadline: datetime) -> datetime:
    """When the calendar may give the time away, for an offer with this deadline."""
    return deadline + timedelta(minutes=HANDLING_MINUTES)


def _next_mark(instant: datetime) -> datetime:
    return instant + (-_since_midnight(instant)) % _MARK


def _last_mark(instant: datetime) -> datetime:
    return instant - _since_midnight(instant) % _MARK


def _since_midnight(instant: datetime) -> timedelta:
    return instant - instant.replace(hour=0, minute=0, second=0, microsecond=0)
