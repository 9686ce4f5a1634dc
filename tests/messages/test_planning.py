"""Touches in the outbox: planned with the booking, and right again after everything that can happen to a visit."""

from datetime import timedelta

import pytest

from messages.kinds import Kind
from scheduler.actions.cancel import cancel
from scheduler.actions.clients import NewContact, add_contact_point, remove_contact_point
from scheduler.actions.confirm import confirm
from scheduler.actions.move import move
from scheduler.actions.restore import restore
from scheduler.reminders.policy import Channel as PolicyChannel
from scheduler.reminders.policy import Days, Hours, Touch
from tests.messages.post import DAY_BEFORE, THREE_DAYS, TWO_HOURS, VISIT, Post, book, writing
from tests.rig.office import local


def shape(messages) -> list[tuple[str | None, str, str | None]]:
    return [(each.touch, each.state, each.reason) for each in messages]


async def test_a_booking_plans_its_touches_in_the_same_commit(post: Post) -> None:
    await post.policy(THREE_DAYS, DAY_BEFORE, TWO_HOURS)
    ana = await post.office.client()
    await book(post, ana)
    found = await post.touches(ana)
    assert [(each.touch, each.due_at) for each in found] == [
        ("three_days", local("2026-03-08 10:00")),  # the clocks went forward that night; ten is ten
        ("day_before", local("2026-03-10 10:00")),
        ("two_hours", local("2026-03-11 12:00")),
    ]
    assert {each.state for each in found} == {"pending"}
    assert [each.fields.only_if_unconfirmed for each in found] == [False, True, False]


async def test_without_a_policy_nothing_is_planned_and_nobody_is_asked(post: Post) -> None:
    await post.policy()
    ana = await post.office.client(consents=())
    await book(post, ana)
    assert await post.touches(ana) == []
    assert await post.tasks() == []


async def test_a_reminder_reads_as_the_practice_writes(post: Post) -> None:
    await post.policy(THREE_DAYS, DAY_BEFORE)
    ana = await post.office.client()
    await book(post, ana)
    post.clock.advance_to(local("2026-03-08 10:00"))
    await post.send()
    (body,) = post.bodies()
    assert body.startswith("Lee Office: visit Wed, Mar 11, 2:00 PM. Reply C to confirm, R to change")
    assert f"{post.public_url}/l/" in body
    assert len(body) <= 160 or len(post.public_url) > 20


async def test_booked_inside_the_offsets_one_notice_takes_their_place(post: Post) -> None:
    await post.policy(THREE_DAYS, DAY_BEFORE)
    ana = await post.office.client()
    await book(post, ana, at=local("2026-03-05 09:00"))  # 23 hours ahead: the day before at ten has begun
    assert shape(await post.touches(ana)) == [("booked", "pending", None)]
    await post.send()
    assert post.bodies()[0].startswith("Lee Office: you are booked Thu, Mar 5, 9:00 AM")


async def test_an_import_or_series_is_planned_without_a_notice(post: Post) -> None:
    await post.policy(THREE_DAYS, DAY_BEFORE)
    ana = await post.office.client()
    await book(post, ana, at=local("2026-03-05 09:00"), told=False)
    assert await post.touches(ana) == []


async def test_a_touch_in_the_night_moves_to_the_evening_before(post: Post) -> None:
    await post.policy(Touch("ten_hours", Hours(10), PolicyChannel.SMS))
    ana = await post.office.client()
    await book(post, ana, at=local("2026-03-11 09:00"))  # ten hours before is 23:00
    (touch,) = await post.touches(ana)
    assert touch.due_at == local("2026-03-10 19:45")


async def test_touches_the_window_pushes_together_are_one(post: Post) -> None:
    await post.policy(Touch("ten", Hours(10), PolicyChannel.SMS), Touch("thirteen", Hours(13), PolicyChannel.SMS))
    ana = await post.office.client()
    await book(post, ana, at=local("2026-03-11 09:00"))  # 23:00 and 20:00
    assert [each.touch for each in await post.touches(ana)] == ["ten"]


