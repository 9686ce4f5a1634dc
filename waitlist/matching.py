"""Whom an opening fits, and in which order they are asked. Pure: values and `now` in, values out.

Here live the rule that says whether a waitlist entry can take an opening and the transparent rank among those that
can. Whether a person may be texted at all (consent, STOP, caps) is not known here; the wave asks that of each in turn.

The one invariant: the order depends on the points of turns.py, whose parts a practice can be shown, and on nothing
else, so anybody's place can be explained.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from scheduler.calendar.wallclock import Span, minute_of_day, to_local, zone_of
from waitlist.policy import STANDARD, Weights
from waitlist.turns import MINUTES_A_DAY, Points, Standing, fit_points, long_unasked, points_of, turn_of

SOON_MINUTES: Final = 30
"""An opening that starts sooner than this is not offered: nobody could read the text, answer and arrive."""

PARTS: Final = ((0, 720), (720, 1020), (1020, 1440))
"""Morning, afternoon and evening of the grid, minutes after midnight."""

ANY_PART: Final = (1 << 7 * len(PARTS)) - 1


class Misfit(StrEnum):
    """Why an entry cannot take an opening; the first that applies is named."""

    NOT_WAITING = "not_waiting"
    PAUSED = "paused"
    QUIET = "quiet"
    GAVE_IT_UP = "gave_it_up"
    OTHER_SERVICE = "other_service"
    OTHER_RHYTHM = "other_rhythm"
    OTHER_CLINICIAN = "other_clinician"
    OTHER_PLACE = "other_place"
    OTHER_DAY = "other_day"
    OTHER_HOURS = "other_hours"
    TOO_SHORT_NOTICE = "too_short_notice"
    NOT_EARLIER = "not_earlier"
    HAS_A_VISIT_THEN = "has_a_visit_then"
    ASKED_ALREADY = "asked_already"
    HOLDS_ANOTHER_OFFER = "holds_another_offer"


@dataclass(frozen=True, slots=True)
class WeeklyWindow:
    """Hours that suit, `[from_minute, until_minute)` of every such weekday (0 = Monday), wall-clock."""

    weekday: int
    from_minute: int
    until_minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """A waitlist entry as the rules see it.

    Empty `clinician_ids` mean anybody, empty `windows` any time, no `location_id` any place.
    `replaces_at` is the start of the later visit that a claim would release, while that visit still stands. `taken`
    are the client's other visits. `weekly`: for a weekly time, which takes the place of their old one and need not
    begin before it. `quiet`: they were asked whether they still wait, and not heard of since.
    """

    entry_id: str
    client_id: str
    service_id: str
    waiting: bool
    joined_at: datetime
    clinician_ids: Collection[str] = ()
    windows: Sequence[WeeklyWindow] = ()
    earliest_day: date | None = None
    latest_day: date | None = None
    min_notice_minutes: int = 0
    priority: int = 0
    credit: int = 0
    unanswered: int = 0
    last_offered_at: datetime | None = None
    replaces_at: datetime | None = None
    paused_until: datetime | None = None
    quiet: bool = False
    location_id: str | None = None
    weekly: bool = False
    taken: Sequence[Span] = ()
    asked_already: bool = False
    holds_another_offer: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """An opening as the rules see it; `zone` says what day and hour mean there."""

    clinician_id: str
    service_id: str
    span: Span
    zone: str
    given_up_by: str | None = None
    location_id: str | None = None
    weekly: bool = False


@dataclass(frozen=True, slots=True)
class Ranked:
    """An entry that fits, with the points that decided its place (1 is asked first) among `of` that fit."""

    entry_id: str
    client_id: str
    place: int
    of: int
    points: Points
    standing: Standing


def fits(wish: Wish, gap: Gap, now: datetime) -> Misfit | None:
    """None when the entry can take the opening, else the first reason why not."""
    return _of_the_entry(wish, gap) or _of_the_time(wish, gap, now) or _at_rest(wish, now) or _of_the_moment(wish, gap)


def rank(wishes: Iterable[Wish], gap: Gap, now: datetime, weights: Weights = STANDARD.weights) -> tuple[Ranked, ...]:
    """Those who fit, in the order they are asked: whoever has most points first; see turns.py for what these are.

    Whoever was not asked for long goes before all others.
    What is equal is settled by the entry's id: whoever was put on the list first comes first.
    """
    fitting = sorted(
        (wish for wish in wishes if fits(wish, gap, now) is None),
        key=lambda wish: (not long_unasked(standing(wish), now), order(wish, weights)),
    )
    return tuple(
        Ranked(
            wish.entry_id,
            wish.client_id,
            place,
            len(fitting),
            points_of(standing(wish), weights, fit(wish.clinician_ids, wish.windows, weights), now),
            standing(wish),
        )
        for place, wish in enumerate(fitting, start=1)
    )


def order(wish: Wish, weights: Weights) -> tuple[int, str]:
    """What entries are sorted by for an opening, those who were not asked for long apart."""
    moved_up = MINUTES_A_DAY * fit(wish.clinician_ids, wish.windows, weights)
    return turn_of(standing(wish), weights) - moved_up, wish.entry_id


def standing(wish: Wish) -> Standing:
    """The facts of an entry that decide its turn, whatever the opening."""
    return Standing(
        joined_at=wish.joined_at,
        last_offered_at=wish.last_offered_at,
        credit=wish.credit,
        unanswered=wish.unanswered,
        priority=wish.priority,
    )


def fit(clinician_ids: Collection[str], windows: Sequence[WeeklyWindow], weights: Weights) -> int:
    """The points for being just what the entry asked for, and little else; of an entry that fits.

    Whoever named several clinicians, or hours in all parts of the week, can take most other times as well.
    """
    named_hours = grid_of(windows) != ANY_PART
    return fit_points(weights, named_clinician=len(clinician_ids) == 1, named_hours=named_hours)


def grid_of(windows: Iterable[WeeklyWindow]) -> int:
    """The parts of the week that windows reach into, one bit each; all of them without any window.

    Wider than the windows themselves: what narrows the list may keep too many, never too few.
    """
    found = 0
    for window in windows:
        for part, (begins, ends) in enumerate(PARTS):
            if window.from_minute < ends and window.until_minute > begins:
                found |= 1 << (window.weekday * len(PARTS) + part)
    return found or ANY_PART


def grid_bit(gap: Gap) -> int:
    """The part of the week in which the opening begins."""
    start = to_local(gap.span.starts_at, zone_of(gap.zone))
    part = next(index for index, (_, ends) in enumerate(PARTS) if minute_of_day(start) < ends)
    return 1 << (start.weekday() * len(PARTS) + part)


def too_soon(starts_at: datetime, now: datetime) -> bool:
    """Whether an opening starts too soon to be worth offering."""
    return starts_at - now < timedelta(minutes=SOON_MINUTES)


def _of_the_entry(wish: Wish, gap: Gap) -> Misfit | None:
    if not wish.waiting:
        return Misfit.NOT_WAITING
    if wish.client_id == gap.given_up_by:
        return Misfit.GAVE_IT_UP
    return _of_what_is_had(wish, gap)


def _of_what_is_had(wish: Wish, gap: Gap) -> Misfit | None:
    if wish.service_id != gap.service_id:
        return Misfit.OTHER_SERVICE
    if wish.weekly is not gap.weekly:
        return Misfit.OTHER_RHYTHM
    if wish.clinician_ids and gap.clinician_id not in wish.clinician_ids:
        return Misfit.OTHER_CLINICIAN
    if wish.location_id is not None and wish.location_id != gap.location_id:
        return Misfit.OTHER_PLACE
    return None


def _of_the_time(wish: Wish, gap: Gap, now: datetime) -> Misfit | None:
    start = to_local(gap.span.starts_at, zone_of(gap.zone))
    day = start.date()
    if (wish.earliest_day and day < wish.earliest_day) or (wish.latest_day and day > wish.latest_day):
        return Misfit.OTHER_DAY
    if wish.windows and not any(_inside(window, start, gap.span) for window in wish.windows):
        return Misfit.OTHER_HOURS
    if gap.span.starts_at - now < timedelta(minutes=wish.min_notice_minutes):
        return Misfit.TOO_SHORT_NOTICE
    return None


def _inside(window: WeeklyWindow, start: datetime, span: Span) -> bool:
    """The whole visit lies in the hours that suit, by its wall-clock start and its true length."""
    minutes = (span.ends_at - span.starts_at) // timedelta(minutes=1)
    begins = minute_of_day(start)
    return (
        window.weekday == start.weekday() and window.from_minute <= begins and begins + minutes <= window.until_minute
    )


def _at_rest(wish: Wish, now: datetime) -> Misfit | None:
    if wish.paused_until is not None and now < wish.paused_until:
        return Misfit.PAUSED
    return Misfit.QUIET if wish.quiet else None


def _of_the_moment(wish: Wish, gap: Gap) -> Misfit | None:
    if wish.replaces_at is not None and not gap.weekly and gap.span.starts_at >= wish.replaces_at:
        return Misfit.NOT_EARLIER
    if any(span.overlaps(gap.span) for span in wish.taken):
        return Misfit.HAS_A_VISIT_THEN
    if wish.asked_already:
        return Misfit.ASKED_ALREADY
    if wish.holds_another_offer:
        return Misfit.HOLDS_ANOTHER_OFFER
    return None
