"""The gate lets nothing through that any rule forbids, and the window moves a text earlier rather than drop it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from messages.kinds import TRAITS, Channel, Kind, Purpose, VisitNeed
from messages.send_rules import (
    DRAIN_MINUTES,
    Allowed,
    ContactState,
    Postponed,
    Refusal,
    Refused,
    SendFacts,
    SendWindow,
    gate,
    next_open,
    useful_until,
    window_shift,
    within_caps,
)

NEW_YORK = "America/New_York"
NOON = datetime(2026, 9, 29, 16, 0, tzinfo=UTC)
DAY = SendWindow(zones=(NEW_YORK,))
MINUTE = timedelta(minutes=1)


def local(text, zone=NEW_YORK):
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).astimezone(UTC)


def shift(due, not_before="2026-09-01T00:00", not_after="2026-12-31T00:00", window=DAY):
    return window_shift(local(due), window=window, not_before=local(not_before), not_after=local(not_after))


def test_a_text_due_in_the_window_stays():
    assert shift("2026-09-29T10:00") == local("2026-09-29T10:00")
    assert shift("2026-09-29T08:00") == local("2026-09-29T08:00")


def test_a_text_due_at_night_leaves_the_evening_before():
    assert shift("2026-09-29T06:30") == local("2026-09-28T19:45")
    assert shift("2026-09-29T20:00") == local("2026-09-29T19:45")
    assert shift("2026-09-29T23:00") == local("2026-09-29T19:45")


def test_when_the_evening_before_is_past_it_leaves_as_the_window_opens():
    assert shift("2026-09-29T06:30", not_before="2026-09-28T22:00") == local("2026-09-29T08:00")


def test_just_before_closing_it_leaves_at_once_rather_than_wait_for_the_morning():
    assert shift("2026-09-29T06:30", not_before="2026-09-28T19:50") == local("2026-09-28T19:50")


def test_what_can_only_leave_too_late_does_not_leave():
    assert shift("2026-09-29T06:30", not_before="2026-09-28T22:00", not_after="2026-09-29T07:30") is None
    assert shift("2026-09-29T12:00", not_after="2026-09-29T11:00") is None


def test_an_overdue_text_is_judged_by_now():
    assert shift("2026-09-28T10:00", not_before="2026-09-28T12:00") == local("2026-09-28T12:00")
    assert shift("2026-09-28T10:00", not_before="2026-09-28T21:00") == local("2026-09-29T08:00")


def test_unknown_zones_must_all_agree():
    florida = SendWindow(zones=("America/New_York", "America/Chicago"))
    assert florida.is_open(local("2026-09-29T09:00"))
    assert not florida.is_open(local("2026-09-29T08:30"))
    assert shift("2026-09-29T08:30", window=florida) == local("2026-09-28T19:45")
    never = SendWindow(zones=("Pacific/Honolulu", "Asia/Tokyo"), start_minute=540, end_minute=600)
    assert next_open(NOON, never) is None
    assert shift("2026-09-29T08:30", window=never) is None


@pytest.mark.parametrize(
    ("start", "end", "zones"), [(600, 600, ("UTC",)), (-1, 5, ("UTC",)), (0, 1441, ("UTC",)), (0, 5, ())]
)
def test_a_window_that_is_never_open_cannot_be_made(start, end, zones):
    with pytest.raises(ValueError, match="send_window_invalid"):
        SendWindow(zones=zones, start_minute=start, end_minute=end)


ZONES = [
    "America/New_York",
    "America/Havana",
    "America/St_Johns",
    "Europe/London",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Asia/Kathmandu",
    "Pacific/Kiritimati",
]
# Around the changes of clocks, where mistakes live.
NEAR_CHANGES = [
    datetime(2026, 3, 8, tzinfo=UTC),
    datetime(2026, 3, 29, tzinfo=UTC),
    datetime(2026, 4, 5, tzinfo=UTC),
    datetime(2026, 10, 4, tzinfo=UTC),
    datetime(2026, 10, 25, tzinfo=UTC),
    datetime(2026, 11, 1, tzinfo=UTC),
]


def oracle(due, window, not_before, not_after):
    """The same decision made by walking minute by minute."""
    wanted = max(due, not_before)
    if window.is_open(wanted):
        return wanted if wanted <= not_after else None
    minute, left = wanted, 3 * 1440
    while not window.is_open(minute) and left:
        minute, left = minute - MINUTE, left - 1
    if window.is_open(minute):
        end = minute + MINUTE
        start = minute
        while window.is_open(start - MINUTE) and end - start < timedelta(days=2):
            start -= MINUTE
        last = max(start, end - DRAIN_MINUTES * MINUTE)
        if not_before <= last <= not_after:
            return last
        if last < not_before < end and not_before <= not_after:
            return not_before
    minute, left = wanted, 3 * 1440
    while not window.is_open(minute) and left:
        minute, left = minute + MINUTE, left - 1
    return minute if window.is_open(minute) and minute <= not_after else None


@given(
    near=st.sampled_from(NEAR_CHANGES),
    minutes=st.integers(-2880, 2880),
    zones=st.lists(st.sampled_from(ZONES), min_size=1, max_size=2),
    start=st.integers(0, 1438),
    length=st.integers(1, 1440),
    before=st.integers(-3000, 600),
    after=st.integers(-100, 3000),
)
@settings(max_examples=250, deadline=None)
def test_the_shift_agrees_with_walking_minute_by_minute(near, minutes, zones, start, length, before, after):
    window = SendWindow(zones=tuple(zones), start_minute=start, end_minute=min(start + length, 1440))
    due = near + minutes * MINUTE
    not_before, not_after = due + before * MINUTE, due + after * MINUTE
    found = window_shift(due, window=window, not_before=not_before, not_after=not_after)
    assert found == oracle(due, window, not_before, not_after)
    if found is not None:
        assert window.is_open(found)
        assert not_before <= found <= not_after


def test_one_a_day_and_three_a_week():
    def allowed(*sent, now="2026-09-30T12:00"):
        return within_caps([local(at) for at in sent], now=local(now), zone=NEW_YORK, daily=1, weekly=3)

    assert allowed()
    assert not allowed("2026-09-30T08:00")
    assert allowed("2026-09-29T23:59")
    assert allowed("2026-09-23T12:00", "2026-09-24T09:00", "2026-09-25T09:00")
    assert not allowed("2026-09-24T00:00", "2026-09-25T09:00", "2026-09-27T09:00")
    assert allowed("2026-09-23T23:59", "2026-09-25T09:00", "2026-09-27T09:00")
    assert not allowed("2026-10-05T09:00"), "a clock that ran ahead counts as today"


@given(st.lists(st.integers(0, 20 * 24 * 60), max_size=60), st.sampled_from(ZONES))
@settings(deadline=None)
def test_whoever_asks_first_never_gets_more_than_the_caps_in_any_week(minutes, zone):
    sent = []
    for minute in sorted(minutes):
        now = datetime(2026, 10, 20, tzinfo=UTC) + minute * MINUTE
        if within_caps(sent, now=now, zone=zone, daily=1, weekly=3):
            sent.append(now)
    days = sorted(at.astimezone(ZoneInfo(zone)).date() for at in sent)
    assert len(set(days)) == len(days)
    for first in days:
        assert sum(1 for day in days if first <= day < first + timedelta(days=7)) <= 3


def facts(kind=Kind.REMINDER, **changes):
    needs = TRAITS[kind].visit
    base = SendFacts(
        kind=kind,
        channel=Channel.SMS,
        now=NOON,
        useful_until=NOON + timedelta(hours=20),
        visit_active={VisitNeed.ACTIVE: True, VisitNeed.GONE: False, VisitNeed.ANY: None}[needs],
        consented=True,
        window=DAY,
        zone=NEW_YORK,
    )
    return base._replace(**changes)


# In the order of rules.md section D.
REFUSING = [
    ({"visit_active": False}, Refusal.VISIT_NOT_ACTIVE),
    ({"revision_current": False}, Refusal.SUPERSEDED),
    ({"only_if_unconfirmed": True, "visit_confirmed": True}, Refusal.ALREADY_CONFIRMED),
    ({"recipient_current": False}, Refusal.RECIPIENT_CHANGED),
    ({"consented": False}, Refusal.NO_CONSENT),
    ({"opted_out": True}, Refusal.OPTED_OUT),
    ({"preference_allows": False}, Refusal.CLIENT_PREFERENCE),
    ({"contact_state": ContactState.INVALID}, Refusal.NUMBER_INVALID),
    ({"contact_state": ContactState.QUARANTINED}, Refusal.NUMBER_QUARANTINED),
    ({"now": local("2026-09-29T21:00"), "useful_until": local("2026-09-29T22:00")}, Refusal.OUTSIDE_WINDOW),
    ({"sent": (NOON,), "useful_until": NOON + timedelta(hours=5)}, Refusal.OVER_CAP),
    ({"text_safe": False}, Refusal.TEXT_UNSAFE),
    ({"sender_registered": False}, Refusal.SENDER_UNREGISTERED),
    ({"useful_until": NOON - MINUTE}, Refusal.TOO_LATE),
]


def test_with_nothing_against_it_a_message_leaves():
    for kind in Kind:
        assert gate(facts(kind)) == Allowed(), kind


@pytest.mark.parametrize(("changes", "reason"), REFUSING, ids=[reason for _, reason in REFUSING])
def test_each_rule_alone_stops_a_reminder(changes, reason):
    assert gate(facts(**changes)) == Refused(reason)


def test_the_first_rule_of_the_order_is_the_one_recorded():
    together = {}
    for changes, reason in reversed(REFUSING):
        if reason in {Refusal.OUTSIDE_WINDOW, Refusal.OVER_CAP, Refusal.TOO_LATE}:
            continue
        together |= changes
        if reason is Refusal.NUMBER_INVALID:
            continue  # one contact cannot be invalid and quarantined at once; the later key won
        assert gate(facts(**(together | changes))) == Refused(reason)


def test_an_answer_is_not_held_by_night_caps_or_consent_but_by_a_stop():
    night = {"now": local("2026-09-29T23:00"), "useful_until": local("2026-09-30T01:00"), "sent": (NOON, NOON)}
    assert gate(facts(Kind.CONFIRMED, consented=False, **night)) == Allowed()
    assert gate(facts(Kind.CONFIRMED, opted_out=True)) == Refused(Refusal.OPTED_OUT)


def test_after_a_stop_only_its_one_confirmation_leaves():
    for kind in Kind:
        if TRAITS[kind].purpose is Purpose.STAFF:
            continue
        outcome = gate(facts(kind, opted_out=True))
        allowed = kind in {Kind.STOP_CONFIRMED, Kind.OPT_OUT_BY_LINK}
        assert outcome == (Allowed() if allowed else Refused(Refusal.OPTED_OUT)), kind


def test_to_a_quarantined_number_only_the_apology_leaves():
    quarantined = {kind: gate(facts(kind, contact_state=ContactState.QUARANTINED)) for kind in Kind}
    passed = {kind for kind, outcome in quarantined.items() if outcome == Allowed()}
    assert passed == {Kind.WRONG_NUMBER, Kind.CRISIS_ALERT, Kind.ENGINE_ALERT}


def test_a_cancellation_that_was_undone_is_not_announced():
    for kind in (Kind.CANCELLED, Kind.CLINICIAN_CANCELLED, Kind.LATE_CANCELLED):
        assert gate(facts(kind, visit_active=True)) == Refused(Refusal.VISIT_NOT_CANCELLED)


def test_a_closed_offer_is_not_sent():
    assert gate(facts(Kind.OFFER, offer_open=True)) == Allowed()
    assert gate(facts(Kind.OFFER, offer_open=False)) == Refused(Refusal.OFFER_CLOSED)


def test_a_late_wake_up_waits_for_the_morning_while_that_is_still_of_use():
    woken = facts(now=local("2026-09-29T20:05"), useful_until=local("2026-09-30T15:00"))
    assert gate(woken) == Postponed(Refusal.OUTSIDE_WINDOW, local("2026-09-30T08:00"))


def test_over_the_daily_cap_it_waits_for_the_next_day_while_that_is_still_of_use():
    capped = facts(sent=(NOON - timedelta(hours=2),), useful_until=local("2026-09-30T15:00"))
    assert gate(capped) == Postponed(Refusal.OVER_CAP, local("2026-09-30T08:00"))


def test_over_the_weekly_cap_it_waits_until_a_day_leaves_the_week():
    week = tuple(NOON - timedelta(days=days) for days in (1, 2, 5))
    far = facts(sent=week, useful_until=NOON + timedelta(days=9))
    assert gate(far) == Postponed(Refusal.OVER_CAP, local("2026-10-01T08:00"))


def test_an_email_needs_no_registered_sender():
    assert gate(facts(channel=Channel.EMAIL, sender_registered=False)) == Allowed()


def test_staff_are_alerted_whatever_holds_for_clients():
    night = local("2026-09-29T03:00")
    alert = facts(Kind.CRISIS_ALERT, now=night, useful_until=night + MINUTE, opted_out=True, consented=False)
    assert gate(alert) == Allowed()
    assert gate(alert._replace(now=night + 2 * MINUTE)) == Refused(Refusal.TOO_LATE)


def test_usefulness_follows_the_visit_the_hold_or_the_cause():
    start, deadline = NOON + timedelta(days=1), NOON + timedelta(hours=2)
    assert useful_until(Kind.REMINDER, caused_at=NOON, starts_at=start) == start - timedelta(hours=1)
    assert useful_until(Kind.CLINICIAN_CANCELLED, caused_at=NOON, starts_at=start) == start
    assert useful_until(Kind.OFFER, caused_at=NOON, starts_at=start, deadline=deadline) == deadline - 5 * MINUTE
    assert useful_until(Kind.STOP_CONFIRMED, caused_at=NOON) == NOON + 5 * MINUTE
    assert useful_until(Kind.CONFIRMED, caused_at=NOON, starts_at=start) == NOON + timedelta(hours=2)
    for kind in Kind:
        assert useful_until(kind, caused_at=NOON) > NOON
