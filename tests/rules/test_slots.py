"""Free slots against a brute-force search, and the three that are offered."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from time import perf_counter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.calendar.availability import OpenWindow
from scheduler.calendar.slots import Buffers, Slot, choose_three, open_slots
from scheduler.calendar.wallclock import Span, to_local, to_utc

START = datetime(2026, 3, 2, 0, 0, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")


def at(minutes: int) -> datetime:
    return START + timedelta(minutes=minutes)


def free_by_brute_force(windows, busy, duration, buffers, step, earliest, latest):
    found = []
    for w in windows:
        start = w.starts_at
        while start + timedelta(minutes=duration) <= w.ends_at:
            blocked_from = start - timedelta(minutes=buffers.before_minutes)
            blocked_to = start + timedelta(minutes=duration + buffers.after_minutes)
            clash = any(b.starts_at < b.ends_at and b.starts_at < blocked_to and blocked_from < b.ends_at for b in busy)
            if not clash and earliest <= start < latest:
                found.append(Slot(start, start + timedelta(minutes=duration), w.location_id))
            start += timedelta(minutes=step)
    return tuple(sorted(found, key=lambda s: (s.starts_at, str(s.location_id))))


minutes = st.integers(0, 2880)
windows_ = st.lists(
    st.builds(
        lambda start, length, place: OpenWindow(at(start), at(start + length), place),
        minutes,
        st.integers(1, 700),
        st.sampled_from([None, "north", "south"]),
    ),
    max_size=4,
)
busy_ = st.lists(
    st.builds(lambda start, length: Span(at(start), at(start + length)), minutes, st.integers(0, 240)), max_size=12
)


@given(
    windows_,
    busy_,
    st.integers(1, 120),
    st.builds(Buffers, st.integers(0, 40), st.integers(0, 40)),
    st.sampled_from([5, 10, 15, 30, 60]),
    minutes,
    minutes,
    st.none() | st.integers(0, 10),
)
@settings(max_examples=400, deadline=None)
def test_slots_are_those_a_brute_force_search_finds(windows, busy, duration, buffers, step, low, high, limit):
    found = open_slots(
        windows, busy, duration, buffers, step_minutes=step, earliest=at(low), latest=at(high), limit=limit
    )
    assert found == free_by_brute_force(windows, busy, duration, buffers, step, at(low), at(high))[:limit]


def test_buffers_of_the_new_visit_stack_on_the_busy_ones():
    busy = [Span(at(600), at(660))]
    window = [OpenWindow(at(540), at(900))]
    found = open_slots(window, busy, 50, Buffers(10, 10), step_minutes=10, earliest=at(0), latest=at(900))
    assert [slot.starts_at for slot in found[:2]] == [at(540), at(670)]


def test_a_visit_may_end_with_the_window_and_its_buffer_outside():
    window = [OpenWindow(at(540), at(600))]
    found = open_slots(window, [], 60, Buffers(15, 15), earliest=at(0), latest=at(900))
    assert [slot.starts_at for slot in found] == [at(540)]


@pytest.mark.parametrize(("duration", "step"), [(0, 15), (-5, 15), (50, 0)])
def test_senseless_lengths_are_refused(duration: int, step: int):
    with pytest.raises(ValueError, match="positive"):
        open_slots([], [], duration, step_minutes=step, earliest=at(0), latest=at(1))


def test_ten_years_of_visits_do_not_slow_down_the_search_for_a_week():
    busy = [Span(at(n * 60), at(n * 60 + 50)) for n in range(24 * 3650)]
    windows = [OpenWindow(at(day * 1440 + 540), at(day * 1440 + 1020)) for day in range(3650)]
    begun = perf_counter()
    found = open_slots(windows, busy, 10, earliest=at(1000 * 1440), latest=at(1007 * 1440), step_minutes=10)
    assert perf_counter() - begun < 1
    assert len(found) == 7 * 8


def slot(*local: int) -> Slot:
    start = to_utc(datetime(*local), NEW_YORK)
    return Slot(start, start + timedelta(minutes=50))


NEAR = to_utc(datetime(2026, 9, 30, 12, 30), NEW_YORK)
WEEK = [slot(2026, 9, 30 - back, hour, half) for back in range(3) for hour in range(9, 18) for half in (0, 30)]
LATER = [slot(2026, 10, day, hour) for day in range(1, 10) for hour in range(9, 18)]


def test_three_are_offered_and_no_two_within_the_hour():
    chosen = choose_three([s for s in WEEK + LATER if s.starts_at > NEAR], NEAR, NEW_YORK)
    assert len(chosen) == 3
    starts = sorted(s.starts_at for s in chosen)
    assert all(b - a >= timedelta(hours=1) for a, b in pairwise(starts))


def test_the_three_come_nearest_first_and_on_more_than_one_day():
    chosen = choose_three([s for s in WEEK + LATER if s.starts_at > NEAR], NEAR, NEW_YORK)
    distance = [abs(s.starts_at - NEAR) for s in chosen]
    assert distance == sorted(distance)
    assert len({to_local(s.starts_at, NEW_YORK).date() for s in chosen}) == 3


def test_the_same_time_of_day_is_preferred():
    options = [slot(2026, 10, 1, 9, 0), slot(2026, 10, 1, 12, 30), slot(2026, 10, 1, 17, 0)]
    assert choose_three(options, NEAR, NEW_YORK, count=1) == (slot(2026, 10, 1, 12, 30),)


def test_the_same_weekday_is_preferred_to_a_day_next_to_it():
    options = [slot(2026, 10, 7, 12, 30), slot(2026, 10, 8, 12, 30), slot(2026, 10, 6, 12, 30)]
    assert choose_three(options, NEAR, NEW_YORK, count=1) == (slot(2026, 10, 7, 12, 30),)


def test_crowded_times_are_offered_when_there_are_no_others():
    options = [slot(2026, 10, 1, 9, 0), slot(2026, 10, 1, 9, 15), slot(2026, 10, 1, 9, 30)]
    assert set(choose_three(options, NEAR, NEW_YORK)) == set(options)


def test_one_time_at_two_places_is_offered_once():
    start = to_utc(datetime(2026, 10, 1, 9), NEW_YORK)
    options = [Slot(start, start + timedelta(minutes=50), place) for place in ("a", "b")]
    assert len(choose_three(options, NEAR, NEW_YORK)) == 1


def test_nothing_free_is_an_empty_answer():
    assert choose_three([], NEAR, NEW_YORK) == ()


@given(st.permutations(WEEK[:14] + LATER[:14]))
@settings(max_examples=40, deadline=None)
def test_the_choice_does_not_depend_on_the_order_of_the_slots(order: list[Slot]):
    assert choose_three(order, NEAR, NEW_YORK) == choose_three(WEEK[:14] + LATER[:14], NEAR, NEW_YORK)
