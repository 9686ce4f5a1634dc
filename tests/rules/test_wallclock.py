"""Every local time has exactly one instant, by a written policy."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.calendar.wallclock import (
    Span,
    UnknownZoneError,
    at_minute,
    day_span,
    days_before,
    is_gap,
    local_day,
    minute_of_day,
    to_local,
    to_utc,
    zone_of,
)

ZONES = (
    "America/New_York",
    "America/Phoenix",
    "America/St_Johns",
    "America/Havana",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Europe/London",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "UTC",
)
NEW_YORK = ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")
CASABLANCA = ZoneInfo("Africa/Casablanca")
PHOENIX = ZoneInfo("America/Phoenix")

zones = st.sampled_from(ZONES).map(ZoneInfo)
locals_ = st.datetimes(datetime(2005, 1, 1), datetime(2037, 1, 1)).map(lambda d: d.replace(second=0, microsecond=0))
instants = st.datetimes(datetime(2005, 1, 1), datetime(2037, 1, 1), timezones=st.just(UTC))


def is_fold(local: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks in the zone show this naive local time twice."""
    return to_utc(local, zone) < local.replace(tzinfo=zone, fold=1).astimezone(UTC)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


def test_a_time_in_the_new_york_gap_is_shifted_forward_by_an_hour():
    gone = datetime(2026, 3, 8, 2, 30)
    assert is_gap(gone, NEW_YORK)
    assert to_utc(gone, NEW_YORK) == utc(2026, 3, 8, 7, 30)
    assert to_local(to_utc(gone, NEW_YORK), NEW_YORK) == datetime(2026, 3, 8, 3, 30)


@pytest.mark.parametrize(("minute", "gap"), [(119, False), (120, True), (179, True), (180, False)])
def test_the_edges_of_a_gap(minute: int, gap: bool):
    assert is_gap(datetime(2026, 3, 8) + timedelta(minutes=minute), NEW_YORK) is gap


def test_a_time_that_happens_twice_is_its_first_occurrence():
    twice = datetime(2026, 11, 1, 1, 30)
    assert is_fold(twice, NEW_YORK)
    assert not is_gap(twice, NEW_YORK)
    assert to_utc(twice, NEW_YORK) == utc(2026, 11, 1, 5, 30)
    assert not is_fold(datetime(2026, 11, 1, 2, 0), NEW_YORK)


def test_the_fold_mark_of_the_caller_does_not_change_the_answer():
    assert to_utc(datetime(2026, 11, 1, 1, 30, fold=1), NEW_YORK) == utc(2026, 11, 1, 5, 30)


def test_lord_howe_moves_by_half_an_hour():
    assert is_gap(datetime(2026, 10, 4, 2, 15), LORD_HOWE)
    assert to_local(to_utc(datetime(2026, 10, 4, 2, 15), LORD_HOWE), LORD_HOWE) == datetime(2026, 10, 4, 2, 45)
    assert not is_gap(datetime(2026, 10, 4, 2, 30), LORD_HOWE)
    assert is_fold(datetime(2026, 4, 5, 1, 45), LORD_HOWE)
    assert not is_fold(datetime(2026, 4, 5, 1, 15), LORD_HOWE)


def test_casablanca_leaves_summer_time_for_ramadan():
    # Clocks go back at 03:00 on the last Sunday before Ramadan and forward at 02:00 on the Sunday after it.
    assert is_fold(datetime(2026, 2, 15, 2, 30), CASABLANCA)
    assert is_gap(datetime(2026, 3, 22, 2, 30), CASABLANCA)


def test_phoenix_never_changes():
    for day in (datetime(2026, 3, 8), datetime(2026, 11, 1)):
        for minute in range(0, 1440, 15):
            local = day + timedelta(minutes=minute)
            assert not is_gap(local, PHOENIX)
            assert not is_fold(local, PHOENIX)


@given(locals_, zones)
def test_a_local_time_that_exists_comes_back(local: datetime, zone: ZoneInfo):
    back = to_local(to_utc(local, zone), zone)
    if is_gap(local, zone):
        assert back > local
    else:
        assert back == local


