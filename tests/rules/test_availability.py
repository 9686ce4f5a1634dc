"""Weekly hours and exceptions become UTC windows."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.calendar.availability import DayException, OpenWindow, WeeklyHours, open_windows
from scheduler.calendar.wallclock import minute_of_day, to_local, to_utc

NEW_YORK = ZoneInfo("America/New_York")
MONDAY = date(2026, 3, 2)


def window(
    zone: ZoneInfo, day: date, start: tuple[int, int], end: tuple[int, int], at: str | None = None
) -> OpenWindow:
    def instant(hour: int, minute: int) -> datetime:
        return to_utc(datetime(day.year, day.month, day.day, hour, minute), zone)

    return OpenWindow(instant(*start), instant(*end), at)


def test_the_same_hours_stay_the_same_hours_across_the_clock_change():
    week = [WeeklyHours(weekday, 540, 1020) for weekday in range(7)]
    found = open_windows(week, [], NEW_YORK, date(2026, 3, 7), date(2026, 3, 9))
    assert [to_local(w.starts_at, NEW_YORK).hour for w in found] == [9, 9, 9]
    assert [w.starts_at.hour for w in found] == [14, 13, 13]


def test_a_closed_day_is_closed():
    week = [WeeklyHours(0, 540, 1020)]
    closed = [DayException(MONDAY, closed=True)]
    assert open_windows(week, closed, NEW_YORK, MONDAY, MONDAY) == ()


def test_closed_for_lunch_leaves_two_pieces():
    week = [WeeklyHours(0, 540, 1020)]
    lunch = [DayException(MONDAY, closed=True, start_minute=720, end_minute=780)]
    assert open_windows(week, lunch, NEW_YORK, MONDAY, MONDAY) == (
        window(NEW_YORK, MONDAY, (9, 0), (12, 0)),
        window(NEW_YORK, MONDAY, (13, 0), (17, 0)),
    )


def test_extra_hours_win_over_a_closure_of_the_same_day_in_any_order():
    week = [WeeklyHours(0, 540, 1020)]
    rows = [DayException(MONDAY, False, 600, 720), DayException(MONDAY, True)]
    expected = (window(NEW_YORK, MONDAY, (10, 0), (12, 0)),)
    assert open_windows(week, rows, NEW_YORK, MONDAY, MONDAY) == expected
    assert open_windows(week, rows[::-1], NEW_YORK, MONDAY, MONDAY) == expected


def test_a_closure_of_one_place_leaves_the_other_open():
    week = [WeeklyHours(0, 540, 720, location_id="north"), WeeklyHours(0, 780, 1020, location_id="south")]
    rows = [DayException(MONDAY, closed=True, location_id="north")]
    assert open_windows(week, rows, NEW_YORK, MONDAY, MONDAY) == (window(NEW_YORK, MONDAY, (13, 0), (17, 0), "south"),)


def test_hours_hold_only_between_their_dates():
    week = [WeeklyHours(0, 540, 600, valid_from=date(2026, 3, 9), valid_until=date(2026, 3, 16))]
    found = open_windows(week, [], NEW_YORK, date(2026, 3, 1), date(2026, 3, 31))
    assert [to_local(w.starts_at, NEW_YORK).day for w in found] == [9, 16]


def test_hours_up_to_midnight_and_from_midnight_are_one_window():
    week = [WeeklyHours(0, 1200, 1440), WeeklyHours(1, 0, 120)]
    (found,) = open_windows(week, [], NEW_YORK, MONDAY, MONDAY + timedelta(days=1))
    assert found.ends_at - found.starts_at == timedelta(hours=6)


def test_hours_that_lie_in_the_gap_vanish():
    week = [WeeklyHours(6, 120, 180)]
    assert open_windows(week, [], NEW_YORK, date(2026, 3, 8), date(2026, 3, 8)) == ()


@pytest.mark.parametrize(("start", "end"), [(600, 600), (700, 600), (-1, 60), (0, 1441)])
def test_impossible_hours_are_refused(start: int, end: int):
    with pytest.raises(ValueError, match="hours"):
        WeeklyHours(0, start, end)
    with pytest.raises(ValueError, match="hours"):
        DayException(MONDAY, False, start, end)


def test_an_eighth_weekday_is_refused():
    with pytest.raises(ValueError, match="weekday"):
        WeeklyHours(7, 0, 60)


hours = st.tuples(st.integers(0, 47), st.integers(1, 48)).filter(lambda p: p[0] < p[1])
rows = st.builds(
    lambda weekday, span, place: WeeklyHours(weekday, span[0] * 30, span[1] * 30, location_id=place),
    st.integers(0, 6),
    hours,
    st.sampled_from([None, "north"]),
)
days_off = st.builds(
    lambda offset, closed, span, place: DayException(
        MONDAY + timedelta(days=offset), closed, span[0] * 30, span[1] * 30, place
    ),
    st.integers(0, 6),
    st.booleans(),
    hours,
    st.sampled_from([None, "north"]),
)


def is_open(minute: int, day: date, place: str | None, week: list[WeeklyHours], other: list[DayException]) -> bool:
    today = [e for e in other if e.day == day]
    extra = any(not e.closed and e.location_id == place and e.start_minute <= minute < e.end_minute for e in today)
    shut = any(e.closed and e.location_id in (None, place) and e.start_minute <= minute < e.end_minute for e in today)
    usual = any(w.applies_on(day) and w.location_id == place and w.start_minute <= minute < w.end_minute for w in week)
    return extra or (usual and not shut)


@given(st.lists(rows, max_size=6), st.lists(days_off, max_size=5), st.sampled_from(["UTC", "America/Phoenix"]))
def test_windows_are_exactly_the_open_minutes(week: list[WeeklyHours], other: list[DayException], name: str):
    zone = ZoneInfo(name)
    found = open_windows(week, other, zone, MONDAY, MONDAY + timedelta(days=6))
    for place in (None, "north"):
        for step in range(0, 7 * 1440, 30):
            instant = to_utc(datetime.combine(MONDAY, datetime.min.time()), zone) + timedelta(minutes=step)
            local = to_local(instant, zone)
            inside = sum(w.starts_at <= instant < w.ends_at and w.location_id == place for w in found)
            assert inside == is_open(minute_of_day(local), local.date(), place, week, other)


@given(st.lists(rows, max_size=8))
def test_windows_of_a_place_are_sorted_and_never_touch(week: list[WeeklyHours]):
    found = open_windows(week, [], NEW_YORK, date(2026, 3, 1), date(2026, 3, 31))
    assert list(found) == sorted(found, key=lambda w: w.starts_at)
    for place in (None, "north"):
        mine = [w for w in found if w.location_id == place]
        assert all(a.ends_at < b.starts_at for a, b in pairwise(mine))


def test_windows_are_in_utc():
    (found,) = open_windows([WeeklyHours(0, 540, 600)], [], NEW_YORK, MONDAY, MONDAY)
    assert found.starts_at.tzinfo is UTC
