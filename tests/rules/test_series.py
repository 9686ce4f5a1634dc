"""Weekly series in wall-clock time."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.calendar.series import Series, falls_on, occurrences, rest_from
from scheduler.calendar.wallclock import to_local

NEW_YORK = ZoneInfo("America/New_York")
TUESDAY = date(2026, 2, 24)
SPRING = date(2026, 3, 8)


def days(series: Series, first: date = date(2026, 1, 1), last: date = date(2026, 12, 31)) -> list[date]:
    return [o.day for o in occurrences(series, NEW_YORK, first=first, last=last)]


def test_three_in_the_afternoon_stays_three_across_both_changes_of_the_clock():
    series = Series(TUESDAY, 900)
    found = list(occurrences(series, NEW_YORK, first=TUESDAY, last=date(2026, 12, 1)))
    assert {to_local(o.starts_at, NEW_YORK).time() for o in found} == {datetime(2026, 1, 1, 15).time()}
    assert {o.starts_at.hour for o in found} == {19, 20}
    assert not any(o.shifted for o in found)


def test_a_visit_in_the_gap_is_shifted_and_says_so():
    series = Series(SPRING - timedelta(days=7), 150)
    first, second, third = occurrences(series, NEW_YORK, first=SPRING - timedelta(7), last=SPRING + timedelta(7))
    assert [first.shifted, second.shifted, third.shifted] == [False, True, False]
    assert to_local(second.starts_at, NEW_YORK) == datetime(2026, 3, 8, 3, 30)


def test_every_other_week_keeps_its_rhythm_to_the_last_day():
    series = Series(TUESDAY, 900, every_weeks=2, last_day=date(2026, 4, 7))
    assert days(series) == [TUESDAY, date(2026, 3, 10), date(2026, 3, 24), date(2026, 4, 7)]


def test_a_range_in_the_middle_finds_the_right_week():
    series = Series(TUESDAY, 900, every_weeks=2)
    assert days(series, date(2026, 3, 4), date(2026, 3, 10)) == [date(2026, 3, 10)]
    assert days(series, date(2026, 3, 11), date(2026, 3, 23)) == []


@given(
    st.integers(1, 4),
    st.integers(-60, 400),
    st.integers(0, 200),
    st.none() | st.integers(0, 400),
)
def test_a_range_holds_exactly_the_days_of_the_rhythm(every, first, length, last_day):
    series = Series(TUESDAY, 900, every, None if last_day is None else TUESDAY + timedelta(days=last_day))
    low = TUESDAY + timedelta(days=first)
    expected = [day for day in (low + timedelta(days=n) for n in range(length + 1)) if falls_on(series, day)]
    assert days(series, low, low + timedelta(days=length)) == expected


def test_falls_on_needs_rhythm_and_bounds():
    series = Series(TUESDAY, 900, 2, last_day=date(2026, 3, 24))
    assert falls_on(series, date(2026, 3, 10))
    assert not falls_on(series, date(2026, 3, 3))
    assert not falls_on(series, TUESDAY - timedelta(weeks=2))
    assert not falls_on(series, date(2026, 4, 7))


def test_this_and_all_that_follow_move_to_thursdays_at_four():
    series = Series(TUESDAY, 900, last_day=date(2026, 3, 24))
    rest = rest_from(series, date(2026, 3, 10), first_day=date(2026, 3, 12), minute=960)
    assert rest == Series(date(2026, 3, 12), 960, last_day=date(2026, 3, 26))


@given(st.integers(1, 3), st.integers(0, 20))
def test_the_rest_without_a_change_is_what_the_series_had_from_there(every: int, visit: int):
    series, day = Series(TUESDAY, 900, every, TUESDAY + timedelta(weeks=60)), TUESDAY + timedelta(weeks=every * visit)
    assert days(rest_from(series, day, first_day=day, minute=900), last=date(2028, 1, 1)) == days(
        series, day, date(2028, 1, 1)
    )


def test_the_rest_from_a_day_without_a_visit_is_refused():
    with pytest.raises(ValueError, match="no visit"):
        rest_from(Series(TUESDAY, 900), TUESDAY + timedelta(days=1), first_day=TUESDAY, minute=0)


@pytest.mark.parametrize("fields", [{"minute": 1440}, {"minute": -1}, {"minute": 0, "every_weeks": 0}])
def test_impossible_series_are_refused(fields: dict[str, int]):
    with pytest.raises(ValueError):
        Series(TUESDAY, **fields)
