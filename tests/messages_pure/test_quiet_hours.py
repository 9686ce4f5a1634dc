"""The hours of states, and what narrows them."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from messages.quiet_hours import RULES, hours_of, window_of
from messages.send_rules import next_open, window_shift
from scheduler.people.store import Practice

TODAY = date(2026, 5, 1)


def practice(**changes) -> Practice:
    given = {
        "id": "p", "name": "Lee", "label": "Lee Office", "office_phone": "1", "sender": "+1", "email_from": None,
        "zone": "America/Chicago", "locale": "en_US", "region": "US", "currency": "USD", "language": "en",
        "send_from_minute": 480, "send_until_minute": 1260, "daily_cap": 1, "weekly_cap": 3, "opening_grace_minutes": 3,
        "offer_hold_minutes": 30, "late_cancel_hours": 24, "stop_mode": "ours", "plain_letters": True,
        "crisis_country": "US", "alert_email": None, "demo": False, "created_at": datetime(2026, 1, 1),
        "data_key": b"", **changes,
    }  # fmt: skip
    return Practice(**given)


def at(text: str, zone: str = "America/Chicago") -> datetime:
    return datetime.fromisoformat(f"2026-05-{text}").replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("state", "open_at", "closed_at"),
    [
        ("TX", "03 12:30", "03 11:30"),  # a Sunday
        ("TX", "04 09:30", "04 08:30"),
        ("RI", "02 16:30", "02 17:30"),  # a Saturday
        ("RI", "04 17:30", "04 18:30"),
        ("FL", "04 19:59", "04 20:00"),
        ("CT", "04 09:00", "04 08:59"),
        ("KY", "04 10:00", "04 09:59"),
        ("NY", "04 20:59", "04 21:00"),  # no rule of its own: the country's
    ],
)
def test_offers_keep_to_the_hours_of_the_state(state: str, open_at: str, closed_at: str) -> None:
    window = window_of(practice(subdivision=state), "America/Chicago", TODAY, unasked=True)
    assert window.is_open(at(open_at))
    assert not window.is_open(at(closed_at))


def test_reminders_keep_to_them_only_where_the_practice_says_so() -> None:
    sunday = at("03 11:30")
    assert window_of(practice(subdivision="TX"), "America/Chicago", TODAY, unasked=False).is_open(sunday)
    strict = practice(subdivision="TX", strict_hours=True)
    assert not window_of(strict, "America/Chicago", TODAY, unasked=False).is_open(sunday)


def test_the_practices_own_hours_stay_the_narrower_ones() -> None:
    window = window_of(practice(subdivision="TX", send_until_minute=1020), "America/Chicago", TODAY, unasked=True)
    assert not window.is_open(at("04 17:00"))


def test_a_rule_holds_from_its_day_on() -> None:
    assert hours_of("US", "TX", date(2026, 1, 1)) == hours_of("US", None, TODAY)
    assert hours_of("US", "TX", TODAY) != hours_of("US", None, TODAY)
    assert hours_of("GB", None, TODAY) is None


def test_a_clients_own_hours_narrow_and_never_close_the_window() -> None:
    mine = window_of(practice(), "America/Chicago", TODAY, unasked=False, own=(600, None))
    assert (mine.is_open(at("04 09:59")), mine.is_open(at("04 10:00"))) == (False, True)
    assert window_of(practice(), "America/Chicago", TODAY, unasked=False, own=(1300, None)).is_open(at("04 10:00"))


def test_a_text_on_a_texan_sunday_morning_waits_for_noon_or_leaves_the_evening_before() -> None:
    window = window_of(practice(subdivision="TX"), "America/Chicago", TODAY, unasked=True)
    assert next_open(at("03 09:00"), window) == at("03 12:00")
    earlier = window_shift(at("03 09:00"), window=window, not_before=at("01 09:00"), not_after=at("04 09:00"))
    assert earlier == at("02 20:45")


@given(
    state=st.sampled_from([rule.subdivision for rule in RULES]),
    minute=st.integers(0, 7 * 1440 - 1),
    zone=st.sampled_from(["America/New_York", "America/Denver", "Pacific/Honolulu"]),
)
def test_the_law_only_narrows(state: str | None, minute: int, zone: str) -> None:
    ours = practice(subdivision=state, strict_hours=True)
    lawful = window_of(ours, zone, TODAY, unasked=True)
    plain = window_of(practice(), zone, TODAY, unasked=False)
    day, rest = divmod(minute, 1440)
    instant = datetime(2026, 5, 4 + day, rest // 60, rest % 60, tzinfo=ZoneInfo(zone))
    assert plain.is_open(instant) or not lawful.is_open(instant)
