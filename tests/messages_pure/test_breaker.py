"""A carrier that does not answer is left in peace, and asked once a minute."""

import pytest

from messages.breaker import FAILURES, PROBE_SECONDS, Breaker
from messages.channels.base import Accepted, Refused, SendOutcome, Unknown

NO_ANSWER = [Unknown("timeout"), Unknown("server_error"), Refused(permanent=False)]
ANSWERS = [Accepted("SM1", "queued"), Refused(permanent=True, code=21211), Refused(permanent=False, retry_after=3)]


def opened() -> Breaker:
    breaker = Breaker()
    for _ in range(FAILURES):
        breaker.saw(Unknown("timeout"), 100.0)
    return breaker


@pytest.mark.parametrize("failure", NO_ANSWER)
def test_it_opens_after_many_failures_in_a_row(failure: SendOutcome) -> None:
    breaker = Breaker()
    assert [breaker.saw(failure, 5.0) for _ in range(FAILURES)] == [False] * (FAILURES - 1) + [True]
    assert breaker.opened_at == 5.0
    assert not breaker.allows(5.0)


@pytest.mark.parametrize("answer", ANSWERS)
def test_any_answer_starts_the_count_again(answer: SendOutcome) -> None:
    breaker = Breaker()
    for _ in range(3):
        for _ in range(FAILURES - 1):
            breaker.saw(Unknown("timeout"), 1.0)
        breaker.saw(answer, 1.0)
    assert breaker.opened_at is None
    assert breaker.allows(1.0)


def test_open_it_lets_one_attempt_through_a_minute():
    breaker = opened()
    asked = [second for second in range(100, 100 + 600) if breaker.allows(float(second))]
    assert asked == list(range(100 + int(PROBE_SECONDS), 700, int(PROBE_SECONDS)))


def test_asking_whether_it_would_takes_nothing():
    breaker = opened()
    assert not breaker.would_allow(101.0)
    assert breaker.would_allow(100.0 + PROBE_SECONDS)
    assert breaker.allows(100.0 + PROBE_SECONDS)
    assert not breaker.would_allow(101.0 + PROBE_SECONDS)


@pytest.mark.parametrize("answer", ANSWERS)
def test_one_answer_closes_it(answer: SendOutcome) -> None:
    breaker = opened()
    assert breaker.saw(answer, 200.0)
    assert breaker.opened_at is None
    assert all(breaker.allows(200.0) for _ in range(5))


def test_a_failed_probe_leaves_it_open_and_says_nothing_new():
    breaker = opened()
    assert not breaker.saw(Unknown("timeout"), 170.0)
    assert breaker.opened_at == 100.0
