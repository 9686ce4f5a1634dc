"""The forecast: what it counts is what then leaves, and whoever it lists cannot be reached, for the reason given."""

from collections import Counter
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from messages import consent
from messages.drain import Queued, drained
from messages.kinds import Channel, Kind
from messages.unreachable import Why, unreachable
from messages.week_ahead import Day, week_ahead
from scheduler import tables
from scheduler.actions.confirm import confirm
from scheduler.core.record import Record
from scheduler.people import client_edit_store, sender_store
from scheduler.reminders.policy import Channel as PolicyChannel
from scheduler.reminders.policy import Days, Hours, Touch
from tests.messages.conftest import OpenPost
from tests.messages.post import Post, writing
from tests.rig.clock import START
from tests.rig.office import OWNER, SENDER, ZONE, Office, local

WEEK = timedelta(days=7)
POLICY = (
    Touch("three_days", Days(3, 10 * 60), PolicyChannel.SMS),
    Touch("evening", Days(1, 23 * 60), PolicyChannel.SMS),  # outside the window: shifted
    Touch("day_before", Days(1, 10 * 60), PolicyChannel.SMS, only_if_unconfirmed=True),
    Touch("two_hours", Hours(2), PolicyChannel.SMS),
)


async def forecast(record: Record, practice_id: str, segments: int = 1) -> list[Day]:
    async with record.read(practice_id) as r:
        return await week_ahead(r, lambda _kind: segments)


@pytest.fixture
async def week(open_post: OpenPost) -> Post:
    """A week with what makes counting hard: caps, a shared number, a confirmed visit, a stop, the wrong hour."""
    post = await open_post(daily_cap=2, weekly_cap=4)
    await post.policy(*POLICY)
    people = [await post.office.client(number) for number in range(8)]
    twin = await post.office.client(8, phone_of=0)
    for number, who in enumerate(people):
        for day in (5, 6, 9, 10):
            await post.office.book(who, at=local(f"2026-03-{day:02d} {9 + number % 8:02d}:00"), clinician=0, told=False)
    await post.office.book(twin, at=local("2026-03-10 12:00"), clinician=1, told=False)
    booked = await post.office.book(people[1], at=local("2026-03-09 15:00"), clinician=1, told=False)
    async with writing(post) as tx:
        await confirm(tx, booked.participation_ids[0])
    await post.disagree_quietly(people[2])
    async with writing(post) as tx:
        await client_edit_store.set_contact(tx, people[3].phone_id or "", "active", {"state": "quarantined"})
    return post


async def next_due(post: Post) -> datetime | None:
    m = tables.message.c
    async with post.record.read(post.practice_id) as r:
        found: datetime | None = (await r.conn.execute(select(func.min(m.due_at)).where(m.state == "pending"))).scalar()
    return found


async def test_what_is_forecast_is_what_leaves(week: Post) -> None:
    told = await forecast(week.record, week.practice_id)
    assert [day.day for day in told] == [date(2026, 3, 4) + timedelta(days=number) for number in range(7)]
    end = local("2026-03-11 00:00")
    while (due := await next_due(week)) is not None and due < end:
        week.clock.advance_to(max(due, week.clock.now()))
        await week.send()
    m = tables.message.c
    async with week.record.read(week.practice_id) as r:
        rows = (await r.conn.execute(select(m.kind, m.sent_at).where(m.state == "sent"))).all()
        lost = (await r.conn.execute(select(m.reason).where(m.state == "cancelled"))).scalars().all()
    zone = ZoneInfo(ZONE)
    sent = Counter((row.sent_at.astimezone(zone).date(), Kind(row.kind)) for row in rows)
    counted = Counter({(day.day, kind): n for day in told for (kind, _), n in day.kinds.items()})
    assert counted == sent
    assert sum(sent.values()) > 20
    assert lost.count("confirmed") == 1  # taken back by the confirmation itself, before anything was told
    assert Counter(each for each in lost if each != "confirmed") == sum(
        (Counter(day.held_back) for day in told), Counter()
    )
    assert {"over_cap", "no_consent", "number_quarantined"} <= set(lost)


