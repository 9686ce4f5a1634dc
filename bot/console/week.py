"""The page /console/week: one clinician's week, or everybody's day side by side.

What is open is shaded, what is taken stands in it, and what is free can be pressed to book. Invariant: a visit stands
at its wall-clock time in the practice's zone, also in the weeks when clocks change.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.console.book_of_names import Names, names
from bot.console.days import day_of, monday_of
from bot.console.desk import actor_of, reading, show, viewer_of
from bot.console.standing import standing
from bot.web.dates import clock_time, short_day
from bot.web.keys import Viewer
from scheduler import access
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.calendar import store as calendar
from scheduler.calendar.availability import OpenWindow
from scheduler.calendar.open_times import windows_of
from scheduler.calendar.store import Hold
from scheduler.calendar.wallclock import Span, day_span, local_day, minute_of_day, to_local
from scheduler.core.record import Reading
from scheduler.people import store as people
from scheduler.people.store import Client

DAYS: Final = 7
EARLIEST_SHOWN, LATEST_SHOWN = 8 * 60, 18 * 60
HOUR: Final = 60
MIDNIGHT: Final = 24 * 60
SHORTEST_FREE: Final = 30


@dataclass(frozen=True, slots=True)
class Column:
    """One day of one clinician, in minutes after local midnight. The names of the fields are those of the grid."""

    name: str
    date: str
    today: bool
    now: int | None
    note: str
    open: list[tuple[int, int]]
    free: list[dict[str, Any]]
    blocks: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose and when. `clinician_id` None: everybody's `day`."""

    day: date
    clinician_id: str | None
    own: str | None

    def address(self, day: date | None = None, clinician_id: str | None = None) -> str:
        """This page for another day or clinician."""
        who = clinician_id if clinician_id is not None else (self.clinician_id or "")
        asked = {"day": (day or self.day).isoformat()} | ({"clinician": who} if who else {})
        return f"/console/week?{urlencode(asked)}"


async def show_week(request: web.Request) -> web.Response:
    """The week of one clinician, or a day of all of them."""
    actor, viewer = actor_of(request), viewer_of(request)
    async with reading(request) as r:
        own = await access.own_clinician(r, actor, "day.read")
        book = await names(r)
        today = local_day(r.now, viewer.zone)
        wanted = request.query.get("clinician", "")
        working = book.working()
        chosen = wanted if wanted in book.clinicians else (working[0].id if len(working) == 1 else None)
        scope = Scope(day_of(request.query.get("day", ""), today), own if own is not None else chosen, own)
        columns = await _columns(r, viewer, scope, book, may_book=access.may(actor, "appointment.write"))
    first, last = _range(columns)
    monday = monday_of(scope.day)
    step = DAYS if scope.clinician_id else 1
    context = {
        "scope": scope,
        "columns": columns,
        "hours": [(minute, _hour(minute, viewer)) for minute in range(first, last, HOUR)],
        "first_minute": first,
        "last_minute": last,
        "clinicians": working if own is None and len(working) > 1 else (),
        "title": _title(scope, monday, viewer),
        "who": book.clinician(scope.clinician_id) if scope.clinician_id else "Everyone",
        "earlier": scope.address(scope.day - timedelta(days=step)),
        "later": scope.address(scope.day + timedelta(days=step)),
        "week_days": [(monday + timedelta(days=n), scope.address(monday + timedelta(days=n))) for n in range(DAYS)],
        "now_here": monday <= today < monday + timedelta(days=DAYS) if scope.clinician_id else scope.day == today,
        "may_write": access.may(actor, "appointment.write"),
    }
    return await show(request, "console/week.html", context)


async def _columns(r: Reading, viewer: Viewer, scope: Scope, book: Names, *, may_book: bool) -> list[Column]:
    """The days of one clinician's week (Saturday and Sunday only if there is something), or a day of each."""
    if scope.clinician_id is None:
        return [
            await _column(r, viewer, book, each.id, scope.day, may_book=may_book, name=each.name)
            for each in book.working()
        ]
    monday = monday_of(scope.day)
    found = [
        await _column(r, viewer, book, scope.clinician_id, monday + timedelta(days=n), may_book=may_book)
        for n in range(DAYS)
    ]
    weekend = 5
    return [each for n, each in enumerate(found) if n < weekend or each.open or each.blocks or each.today]


async def _column(
    r: Reading, viewer: Viewer, book: Names, clinician_id: str, day: date, *, may_book: bool, name: str = ""
) -> Column:
    zone = viewer.zone
    span = day_span(day, zone)
    visits = await appointments.visits_between(r, span.starts_at, span.ends_at, clinician_id=clinician_id)
    holds = await calendar.holds_over(r, clinician_id, span.starts_at, span.ends_at)
    windows = await windows_of(r, clinician_id, span.starts_at, span.ends_at - timedelta(minutes=1))
    taken = await calendar.busy_between(r, clinician_id, span.starts_at, span.ends_at)
    exceptions = await calendar.day_exceptions(r, clinician_id, day, day)
    clients = await people.clients(r, {visit.client_id for visit in visits})
    weekday, _, rest = short_day(day, viewer.locale).partition(", ")
    is_today = local_day(r.now, zone) == day
    closed = any(each.closed and each.start_minute == 0 and each.end_minute == MIDNIGHT for each in exceptions)
    return Column(
        name=name or weekday,
        date="" if name else rest,
        today=is_today and not name,
        now=minute_of_day(to_local(r.now, zone)) if is_today else None,
        note="Closed" if closed else "",
        open=[_minutes(window.starts_at, window.ends_at, day, zone) for window in windows],
        free=_free(windows, taken, r.now, day, viewer, clinician_id) if may_book else [],
        blocks=[*_visit_blocks(visits, clients, book, viewer, day, r.now), *_hold_blocks(holds, viewer, day)],
    )


