"""The simulation: its people are the same for the same seed, figures count what they say, and a week runs through."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.simulate.behaviour import Answer, Behaviour, Offered, answer
from bot.simulate.practice import HOURS, Shape, cancellations, person
from bot.simulate.run import Plan, simulate
from bot.simulate.tally import Hour, Tally

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)


def offered(person: int, opening: str = "o", hours: float = 72) -> Offered:
    starts = NOW + timedelta(hours=hours)
    return Offered(person=person, opening=opening, asked_at=NOW, starts_at=starts, local_hour=10, named=0)


def answers(**how) -> list[Answer]:
    found = [answer(Behaviour(), 1, offered(each % 500, f"o{each}", **how)) for each in range(20_000)]
    return [each for each in found if each is not None]


def test_what_somebody_says_hangs_on_nothing_but_seed_person_and_time():
    assert [answer(Behaviour(), 1, offered(n)) for n in range(50)] == [
        answer(Behaviour(), 1, offered(n)) for n in range(50)
    ]
    assert [answer(Behaviour(), 2, offered(n)) for n in range(50)] != [
        answer(Behaviour(), 1, offered(n)) for n in range(50)
    ]


def test_people_answer_as_often_and_as_soon_as_was_published():
    said = answers()
    assert 0.30 < len(said) / 20_000 < 0.42
    quick = [each for each in said if each.at - NOW <= timedelta(minutes=45)]
    assert 0.57 < len(quick) / len(said) < 0.67
    assert all(NOW <= each.read_at <= each.at for each in said)


def test_fewer_say_yes_to_a_time_that_is_near():
    assert sum(each.yes for each in answers(hours=2)) < 0.7 * sum(each.yes for each in answers())


def test_a_practice_is_the_same_for_the_same_seed_and_its_times_do_not_overlap():
    shape = Shape(clinicians=3)
    made = cancellations(shape, 5, 4)
    assert made == cancellations(shape, 5, 4) != cancellations(shape, 6, 4)
    assert len({(each.clinician, each.starts_at) for each in made}) == len(made)
    assert all(each.at < each.starts_at and each.starts_at.hour in HOURS for each in made)
    assert person(shape, 5, 9) == person(shape, 5, 9)


def an_hour(**given) -> Hour:
    given = {"freed_at": NOW, "askable_at": NOW, "starts_at": NOW + timedelta(days=1), "counted": True, **given}
    return Hour(depth=0, **given)


def test_figures_count_what_they_say():
    tally = Tally()
    won, missed, hopeless = an_hour(), an_hour(starts_at=NOW + timedelta(hours=2)), an_hour()
    won.eligible, won.willing = [1, 2, 3, 4], {1, 3}
    missed.eligible, missed.willing = [5], {5}
    hopeless.eligible = [6]
    tally.hours = [won, missed, hopeless, an_hour(counted=False)]
    for who in (1, 2, 3):
        tally.asked(won, who, NOW, would_take=who in won.willing)
    won.filled_at, won.winner, won.disappointed = NOW + timedelta(minutes=7), 1, 1
    found = tally.figures()
    assert (found["openings"], found["fillable"], found["filled_of_fillable"]) == (3, 2, 0.5)
    assert (found["disappointed_per_fill"], found["minutes_to_fill"]["median"]) == (1.0, 7.0)
    assert found["quarters"]["fills"] == [1.0, 0.0, 0.0, 0.0]
    assert found["quarters"]["willing_won"] == [1.0, None, 0.0, None]
    assert (found["near"]["filled_of_fillable"], found["offers"]) == (0.0, 3)


def test_who_is_passed_by_for_two_weeks_is_counted_once_and_asking_begins_anew():
    tally = Tally()
    first, second, third = an_hour(), an_hour(), an_hour()
    tally.passes_by(first, [1, 2, 3], NOW)
    tally.asked(an_hour(), 2, NOW, would_take=False)
    tally.passes_by(second, [1, 2, 3], NOW + timedelta(days=15))
    tally.asked(second, 3, NOW, would_take=False)
    tally.passes_by(third, [1, 2, 3], NOW + timedelta(days=16))
    assert tally.never_asked == {1}
    assert tally.figures()["never_asked"] == 1


@pytest.mark.parametrize("policy", ["stillon", "serial"])
async def test_a_week_of_a_small_practice_runs_through(policy):
    shape = Shape(clinicians=2, waiting=20)
    found = await simulate(Plan(weeks=1, seed=3, policy=policy, shape=shape, warm_up_weeks=0, quiet_after=2))
    assert found["openings"] > 0
    assert found["offers"] > 0
    assert found["filled"] <= found["openings"]
    asked, answered = found["asked_whether_they_wait"], found["stayed_when_asked"] + found["left_when_asked"]
    assert asked > answered


def test_fairness_compares_those_whom_a_time_fits_equally():
    """The two who had asked for just this are fewer than four and left out; of the others the first is the quarter."""
    tally = Tally()
    hour = an_hour(filled_at=NOW, winner=1)
    hour.eligible, hour.willing = [1, 2, 3, 4, 5, 6], {1, 3, 6}
    hour.fit = {1: 0, 2: 0, 3: 0, 4: 0, 5: 2, 6: 2}
    tally.hours = [hour]
    found = tally.figures()["fairness"]
    assert found["all"]["longest_quarter"] == {"people": 1, "filled": 1, "share": 1.0}
    assert found["all"]["rest"] == {"people": 3, "filled": 0, "share": 0.0}
    assert (found["willing"]["rest"]["people"], found["willing"]["ratio"]) == (1, None)