async def test_moving_a_visit_drops_what_spoke_of_the_old_time_and_plans_the_new(post: Post) -> None:
    await post.policy(THREE_DAYS, DAY_BEFORE)
    ana = await post.office.client()
    appointment_id, _ = await book(post, ana)
    async with writing(post) as tx:
        await move(tx, appointment_id, starts_at=local("2026-03-13 11:00"), by="client")
    found = sorted(await post.touches(ana), key=lambda each: (each.revision, each.due_at))
    assert shape(found) == [
        ("three_days", "cancelled", "moved"),
        ("day_before", "cancelled", "moved"),
        ("three_days", "pending", None),
    ]
    # The client picked the time, so it is confirmed, and what is for the unconfirmed is not planned.
    assert [each.due_at for each in found if each.state == "pending"] == [local("2026-03-10 10:00")]
    assert {each.revision for each in found if each.state == "pending"} == {2}


async def test_moved_by_the_practice_the_client_is_told_once_from_the_first_time(post: Post) -> None:
    await post.policy(THREE_DAYS)
    ana = await post.office.client()
    appointment_id, _ = await book(post, ana)
    for hour in ("2026-03-12 11:00", "2026-03-13 11:00"):
        async with writing(post) as tx:
            await move(tx, appointment_id, starts_at=local(hour), by="practice")
    await post.send()
    assert post.bodies() == []  # within the minute staff may undo
    post.clock.advance(60)
    await post.send()
    (body,) = post.bodies()
    assert body.startswith("Lee Office: Wed, Mar 11, 2:00 PM is now Fri, Mar 13, 11:00 AM.")


async def test_moved_back_within_the_grace_nobody_is_told(post: Post) -> None:
    ana = await post.office.client()
    appointment_id, _ = await book(post, ana)
    for hour in (local("2026-03-12 11:00"), VISIT):
        async with writing(post) as tx:
            await move(tx, appointment_id, starts_at=hour, by="practice")
    post.clock.advance(60)
    await post.send()
    assert post.bodies() == []


async def test_confirming_takes_back_what_is_for_the_unconfirmed(post: Post) -> None:
    await post.policy(THREE_DAYS, DAY_BEFORE)
    ana = await post.office.client()
    _, (participation_id,) = await book(post, ana)
    async with writing(post) as tx:
        await confirm(tx, participation_id)
    assert shape(await post.touches(ana)) == [
        ("three_days", "pending", None),
        ("day_before", "cancelled", "confirmed"),
    ]


async def test_a_confirmed_client_is_not_asked_to_confirm(post: Post) -> None:
    await post.policy(THREE_DAYS)
    ana = await post.office.client()
    _, (participation_id,) = await book(post, ana)
    async with writing(post) as tx:
        await confirm(tx, participation_id)
    post.clock.advance_to(local("2026-03-08 10:00"))
    await post.send()
    assert "see you Wed, Mar 11" in post.bodies()[0]


async def test_cancelled_and_restored_the_touches_come_back(post: Post) -> None:
    await post.policy(THREE_DAYS, DAY_BEFORE)
    ana = await post.office.client()
    _, (participation_id,) = await book(post, ana)
    async with writing(post) as tx:
        await cancel(tx, participation_id, by="client")
    assert {each.state for each in await post.touches(ana)} == {"cancelled"}
    async with writing(post) as tx:
        await restore(tx, participation_id)
    found = await post.touches(ana)
    assert shape(found) == [("three_days", "pending", None), ("day_before", "pending", None)]


async def test_cancelled_by_the_practice_the_client_is_told(post: Post) -> None:
    await post.policy(THREE_DAYS)
    ana = await post.office.client()
    _, (participation_id,) = await book(post, ana)
    async with writing(post) as tx:
        await cancel(tx, participation_id, by="practice")
    post.clock.advance(60)
    await post.send()
    assert post.bodies()[0].startswith("Lee Office: sorry, Wed, Mar 11, 2:00 PM is called off.")
    async with writing(post) as tx:
        await restore(tx, participation_id)
    post.clock.advance(60)
    await post.send()
    assert post.bodies()[1].startswith("Lee Office: you are booked Wed, Mar 11, 2:00 PM")


async def test_a_cancellation_undone_within_the_grace_is_never_told(post: Post) -> None:
    ana = await post.office.client()
    _, (participation_id,) = await book(post, ana)
    async with writing(post) as tx:
        await cancel(tx, participation_id, by="practice")
    async with writing(post) as tx:
        await restore(tx, participation_id)
    post.clock.advance(timedelta(minutes=10))
    await post.send()
    assert post.bodies() == []


