"""When somebody is at the front desk to settle a yes, where yeses are not booked by themselves. Pure.

Here lives the arithmetic of the desk's hours, wall-clock in the practice's zone. Invariant: an offer that a person has
to settle is made, and answered, while somebody is there to do it.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from scheduler.calendar.wallclock import at_minute, local_day, zone_of
from waitlist.deadlines import SHORTEST_MINUTES
from waitlist.policy import Policy

SETTLING: Final = timedelta(minutes=60)
"""So long a yes is kept for the desk, or for the client's call."""

LAST_ANSWER: Final = timedelta(minutes=20)
"""An answer comes at least so long before the desk closes, that there is time to settle it."""

_WEEK: Final = range(8)


@dataclass(frozen=True, slots=True)
class Desk:
    """Somebody is there from `from_minute` up to `until_minute` of the weekdays in `days` (bit 0 is Monday)."""

    days: int
    from_minute: int
    until_minute: int
    zone: str

    def closes(self, now: datetime) -> datetime | None:
        """When those who are there now leave; None when nobody is."""
        hours = self._hours(local_day(now, zone_of(self.zone)))
        return hours[1] if hours is not None and hours[0] <= now < hours[1] else None

    def opens(self, now: datetime) -> datetime | None:
        """When somebody is there next; `now` while somebody is, None when nobody ever is."""
        today = local_day(now, zone_of(self.zone))
        for days in _WEEK:
            hours = self._hours(today + timedelta(days=days))
            if hours is not None and now < hours[1]:
                return max(now, hours[0])
        return None

    def may_ask(self, now: datetime) -> datetime | None:
        """The next instant at which an offer leaves time for an answer, and the answer for the desk."""
        least = timedelta(minutes=SHORTEST_MINUTES) + LAST_ANSWER
        opens = self.opens(now)
        closes = self.closes(opens) if opens is not None else None
        if closes is None or opens is None or closes - opens >= least:
            return opens
        return self.opens(closes)

    def answer_by(self, now: datetime, deadline: datetime) -> datetime:
        """The deadline of an offer made now, no nearer to the desk's closing than it can be settled."""
        closes = self.closes(now)
        return deadline if closes is None else min(deadline, closes - LAST_ANSWER)

    def settle_by(self, now: datetime, starts_at: datetime) -> datetime:
        """Until when a yes that came now is kept."""
        closes = self.closes(now) or now + SETTLING
        return min(now + SETTLING, closes, starts_at - timedelta(minutes=SHORTEST_MINUTES))

    def _hours(self, day: date) -> tuple[datetime, datetime] | None:
        if not self.days >> day.weekday() & 1 or self.from_minute >= self.until_minute:
            return None
        zone = zone_of(self.zone)
        return at_minute(day, self.from_minute, zone), at_minute(day, self.until_minute, zone)


def desk_of(policy: Policy, zone: str) -> Desk:
    """The front desk's hours by the policy, in the practice's zone."""
    return Desk(policy.desk_days, policy.desk_from_minute, policy.desk_until_minute, zone)
