"""Coming of age, hours people ask for, errands: the pure parts of who is speaking and what they want besides."""

from datetime import date, datetime

import pytest

from bot.conversation.errands import Errand, asks_for_one_more, errand_of
from bot.conversation.hours_wished import hours_wished
from bot.conversation.stop_one import number_to_stop
from bot.conversation.who_speaks import came_of_age
from messages.when import read_when

NOW = datetime(2026, 3, 4, 10)


@pytest.mark.parametrize(
    ("born", "of_age"),
    [
        (date(2008, 3, 5), date(2026, 3, 5)),
        (date(2008, 2, 29), date(2026, 3, 1)),  # no leap year
        (date(2010, 12, 31), date(2028, 12, 31)),
    ],
)
def test_the_day_somebody_comes_of_age(born: date, of_age: date) -> None:
    assert came_of_age(born) == of_age


@pytest.mark.parametrize(
    ("said", "hours"),
    [
        ("please don't text me before 10am", (600, 1440)),
        ("only text me after 5pm", (1020, 1440)),
        ("no texts after 8pm please", (0, 1200)),
        ("only text me between 9am and 5pm", (540, 1020)),
        ("please dont text me at work", None),
        ("don't text me between 9am and 5pm", None),  # a hole in the day is for a person
    ],
)
def test_hours_people_ask_for(said: str, hours: tuple[int, int] | None) -> None:
    assert hours_wished(said, read_when(said, now=NOW)) == hours


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("stop 2", 2),
        ("STOP texts for 1 please", 1),
        ("stop", None),
        ("stop texting me", None),
        ("2", None),
        ("stop 1 and 2", None),
        ("i will stop by at 2", None),
    ],
)
def test_a_stop_for_one_names_its_number_and_nothing_else(said: str, number: int | None) -> None:
    assert number_to_stop(said) == number


@pytest.mark.parametrize(
    ("said", "errand"),
    [
        ("when is my next appointment?", Errand.NEXT_VISIT),
        ("cuando me toca", Errand.NEXT_VISIT),
        ("put me on the waitlist please", Errand.JOIN_LIST),
        ("ya no quiero estar en la lista de espera", Errand.LEAVE_LIST),
        ("take me off the waitlist", Errand.LEAVE_LIST),
        ("take me off the cancellation list", Errand.LEAVE_LIST),
        ("please pause the waitlist for two weeks", Errand.PAUSE_LIST),
        ("can you put the waiting list on hold until May", Errand.PAUSE_LIST),
        ("pausen la lista de espera por favor", Errand.PAUSE_LIST),
        ("hold my place on the waitlist", Errand.JOIN_LIST),
        ("back on the waitlist", Errand.JOIN_LIST),
        ("saqueme de la lista de cancelaciones", Errand.LEAVE_LIST),
        ("pongame en su lista de cancelaciones", Errand.JOIN_LIST),
        ("in spanish please", Errand.SPANISH),
        ("no hablo ingles", Errand.SPANISH),
        ("can you email me instead", Errand.EMAIL),
        ("I will email you", None),
        ("thanks for the email", None),
        ("stop texting me", None),
        ("yes see you then", None),
        ("what time do you close", None),
        ("i can't come tomorrow", None),
    ],
)
def test_errands_are_named_outright_or_are_none(said: str, errand: Errand | None) -> None:
    assert errand_of(said) is errand


def test_one_more_is_not_instead() -> None:
    assert asks_for_one_more("can i book another appointment")
    assert not asks_for_one_more("can i book another time")
    assert not asks_for_one_more("another appointment instead please")