async def test_a_client_nobody_can_text_is_a_call_for_staff(post: Post) -> None:
    ana = await post.office.client(consents=())
    _, (participation_id,) = await book(post, ana)
    async with writing(post) as tx:
        await cancel(tx, participation_id, by="practice")
    assert ("call", "open") in await post.tasks()


async def test_a_cancellation_too_late_in_the_evening_for_a_text_is_a_call(post: Post) -> None:
    ana = await post.office.client()
    _, (participation_id,) = await book(post, ana, at=local("2026-03-05 09:00"))
    post.clock.advance_to(local("2026-03-04 21:00"))
    async with writing(post) as tx:
        await cancel(tx, participation_id, by="practice")
    post.clock.advance(60)
    await post.send()
    # The window opens at eight, an hour before the visit: that is when it leaves.
    assert post.bodies() == []
    (waiting,) = [each for each in await post.messages(ana) if each.kind is Kind.CLINICIAN_CANCELLED]
    assert (waiting.state, waiting.due_at) == ("pending", local("2026-03-05 08:00"))


@pytest.mark.parametrize("told", [True, False])
async def test_a_visit_before_the_window_opens_cannot_be_texted_about_so_staff_call(post: Post, told: bool) -> None:
    ana = await post.office.client()
    _, (participation_id,) = await book(post, ana, at=local("2026-03-05 07:30"))
    post.clock.advance_to(local("2026-03-04 21:00"))
    async with writing(post) as tx:
        await cancel(tx, participation_id, by="practice", told=told)
    post.clock.advance(60)
    await post.send()
    assert (("call", "open") in await post.tasks()) is told


async def test_no_consented_channel_means_no_rows_and_a_task_until_there_is_one(post: Post) -> None:
    await post.policy(THREE_DAYS)
    ana = await post.office.client(consents=())
    await book(post, ana)
    assert await post.touches(ana) == []
    assert await post.tasks() == [("no_channel", "open")]
    await post.agree(ana)
    assert [each.state for each in await post.touches(ana)] == ["pending"]
    assert await post.tasks() == [("no_channel", "done")]


async def test_a_new_policy_moves_waiting_touches_and_sends_nothing_at_once(post: Post) -> None:
    await post.policy(THREE_DAYS, DAY_BEFORE)
    ana = await post.office.client()
    await book(post, ana)
    earlier = Touch("three_days", Days(6, 9 * 60), PolicyChannel.SMS)  # 5 March, 09:00
    await post.policy(earlier, TWO_HOURS)
    assert [(each.touch, each.state, each.due_at) for each in await post.touches(ana)] == [
        ("three_days", "pending", local("2026-03-05 09:00")),
        ("day_before", "cancelled", local("2026-03-10 10:00")),
        ("two_hours", "pending", local("2026-03-11 12:00")),
    ]
    await post.policy(Touch("three_days", Days(7, 9 * 60), PolicyChannel.SMS))  # an hour ago
    assert (await post.send()).done == 0


async def test_a_touch_that_left_is_never_planned_again(post: Post) -> None:
    await post.policy(THREE_DAYS)
    ana = await post.office.client()
    await book(post, ana)
    post.clock.advance_to(local("2026-03-08 10:00"))
    await post.send()
    await post.policy(Touch("three_days", Days(2, 10 * 60), PolicyChannel.SMS))
    await post.policy(Touch("three_days", Days(2, 10 * 60), PolicyChannel.EMAIL))
    post.clock.advance_to(local("2026-03-09 10:00"))
    await post.send()
    assert len(post.bodies()) == 1
    assert [each.state for each in await post.touches(ana)] == ["sent"]


async def test_a_new_number_gets_what_waits(post: Post) -> None:
    await post.policy(THREE_DAYS)
    ana = await post.office.client()
    await book(post, ana)
    async with writing(post) as tx:
        await remove_contact_point(tx, ana.phone_id or "")
    assert shape(await post.touches(ana)) == [("three_days", "cancelled", "contact_changed")]
    async with writing(post) as tx:
        new_id = await add_contact_point(tx, ana.id, NewContact("phone", "+12025550188"))
    await post.agree(ana, new_id)
    (touch,) = await post.touches(ana)
    assert (touch.state, touch.contact_point_id) == ("pending", new_id)


