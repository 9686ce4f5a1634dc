"""The circuit breaker: a silent carrier is left in peace, one that answers is not."""

from messages.breaker import FAILURES, PROBE_SECONDS, Breaker
from messages.channels.base import Accepted, Refused, Unknown

SILENCE, ANSWER = Unknown("timeout"), Accepted(sid="SM1", status="queued")


def opened() -> Breaker:
    breaker = Breaker()
    assert [breaker.saw(SILENCE, 1.0 + number, began=number) for number in range(FAILURES)].count(True) == 1
    return breaker


def test_silence_opens_it_and_one_answer_closes_it():
    breaker = opened()
    assert breaker.opened_at == FAILURES
    assert not breaker.allows(FAILURES + 1.0)
    assert breaker.saw(ANSWER, 100.0)
    assert breaker.allows(100.0)


def test_while_open_it_is_probed_once_a_minute():
    breaker = opened()
    asked = [breaker.allows(FAILURES + second) for second in range(int(3 * PROBE_SECONDS))]
    assert asked.count(True) == 2


def test_attempts_that_hung_beside_answered_ones_do_not_open_it():
    breaker = Breaker()
    breaker.saw(ANSWER, 10.0, began=9.5)
    for number in range(5 * FAILURES):
        assert not breaker.saw(SILENCE, 12.0 + number, began=4.0)
    assert breaker.opened_at is None
    for number in range(FAILURES):
        breaker.saw(SILENCE, 20.0 + number, began=10.5)
    assert breaker.opened_at is not None


def test_being_asked_to_slow_down_is_an_answer():
    breaker = Breaker()
    for number in range(FAILURES - 1):
        breaker.saw(SILENCE, number)
    breaker.saw(Refused(permanent=False, retry_after=1), 30.0)
    assert not breaker.saw(SILENCE, 31.0)
