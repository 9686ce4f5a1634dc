"""The experiments that CI can afford, small. All of them, whole: `make experiment R=R1`, see docs/experiments.md.

Kills have their small test in tests/flows/test_kill_nine.py; what waits a minute or needs root has none.
"""

import pytest

from tests.experiments import claim_race, inbound_gap, shared_work, status_order, stop_race
from tests.experiments.report import Asked, Found, spread
from tests.experiments.stage import BRIEF
from tests.experiments.status_order import joins
from tests.rig.databases import Databases

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def asked(engine: str, size: int) -> Asked:
    return Asked(engine=engine, seed=1, size=size)


@pytest.mark.long
async def test_nothing_leaves_after_a_stop_is_acknowledged(engine_name: str, databases: Databases):
    found = await stop_race.run(asked(engine_name, 15), databases)
    assert found.counts["after_acknowledgement"] == 0, found
    assert found.counts["confirmations"] == {"1": 15}


@pytest.mark.long
@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_replies_that_nobody_answered_are_dealt_with(engine_name: str, databases: Databases):
    found = await inbound_gap.run(asked(engine_name, 20), databases, away=3)
    assert found.counts["handled"] == 20, found
    assert found.counts["twice"] == 0


@pytest.mark.long
@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
async def test_four_workers_share_and_one_that_dies_is_made_good_for(engine_name: str, databases: Databases):
    found = await shared_work.run(asked(engine_name, 80), databases, answers=10, **BRIEF)
    assert found.counts["lost"] == found.counts["twice"] == 0, found


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.long
async def test_the_order_of_statuses_does_not_matter(engine_name: str, databases: Databases):
    found = await status_order.run(asked(engine_name, 30), databases)
    assert found.is_well, found


@pytest.mark.long
async def test_of_many_who_take_one_time_one_has_it_and_all_are_told(engine_name: str, databases: Databases):
    found = await claim_race.run(asked(engine_name, 40), databases, rounds=2)
    assert found.is_well, found
    assert found.counts["killed"] == 1


def test_a_second_winner_or_one_who_hears_nothing_would_be_seen():
    fair = claim_race.Seen(winners=[1, 1], booked=[1, 1], told=[40, 40])
    assert claim_race.judge(asked("sqlite", 40), fair, 2, 1.0).is_well
    for wrong in (
        claim_race.Seen(winners=[1, 2], booked=[1, 1], told=[40, 40]),
        claim_race.Seen(winners=[1, 1], booked=[1, 2], told=[40, 40]),
        claim_race.Seen(winners=[1, 1], booked=[1, 1], told=[40, 39]),
        claim_race.Seen(winners=[1, 1], booked=[1, 1], told=[40, 40], held=1),
    ):
        assert not claim_race.judge(asked("sqlite", 40), wrong, 2, 1.0).is_well


def test_what_is_wrong_is_not_well():
    assert Found().is_well
    assert not Found(wrong=("1 twice",)).is_well


def test_the_spread_of_nothing_and_of_something():
    assert spread([]) == {"count": 0}
    assert spread([1, 2, 3]) == {"count": 3, "p50": 2, "p99": 3, "max": 3}


def test_the_join_is_the_highest_word():
    assert joins(["sent", "accepted", "weather"]) == {"sent"}
    assert joins(["failed", "undelivered"]) == {"failed", "undelivered"}
    assert joins([]) == {"queued"}
