"""Which touches a visit gets, and when."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from scheduler.calendar.wallclock import to_local, to_utc
from scheduler.reminders.planner import NEAR, PlannedTouch, plan
from scheduler.reminders.policy import Channel, Days, Hours, Policy, Touch, TouchKind

NEW_YORK = ZoneInfo("America/New_York")
SMS, EMAIL = Channel.SMS, Channel.EMAIL
TWO_DAYS = Touch("two_days", Days(2, 600), SMS)
HOURS = Touch("hours", Hours(3), SMS, only_if_unconfirmed=True)
POLICY = Policy(1, (TWO_DAYS, HOURS))


def local(*parts: int) -> datetime:
    return to_utc(datetime(*parts), NEW_YORK)


VISIT = local(2026, 9, 30, 12, 30)
LONG_AGO = local(2026, 8, 1, 9, 0)


def planned(policy: Policy = POLICY, *, starts_at=VISIT, booked_at=LONG_AGO, channels=(SMS,), notice=True):
    return plan(
        policy, starts_at=starts_at, zone=NEW_YORK, booked_at=booked_at, channels=channels, booked_notice=notice
    )


def keys(touches: tuple[PlannedTouch, ...]) -> list[str]:
    return [touch.key for touch in touches]


def test_days_are_calendar_days_and_hours_are_elapsed():
    assert planned() == (
        PlannedTouch("two_days", SMS, TouchKind.REMINDER, local(2026, 9, 28, 10, 0), local(2026, 9, 30, 11, 30), False),
        PlannedTouch("hours", SMS, TouchKind.REMINDER, local(2026, 9, 30, 9, 30), local(2026, 9, 30, 11, 30), True),
    )


def test_two_days_before_at_ten_is_ten_also_when_the_clock_changes_in_between():
    visit = local(2026, 3, 9, 12, 0)
    (touch,) = planned(Policy(1, (TWO_DAYS,)), starts_at=visit, booked_at=local(2026, 2, 1, 9, 0))
    assert touch.due_at == local(2026, 3, 7, 10, 0)
    assert visit - touch.due_at == timedelta(hours=49)


def test_forty_eight_hours_before_are_forty_eight_elapsed_hours():
    visit = local(2026, 3, 9, 12, 0)
    (touch,) = planned(Policy(1, (Touch("h", Hours(48), SMS),)), starts_at=visit, booked_at=local(2026, 2, 1, 9, 0))
    assert to_local(touch.due_at, NEW_YORK) == datetime(2026, 3, 7, 11, 0)


def test_a_touch_in_the_gap_comes_an_hour_later_on_the_clock():
    night = Policy(1, (Touch("night", Days(1, 150), SMS),))
    (touch,) = planned(night, starts_at=local(2026, 3, 9, 12, 0), booked_at=local(2026, 2, 1, 9, 0))
    assert to_local(touch.due_at, NEW_YORK) == datetime(2026, 3, 8, 3, 30)


def test_the_day_is_that_of_the_clients_zone():
    late = local(2026, 9, 30, 22, 0)  # already 1 October in UTC
    (touch,) = planned(Policy(1, (Touch("day", Days(1, 600), SMS),)), starts_at=late)
    assert touch.due_at == local(2026, 9, 29, 10, 0)


def test_booked_inside_one_offset_a_notice_takes_the_place_of_what_was_missed():
    booked = local(2026, 9, 29, 9, 0)
    found = planned(booked_at=booked)
    assert keys(found) == ["booked", "hours"]
    assert found[0].kind is TouchKind.BOOKED
    assert found[0].due_at == booked
    assert not found[0].only_if_unconfirmed


def test_however_many_are_missed_there_is_one_notice():
    policy = Policy(1, (Touch("week", Days(7, 600), EMAIL), TWO_DAYS, Touch("day", Days(1, 600), SMS)))
    found = planned(policy, booked_at=local(2026, 9, 29, 15, 0))
    assert keys(found) == ["booked"]
    assert found[0].channel is SMS


def test_booked_long_before_there_is_no_notice():
    assert keys(planned()) == ["two_days", "hours"]


def test_a_touch_within_a_quarter_of_an_hour_of_booking_counts_as_missed():
    due = local(2026, 9, 28, 10, 0)
    assert keys(planned(booked_at=due - timedelta(minutes=15))) == ["two_days", "hours"]
    assert keys(planned(booked_at=due - timedelta(minutes=14))) == ["booked", "hours"]


def test_an_import_carries_bookings_over_in_silence():
    assert keys(planned(booked_at=local(2026, 9, 29, 9, 0), notice=False)) == ["hours"]


def test_nothing_is_planned_for_the_past():
    assert planned(booked_at=VISIT) == ()
    assert planned(booked_at=VISIT + timedelta(days=1)) == ()


def test_booked_on_the_doorstep_nothing_is_sent():
    assert planned(booked_at=VISIT - timedelta(minutes=14)) == ()
    assert keys(planned(booked_at=VISIT - timedelta(minutes=15))) == ["booked"]


def test_a_same_day_touch_after_the_start_is_left_out():
    same_day = Policy(1, (Touch("noon", Days(0, 720), SMS), Touch("morning", Days(0, 480), SMS)))
    assert keys(planned(same_day)) == ["morning", "noon"]
    assert keys(planned(same_day, starts_at=local(2026, 9, 30, 11, 0))) == ["morning"]


def test_without_an_agreed_channel_there_is_no_plan():
    assert planned(channels=()) == ()


def test_a_touch_goes_by_the_first_agreed_channel_when_its_own_is_not():
    found = planned(channels=(EMAIL,))
    assert [touch.channel for touch in found] == [EMAIL, EMAIL]


def test_text_and_mail_at_the_same_hour_are_both_sent_to_those_who_agreed_to_both():
    policy = Policy(1, (TWO_DAYS, Touch("mail", Days(2, 600), EMAIL)))
    assert len(planned(policy, channels=(SMS, EMAIL))) == 2
    assert keys(planned(policy, channels=(SMS,))) == ["two_days"]


def test_near_touches_become_the_later_one_and_stay_unconditional():
    policy = Policy(1, (Touch("a", Hours(4), SMS), Touch("b", Hours(3), SMS, only_if_unconfirmed=True)))
    (touch,) = planned(policy)
    assert touch.key == "b"
    assert not touch.only_if_unconfirmed


def test_near_conditional_touches_stay_conditional():
    policy = Policy(1, tuple(Touch(key, Hours(n), SMS, only_if_unconfirmed=True) for key, n in (("a", 4), ("b", 3))))
    assert planned(policy)[0].only_if_unconfirmed


def test_two_hours_apart_is_not_near():
    policy = Policy(1, (Touch("a", Hours(5), SMS), Touch("b", Hours(3), SMS)))
    assert keys(planned(policy)) == ["a", "b"]


def test_a_notice_near_the_next_reminder_gives_way_to_it():
    assert keys(planned(booked_at=local(2026, 9, 30, 8, 45))) == ["hours"]
    assert not planned(booked_at=local(2026, 9, 30, 8, 45))[0].only_if_unconfirmed


def test_a_touch_an_hour_before_is_useful_for_half_an_hour():
    (touch,) = planned(Policy(1, (Touch("h", Hours(1), SMS),)))
    assert touch.useful_until == VISIT - timedelta(minutes=30)


offsets = st.builds(Days, st.integers(0, 10), st.integers(0, 1439)) | st.builds(Hours, st.integers(1, 200))
policies = st.lists(
    st.tuples(offsets, st.sampled_from(Channel), st.booleans()), max_size=6, unique_by=lambda t: (t[0], t[1])
).map(lambda rows: Policy(1, tuple(Touch(f"k{n}", o, c, only_if_unconfirmed=u) for n, (o, c, u) in enumerate(rows))))
instants = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
zones = st.sampled_from(["America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "America/Phoenix"]).map(
    ZoneInfo
)
channels = st.lists(st.sampled_from(Channel), unique=True).map(tuple)
leads = st.timedeltas(timedelta(minutes=-60), timedelta(days=14))


@given(policies, instants, zones, leads, channels, st.booleans())
def test_every_plan_keeps_its_promises(policy, starts_at, zone, lead, agreed, notice):
    booked_at = starts_at - lead
    found = plan(policy, starts_at=starts_at, zone=zone, booked_at=booked_at, channels=agreed, booked_notice=notice)
    assert found == tuple(sorted(found, key=lambda t: (t.due_at, t.key)))
    assert len({t.key for t in found}) == len(found)
    assert sum(t.kind is TouchKind.BOOKED for t in found) <= notice
    for touch in found:
        assert booked_at <= touch.due_at < touch.useful_until < starts_at
        assert touch.channel in agreed
        near = [t for t in found if t.channel is touch.channel and timedelta(0) <= t.due_at - touch.due_at < NEAR]
        assert near == [touch]


@given(policies, instants, zones, leads, channels, st.randoms(use_true_random=False))
def test_the_order_of_the_touches_does_not_matter(policy, starts_at, zone, lead, agreed, chance):
    shuffled = list(policy.touches)
    chance.shuffle(shuffled)

    def run(touches):
        return plan(
            Policy(1, tuple(touches)), starts_at=starts_at, zone=zone, booked_at=starts_at - lead, channels=agreed
        )

    assert run(shuffled) == run(policy.touches)


@given(policies, instants, zones, channels)
def test_booked_in_good_time_every_touch_is_sent_or_merged(policy, starts_at, zone, agreed):
    found = plan(policy, starts_at=starts_at, zone=zone, booked_at=starts_at - timedelta(days=90), channels=agreed)
    assert {t.key for t in found} <= {t.key for t in policy.touches}
    unconditional = [t for t in policy.touches if not t.only_if_unconfirmed and isinstance(t.offset, Hours)]
    if agreed and unconditional:
        assert any(not t.only_if_unconfirmed for t in found)