def _visit_blocks(
    visits: Sequence[Visit], clients: Mapping[str, Client], book: Names, viewer: Viewer, day: date, now: datetime
) -> list[dict[str, Any]]:
    """One block for each appointment; a cancelled one only where nobody has the time since."""
    together: dict[str, list[Visit]] = {}
    for visit in visits:
        together.setdefault(visit.appointment_id, []).append(visit)
    standing_spans = [Span(visit.starts_at, visit.ends_at) for visit in visits if visit.is_active]
    found = []
    for places in together.values():
        expected = [visit for visit in places if visit.is_active] or places
        first = expected[0]
        if not first.is_active and any(each.overlaps(Span(first.starts_at, first.ends_at)) for each in standing_spans):
            continue
        state, word = standing(first, now)
        start, end = _minutes(first.starts_at, first.ends_at, day, viewer.zone)
        found.append(
            {
                "from": start,
                "until": end,
                "title": _title_of(expected, clients),
                "detail": f"{_clock(first.starts_at, viewer)}, {book.service(first.service_id)}",
                "href": f"/console/visits/{first.participation_id}",
                "state": state,
                "word": word,
                "gone": not first.is_active,
            }
        )
    return found


def _clock(instant: datetime, viewer: Viewer) -> str:
    return clock_time(instant, viewer.zone, viewer.locale)


def _title_of(places: Sequence[Visit], clients: Mapping[str, Client]) -> str:
    called = [clients[each.client_id].display for each in places if each.client_id in clients]
    most = 2
    return " and ".join(called) if len(called) <= most else f"{called[0]} and {len(called) - 1} others"


def _hold_blocks(holds: Iterable[Hold], viewer: Viewer, day: date) -> list[dict[str, Any]]:
    words = {"offer": "Held for the waitlist", "choice": "A client is choosing"}
    found = []
    for hold in holds:
        start, end = _minutes(hold.starts_at, hold.ends_at, day, viewer.zone)
        until = _clock(hold.expires_at, viewer)
        found.append(
            {
                "from": start, "until": end, "title": words.get(hold.kind, "Held"), "detail": f"until {until}",
                "href": "/console/waitlist" if hold.kind == "offer" else "/console/inbox",
                "state": "held", "word": f"until {until}", "gone": False,
            }
        )  # fmt: skip
    return found


def _free(
    windows: Iterable[OpenWindow], taken: Sequence[Span], now: datetime, day: date, viewer: Viewer, clinician_id: str
) -> list[dict[str, Any]]:
    """What can be pressed to book: the free stretches of the open hours, cut at whole hours."""
    found: list[dict[str, Any]] = []
    for window in windows:
        start = max(window.starts_at, now)
        for span in [*sorted(taken, key=lambda each: each.starts_at), Span(window.ends_at, window.ends_at)]:
            end = min(span.starts_at, window.ends_at)
            if end > start:
                found += _pieces(start, end, day, viewer, clinician_id)
            start = max(start, span.ends_at)
    return found


def _pieces(start: datetime, end: datetime, day: date, viewer: Viewer, clinician_id: str) -> list[dict[str, Any]]:
    found = []
    at = start + timedelta(minutes=-minute_of_day(to_local(start, viewer.zone)) % 5)
    while at < end:
        hour = timedelta(minutes=HOUR - minute_of_day(to_local(at, viewer.zone)) % HOUR)
        until = min(end, at + hour)
        if until - at >= timedelta(minutes=SHORTEST_FREE):
            low, high = _minutes(at, until, day, viewer.zone)
            href = "/console/book?" + urlencode({"clinician": clinician_id, "at": at.isoformat()})
            found.append({"from": low, "until": high, "href": href, "word": _clock(at, viewer)})
        at = until
    return found


def _minutes(start: datetime, end: datetime, day: date, zone: ZoneInfo) -> tuple[int, int]:
    """From and until on the wall clock of a day, cut at its ends, on the grid of five minutes."""
    low, high = to_local(start, zone), to_local(end, zone)
    first = minute_of_day(low) if low.date() == day else 0
    last = minute_of_day(high) if high.date() == day else MIDNIGHT
    return first - first % 5, max(last, first + 5)


def _range(columns: Sequence[Column]) -> tuple[int, int]:
    """The hours the grid shows: the usual ones, and whatever is open or booked beyond them."""
    starts = [low for each in columns for low, _ in each.open] + [b["from"] for each in columns for b in each.blocks]
    ends = [high for each in columns for _, high in each.open] + [b["until"] for each in columns for b in each.blocks]
    first = min([EARLIEST_SHOWN, *starts]) // HOUR * HOUR
    last = -(-max([LATEST_SHOWN, *ends]) // HOUR) * HOUR
    return first, min(last, MIDNIGHT)


def _hour(minute: int, viewer: Viewer) -> str:
    """The hour beside the grid, as the locale says."""
    day = datetime(2026, 1, 5, minute // HOUR, tzinfo=viewer.zone)
    return _clock(day, viewer).replace(":00", "")


def _title(scope: Scope, monday: date, viewer: Viewer) -> str:
    if scope.clinician_id is None:
        return short_day(scope.day, viewer.locale)
    sunday = monday + timedelta(days=DAYS - 1)
    return f"{short_day(monday, viewer.locale)} – {short_day(sunday, viewer.locale)}"  # noqa: RUF001 -- from to


def install_week(app: web.Application) -> None:
    """Add the route."""
    app.router.add_get("/console/week", show_week, name="week")
