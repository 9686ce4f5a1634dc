"""What office pages read from their forms, and say: rules without a page around them."""

import ast
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console.amounts import read_amount, typed_amount
from bot.console.audit_words import ACTIONS, GROUPS, details, duration, happened
from bot.console.fee_words import NO_FEE, reason_words
from bot.console.import_words import FIELD_WORDS, KIND_WORDS, NEXT_STEP, ROW_WORDS
from bot.console.report_words import LEAD_WORDS, weekday_words
from bot.console.touch_form import in_order, minute_of, read_rows, rows_of, sent_rows, words_of
from bot.console.week_form import read_exceptions, read_span, read_week, sent_week, week_rows
from bot.web.forms import Form
from messages.kinds import Channel as Way
from messages.kinds import Kind
from scheduler.calendar.availability import WeeklyHours
from scheduler.core.audit import Entry
from scheduler.fees.ledger import EntryKind, ReverseReason, WaiveReason
from scheduler.fees.rules import NoFeeReason
from scheduler.imports.columns import Field, FileKind
from scheduler.reminders.policy import Channel, Days, Hours, Policy, Touch, parse_policy, to_dict
from scheduler.reports.rates import LEAD_BUCKETS, LONGEST_LEAD
from tests.rig.process import ROOT

# ---- amounts --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "minor"),
    [
        ("75", 7500),
        ("75.5", 7550),
        ("$1,275.50", 127_550),
        ("12,50", 1250),
        ("1,250", 125_000),
        (" 0 ", 0),
        ("€9", 900),
    ],
)
def test_amounts_are_read_as_people_type_them(text: str, minor: int):
    assert read_amount(text, "USD") == minor


@pytest.mark.parametrize("text", ["", "x", "-5", "1.234", "1e9x", "NaN", "Infinity", "9" * 20, "1.2.3"])
def test_what_is_no_amount_is_refused(text: str):
    assert read_amount(text, "USD") is None


@given(st.integers(0, 10**9), st.sampled_from(["USD", "JPY", "KWD"]))
def test_an_amount_shown_in_a_field_is_read_back(minor: int, currency: str):
    assert read_amount(typed_amount(minor, currency), currency) == minor


# ---- touches --------------------------------------------------------------------------------------------------------

offsets = st.one_of(
    st.builds(Days, st.integers(0, 60), st.integers(0, 1439)), st.builds(Hours, st.integers(1, 14 * 24))
)
touches = st.lists(
    st.builds(
        Touch,
        st.from_regex(r"[a-z][a-z0-9_]{0,20}", fullmatch=True).filter(lambda key: key != "booked"),
        offsets,
        st.sampled_from(Channel),
        only_if_unconfirmed=st.booleans(),
    ),
    max_size=10,
    unique_by=(lambda touch: touch.key, lambda touch: (touch.offset, touch.channel)),
)


def _form(rows) -> Form:
    values = {"rows": str(len(rows))}
    for at, row in enumerate(rows):
        values |= {f"t{at}-key": row.key, f"t{at}-n": row.n, f"t{at}-unit": row.unit, f"t{at}-at": row.at}
        values |= {f"t{at}-channel": row.channel, f"t{at}-quiet": "yes" if row.quiet else ""}
    return Form(values)


@given(touches)
def test_touches_survive_the_way_through_the_form(given_touches: list[Touch]):
    rows = sent_rows(_form(rows_of(given_touches)))
    read, errors = read_rows(rows, {touch.key for touch in given_touches})
    assert not errors
    assert list(read) == given_touches
    parse_policy(to_dict(Policy(1, in_order(read))))


def test_a_new_row_gets_a_key_no_version_has_had():
    row = rows_of([Touch("x", Days(2, 600), Channel.SMS)])[0]
    fresh = type(row)("", row.n, row.unit, row.at, row.channel, row.quiet)
    read, _ = read_rows([fresh], {"sms_2d", "sms_2d_2"})
    assert read[0].key == "sms_2d_3"


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"t0-n": "x"}, "t0-n"),
        ({"t0-n": "61"}, "t0-n"),
        ({"t0-at": "25:00"}, "t0-at"),
        ({"t0-at": ""}, "t0-at"),
        ({"t0-unit": "weeks"}, "t0-at"),
        ({"t0-channel": "fax"}, "t0-channel"),
        ({"t0-unit": "hours", "t0-n": "0"}, "t0-n"),
    ],
)
def test_a_row_at_fault_says_where(changed: dict[str, str], where: str):
    form = _form(rows_of([Touch("x", Days(2, 600), Channel.SMS)]))
    _, errors = read_rows(sent_rows(Form({**form.values, **changed})), ())
    assert list(errors) == [where]


