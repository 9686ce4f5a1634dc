"""What a carrier says, in whatever order, ends in one state; what it refuses, in one action."""

from functools import reduce
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.delivery import (
    NOTHING_HEARD,
    UNKNOWN_ERROR,
    DeliveryState,
    ErrorAction,
    Status,
    error_rule,
    heard,
    join,
)

WORDS = ["accepted", "queued", "sending", "sent", "delivered", "undelivered", "failed", "read", "teleported"]
STATES = st.builds(
    DeliveryState,
    st.none() | st.sampled_from(list(Status)),
    st.frozensets(st.sampled_from(["teleported", "beamed"])),
)


def join_words(words):
    return reduce(join, map(heard, words), NOTHING_HEARD)


def test_every_order_with_duplicates_ends_alike():
    for words in product(WORDS, repeat=4):
        assert join_words(words) == join_words(sorted(words))


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=12), st.randoms())
def test_longer_orders_too(words, chance):
    mixed = words * 2
    chance.shuffle(mixed)
    assert join_words(mixed) == join_words(words)


def test_joining_is_a_lattice_over_everything_that_can_be_heard() -> None:
    """R23, exhaustively: whatever can be known after any number of words is one of these states, and over all their
    pairs and triples joining neither minds order nor grouping nor repetition. So every sequence of words, of whatever
    length, with whatever repetitions, ends where the set of its words ends.
    """
    single = [heard(word) for word in WORDS]
    known = {NOTHING_HEARD, *single}
    while more := {join(one, other) for one in known for other in single} - known:
        known |= more
    for one, other in product(known, repeat=2):
        assert join(one, other) == join(other, one)
        assert join(one, one) == one
    for one, other, third in product(known, repeat=3):
        assert join(one, join(other, third)) == join(join(one, other), third)
    assert len(known) >= len(WORDS)


@given(STATES, STATES, STATES)
def test_joining_is_a_lattice(one, other, third):
    assert join(one, other) == join(other, one)
    assert join(one, join(other, third)) == join(join(one, other), third)
    assert join(one, one) == one
    assert join(one, NOTHING_HEARD) == one


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (("delivered", "sent", "queued"), Status.DELIVERED),
        (("failed", "sent"), Status.FAILED),
        (("read", "delivered"), Status.READ),
        (("undelivered", "delivered"), Status.DELIVERED),
        (("canceled", "accepted"), Status.CANCELED),
        ((" Sent ",), Status.SENT),
    ],
)
def test_status_only_climbs(words, status):
    for order in permutations(words):
        assert join_words(order).status is status


def test_unknown_words_are_kept_and_change_nothing():
    state = join(heard("sent"), heard("teleported"))
    assert state == DeliveryState(Status.SENT, frozenset({"teleported"}))
    assert heard("teleported").status is None


def test_reached_and_failed_are_endings():
    assert heard("delivered").reached
    assert heard("read").reached
    assert heard("undelivered").failed
    assert not heard("sent").reached
    assert not heard("sent").failed


@pytest.mark.parametrize(
    ("code", "action"),
    [
        (21211, ErrorAction.NUMBER_INVALID),
        (21610, ErrorAction.SYNC_OPT_OUT),
        (21614, ErrorAction.SWITCH_CHANNEL),
        (30003, ErrorAction.RETRY_THEN_NEXT),
        (30005, ErrorAction.QUARANTINE),
        (30006, ErrorAction.SWITCH_CHANNEL),
        (30007, ErrorAction.FILTERED_ALARM),
        (30008, ErrorAction.RETRY_ONCE),
        (30034, ErrorAction.HOLD_SENDER),
        (30036, ErrorAction.NEXT_CHANNEL),
        (20003, ErrorAction.STOP_SENDER),
        (20429, ErrorAction.BACK_OFF),
        (63014, ErrorAction.CHANNEL_OPT_OUT),
        (11200, ErrorAction.RECONCILE),
    ],
)
def test_each_known_error_names_its_action(code, action):
    assert error_rule(code).action is action


def test_an_answer_that_is_not_the_carriers_says_nothing_of_the_message():
    assert error_rule(404).holds
    assert error_rule(407).alarm
    assert not error_rule(500).holds


@pytest.mark.parametrize("code", [None, 0, 99999])
def test_an_unknown_error_is_never_sent_again_and_becomes_a_task(code):
    rule = error_rule(code)
    assert rule is UNKNOWN_ERROR
    assert rule.retry_after_minutes is None
    assert rule.staff_task


def test_an_opt_out_is_never_retried_on_the_same_channel():
    for code in (21610, 63014, 30004, 30005, 21211):
        assert error_rule(code).retry_after_minutes is None
