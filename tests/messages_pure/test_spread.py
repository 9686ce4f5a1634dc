"""A wave is brought forward as far as it needs, and no further."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from messages.send_rules import DRAIN_MINUTES
from messages.spread import SEGMENTS, Hours, brought_forward

OPENS = datetime(2026, 3, 4, 13, 0, tzinfo=UTC)
HOURS = Hours(OPENS, OPENS + timedelta(hours=12))
NOW = OPENS - timedelta(hours=5)
END = HOURS.closes - timedelta(minutes=DRAIN_MINUTES)


def test_what_fits_stays():
    due = [OPENS + timedelta(hours=2)] * 600
    assert brought_forward(due, HOURS, 1, NOW) == due


def test_a_wave_late_in_the_day_begins_earlier():
    due = [HOURS.closes - timedelta(minutes=30)] * 7200
    moved = brought_forward(due, HOURS, 1, NOW)
    assert min(moved) == END - timedelta(seconds=7199 * SEGMENTS)
    assert max(moved) == due[0]


def test_what_cannot_fit_at_all_begins_with_the_window():
    due = [HOURS.closes - timedelta(hours=1)] * 50_000
    assert min(brought_forward(due, HOURS, 1, NOW)) == OPENS


def test_nothing_is_due_in_the_past():
    now = HOURS.closes - timedelta(hours=1)
    assert min(brought_forward([now + timedelta(minutes=30)] * 9000, HOURS, 1, now)) == now


offsets = st.lists(st.integers(0, 12 * 3600 - 1), max_size=300)


@given(offsets=offsets, rate=st.sampled_from([1, 3, 100]))
def test_nothing_moves_later_or_out_of_the_window_and_the_rest_leaves_in_time(offsets: list[int], rate: int) -> None:
    due = [OPENS + timedelta(seconds=each) for each in offsets]
    moved = brought_forward(due, HOURS, rate, NOW)
    assert all(OPENS <= new <= old for new, old in zip(moved, due, strict=True))
    free = OPENS
    for instant in sorted(moved):
        free = max(free, instant) + timedelta(seconds=SEGMENTS / rate)
    fits = timedelta(seconds=len(due) * SEGMENTS / rate) <= END - OPENS
    if fits:
        assert free <= HOURS.closes
    assert brought_forward(moved, HOURS, rate, NOW) == moved, "and a second look moves nothing"
