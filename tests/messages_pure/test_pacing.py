"""How fast a number may speak, and which number speaks to whom."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from messages.pacing import AHEAD, AHEAD_PRESSING, FURTHEST, Pace, Sender, number_for

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)
LOCAL = Sender("+12025550101", 1, None)
SHORT = Sender("20255", 100, None)


def claimed(sender: Sender, now: datetime, *, pressing: bool = False, segments: int = 1) -> tuple[int, Sender]:
    """How many texts a round claims, and the sender after it."""
    pace, texts = Pace([sender], now, pressing=pressing), 0
    while pace.takes(sender.number):
        pace.take(sender.number, segments)
        texts += 1
    return texts, Sender(sender.number, sender.segments_per_second, pace.taken.get(sender.number, sender.free_at))


def test_a_local_number_is_claimed_a_moment_ahead_and_no_more():
    texts, after = claimed(LOCAL, NOW)
    assert texts == 2
    assert claimed(after, NOW)[0] == 0
    assert claimed(after, NOW + timedelta(seconds=1))[0] == 1


def test_what_is_pressing_goes_before_a_full_sender():
    _, full = claimed(LOCAL, NOW)
    assert claimed(full, NOW)[0] == 0
    assert claimed(full, NOW, pressing=True)[0] > 0


def test_a_long_text_takes_the_time_of_all_its_segments():
    _, after = claimed(LOCAL, NOW, segments=3)
    assert after.free_at == NOW + timedelta(seconds=3)
    assert claimed(after, NOW + timedelta(seconds=1))[0] == 0


@given(rate=st.sampled_from([1, 3, 100]), ticks=st.lists(st.floats(0.05, 3), min_size=5, max_size=60))
def test_over_any_time_a_number_sends_at_its_rate_but_for_one_moment(rate: int, ticks: list[float]) -> None:
    sender, now, total = Sender("x", rate, None), NOW, 0
    for tick in ticks:
        texts, sender = claimed(sender, now)
        total += texts
        now += timedelta(seconds=tick)
    texts, sender = claimed(sender, now)
    total += texts
    allowed = ((now - NOW) + AHEAD).total_seconds() * rate + 1
    assert total <= allowed + 1e-6
    if max(ticks) <= AHEAD.total_seconds():
        assert total >= (now - NOW).total_seconds() * rate - 1e-6, (
            "no rate is wasted while the worker comes back in time"
        )


def test_numbers_have_their_own_pace():
    pace = Pace([LOCAL, SHORT], NOW, pressing=False)
    for _ in range(5):
        pace.take(LOCAL.number, 1)
    assert not pace.takes(LOCAL.number)
    assert pace.takes(SHORT.number)
    assert pace.room is not None
    assert pace.room > 100


def test_a_number_without_a_rate_is_not_held_back():
    pace = Pace([], NOW, pressing=False)
    pace.take("+12025550101", 1000)
    assert pace.takes("+12025550101")
    assert pace.room is None
    assert pace.taken == {}


def test_an_instant_of_a_clock_that_ran_ahead_holds_nobody_back():
    ahead = Sender("x", 1, NOW + timedelta(days=30))
    assert claimed(ahead, NOW)[0] > 0
    honest = Sender("x", 1, NOW + AHEAD_PRESSING)
    assert claimed(honest, NOW)[0] == 0
    assert AHEAD_PRESSING < FURTHEST


@given(st.binary(min_size=32, max_size=32))
def test_an_address_always_hears_from_the_same_number(address_ix: bytes) -> None:
    pool = ["+12025550101", "+12025550102", "+12025550103"]
    chosen = number_for(address_ix, pool[0], pool[1:])
    assert chosen in pool
    assert chosen == number_for(address_ix, pool[0], pool[::-1])


@given(st.binary(min_size=32, max_size=32))
def test_a_further_number_takes_addresses_over_and_moves_no_other(address_ix: bytes) -> None:
    before = number_for(address_ix, "+12025550101", ["+12025550102"])
    after = number_for(address_ix, "+12025550101", ["+12025550102", "+12025550103"])
    assert after in {before, "+12025550103"}


def test_all_numbers_of_a_pool_are_used():
    pool = ["a", "b", "c"]
    assert {number_for(bytes([0, 0, 0, each]), "a", pool) for each in range(30)} == set(pool)
    assert number_for(b"1234", "a", ()) == "a"
    assert {number_for(bytes([0, 0, 0, each]), "a", ("b",)) for each in range(30)} == {"a", "b"}