def test_two_reminders_at_the_same_moment_are_one_too_many():
    form = _form(rows_of([Touch("a", Hours(2), Channel.SMS), Touch("b", Hours(2), Channel.SMS)]))
    _, errors = read_rows(sent_rows(form), ())
    assert list(errors) == ["t1-n"]


def test_eleven_reminders_are_too_many():
    form = _form(rows_of([Touch(f"k{n}", Hours(n), Channel.SMS) for n in range(1, 12)]))
    assert read_rows(sent_rows(form), ())[1] == {"t0-n": "Keep at most 10 reminders"}


def test_a_form_that_claims_a_million_rows_is_not_believed():
    assert len(sent_rows(Form({"rows": "1000000"}))) <= 30
    assert sent_rows(Form({"rows": "-1"})) == ()


def test_touches_in_words():
    assert words_of(Touch("a", Days(1, 600), Channel.SMS, only_if_unconfirmed=True)) == (
        "1 day before at 10:00, by text, if not confirmed"
    )
    assert words_of(Touch("a", Days(0, 480), Channel.EMAIL), "8:00 AM") == "on the day at 8:00 AM, by email"
    assert words_of(Touch("a", Hours(3), Channel.SMS)) == "3 hours before, by text"


@pytest.mark.parametrize(
    ("text", "minute"), [("08:00", 480), ("23:59", 1439), ("24:00", None), ("9", None), ("a:b", None)]
)
def test_times_of_fields(text: str, minute: int | None):
    assert minute_of(text) == minute


# ---- weekly hours ---------------------------------------------------------------------------------------------------

PLACES = frozenset({"here", "there"})
hours = st.lists(
    st.builds(
        lambda day, start, length, place: WeeklyHours(day, start, min(start + length, 1440), location_id=place),
        st.integers(0, 6),
        st.integers(0, 1430),
        st.integers(1, 600),
        st.sampled_from(sorted(PLACES)),
    ),
    max_size=12,
)


@given(hours)
def test_hours_survive_the_way_through_the_form(week: list[WeeklyHours]):
    by_day = {day: [each for each in week if each.weekday == day][:6] for day in range(7)}
    kept = [each for mine in by_day.values() for each in mine]
    values = {}
    for rows in week_rows(kept):
        for row in rows:
            values |= {f"{row.name}-from": row.start, f"{row.name}-until": row.end, f"{row.name}-at": row.location}
    read, errors = read_week(sent_week(Form(values)), PLACES, "")
    assert not errors
    assert sorted(read, key=str) == sorted(kept, key=str)


def test_half_a_row_and_an_end_before_its_start_are_refused():
    rows = sent_week(Form({"d0-0-from": "09:00", "d1-0-from": "17:00", "d1-0-until": "09:00", "d2-0-from": "09:00",
                           "d2-0-until": "10:00"}))  # fmt: skip
    read, errors = read_week(rows, PLACES, "")
    assert read == []
    assert set(errors) == {"d0-0-from", "d1-0-from", "d2-0-at"}


def test_an_end_at_midnight_is_the_end_of_the_day():
    assert read_span("18:00", "00:00") == (1080, 1440)
    assert read_span("00:00", "00:00") == (0, 1440)


