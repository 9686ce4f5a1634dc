"""What booking and moving share: a day's free times, a typed time made an instant, and what is asked about first.

Invariant: nobody's hold is booked over, and no hour outside a clinician's, before the page has said so.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.console.book_of_names import Names
from bot.console.booking_words import CLIENT_ELSEWHERE, OTHER, OUTSIDE_HOURS, held_sentence
from bot.console.days import minute_of
from bot.web.dates import clock_time
from bot.web.forms import Form
from bot.web.keys import Viewer
from bot.web.typed import typed_day, typed_instant
from scheduler.actions.book import with_buffers
from scheduler.appointments import store as appointments
from scheduler.calendar import store as calendar
from scheduler.calendar.open_times import OpenTime, open_times, windows_of
from scheduler.calendar.store import Hold
from scheduler.calendar.wallclock import Span, at_minute, day_span, is_gap, local_day, minute_of_day, to_local
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Reading
from scheduler.people import store as people

STEP_MINUTES: Final = 30


class AskFirst(Conflict):
    """A time booked only by somebody who was told: it is held, outside the hours, or the client is elsewhere then."""

    def __init__(self, holds: Sequence[Hold], *, outside: bool, twice: bool = False) -> None:
        super().__init__("ask_first")
        self.holds, self.outside, self.twice = tuple(holds), outside, twice

    def sentences(self, viewer: Viewer) -> list[str]:
        """What going on would do, for each hold, and what is unusual about the time."""
        unusual = [words for words, true in ((CLIENT_ELSEWHERE, self.twice), (OUTSIDE_HOURS, self.outside)) if true]
        return unusual + [
            held_sentence(each.kind, clock_time(each.expires_at, viewer.zone, viewer.locale)) for each in self.holds
        ]


async def ask_first(
    r: Reading,
    *,
    service_id: str,
    clinician_id: str,
    starts_at: datetime,
    client_ids: Sequence[str] = (),
    moved: str = "",
) -> None:
    """Pass only a time within the clinician's hours that nobody holds, buffers included, and the clients have free.

    Where no hours are on record none can be left: such a clinician is booked by hand alone. `moved` is the appointment
    that gives its own time up for this one.

    Raises:
        AskFirst: it is held, or reaches beyond the hours, or one of the clients has another visit then.
        NotFound: no such service.
    """
    service = await people.service(r, service_id)
    if service is None:
        raise NotFound("service")
    span = with_buffers(Span(starts_at, starts_at + timedelta(minutes=service.duration_minutes)), service)
    holds = await calendar.holds_over(r, clinician_id, span.starts_at, span.ends_at)
    visit = Span(starts_at, starts_at + timedelta(minutes=service.duration_minutes))
    outside = starts_at > r.now and await _outside_hours(r, clinician_id, visit)
    twice = await _elsewhere(r, client_ids, visit, moved)
    if holds or outside or twice:
        raise AskFirst(holds, outside=outside, twice=twice)


async def _elsewhere(r: Reading, client_ids: Sequence[str], wanted: Span, moved: str) -> bool:
    """Whether one of the clients is expected at another visit in that time."""
    ahead = await appointments.upcoming(r, client_ids, r.now) if client_ids else ()
    return any(wanted.overlaps(Span(each.starts_at, each.ends_at)) for each in ahead if each.appointment_id != moved)


async def _outside_hours(r: Reading, clinician_id: str, visit: Span) -> bool:
    if not await calendar.weekly_hours(r, clinician_id):
        return False
    windows = await windows_of(r, clinician_id, visit.starts_at, visit.ends_at)
    return not any(each.starts_at <= visit.starts_at and visit.ends_at <= each.ends_at for each in windows)


def needed_day(text: str) -> date:
    """The day that somebody typed and meant; another one is never put in its place.

    Raises:
        Invalid: day_needed.
    """
    day = typed_day(text)
    if day is None:
        raise Invalid("day_needed", field="day")
    return day


def same_day(text: str, starts_at: datetime, zone: ZoneInfo) -> None:
    """Pass only a picked time of the day that stands in the form, if a day does.

    Without scripts a time of the day shown before stays picked when another day is typed.

    Raises:
        Invalid: time_of_another_day.
    """
    day = typed_day(text)
    if day is not None and local_day(starts_at, zone) != day:
        raise Invalid("time_of_another_day", field="time")


def same_time(text: str, starts_at: datetime, zone: ZoneInfo) -> None:
    """Pass only a picked time beside which no other one was typed: nobody's typing is passed over in silence.

    Raises:
        Invalid: two_times.
    """
    if text.strip() and minute_of(text) != minute_of_day(to_local(starts_at, zone)):
        raise Invalid("two_times", field="time")


def typed_time(day: date, text: str, zone: ZoneInfo) -> datetime:
    """The instant of a time typed for a day.

    Raises:
        Invalid: time_needed, or time_skipped where clocks jump over it.
    """
    minute = minute_of(text)
    if minute is None:
        raise Invalid("time_needed", field="time")
    if is_gap(datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute), zone):
        raise Invalid("time_skipped", field="time")
    return at_minute(day, minute, zone)


def wanted_time(form: Form, otherwise: date, clinician_id: str, zone: ZoneInfo) -> tuple[str, datetime]:
    """The clinician and the instant that were picked, or typed for the day in the form.

    `otherwise` and `clinician_id` stand for what the form does not say.

    Raises:
        Invalid: see `needed_day`, `same_day`, `same_time` and `typed_time`.
    """
    pick = form.value("pick")
    if pick and pick != OTHER:
        at, _, picked_clinician = pick.partition("|")
        starts_at = typed_instant(at)
        if starts_at is None:
            raise Invalid("time_needed", field="time")
        same_day(form.value("day"), starts_at, zone)
        same_time(form.value("time"), starts_at, zone)
        return picked_clinician, starts_at
    day = needed_day(form.value("day", otherwise.isoformat()))
    return form.value("clinician") or clinician_id, typed_time(day, form.value("time"), zone)


async def free_on(
    r: Reading, day: date, zone: ZoneInfo, *, service_id: str, clinician_ids: Sequence[str]
) -> tuple[OpenTime, ...]:
    """The free starts of a day, from now on."""
    span = day_span(day, zone)
    earliest = max(span.starts_at, r.now)
    if not service_id or earliest >= span.ends_at:
        return ()
    return await open_times(
        r,
        clinician_ids=clinician_ids,
        service_id=service_id,
        earliest=earliest,
        latest=span.ends_at,
        step_minutes=STEP_MINUTES,
    )


def by_clinician(times: Sequence[OpenTime], book: Names) -> list[tuple[str, list[OpenTime]]]:
    """Free times under the name of whose they are."""
    found: dict[str, list[OpenTime]] = {}
    for each in times:
        found.setdefault(book.clinician(each.clinician_id), []).append(each)
    return sorted(found.items())
