"""How many are asked at once: in proportion to how people answer, to what is left of the list, and to the time left."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.core.errors import Invalid
from waitlist.pace import ANSWERING_MINUTES, BEAT, Out, Position, step
from waitlist.policy import STANDARD, Mode, Policy, policy_of
from waitlist.response import (
    EDGES,
    PUBLISHED,
    Curve,
    Ended,
    count,
    counts_of,
    lead_class,
    learned,
    silence_after,
    stored,
)

NOW = datetime(2026, 9, 21, 15, 0, tzinfo=UTC)
EAGER = Curve(((tuple(min(0.9, 0.2 * (n + 1)) for n in range(len(EDGES))),) * 3,) * 3)


def at(hours, left, out=(), silence=0):
    """So many are left, all of whom left as many offers unanswered; those out were asked so many minutes ago."""
    starts = NOW + timedelta(hours=hours)
    return Position(
        now=NOW,
        starts_at=starts,
        ask_until=starts - timedelta(minutes=30),
        answer_until=starts - timedelta(minutes=10),
        out=[Out(minutes) for minutes in out],
        left=[silence] * left,
    )


def test_where_people_say_yes_easily_one_is_asked_at_a_time():
    assert step(at(72, 50), EAGER, STANDARD).ask == 1
    assert step(at(72, 50, (1.0,)), EAGER, STANDARD).ask == 0


def test_where_few_say_yes_several_are_asked_and_more_as_they_stay_silent():
    first = step(at(72, 50), PUBLISHED, STANDARD).ask
    assert 4 <= first <= 20
    assert step(at(72, 50, (0.0,) * first), PUBLISHED, STANDARD).ask == 0
    assert step(at(72, 50, (5.0,) * first), PUBLISHED, STANDARD).ask > 0


def test_of_those_who_left_their_last_offers_unanswered_more_are_asked_beside_each_other():
    """What counts are the yeses to expect: waves of people who hardly ever answer are larger, near and far."""
    asked = [step(at(3, 50, silence=silence), PUBLISHED, STANDARD).ask for silence in (0, 1, 2)]
    assert asked == sorted(set(asked))
    mixed = replace(at(3, 0), left=[2, 2, 0, 0, 2] * 10)
    assert asked[0] < step(mixed, PUBLISHED, STANDARD).ask < asked[2]


def test_silence_is_counted_in_a_row_and_any_answer_ends_it():
    lead, minutes = timedelta(days=1), timedelta(minutes=60)
    silent, answered = (Ended(minutes, lead, said_yes=yes, said_no=False, silence=2) for yes in (False, True))
    assert silence_after(silent, ran_out=True) == 3
    assert silence_after(silent, ran_out=False) == 2
    assert silence_after(answered, ran_out=False) == 0


def test_each_is_counted_among_their_like():
    """A practice whose silent people never answer learns so of them, and nothing of the others."""
    lead = timedelta(days=1)
    curve = learned(count([Ended(timedelta(days=2), lead, said_yes=False, said_no=False, silence=5)] * 900))
    assert curve.chance(lead, 60, 2) < 0.005
    assert curve.chance(lead, 60, 0) == PUBLISHED.chance(lead, 60, 0)


def test_the_nearer_the_visit_the_more_are_asked_until_it_is_everybody():
    asked = [step(at(hours, 50), PUBLISHED, STANDARD).ask for hours in (24, 1.2, 0.8, 0.55)]
    assert asked == sorted(asked)
    assert asked[0] < 20
    assert asked[-1] >= 40


def test_the_two_plain_modes_do_what_they_say():
    one, everybody = Policy(mode=Mode.ONE), Policy(mode=Mode.EVERYBODY)
    assert step(at(1, 50), PUBLISHED, one).ask == 1
    assert step(at(1, 50, (3.0,)), PUBLISHED, one).ask == 0
    assert step(at(72, 50), PUBLISHED, everybody).ask == 50


@given(
    hours=st.floats(0.5, 200),
    left=st.integers(0, 200),
    out=st.lists(st.floats(0, 300), max_size=40),
    limit=st.integers(1, 100),
)
def test_somebody_is_asked_while_nobody_is_out_and_never_more_than_are_left(hours, left, out, limit):
    asked = step(at(hours, left, out), PUBLISHED, Policy(disappointed_percent=limit)).ask
    assert 0 <= asked <= left
    if left and not out:
        assert asked > 0


@given(left=st.integers(20, 200), limit=st.integers(2, 50))
def test_far_from_the_visit_the_yeses_a_minute_stay_under_the_limit(left, limit):
    """Followed for an hour in which nobody answers: the expected rate in the coming minutes never exceeds it."""
    policy, out = Policy(disappointed_percent=limit), []
    for _ in range(12):
        asked = step(at(100, left, out), PUBLISHED, policy)
        left -= asked.ask
        out += [0.0] * asked.ask
        lead = timedelta(hours=100)
        coming = sum(PUBLISHED.still(lead, age, 5.0) for age in out) / 5
        if len(out) > 1:
            assert coming <= limit / 100 / ANSWERING_MINUTES + 1e-9
        out = [age + BEAT / timedelta(minutes=1) for age in out]


# --- the curve --------------------------------------------------------------------------------------------------


def test_a_practice_starts_with_the_published_figures():
    assert PUBLISHED.chance(timedelta(days=3), 24 * 60) == pytest.approx(0.15)
    assert PUBLISHED.chance(timedelta(days=3), 24 * 60, 2) == pytest.approx(0.03)
    assert PUBLISHED.chance(timedelta(days=3), 45) == pytest.approx(0.6 * 0.15)
    assert PUBLISHED.chance(timedelta(days=3), 0) == 0


def test_what_its_own_offers_say_moves_the_curve_as_far_as_they_weigh():
    lead = timedelta(days=1)
    quick = [Ended(timedelta(minutes=4), lead, said_yes=True, said_no=False)] * 300
    silent = [Ended(timedelta(minutes=120), lead, said_yes=False, said_no=False)] * 300
    curve = learned(count(quick + silent))
    assert 0.4 < curve.chance(lead, 5) < 0.5
    assert curve.chance(lead, 120) == pytest.approx(curve.chance(lead, 5), rel=0.1)
    assert curve.chance(timedelta(days=9), 60) == PUBLISHED.chance(timedelta(days=9), 60)


def test_offers_that_others_ended_say_nothing_about_later():
    """A hundred that were withdrawn after two minutes leave what comes after the third as it was published."""
    lead = timedelta(days=1)
    curve = learned(count([Ended(timedelta(minutes=2), lead, said_yes=False, said_no=False)] * 100))
    assert curve.chance(lead, 3) < PUBLISHED.chance(lead, 3)
    assert curve.still(lead, 3, 60) == pytest.approx(PUBLISHED.still(lead, 3, 60), rel=0.02)


def test_a_no_is_one_who_does_not_say_yes_later_either():
    lead = timedelta(days=1)
    refused = learned(count([Ended(timedelta(minutes=2), lead, said_yes=False, said_no=True)] * 1000))
    assert refused.chance(lead, 1440) < 0.01


@given(
    st.lists(
        st.builds(
            Ended,
            st.integers(0, 2000).map(lambda minutes: timedelta(minutes=minutes)),
            st.integers(0, 9000).map(lambda minutes: timedelta(minutes=minutes)),
            said_yes=st.booleans(),
            said_no=st.just(False),
        ),
        max_size=60,
    ),
    st.lists(st.floats(0, 3000), min_size=2, max_size=2).map(sorted),
)
def test_a_chance_grows_with_time_and_stays_one(offers, minutes):
    curve = learned(counts_of(stored(count(offers))))
    for lead in (timedelta(hours=1), timedelta(hours=9), timedelta(days=4)):
        early, late = (curve.chance(lead, each) for each in minutes)
        assert 0 <= early <= late < 1


def test_counts_of_other_buckets_are_not_believed():
    assert counts_of({"edges": [1, 2], "counts": [[[1, 1]]]}) is None
    assert counts_of({"edges": list(EDGES), "counts": [[[1, 1]]]}) is None
    assert [lead_class(timedelta(hours=hours)) for hours in (1, 4, 47, 48)] == [0, 1, 1, 2]


# --- the terms --------------------------------------------------------------------------------------------------


def test_terms_are_kept_and_read_again_as_they_were():
    policy = policy_of({"mode": "one", "weights": {"waited": 5}}, 3)
    assert (policy.version, policy.mode, policy.weights.waited, policy.weights.lost) == (3, Mode.ONE, 5, 8)
    assert policy_of(policy.terms(), 3) == policy


@pytest.mark.parametrize(
    "terms",
    [{"offers_a_day": 0}, {"stop_before_minutes": 5}, {"weights": {"waited": -1}}, {"colour": 3}, {"version": 2}],
)
def test_terms_out_of_bounds_are_refused(terms):
    with pytest.raises(Invalid):
        policy_of(terms, 1)
