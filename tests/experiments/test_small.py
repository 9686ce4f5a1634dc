"""The experiments in the size that CI can afford. Whole: `make experiment R=R1`, see docs/reliability.md."""

import pytest

from tests.experiments import crash_sends, edit_race, inbound_gap, partitions, shared_work, status_order, stop_race
from tests.experiments.report import Asked, Found, spread
from tests.experiments.status_order import joins
from tests.rig.databases import Databases

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]


def asked(engine: str, size: int) -> Asked:
    return Asked(engine=engine, seed=1, size=size)


async def test_crashes_while_texts_leave(engine_name: str, databases: Databases):
    found = await crash_sends.run(asked(engine_name, 60), databases)
    assert found.counts["lost"] == found.counts["twice"] == 0, found
    assert found.counts["states"] == {"sent": 60}
    assert found.counts["kills"] > 0


async def test_nothing_leaves_after_a_stop_is_acknowledged(engine_name: str, databases: Databases):
    found = await stop_race.run(asked(engine_name, 15), databases)
    assert found.is_well, found
    assert found.counts["confirmations"] == {"1": 15}


async def test_no_text_of_an_old_time_leaves_after_an_edit(engine_name: str, databases: Databases):
    found = await edit_race.run(asked(engine_name, 30), databases)
    assert found.is_well, found


async def test_replies_that_nobody_answered_are_dealt_with(engine_name: str, databases: Databases):
    found = await inbound_gap.run(asked(engine_name, 20), databases, away=3)
    assert found.counts["handled"] == 20, found
    assert found.counts["twice"] == 0


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
async def test_four_workers_share_and_one_that_dies_is_made_good_for(engine_name: str, databases: Databases):
    found = await shared_work.run(asked(engine_name, 120), databases, answers=10)
    assert found.counts["lost"] == found.counts["twice"] == 0, found


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_the_order_of_statuses_does_not_matter(engine_name: str, databases: Databases):
    found = await status_order.run(asked(engine_name, 30), databases)
    assert found.is_well, found


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
async def test_a_machine_that_loses_a_link_sends_nothing_twice(engine_name: str, databases: Databases):
    found = await partitions.two_machines(asked(engine_name, 150), databases, cut_for=6)
    if "skipped" in found.counts:
        pytest.skip(str(found.counts["skipped"]))
    assert found.counts["lost"] == found.counts["twice"] == 0, found


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
