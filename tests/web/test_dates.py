from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.web import dates
from bot.web.keys import Site

NY = ZoneInfo("America/New_York")
AT = datetime(2026, 9, 30, 16, 30, tzinfo=UTC)
DAY = date(2026, 9, 30)


@pytest.mark.parametrize(
    ("locale", "time", "short", "long", "full"),
    [
        ("en_US", "12:30\u00a0PM", "Wed, Sep 30", "Wednesday, September 30", "Sep 30, 2026"),
        ("en_GB", "12:30", "Wed 30 Sept", "Wednesday, 30 September", "30 Sept 2026"),
        ("es_US", "12:30\u00a0p.m.", "mié, 30 de sept", "miércoles, 30 de septiembre", "30 sept 2026"),
    ],
)
def test_dates_and_times_read_as_people_there_write_them(locale, time, short, long, full):
    assert dates.clock_time(AT, NY, locale) == time
    assert dates.short_day(DAY, locale) == short
    assert dates.long_day(DAY, locale) == long
    assert dates.full_date(DAY, locale) == full


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(ValueError, match="naive"):
        dates.clock_time(datetime(2026, 9, 30, 12, 30), NY, "en_US")


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        (timedelta(seconds=59), "now"),
        (timedelta(minutes=1), "1 min ago"),
        (timedelta(minutes=59, seconds=59), "59 min ago"),
        (timedelta(hours=1), "1 h ago"),
        (timedelta(hours=23, minutes=59), "23 h ago"),
        (timedelta(days=1), "Tue, Sep 29, 12:30\u00a0PM"),
        (timedelta(minutes=-5), "in 5 min"),
    ],
)
def test_how_long_ago(gap, words):
    assert dates.ago(AT - gap, AT, NY, "en_US") == words


@pytest.mark.parametrize(
    ("minor", "currency", "locale", "words"),
    [
        (6000, "USD", "en_US", "$60.00"),
        (5, "USD", "en_US", "$0.05"),
        (-1250, "USD", "en_US", "-$12.50"),
        (500, "JPY", "en_US", "¥500"),
        (6000, "GBP", "en_GB", "£60.00"),
    ],
)
def test_money_has_the_decimals_of_its_currency(minor, currency, locale, words):
    assert dates.money(minor, currency, locale) == words


@given(st.datetimes(timezones=st.just(UTC), min_value=datetime(2020, 1, 1), max_value=datetime(2035, 1, 1)))
def test_a_time_never_breaks_over_two_lines(instant):
    assert " " not in dates.clock_time(instant, NY, "en_US")


def test_cookies_are_bound_to_the_host_over_tls_only():
    assert Site("https://lee.example").secure
    assert not Site("http://localhost:8080").secure
