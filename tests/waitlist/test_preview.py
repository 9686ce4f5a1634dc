"""What other terms would do: as many as the rule says, never more than fit, and the past by its own leads."""

from datetime import UTC, datetime, timedelta

from waitlist.policy import Mode, Policy
from waitlist.preview import FITTING, LEADS, Began, at_leads, past
from waitlist.response import PUBLISHED

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)


def test_one_after_another_and_everybody_are_what_they_say():
    assert [each.at_once for each in at_leads(Policy(mode=Mode.ONE), PUBLISHED)] == [1] * len(LEADS)
    assert [each.within_quarter for each in at_leads(Policy(mode=Mode.ONE), PUBLISHED)] == [1] * len(LEADS)
    everybody = at_leads(Policy(mode=Mode.EVERYBODY), PUBLISHED)
    assert {each.at_once for each in everybody} == {FITTING}
    assert all(0 < each.yes_percent < 100 for each in everybody)


def test_as_many_as_needed_is_between_the_two_and_more_when_the_visit_is_near():
    near, *_, far = at_leads(Policy(disappointed_percent=3), PUBLISHED)
    assert 1 <= far.at_once <= far.within_quarter <= FITTING
    assert far.at_once < near.at_once


def test_another_mode_near_the_visit_shows_only_there():
    mixed = at_leads(Policy(mode=Mode.ONE, near_hours=4, near_mode=Mode.EVERYBODY), PUBLISHED)
    assert [each.at_once for each in mixed] == [FITTING, FITTING, 1, 1]


def test_the_past_is_counted_as_it_was_and_as_it_would_have_been():
    began = [
        Began(NOW, NOW + timedelta(days=3), asked=2, among=9),
        Began(NOW, NOW + timedelta(hours=2), asked=5, among=5),
    ]
    found = past(began, Policy(mode=Mode.EVERYBODY), PUBLISHED)
    assert (found.openings, found.asked, found.would_ask) == (2, 7, 14)
    assert past(began, Policy(mode=Mode.ONE), PUBLISHED).would_ask == 2
    assert past([], Policy(), PUBLISHED).would_ask == 0
