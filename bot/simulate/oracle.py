"""Who of those whom a time fits would have taken it: what nobody can know, and every policy is measured against. Pure.

It looks at an opening when it first may be offered, knows no caps, and takes those who have gone quiet for askable: it
is better than any practice could be. Invariant: what somebody would say does not hang on who asks them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bot.simulate.arriving import Waiting
from bot.simulate.behaviour import Answer, Behaviour, Offered, answer
from bot.simulate.practice import ZONE
from bot.simulate.tally import Hour
from scheduler.calendar.wallclock import Span
from waitlist.deadlines import SHORTEST_MINUTES
from waitlist.matching import Gap, Wish, fits
from waitlist.opening_store import Opening


def gap_of(opening: Opening) -> Gap:
    """The opening as the rules see it."""
    return Gap(
        clinician_id=opening.clinician_id,
        service_id=opening.service_id,
        span=Span(opening.starts_at, opening.ends_at),
        zone=ZONE,
        location_id=opening.location_id,
    )


class Crowd:
    """Those who wait, by what they wait for: so few need to be looked at for each opening."""

    def __init__(self) -> None:
        self._by_number: dict[int, Waiting] = {}
        self._by_wish: dict[tuple[str, str], dict[int, Waiting]] = {}

    def __len__(self) -> int:
        return len(self._by_number)

    def add(self, who: Waiting) -> None:
        """They wait now."""
        self._by_number[who.person.number] = who
        for wish in _wished(who):
            self._by_wish.setdefault(wish, {})[who.person.number] = who

    def get(self, number: int) -> Waiting | None:
        """The one of this number, if they wait."""
        return self._by_number.get(number)

    def pop(self, number: int) -> Waiting | None:
        """They wait no longer; None when they did not."""
        gone = self._by_number.pop(number, None)
        for wish in _wished(gone) if gone else ():
            del self._by_wish[wish][number]
        return gone

    def around(self, gap: Gap) -> Iterable[Waiting]:
        """Everybody the time may fit: who waits for the service, with its clinician or with anybody."""
        for clinician in ("", gap.clinician_id):
            yield from self._by_wish.get((gap.service_id, clinician), {}).values()


def _wished(who: Waiting) -> list[tuple[str, str]]:
    return [(who.wish.service_id, clinician) for clinician in who.wish.clinician_ids or ("",)]


def look(hour: Hour, gap: Gap, crowd: Crowd, behaviour: Behaviour, seed: int) -> None:
    """Keep with the hour whom the time fits, longest waiting first, and who would say yes in time."""
    now = hour.askable_at
    latest = hour.starts_at - timedelta(minutes=SHORTEST_MINUTES)
    if latest <= now:
        return
    found = [each for each in crowd.around(gap) if fits(each.wish, gap, now) is None]
    found.sort(key=lambda each: (each.wish.joined_at, each.person.number))
    hour.eligible = [each.person.number for each in found]
    hour.quiet = {each.person.number for each in found if each.quiet}
    if not hour.counted:
        return  # it is asked only whom it passes by
    hour.fit = {each.person.number: _named(each.wish) for each in found}
    for each in found:
        said = would_say(each, gap, now, behaviour, seed)
        if said is not None and said.yes and said.at <= latest:
            hour.willing.add(each.person.number)
            hour.first_yes_at = min(hour.first_yes_at or said.at, said.at)


def would_say(who: Waiting, gap: Gap, at: datetime, behaviour: Behaviour, seed: int) -> Answer | None:
    """What somebody says to an offer of the time that is made at this instant."""
    asked = Offered(
        person=who.person.number,
        opening=f"{gap.clinician_id}:{gap.span.starts_at.isoformat()}",
        asked_at=at + timedelta(seconds=behaviour.notice_seconds),
        starts_at=gap.span.starts_at,
        local_hour=at.astimezone(ZoneInfo(ZONE)).hour,
        named=_named(who.wish),
    )
    return answer(behaviour, seed, asked)


def _named(wish: Wish) -> int:
    """How many of clinician and hours they had asked for."""
    return bool(wish.clinician_ids) + bool(wish.windows)
