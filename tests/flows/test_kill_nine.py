"""Processes are killed again and again while texts are due and the carrier misbehaves: nothing lost, nothing twice.

The size CI can afford; `make kill-nine` does the whole: a thousand texts, five seeds, both engines.
"""

from pathlib import Path

import pytest

from scheduler.core.keys import KeyRing
from tests.flows.due_texts import make_due
from tests.flows.kill_nine import Run, Stage, judge, perform
from tests.rig.process import Processes

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

CARELESS = """
import sys
from bot.cli import main
from messages.channels.base import Refused, Unknown
from messages.channels.twilio_sms import TwilioSms

careful = TwilioSms.send

async def send(self, outgoing):
    outcome = await careful(self, outgoing)
    return Refused(permanent=False) if isinstance(outcome, Unknown) else outcome

TwilioSms.send = send
sys.argv = ["stillon", "serve"]
main()
"""
"""A `stillon serve` that takes a lost answer for a refusal and sends again without having looked."""


@pytest.fixture
def stage(processes: Processes, engine_url: str, key_ring: KeyRing, keyring_file: Path) -> Stage:
    return Stage(processes, engine_url, key_ring, keyring_file)


async def test_nothing_is_lost_and_nothing_sent_twice(
    stage: Stage, engine_name: str, engine_url: str, key_ring: KeyRing
):
    due = await make_due(engine_url, key_ring, 150)
    verdict = await perform(Run(engine=engine_name, messages=150, seed=9, kills=5), stage, due)
    assert verdict.is_well, verdict
    assert verdict.accepted == 150
    assert verdict.kills >= 3, "too fast to be killed: this run proved little"
    assert max(verdict.attempts) > 1, "no fault struck: this run proved nothing"


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_a_sender_that_does_not_look_is_found_out(stage: Stage, engine_url: str, key_ring: KeyRing):
    due = await make_due(engine_url, key_ring, 20)
    faults = {"script": ["reset_after"] * 5, "callback_lost": 1}
    verdict = await perform(Run(engine="sqlite", messages=20, seed=1, kills=0, faults=faults), stage, due, CARELESS)
    assert len(verdict.twice) == 5
    assert not verdict.is_well


def test_the_judge_sees_what_is_lost_twice_and_strange():
    assert judge(["a", "b", "c"], {"b": 1, "c": 2, "d": 1}) == (["a"], ["c"], ["d"])