@given(instants, zones)
def test_an_instant_comes_back_unless_it_is_a_second_occurrence(instant: datetime, zone: ZoneInfo):
    back = to_utc(to_local(instant, zone), zone)
    assert back == instant or (is_fold(to_local(instant, zone), zone) and back < instant)


@given(locals_, locals_, zones)
def test_later_on_the_clock_is_never_earlier_by_more_than_a_gap(a: datetime, b: datetime, zone: ZoneInfo):
    early, late = sorted((a, b))
    if not is_gap(early, zone):
        assert to_utc(early, zone) <= to_utc(late, zone)


@given(st.dates(date(2005, 1, 1), date(2036, 12, 31)), zones)
def test_days_follow_one_another_without_hole_or_overlap(day: date, zone: ZoneInfo):
    today, tomorrow = day_span(day, zone), day_span(day + timedelta(days=1), zone)
    assert today.ends_at == tomorrow.starts_at
    assert today.starts_at <= today.ends_at


@given(instants, zones)
def test_every_instant_lies_in_the_span_of_its_day(instant: datetime, zone: ZoneInfo):
    # Where midnight falls into a fold, the policy begins the day at the first midnight, so the hour that is repeated
    # may read as the day before.
    day = local_day(instant, zone)
    span = day_span(day, zone)
    inside = span.starts_at <= instant < span.ends_at
    assert inside or is_fold(to_local(instant, zone), zone)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2026, 3, 8), 23), (date(2026, 11, 1), 25), (date(2026, 6, 1), 24), (date(2026, 3, 9), 24)]
)
def test_length_of_days_in_new_york(day: date, hours: int):
    span = day_span(day, NEW_YORK)
    assert span.ends_at - span.starts_at == timedelta(hours=hours)


def test_the_day_samoa_skipped_is_empty():
    span = day_span(date(2011, 12, 30), ZoneInfo("Pacific/Apia"))
    assert span.starts_at == span.ends_at


def test_minutes_are_wall_clock_minutes_also_on_the_short_day():
    assert at_minute(date(2026, 3, 8), 540, NEW_YORK) == utc(2026, 3, 8, 13, 0)
    assert at_minute(date(2026, 3, 7), 540, NEW_YORK) == utc(2026, 3, 7, 14, 0)
    assert at_minute(date(2026, 3, 7), 1440, NEW_YORK) == at_minute(date(2026, 3, 8), 0, NEW_YORK)


@pytest.mark.parametrize("minute", [-1, 1441])
def test_minutes_outside_the_day_are_refused(minute: int):
    with pytest.raises(ValueError, match="minute of day"):
        at_minute(date(2026, 3, 8), minute, NEW_YORK)


def test_two_days_before_at_ten_survives_the_clock_change():
    monday_after = to_utc(datetime(2026, 3, 9, 15, 0), NEW_YORK)
    assert days_before(monday_after, 2, 600, NEW_YORK) == to_utc(datetime(2026, 3, 7, 10, 0), NEW_YORK)
    assert minute_of_day(to_local(monday_after, NEW_YORK)) == 900


def test_zones_are_named_or_refused():
    assert zone_of("America/New_York").key == "America/New_York"
    for name in ("", "Mars/Olympus", "../../etc/passwd", "/etc/passwd", "EST5EDT\0"):
        with pytest.raises(UnknownZoneError):
            zone_of(name)


def test_mixing_naive_and_aware_is_refused():
    with pytest.raises(ValueError, match="naive"):
        to_utc(utc(2026, 3, 8, 1), NEW_YORK)
    with pytest.raises(ValueError, match="aware"):
        to_local(datetime(2026, 3, 8, 1), NEW_YORK)


def test_touching_spans_do_not_overlap():
    morning = Span(utc(2026, 3, 8, 9), utc(2026, 3, 8, 10))
    assert not morning.overlaps(Span(utc(2026, 3, 8, 10), utc(2026, 3, 8, 11)))
    assert morning.overlaps(Span(utc(2026, 3, 8, 9, 59), utc(2026, 3, 8, 11)))
