"""How long an offer is held."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from waitlist.deadlines import SHORTEST_MINUTES, held_until, hold_expiry

NOW = datetime(2026, 9, 21, 15, 1, 30, tzinfo=UTC)


def minutes_held(lead: timedelta, hold_minutes: int = 120) -> float:
    until = held_until(NOW, NOW + lead, hold_minutes, alone=True)
    assert until is not None
    return (until - NOW).total_seconds() / 60


@pytest.mark.parametrize(
    ("lead", "least", "most"),
    [
        (timedelta(days=3), 120, 125),  # the practice's own two hours, to the next mark
        (timedelta(hours=12), 120, 125),
        (timedelta(hours=6), 60, 65),  # a sixth of what is left
        (timedelta(hours=1), 10, 15),
        (timedelta(minutes=30), 10, 15),
    ],
)
def test_the_nearer_the_visit_the_shorter_the_hold(lead, least, most):
    assert least <= minutes_held(lead) <= most


def test_asked_with_others_one_has_the_practices_time_as_far_as_the_visit_allows():
    def held(lead):
        return held_until(NOW, NOW + lead, 120, alone=False) - NOW

    assert timedelta(minutes=120) <= held(timedelta(hours=3)) <= timedelta(minutes=125)
    assert held(timedelta(hours=1)) <= timedelta(minutes=50)


def test_a_visit_too_near_is_not_offered():
    assert held_until(NOW, NOW + timedelta(minutes=29), 120, alone=True) is None
    assert held_until(NOW, NOW - timedelta(days=1), 120, alone=True) is None


@given(
    lead=st.integers(30, 60 * 24 * 30), hold=st.integers(10, 600), second=st.integers(0, 86_399), alone=st.booleans()
)
def test_a_deadline_is_a_mark_on_the_clock_long_enough_and_before_the_visit(lead, hold, second, alone):
    now = datetime(2026, 9, 21, tzinfo=UTC) + timedelta(seconds=second)
    until = held_until(now, now + timedelta(minutes=lead), hold, alone=alone)
    assert until is not None
    assert timedelta(minutes=SHORTEST_MINUTES) <= until - now <= timedelta(minutes=max(hold, 10) + 5)
    assert until <= now + timedelta(minutes=lead) - timedelta(minutes=10)
    for zone in ("America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe"):
        local = until.astimezone(ZoneInfo(zone))
        assert (local.minute % 5, local.second, local.microsecond) == (0, 0, 0)
    assert hold_expiry(until) > until