async def test_mail_takes_over_when_texts_are_stopped_and_texts_when_they_start_again(post: Post) -> None:
    await post.policy(THREE_DAYS)
    ana = await post.office.client(email=True)
    await book(post, ana)
    await post.stop(ana)
    assert [(each.channel.value, each.state) for each in await post.touches(ana)] == [
        ("sms", "cancelled"),
        ("email", "pending"),
    ]
    await post.start(ana)
    assert {(each.channel.value, each.state) for each in await post.touches(ana)} == {
        ("sms", "pending"),
        ("email", "cancelled"),
    }


async def test_several_clients_of_one_visit_have_their_own_touches(post: Post) -> None:
    await post.policy(THREE_DAYS)
    ana, ben = await post.office.client(0), await post.office.client(1)
    appointment_id, (first, _) = await book(post, ana, ben)
    async with writing(post) as tx:
        await cancel(tx, first, by="client")
    assert [each.state for each in await post.touches(ana)] == ["cancelled"]
    assert [each.state for each in await post.touches(ben)] == ["pending"]
    async with writing(post) as tx:
        await move(tx, appointment_id, starts_at=local("2026-03-13 11:00"), by="practice")
    assert [each.state for each in await post.touches(ana)] == ["cancelled"]
    assert [each.state for each in await post.touches(ben)] == ["cancelled", "pending"]


async def test_a_client_in_another_zone_is_reminded_by_their_own_clock(post: Post) -> None:
    await post.policy(THREE_DAYS)
    ana = await post.office.client()
    await post.edit_client(ana, zone="America/Los_Angeles")
    await book(post, ana)
    (touch,) = await post.touches(ana)
    assert touch.due_at == local("2026-03-08 10:00", "America/Los_Angeles")
    post.clock.advance_to(touch.due_at)
    await post.send()
    assert "Wed, Mar 11, 11:00 AM PT" in post.bodies()[0]


async def test_the_first_consent_to_texts_is_greeted_once(post: Post) -> None:
    ana = await post.office.client(consents=())
    await post.agree(ana)
    await post.agree(ana, purpose="waitlist")
    await post.agree(ana)
    await post.send()
    assert [body[:46] for body in post.bodies()] == ["Lee Office: you are set up for visit texts, ab"]


async def test_a_consent_that_came_with_an_import_is_not_greeted(post: Post) -> None:
    ana = await post.office.client(consents=())
    await post.agree(ana, how="import")
    await post.send()
    assert post.bodies() == []


async def test_re_planning_is_idempotent(post: Post) -> None:
    await post.policy(THREE_DAYS, DAY_BEFORE, TWO_HOURS)
    clients = [await post.office.client(number) for number in range(4)]
    for number, client in enumerate(clients):
        await book(post, client, at=VISIT + timedelta(hours=number - 2))
    before = [await post.touches(client) for client in clients]
    await post.policy(THREE_DAYS, DAY_BEFORE, TWO_HOURS)
    after = [await post.touches(client) for client in clients]
    assert before == after
    assert await post.noted("message.replanned") == 0


@pytest.mark.parametrize("edit", ["move", "cancel"])
async def test_an_edit_between_decision_and_post_recalls_the_text(post: Post, edit: str) -> None:
    await post.policy(THREE_DAYS)
    ana = await post.office.client()
    appointment_id, (participation_id,) = await book(post, ana)
    post.clock.advance_to(local("2026-03-08 10:00"))
    worker = post.transmitter()
    _, held = await worker.claim(post.practice_id)
    assert len(held) == 1
    async with writing(post) as tx:
        if edit == "move":
            await move(tx, appointment_id, starts_at=local("2026-03-13 11:00"), by="client")
        else:
            await cancel(tx, participation_id, by="client")
    await worker.post(post.practice_id, held)
    assert post.bodies() == []
    first = min(await post.touches(ana), key=lambda each: each.revision or 0)
    assert (first.state, first.reason) == ("cancelled", "moved" if edit == "move" else "visit_cancelled")
