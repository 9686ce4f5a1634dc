"""Reading a reminder policy from JSON."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.reminders.policy import (
    MAX_DAYS,
    MAX_HOURS,
    Channel,
    Days,
    Hours,
    Policy,
    PolicyInvalidError,
    Touch,
    TouchKind,
    parse_policy,
    to_dict,
)

GOOD: dict[str, Any] = {
    "version": 3,
    "touches": [
        {"key": "week", "offset": {"days": 7, "at_minute": 600}, "channel": "email"},
        {"key": "two_days", "offset": {"days": 2, "at_minute": 600}, "channel": "sms", "kind": "reminder"},
        {"key": "hours", "offset": {"hours": 3}, "channel": "sms", "only_if_unconfirmed": True},
    ],
}


def problems(data: object) -> dict[str, str]:
    with pytest.raises(PolicyInvalidError) as caught:
        parse_policy(data)
    return {problem.where: problem.what for problem in caught.value.problems}


def with_touch(**changes: Any) -> dict[str, Any]:
    touch = {**GOOD["touches"][0], **changes}
    return {"version": 1, "touches": [{k: v for k, v in touch.items() if v is not ...}]}


def test_a_good_policy_is_read():
    assert parse_policy(GOOD) == Policy(
        3,
        (
            Touch("week", Days(7, 600), Channel.EMAIL),
            Touch("two_days", Days(2, 600), Channel.SMS),
            Touch("hours", Hours(3), Channel.SMS, TouchKind.REMINDER, True),
        ),
    )


def test_an_empty_list_is_a_choice():
    assert parse_policy({"version": 1, "touches": []}) == Policy(1, ())


touches = st.builds(
    Touch,
    st.from_regex(r"[a-z][a-z0-9_]{0,31}", fullmatch=True).filter(lambda key: key != "booked"),
    st.builds(Days, st.integers(0, MAX_DAYS), st.integers(0, 1439)) | st.builds(Hours, st.integers(1, MAX_HOURS)),
    st.sampled_from(Channel),
    st.sampled_from(TouchKind),
    st.booleans(),
)
policies = st.builds(
    Policy,
    st.integers(1, 1000),
    st.lists(touches, max_size=8, unique_by=(lambda t: t.key, lambda t: (t.channel, t.offset))).map(tuple),
)


@given(policies)
def test_what_is_written_is_read_back_through_json(policy: Policy):
    assert parse_policy(json.loads(json.dumps(to_dict(policy)))) == policy


@pytest.mark.parametrize(
    ("changes", "where"),
    [
        ({"key": "Two Days"}, "touches[0].key"),
        ({"key": "x" * 33}, "touches[0].key"),
        ({"key": ""}, "touches[0].key"),
        ({"key": 7}, "touches[0].key"),
        ({"key": "booked"}, "touches[0].key"),
        ({"key": ...}, "touches[0].key"),
        ({"offset": {"days": -1, "at_minute": 0}}, "touches[0].offset.days"),
        ({"offset": {"days": 61, "at_minute": 0}}, "touches[0].offset.days"),
        ({"offset": {"days": 2.5, "at_minute": 0}}, "touches[0].offset.days"),
        ({"offset": {"days": True, "at_minute": 0}}, "touches[0].offset.days"),
        ({"offset": {"days": 2}}, "touches[0].offset.at_minute"),
        ({"offset": {"days": 2, "at_minute": 1440}}, "touches[0].offset.at_minute"),
        ({"offset": {"hours": 0}}, "touches[0].offset.hours"),
        ({"offset": {"hours": 337}}, "touches[0].offset.hours"),
        ({"offset": {"hours": "3"}}, "touches[0].offset.hours"),
        ({"offset": {"hours": 3, "days": 2}}, "touches[0].offset.days"),
        ({"offset": {}}, "touches[0].offset.days"),
        ({"offset": 3}, "touches[0].offset"),
        ({"offset": ...}, "touches[0].offset"),
        ({"channel": "pigeon"}, "touches[0].channel"),
        ({"channel": None}, "touches[0].channel"),
        ({"channel": ["sms"]}, "touches[0].channel"),
        ({"kind": "advert"}, "touches[0].kind"),
        ({"only_if_unconfirmed": "yes"}, "touches[0].only_if_unconfirmed"),
        ({"colour": "red"}, "touches[0].colour"),
    ],
)
def test_each_mistake_in_a_touch_is_named_at_its_place(changes: dict[str, Any], where: str):
    assert where in problems(with_touch(**changes))


@pytest.mark.parametrize(
    ("data", "where"),
    [
        (None, "policy"),
        ([], "policy"),
        ("text", "policy"),
        ({"touches": []}, "version"),
        ({"version": 0, "touches": []}, "version"),
        ({"version": "1", "touches": []}, "version"),
        ({"version": 1}, "touches"),
        ({"version": 1, "touches": {}}, "touches"),
        ({"version": 1, "touches": ["sms"]}, "touches[0]"),
        ({"version": 1, "touches": [], "extra": 1}, "policy.extra"),
    ],
)
def test_each_mistake_in_the_frame_is_named(data: object, where: str):
    assert where in problems(data)


def test_too_many_touches_are_refused():
    rows = [{"key": f"k{n}", "offset": {"hours": n + 1}, "channel": "sms"} for n in range(11)]
    assert "touches" in problems({"version": 1, "touches": rows})
    assert len(parse_policy({"version": 1, "touches": rows[:10]}).touches) == 10


def test_a_key_used_twice_is_refused():
    rows = [{"key": "same", "offset": {"hours": n}, "channel": "sms"} for n in (1, 2)]
    assert '"same" is used twice' in problems({"version": 1, "touches": rows})["touches"]


def test_two_touches_on_one_channel_at_one_moment_are_refused():
    rows = [{"key": key, "offset": {"hours": 2}, "channel": "sms"} for key in ("a", "b")]
    assert '"b" repeats' in problems({"version": 1, "touches": rows})["touches"]
    rows[1]["channel"] = "email"
    assert len(parse_policy({"version": 1, "touches": rows}).touches) == 2


def test_all_problems_are_told_at_once():
    found = problems({"version": 0, "touches": [{"key": "A", "offset": {"hours": 0}, "channel": "x"}, 5]})
    expected = {"version", "touches[0].key", "touches[0].offset.hours", "touches[0].channel", "touches[1]"}
    assert set(found) == expected