def test_a_holiday_is_one_closed_day_for_each_of_its_days():
    from datetime import date

    form = Form({"kind": "closed_day", "day": "2026-07-01", "last_day": "2026-07-03"})
    days, judged = read_exceptions(form, date(2026, 3, 4), PLACES, "here")
    assert not judged.errors
    assert [(each.day.day, each.closed, each.start_minute, each.end_minute) for each in days] == [
        (n, True, 0, 1440) for n in (1, 2, 3)
    ]


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"day": ""}, "day"),
        ({"day": "2026-02-30"}, "day"),
        ({"day": "2026-03-03"}, "day"),
        ({"last_day": "2026-03-01"}, "last_day"),
        ({"last_day": "2027-03-01"}, "last_day"),
        ({"kind": "gone"}, "kind"),
        ({"kind": "closed_hours"}, "from"),
        ({"kind": "closed_hours", "from": "12:00", "until": "09:00"}, "from"),
        ({"kind": "extra_hours", "from": "09:00", "until": "12:00"}, "location"),
    ],
)
def test_a_day_at_fault_says_where(changed: dict[str, str], where: str):
    from datetime import date

    form = Form({"kind": "closed_day", "day": "2026-07-01", **changed})
    days, judged = read_exceptions(form, date(2026, 3, 4), PLACES, "")
    assert days == []
    assert list(judged.errors) == [where]


# ---- words ----------------------------------------------------------------------------------------------------------


def entry(action: str, **detail: object) -> Entry:
    return Entry(1, None, "staff", None, "console", action, "participation", None, detail, b"")  # type: ignore[arg-type]


def noted_in_sources() -> set[str]:
    """Every action the sources note, as far as it stands there in one piece."""
    found = set()
    for package in ("bot", "messages", "scheduler", "waitlist"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                named = isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "note"
                if named and node.args and isinstance(node.args[0], ast.Constant):
                    found.add(node.args[0].value)
    # The local carrier keeps a journal of its own, in words without a dot.
    return {action for action in found if "." in action}


def test_every_action_that_is_noted_has_words_and_a_group():
    noted = noted_in_sources()
    assert len(noted) > 60
    assert noted - set(ACTIONS) == set()
    groups = tuple(each for _, _, actions in GROUPS for each in actions)
    assert [action for action in ACTIONS if not action.startswith(groups)] == []


def test_an_action_nobody_has_worded_yet_is_shown_by_its_name():
    assert happened(entry("kettle.put_on")) == "Kettle: put on"


def test_a_message_is_named_by_its_kind_and_channel():
    assert happened(entry("message.sent"), (Kind.REMINDER, Way.SMS)) == "Reminder by text sent"
    assert happened(entry("message.failed"), (Kind.CONFIRMED, Way.EMAIL)) == "Answer by email could not be delivered"


def test_details_show_codes_and_numbers_and_leave_ids_out():
    shown = details(
        {"by": "client", "late": True, "minutes_before": 190, "appointment": "a" * 32, "amount_minor": 7500, "x": None},
        lambda minor: f"${minor / 100:.2f}",
    )
    assert shown == "client, late, 3 h 10 min before the start, $75.00"


@pytest.mark.parametrize(("minutes", "words"), [(0, "0 min"), (59, "59 min"), (60, "1 h"), (1500, "1 d 1 h")])
def test_durations(minutes: int, words: str):
    assert duration(minutes) == words


def test_every_reason_of_fees_has_words():
    assert set(NO_FEE) == set(NoFeeReason)
    for kind, reasons in ((EntryKind.WAIVED, WaiveReason), (EntryKind.REVERSED, ReverseReason)):
        for reason in reasons:
            words = reason_words(kind, reason.value)
            assert words
            assert "_" not in words


def test_every_kind_of_file_and_lead_time_has_words():
    assert set(KIND_WORDS) == set(ROW_WORDS) == set(NEXT_STEP) == set(FileKind)
    assert set(FIELD_WORDS) <= {field.value for field in Field}
    assert set(LEAD_WORDS) == {name for name, _ in LEAD_BUCKETS} | {LONGEST_LEAD}
    assert weekday_words("wednesday", "en_US") == "Wed"
    assert weekday_words("sunday", "es_US", wide=True) == "domingo"


def test_no_template_of_the_office_has_inline_style_or_script():
    for file in sorted((ROOT / "bot" / "console" / "templates").glob("*.html")):
        source = re.sub(r"\{#.*?#\}", "", file.read_text(), flags=re.DOTALL)
        assert not re.search(r"\sstyle=|\son[a-z]+=|<script(?! src)", source), file.name