async def test_nothing_is_written_by_looking(week: Post) -> None:
    async with week.record.read(week.practice_id) as r:
        before = (await r.conn.execute(select(tables.message).order_by(tables.message.c.id))).all()
    await forecast(week.record, week.practice_id)
    async with week.record.read(week.practice_id) as r:
        assert (await r.conn.execute(select(tables.message).order_by(tables.message.c.id))).all() == before


async def test_a_wave_is_drained_at_the_rate_of_its_number(post: Post) -> None:
    await post.policy(Touch("three_days", Days(3, 10 * 60), PolicyChannel.SMS))
    for number in range(8):
        who = await post.office.client(number)
        await post.office.book(who, at=local(f"2026-03-09 {9 + number:02d}:00"), told=False)
    async with writing(post) as tx:
        await sender_store.add(tx, SENDER, 1)
    told = {day.day: day for day in await forecast(post.record, post.practice_id, segments=2)}
    (wave,) = told[date(2026, 3, 6)].waves
    assert (wave.number, wave.texts, wave.segments, wave.late) == (SENDER, 8, 16, 0)
    assert wave.begins_at == local("2026-03-06 10:00")
    assert wave.done_at == local("2026-03-06 10:00") + timedelta(seconds=16)


@given(
    st.lists(st.tuples(st.integers(0, 500), st.integers(1, 3), st.sampled_from(["a", "b", "free"])), max_size=40),
    st.sampled_from([1, 3, 100]),
)
def test_no_number_is_ahead_of_its_rate_and_none_idles(texts: list[tuple[int, int, str]], rate: int) -> None:
    queue = [Queued(number, START + timedelta(seconds=at), segments) for at, segments, number in texts]
    left = list(drained(queue, {"a": rate, "b": 1}))
    assert sorted(each.queued.due_at for each in left) == sorted(each.due_at for each in queue)
    for number, speed in (("a", rate), ("b", 1)):
        free = START
        for each in (one for one in left if one.queued.number == number):
            takes = timedelta(seconds=each.queued.segments / speed)
            assert each.left_at == max(free, each.queued.due_at) + takes
            free = each.left_at
    assert all(each.left_at == each.queued.due_at for each in left if each.queued.number == "free")


async def test_who_cannot_be_reached_is_listed_with_what_to_mend(office: Office, record: Record) -> None:
    async def booked(number: int, **how: object) -> str:
        who = await office.client(number, **how)  # type: ignore[arg-type]  # the rig's own names
        await office.book(who, at=local(f"2026-03-{5 + number % 2:02d} {9 + number:02d}:00"))
        return who.id

    fine = await booked(0)
    silent = await booked(1, consents=())
    nowhere = await booked(2, phone=False)
    mails_only = await booked(3, phone=False, email=True)
    stopped, broken, checked = [await office.client(number) for number in (4, 5, 6)]
    for number, who in ((4, stopped), (5, broken), (6, checked)):
        await office.book(who, at=local(f"2026-03-05 {9 + number:02d}:00"), clinician=1)
    far = await office.client(7, phone=False)
    await office.book(far, at=local("2026-03-20 10:00"))
    async with record.write(office.practice_id, OWNER) as tx:
        for who, state in ((broken, "invalid"), (checked, "quarantined")):
            await client_edit_store.set_contact(tx, who.phone_id or "", "active", {"state": state})
        await consent.stop(tx, stopped.who.phone, Channel.SMS, consent.StopSource.KEYWORD)
    async with record.read(office.practice_id) as r:
        found = {each.client_id: each.why for each in await unreachable(r, r.now + WEEK)}
    assert found == {
        silent: Why.NO_CONSENT,
        nowhere: Why.NO_NUMBER,
        mails_only: Why.OTHER_CHANNEL,
        stopped.id: Why.OPTED_OUT,
        broken.id: Why.INVALID,
        checked.id: Why.QUARANTINED,
    }
    assert fine not in found
    async with record.read(office.practice_id) as r:
        some = await unreachable(r, r.now + WEEK, client_ids=frozenset({silent}))
    assert [each.client_id for each in some] == [silent]
