"""Whom an opening fits and in which order: each reason by hand, the order against a plain oracle."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.calendar.wallclock import Span
from waitlist.matching import Gap, Misfit, WeeklyWindow, Wish, fits, grid_bit, grid_of, rank, too_soon
from waitlist.policy import STANDARD
from waitlist.turns import (
    LONG,
    Points,
    Standing,
    latest_turn_of_long_unasked,
    long_unasked,
    reasons,
    turn_of,
)

NOW = datetime(2026, 9, 21, 15, 0, tzinfo=UTC)
START = datetime(2026, 9, 24, 14, 0, tzinfo=UTC)  # Thursday 10:00 in New York
GAP = Gap(
    clinician_id="lee",
    service_id="visit",
    span=Span(START, START + timedelta(minutes=50)),
    zone="America/New_York",
    given_up_by="quitter",
    location_id="main",
)


def wish(**changes):
    return Wish(
        **{
            "entry_id": "e",
            "client_id": "ana",
            "service_id": "visit",
            "waiting": True,
            "joined_at": NOW - timedelta(days=3),
            **changes,
        }
    )


def test_an_entry_without_wishes_fits_any_time():
    assert fits(wish(), GAP, NOW) is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"waiting": False}, Misfit.NOT_WAITING),
        ({"client_id": "quitter"}, Misfit.GAVE_IT_UP),
        ({"service_id": "intake"}, Misfit.OTHER_SERVICE),
        ({"clinician_ids": ("kim", "roy")}, Misfit.OTHER_CLINICIAN),
        ({"location_id": "elsewhere"}, Misfit.OTHER_PLACE),
        ({"paused_until": NOW + timedelta(minutes=1)}, Misfit.PAUSED),
        ({"weekly": True}, Misfit.OTHER_RHYTHM),
        ({"earliest_day": date(2026, 9, 25)}, Misfit.OTHER_DAY),
        ({"latest_day": date(2026, 9, 23)}, Misfit.OTHER_DAY),
        ({"windows": (WeeklyWindow(2, 0, 1440),)}, Misfit.OTHER_HOURS),
        ({"windows": (WeeklyWindow(3, 601, 1440),)}, Misfit.OTHER_HOURS),
        ({"windows": (WeeklyWindow(3, 0, 649),)}, Misfit.OTHER_HOURS),
        ({"min_notice_minutes": 71 * 60 + 1}, Misfit.TOO_SHORT_NOTICE),
        ({"replaces_at": START}, Misfit.NOT_EARLIER),
        ({"replaces_at": START - timedelta(days=1)}, Misfit.NOT_EARLIER),
        ({"taken": (Span(START + timedelta(minutes=49), START + timedelta(hours=2)),)}, Misfit.HAS_A_VISIT_THEN),
        ({"asked_already": True}, Misfit.ASKED_ALREADY),
        ({"holds_another_offer": True}, Misfit.HOLDS_ANOTHER_OFFER),
    ],
)
def test_every_reason_not_to_ask_is_named(changes, why):
    assert fits(wish(**changes), GAP, NOW) is why


@pytest.mark.parametrize(
    "changes",
    [
        {"clinician_ids": ("kim", "lee")},
        {"location_id": "main", "paused_until": NOW},
        {"earliest_day": date(2026, 9, 24), "latest_day": date(2026, 9, 24)},
        {"windows": (WeeklyWindow(1, 0, 1440), WeeklyWindow(3, 600, 650))},
        {"min_notice_minutes": 71 * 60},
        {"replaces_at": START + timedelta(minutes=1)},
        {"taken": (Span(START - timedelta(hours=1), START),)},
    ],
)
def test_what_just_fits_is_asked(changes):
    assert fits(wish(**changes), GAP, NOW) is None


def test_hours_that_suit_are_wall_clock_hours_of_the_openings_place():
    winter = Span(datetime(2026, 12, 3, 15, 0, tzinfo=UTC), datetime(2026, 12, 3, 15, 50, tzinfo=UTC))
    gap = Gap(clinician_id="lee", service_id="visit", span=winter, zone="America/New_York")
    assert fits(wish(windows=(WeeklyWindow(3, 600, 650),)), gap, NOW) is None


def test_the_one_who_gave_the_time_up_never_gets_it_back_by_rank():
    assert rank([wish(client_id="quitter", priority=9, credit=9)], GAP, NOW) == ()


def test_places_come_with_the_points_that_decided_them():
    asked = NOW - timedelta(days=1)
    first, second = rank([wish(entry_id="b", last_offered_at=asked), wish(entry_id="a", credit=2)], GAP, NOW)
    assert (first.entry_id, first.place, first.of) == ("a", 1, 2)
    assert first.points == Points(waited=9, unasked=24, lost=16, silent=0, urgency=0, fit=0)
    assert (second.entry_id, second.place, second.standing.last_offered_at) == ("b", 2, asked)
    assert second.points.total == 9 + 8


def test_what_somebody_asked_for_exactly_comes_before_what_merely_suits():
    anybody = wish(entry_id="a", client_id="bo")
    exactly = wish(entry_id="b", clinician_ids=("lee",), windows=(WeeklyWindow(3, 0, 1440),))
    assert [each.entry_id for each in rank([anybody, exactly], GAP, NOW)] == ["b", "a"]


@given(minutes=st.integers(-100, 100))
def test_nothing_is_offered_in_the_last_half_hour(minutes):
    assert too_soon(NOW + timedelta(minutes=minutes), NOW) is (minutes < 30)


instants = st.integers(0, 5).map(lambda hours: NOW - timedelta(days=9, hours=hours))
wishes = st.lists(
    st.builds(
        wish,
        entry_id=st.text("abcdef", min_size=1, max_size=3),
        client_id=st.sampled_from(["ana", "bo", "quitter"]),
        priority=st.integers(0, 2),
        credit=st.integers(0, 2),
        unanswered=st.integers(0, 6),
        last_offered_at=st.none() | instants,
        joined_at=instants,
    ),
    unique_by=lambda each: each.entry_id,
    max_size=8,
)


def minutes_behind(each: Wish) -> int:
    """The written rule: a day waited counts 3, a day unasked 8, a lost offer 8, a silence -16, urgency 100."""

    def days(since: datetime) -> int:
        return (NOW - since) // timedelta(minutes=1)

    asked = each.last_offered_at or each.joined_at
    extra = 8 * each.credit - 16 * min(each.unanswered, 4) + 100 * each.priority
    return -(3 * days(each.joined_at) + 8 * days(asked) + 1440 * extra)


@given(wishes)
def test_the_order_is_the_written_rule_whatever_order_they_come_in(given_wishes):
    fitting = [each for each in given_wishes if each.client_id != "quitter"]
    expected = sorted(fitting, key=lambda each: (minutes_behind(each), each.joined_at, each.entry_id))
    for arrangement in (given_wishes, given_wishes[::-1]):
        assert [each.entry_id for each in rank(arrangement, GAP, NOW)] == [each.entry_id for each in expected]


@given(wishes, st.integers(0, 500))
def test_time_alone_changes_no_order(given_wishes, days):
    now = [each.entry_id for each in rank(given_wishes, GAP, NOW)]
    earlier = rank(given_wishes, GAP, NOW - timedelta(days=days))
    assert [each.entry_id for each in earlier] == now


@given(
    st.lists(st.builds(WeeklyWindow, st.integers(0, 6), st.integers(0, 1400), st.integers(1401, 1440)), max_size=3),
    st.integers(0, 60 * 24 * 14),
)
def test_the_grid_narrows_nobody_away_whose_hours_suit(windows, minutes):
    start = START + timedelta(minutes=minutes)
    span = Span(start, start + timedelta(minutes=50))
    gap = Gap(clinician_id="lee", service_id="visit", span=span, zone="America/New_York")
    if fits(wish(windows=windows), gap, NOW) is None:
        assert grid_of(windows) & grid_bit(gap)


@given(wishes, st.integers(0, 7))
def test_waiting_longer_never_costs_a_place(given_wishes, chosen):
    if chosen >= len(given_wishes):
        return
    entry = given_wishes[chosen]
    earlier = [
        wish(
            entry_id=each.entry_id,
            client_id=each.client_id,
            priority=each.priority,
            credit=each.credit,
            unanswered=each.unanswered,
            last_offered_at=each.last_offered_at,
            joined_at=each.joined_at - (timedelta(days=1) if each is entry else timedelta(0)),
        )
        for each in given_wishes
    ]
    before = {each.entry_id: each.place for each in rank(given_wishes, GAP, NOW)}
    after = {each.entry_id: each.place for each in rank(earlier, GAP, NOW)}
    assert after.get(entry.entry_id, 0) <= before.get(entry.entry_id, 0)


def test_who_was_not_asked_for_ten_days_goes_before_any_number_of_points():
    forgotten = wish(entry_id="b", last_offered_at=NOW - LONG, joined_at=NOW - LONG, unanswered=4)
    ahead = wish(entry_id="a", priority=1, credit=20, last_offered_at=NOW - LONG + timedelta(minutes=1))
    first, second = rank([ahead, forgotten], GAP, NOW)
    assert (first.entry_id, second.entry_id) == ("b", "a")
    assert first.points.total < second.points.total
    assert "goes first: not asked for 10 days" in reasons(first.points, first.standing, NOW)
    put_back = replace(forgotten, priority=-1)
    assert [each.entry_id for each in rank([ahead, put_back], GAP, NOW)] == ["a", "b"]


@given(asked=st.integers(10, 400), waited=st.integers(0, 400), silent=st.integers(0, 9), credit=st.integers(0, 9))
def test_nobody_who_was_not_asked_for_long_has_a_turn_past_the_bound_the_database_stops_at(
    asked, waited, silent, credit
):
    last = NOW - timedelta(days=asked)
    facts = Standing(
        joined_at=last - timedelta(days=waited), last_offered_at=last, unanswered=silent, credit=credit, priority=0
    )
    assert long_unasked(facts, NOW)
    assert turn_of(facts, STANDARD.weights) <= latest_turn_of_long_unasked(STANDARD.weights, NOW)
