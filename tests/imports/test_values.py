"""One cell at a time."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.imports.reasons import WORDS, Bad, Reason
from scheduler.imports.values import (
    DateOrder,
    Moment,
    date_order,
    read_birth_date,
    read_date,
    read_minutes,
    read_moment,
    read_time,
    read_time_range,
    split_name,
)
from scheduler.imports.words import (
    Status,
    read_archived,
    read_language,
    read_payer,
    read_status,
    read_weekdays,
    read_yes_no,
)

US, UK = DateOrder.MONTH_FIRST, DateOrder.DAY_FIRST
TODAY = date(2026, 9, 30)
SEP_30 = date(2026, 9, 30)


@pytest.mark.parametrize(
    ("locale", "order"),
    [("en_US", US), ("es_US", US), ("en-US", US), ("en_GB", UK), ("en_AU", UK), ("fr_CA", US), ("en", UK)],
)
def test_the_locale_says_which_comes_first(locale: str, order: DateOrder):
    assert date_order(locale) is order


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("2026-09-30", US, SEP_30),
        ("2026-09-30", UK, SEP_30),
        ("2026/9/30", UK, SEP_30),
        ("9/30/2026", US, SEP_30),
        ("09/30/2026", US, SEP_30),
        ("9/30/26", US, SEP_30),
        ("9-30-2026", US, SEP_30),
        ("30/09/2026", UK, SEP_30),
        ("30.9.2026", UK, SEP_30),
        ("03/04/2026", US, date(2026, 3, 4)),
        ("03/04/2026", UK, date(2026, 4, 3)),
        ("Sep 30, 2026", UK, SEP_30),
        ("September 30, 2026", US, SEP_30),
        ("Sept. 30 2026", US, SEP_30),
        ("Wed, Sep 30, 2026", US, SEP_30),
        ("Wednesday September 30th, 2026", US, SEP_30),
        ("30 Sep 2026", US, SEP_30),
        ("30-Sep-26", US, SEP_30),
        ("30 de septiembre de 2026", UK, SEP_30),
        ("miércoles, 30 septiembre 2026", UK, SEP_30),
        ("2/29/2028", US, date(2028, 2, 29)),
    ],
)
def test_dates_are_read_in_the_practices_order(text: str, order: DateOrder, expected: date):
    assert read_date(text, order) == expected


@pytest.mark.parametrize(
    ("text", "order", "reason"),
    [
        ("30/09/2026", US, Reason.NO_SUCH_DATE),
        ("9/30/2026", UK, Reason.NO_SUCH_DATE),
        ("2/29/2026", US, Reason.NO_SUCH_DATE),
        ("2026-02-30", US, Reason.NO_SUCH_DATE),
        ("2026-00-10", US, Reason.NO_SUCH_DATE),
        ("Feb 30, 2026", US, Reason.NO_SUCH_DATE),
        ("tomorrow", US, Reason.NOT_A_DATE),
        ("Foo 30, 2026", US, Reason.NOT_A_DATE),
        ("46295", US, Reason.NOT_A_DATE),
        ("9/30", US, Reason.NOT_A_DATE),
        ("", US, Reason.EMPTY),
    ],
)
def test_a_date_is_never_turned_round_to_fit(text: str, order: DateOrder, reason: Reason):
    assert read_date(text, order) == Bad(reason)


@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from([US, UK]))
def test_every_usual_spelling_of_a_date_is_read_back(day: date, order: DateOrder):
    spellings = [day.isoformat(), f"{day:%B %d, %Y}", f"{day:%d %b %Y}", f"{day:%a, %b %d, %Y}"]
    spellings += [f"{day:%m/%d/%Y}", f"{day.month}/{day.day}/{day:%y}"] if order is US else [f"{day:%d/%m/%Y}"]
    for text in spellings:
        assert read_date(text, order) == day


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("9/30/26", date(2026, 9, 30)),
        ("10/1/26", date(1926, 10, 1)),
        ("1/1/27", date(1927, 1, 1)),
        ("1/1/99", date(1999, 1, 1)),
        ("6/15/84", date(1984, 6, 15)),
        ("6/15/1984", date(1984, 6, 15)),
        ("15-Jun-31", date(1931, 6, 15)),
    ],
)
def test_births_with_two_digits_lie_in_the_last_hundred_years(text: str, expected: date):
    assert read_birth_date(text, US, TODAY) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("10/1/2026", Reason.BIRTH_IN_FUTURE),
        ("1/1/2062", Reason.BIRTH_IN_FUTURE),
        ("1/1/1890", Reason.BIRTH_TOO_LONG_AGO),
        ("13/1/1990", Reason.NO_SUCH_DATE),
        ("unknown", Reason.NOT_A_DATE),
    ],
)
def test_impossible_births_are_refused(text: str, reason: Reason):
    assert read_birth_date(text, US, TODAY) == Bad(reason)


def test_a_leap_day_a_century_back_is_brought_to_a_day_that_exists():
    assert read_birth_date("2/29/00", US, date(2000, 1, 1)) == date(1900, 2, 28)


@given(st.dates(date(1950, 1, 1), date(2099, 12, 31)), st.dates(date(2000, 1, 1), date(2099, 12, 31)))
def test_two_digit_births_are_never_in_the_future_and_at_most_a_century_old(born: date, today: date):
    found = read_birth_date(f"{born:%m/%d/%y}", US, today)
    if isinstance(found, date):
        assert today - timedelta(days=36_525) <= found <= today
    else:
        assert found.reason is Reason.NO_SUCH_DATE


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15:00", time(15)),
        ("3:00 PM", time(15)),
        ("3:00PM", time(15)),
        ("3:00 p.m.", time(15)),
        ("3pm", time(15)),
        ("3 PM", time(15)),
        ("3.30 pm", time(15, 30)),
        ("12:00 AM", time(0)),
        ("12:15 PM", time(12, 15)),
        ("0:05", time(0, 5)),
        ("09:30:00", time(9, 30)),
        ("9:30:15 am", time(9, 30, 15)),
        ("3:00\u202fPM", time(15)),
        ("noon", time(12)),
    ],
)
def test_times_are_read(text: str, expected: time):
    assert read_time(text) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("9", Reason.TIME_WITHOUT_HALF),
        ("24:00", Reason.NOT_A_TIME),
        ("13:00 PM", Reason.NOT_A_TIME),
        ("0:30 PM", Reason.NOT_A_TIME),
        ("12:60", Reason.NOT_A_TIME),
        ("0.50", Reason.NOT_A_TIME),
        ("0.625", Reason.NOT_A_TIME),
        ("3 m", Reason.NOT_A_TIME),
        ("afternoon", Reason.NOT_A_TIME),
        ("", Reason.NOT_A_TIME),
    ],
)
def test_doubtful_times_are_refused(text: str, reason: Reason):
    assert read_time(text) == Bad(reason)


@given(st.times().map(lambda t: t.replace(second=0, microsecond=0)))
def test_every_minute_of_the_day_is_read_in_both_ways(at: time):
    assert read_time(f"{at:%H:%M}") == at
    assert read_time(f"{at:%I:%M %p}") == at
    assert read_time(f"{int(f'{at:%I}')}:{at:%M%p}".lower()) == at


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("3:00 PM", (time(15), None)),
        ("3:00 PM - 3:50 PM", (time(15), time(15, 50))),
        ("3:00 - 3:50 PM", (time(15), time(15, 50))),
        ("11:30 - 12:20 PM", (time(11, 30), time(12, 20))),
        ("9:00-9:50 am", (time(9), time(9, 50))),
        ("13:00-13:50", (time(13), time(13, 50))),
        ("9am to 5pm", (time(9), time(17))),
        ("9:00 \u2013 17:00", (time(9), time(17))),
    ],
)
def test_ranges_of_times(text: str, expected: tuple[time, time | None]):
    assert read_time_range(text) == expected


@pytest.mark.parametrize("text", ["9 - 5", "3:00 - later", "x - 3pm", "-"])
def test_doubtful_ranges_are_refused(text: str):
    assert isinstance(read_time_range(text), Bad)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("10/06/2025 12:00", Moment(date(2025, 10, 6), time(12))),
        ("2026-07-02 10:00", Moment(date(2026, 7, 2), time(10))),
        ("2026-7-2 9:05", Moment(date(2026, 7, 2), time(9, 5))),
        ("2026-07-02T10:00:00", Moment(date(2026, 7, 2), time(10))),
        ("7/2/26 3:00 PM", Moment(date(2026, 7, 2), time(15))),
        ("Sep 30, 2026 at 3:00 PM", Moment(date(2026, 9, 30), time(15))),
        ("Wed, Sep 30, 2026, 3pm", Moment(date(2026, 9, 30), time(15))),
        ("30 Sep 2026 15:00", Moment(date(2026, 9, 30), time(15))),
        ("3:00 PM", Moment(None, time(15))),
        ("9/30/2026", Moment(date(2026, 9, 30), None)),
        ("2026-07-02T10:00:00Z", Moment(date(2026, 7, 2), time(10), datetime(2026, 7, 2, 10, tzinfo=UTC))),
        ("2026-07-02 10:00:00 -0400", Moment(date(2026, 7, 2), time(10), datetime(2026, 7, 2, 14, tzinfo=UTC))),
        ("2026-07-02 10:00 UTC", Moment(date(2026, 7, 2), time(10), datetime(2026, 7, 2, 10, tzinfo=UTC))),
        ("2026-07-02T10:00+05:30", Moment(date(2026, 7, 2), time(10), datetime(2026, 7, 2, 4, 30, tzinfo=UTC))),
    ],
)
def test_dates_with_times(text: str, expected: Moment):
    assert read_moment(text, US) == expected


@pytest.mark.parametrize(
    "text", ["13:00-13:50", "10/06/2025 25:00", "30/30/2026 10:00", "2026-07-02 10:00 +9900", "later"]
)
def test_doubtful_moments_are_refused(text: str):
    assert isinstance(read_moment(text, US), Bad)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("50", 50),
        ("50.0", 50),
        ("50 min", 50),
        ("50 minutes", 50),
        ("0:50", 50),
        ("1:30", 90),
        ("1 hr 15 min", 75),
        ("1h", 60),
        ("1.5 hours", 90),
        ("00:45:00", 45),
    ],
)
def test_lengths(text: str, expected: int):
    assert read_minutes(text) == expected


@pytest.mark.parametrize("text", ["", "long", "-5", "50 years", "0", "2000"])
def test_doubtful_lengths_are_refused(text: str):
    assert isinstance(read_minutes(text), Bad)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Show", Status.SHOW),
        ("No Show", Status.MISSED),
        ("no_show", Status.MISSED),
        ("No-show", Status.MISSED),
        ("Canceled", Status.CANCELLED),
        ("Cancelled", Status.CANCELLED),
        ("Late Canceled", Status.LATE_CANCELLED),
        ("Late cancelled", Status.LATE_CANCELLED),
        ("Clinician Canceled", Status.CLINICIAN_CANCELLED),
        ("arrived", Status.ATTENDED),
        ("booked", Status.BOOKED),
        ("Scheduled", Status.BOOKED),
        ("Missed", Status.MISSED),
        ("Completed", Status.ATTENDED),
        ("Confirmed", Status.CONFIRMED),
        ("rescheduled", Status.MOVED),
        ("archived", Status.DELETED),
        ("", Status.BOOKED),
    ],
)
def test_states_in_the_words_of_the_three_programs(text: str, expected: Status):
    assert read_status(text) is expected


def test_unknown_states_are_refused():
    assert read_status("LOCKED") == Bad(Reason.UNKNOWN_STATUS)
    assert read_archived("hibernating") == Bad(Reason.UNKNOWN_STATUS)


@pytest.mark.parametrize(
    ("text", "expected"), [("Active", False), ("", False), ("Inactive", True), ("Deceased", True), ("Discharged", True)]
)
def test_clients_nobody_plans_with_are_archived(text: str, expected: bool):
    assert read_archived(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"), [("Yes", True), ("x", True), ("Text OK", True), ("no", False), ("", False)]
)
def test_permissions(text: str, expected: bool):
    assert read_yes_no(text) is expected


def test_an_unclear_permission_is_refused():
    assert read_yes_no("sometimes") == Bad(Reason.NOT_YES_OR_NO)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Monday", (0,)),
        ("tue", (1,)),
        ("Mon, Wed & Fri", (0, 2, 4)),
        ("Mon-Fri", (0, 1, 2, 3, 4)),
        ("Sat - Mon", (0, 5, 6)),
        ("lunes y miércoles", (0, 2)),
        ("Thurs", (3,)),
    ],
)
def test_weekdays(text: str, expected: tuple[int, ...]):
    assert read_weekdays(text) == expected


@pytest.mark.parametrize("text", ["", "Someday", "Mon-Fri-Sun", "Mon,"])
def test_doubtful_weekdays_are_refused(text: str):
    assert read_weekdays(text) == Bad(Reason.NOT_A_WEEKDAY)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "self"),
        ("Self-Pay", "self"),
        ("Insurance", "insurance"),
        ("AETNA (60054)", "insurance"),
        ("Medicare Part B", "medicare"),
        ("AmeriChoice NJ Medicaid NJ Family Care", "medicaid"),
    ],
)
def test_payers(text: str, expected: str):
    assert read_payer(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("English", "en"), ("Español", "es"), ("es-MX", "es"), ("Klingon", None), ("", None)]
)
def test_languages(text: str, expected: str | None):
    assert read_language(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ana Lee", ("Ana", "Lee")),
        ("Lee, Ana", ("Ana", "Lee")),
        ("Lee, Ana María", ("Ana María", "Lee")),
        ("Jacob, JJ, or Jake Kelly", ("Jacob, JJ, or Jake", "Kelly")),
        ("John Smith, Jr.", ("John Smith,", "Jr.")),
        ("Cher", ("", "Cher")),
        ("", ("", "")),
    ],
)
def test_full_names_are_split(text: str, expected: tuple[str, str]):
    assert split_name(text) == expected


def test_every_reason_has_words():
    assert set(WORDS) == set(Reason)
