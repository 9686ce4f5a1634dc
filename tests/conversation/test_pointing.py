"""Which offered time a few words point at, what only the office can act on, and days wished for before."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from bot.conversation.for_the_office import asks_for_another_way, is_for_the_office
from bot.conversation.pointing import pointed_at
from bot.conversation.wished_before import is_within, kept_days, named_days_of, names_hours_alone, on_the_first
from messages.when import read_when

ZONE = ZoneInfo("America/New_York")
NOW = datetime(2026, 3, 4, 10, 0, tzinfo=ZONE)
SHOWN = [datetime(2026, 3, 10, 11, 0), datetime(2026, 3, 9, 12, 30), datetime(2026, 3, 11, 12, 30)]


@pytest.mark.parametrize(
    ("words", "place"),
    [
        ("the middle one", 1),
        ("actually the last", 2),
        ("ok the earliest", 1),
        ("the latest please", 2),
        ("any of those works", 0),
        ("cualquiera", 0),
        ("the wednesday one", 2),
        ("el lunes", 1),
        ("not the last one", None),
        ("none of those, any other?", None),
        ("the first or the last", None),
        ("the earliest or the last", None),
        ("monday or wednesday", None),
        ("friday", None),
        ("the last time I came there was nobody at the desk", None),
    ],
)
def test_words_point_at_one_time_or_at_none(words, place):
    assert pointed_at(words, SHOWN) == place


def test_two_times_on_the_named_day_are_not_one():
    assert pointed_at("the tuesday one", [SHOWN[0], SHOWN[0].replace(hour=15)]) is None


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("im not coming anymore, this isnt helping", True),
        ("we moved to ohio", True),
        ("found a new therapist", True),
        ("ya no quiero ir mas", True),
        ("my new number is (202) 555-0188", True),
        ("write to ana@example.org", True),
        ("can we move to thursday", False),
        ("see you tuesday at 12:30", False),
        ("2 3 10 2026", False),
    ],
)
def test_leaving_and_new_numbers_are_for_the_office(words, told):
    assert is_for_the_office(words) is told


def test_a_visit_by_video_is_another_way_and_a_call_is_not():
    assert asks_for_another_way("can we do it over zoom?")
    assert asks_for_another_way("puede ser por videollamada")
    assert not asks_for_another_way("call me when you can")


def test_an_hour_named_since_is_of_the_days_wished_for():
    days = named_days_of(read_when("next week", now=NOW, language="en"))
    assert days == ((date(2026, 3, 9), date(2026, 3, 15)),)
    assert kept_days(days) == [["2026-03-09", "2026-03-15"]]
    assert names_hours_alone(read_when("after 4", now=NOW, language="en"))
    assert not names_hours_alone(read_when("thursday after 4", now=NOW, language="en"))
    assert is_within(days, datetime(2026, 3, 15, 16, tzinfo=ZONE))
    assert not is_within(days, datetime(2026, 3, 16, 9, tzinfo=ZONE))
    assert on_the_first(days, NOW, ZONE) == datetime.combine(date(2026, 3, 9), time(10), ZONE)
