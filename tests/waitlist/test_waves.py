"""Freed time on its way to somebody: grace, turns, night, holds, and every way an opening ends without a claim."""

from datetime import timedelta

import pytest

from messages import send_store
from scheduler.actions.cancel import cancel
from scheduler.actions.clients import archive_client
from scheduler.actions.move import move
from scheduler.actions.practice import add_exception, edit_clinician
from scheduler.actions.restore import restore
from scheduler.calendar import store as calendar
from scheduler.calendar.availability import DayException
from scheduler.calendar.wallclock import Span
from scheduler.core.actor import WORKER
from scheduler.core.errors import Conflict
from scheduler.events import MessageUndeliverable
from scheduler.people import store as people
from tests.conversation.scene import FRONT, Scene, local, set_the_scene
from waitlist import candidates, entry_store, offer_store, opening_store
from waitlist.actions.leave import leave
from waitlist.actions.open_time import open_time
from waitlist.actions.pass_offer import NotPassed, Passed, pass_offer
from waitlist.actions.wave import NoWave, next_wave
from waitlist.due import do_due
from waitlist.matching import Misfit, WeeklyWindow
from waitlist.offer_store import OfferState

EVERY = tuple(opening_store.OpeningState)


async def free(scene: Scene, when: str = "03-10 14:00", *, clinician: str | None = None, by="client") -> str:
    """Somebody books and gives up a time; the participation that freed it."""
    gone = await scene.client()
    visit = await scene.book(gone, when, clinician=clinician)
    await give_up(scene, visit, by=by)
    return visit


async def give_up(scene: Scene, visit: str, by="client", **options):
    async with scene.record.write(scene.practice, FRONT) as tx:
        return await cancel(tx, visit, by=by, **options)


async def waves(scene: Scene):
    return await do_due(scene.record, scene.practice)


async def openings(scene: Scene):
    async with scene.record.read(scene.practice) as r:
        return await opening_store.openings(r, states=EVERY)


async def offers(scene: Scene, **which):
    async with scene.record.read(scene.practice) as r:
        return await offer_store.offers(r, **which)


async def held_times(scene: Scene, opening_id: str):
    async with scene.record.read(scene.practice) as r:
        return await calendar.holds_of(r, opening_id)


async def test_a_cancellation_is_offered_to_who_waits_and_the_time_is_truly_held(scene):
    ana = await scene.client()
    await scene.wait(ana)
    await free(scene)
    assert (await waves(scene)).waves == 1
    (offer,) = await offers(scene)
    assert (offer.client_id, offer.state) == (ana, OfferState.HELD)
    assert offer.expires_at - scene.clock.now() == timedelta(hours=2)
    assert await scene.told(ana) == ["offer"]
    (hold,) = await held_times(scene, offer.opening_id)
    assert hold.expires_at > offer.expires_at
    assert (hold.starts_at, hold.ends_at) == (local("03-10 13:55"), local("03-10 15:00"))
    bo = await scene.client()
    with pytest.raises(Conflict, match="time_taken"):
        await scene.book(bo, "03-10 14:00")


async def test_the_text_names_the_time_and_the_deadline(scene):
    ana = await scene.client()
    await scene.wait(ana)
    await free(scene)
    await waves(scene)
    (offer,) = await offers(scene)
    text = (await scene.messages(ana))[-1]
    assert (text.fields.starts_at, text.fields.deadline) == (local("03-10 14:00"), offer.expires_at)
    assert (text.offer_id, text.priority, text.useful_until < offer.expires_at) == (offer.id, 5, True)


async def test_nothing_is_offered_before_the_grace_is_over(record, clock):
    scene = await set_the_scene(record, clock, opening_grace_minutes=3)
    await scene.wait(await scene.client())
    await free(scene)
    scene.pass_time(minutes=2, seconds=59)
    assert (await waves(scene)).waves == 0
    scene.pass_time(seconds=1)
    assert (await waves(scene)).waves == 1
    assert len(await offers(scene)) == 1


async def test_a_cancellation_taken_back_within_the_grace_was_never_an_opening(record, clock):
    scene = await set_the_scene(record, clock, opening_grace_minutes=3)
    ana = await scene.client()
    await scene.wait(ana)
    visit = await free(scene)
    async with record.write(scene.practice, FRONT) as tx:
        await restore(tx, visit)
    scene.pass_time(minutes=5)
    await waves(scene)
    (opening,) = await openings(scene)
    assert (opening.state, await scene.told(ana)) == ("undone", [])


async def test_a_cancellation_taken_back_later_withdraws_the_offer_and_says_so(scene):
    ana = await scene.client()
    entry = await scene.wait(ana)
    visit = await free(scene)
    await waves(scene)
    await scene.deliver()
    async with scene.record.write(scene.practice, FRONT) as tx:
        await restore(tx, visit)
    (offer,), (opening,) = await offers(scene), await openings(scene)
    assert (offer.state, opening.state) == ("withdrawn", "undone")
    assert await scene.told(ana) == ["offer", "offer_withdrawn"]
    assert await held_times(scene, opening.id) == ()
    async with scene.record.read(scene.practice) as r:
        assert (await entry_store.entry(r, entry)).credit == 1


async def test_an_offer_that_had_not_left_yet_is_taken_back_without_a_word(scene):
    ana = await scene.client()
    await scene.wait(ana)
    visit = await free(scene)
    await waves(scene)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await restore(tx, visit)
    assert await scene.told(ana) == []


async def test_staff_booking_over_the_hold_withdraws_the_offer_in_the_same_commit(scene):
    ana, bo = await scene.client(), await scene.client()
    await scene.wait(ana)
    await free(scene)
    await waves(scene)
    await scene.deliver()
    await scene.book(bo, "03-10 14:00", over_holds=True)
    (offer,), (opening,) = await offers(scene), await openings(scene)
    assert (offer.state, opening.state) == ("withdrawn", "taken_by_staff")
    assert await scene.told(ana) == ["offer", "offer_withdrawn"]


async def test_a_booking_that_only_needs_the_buffer_ends_the_opening_too(scene):
    await scene.wait(await scene.client())
    await free(scene)
    await waves(scene)
    await scene.book(await scene.client(), "03-10 15:00", over_holds=True)
    (opening,) = await openings(scene)
    assert opening.state == "taken_by_staff"


async def test_staff_booking_the_time_for_its_holder_is_no_loss(scene):
    ana = await scene.client()
    entry = await scene.wait(ana)
    await free(scene)
    await waves(scene)
    await scene.deliver()
    visit = await scene.book(ana, "03-10 14:00", over_holds=True)
    (offer,) = await offers(scene)
    assert (offer.state, offer.participation_id) == ("claimed", visit)
    assert await scene.told(ana) == ["offer"]
    async with scene.record.read(scene.practice) as r:
        assert (await entry_store.entry(r, entry)).state == "filled"


async def test_a_pass_offers_the_time_on_without_a_moment_in_which_it_is_free(scene):
    ana, bo = await scene.client(), await scene.client()
    await scene.wait(ana)
    scene.pass_time(minutes=1)
    await scene.wait(bo)
    await free(scene)
    await waves(scene)
    (first,) = await offers(scene)
    assert first.client_id == ana
    async with scene.record.write(scene.practice, FRONT) as tx:
        assert await pass_offer(tx, first.id) == Passed(again=False)
        assert await calendar.holds_of(tx, first.opening_id)
    (second,) = await offers(scene, states=("held",))
    assert second.client_id == bo
    assert await scene.told(ana) == ["offer", "offer_passed"]
    async with scene.record.write(scene.practice, FRONT) as tx:
        assert await pass_offer(tx, first.id) == Passed(again=True)
    assert await scene.told(ana) == ["offer", "offer_passed"]


async def test_an_unanswered_offer_goes_on_at_its_deadline_and_the_last_one_ends_the_opening(scene):
    ana, bo = await scene.client(), await scene.client()
    await scene.wait(ana)
    scene.pass_time(minutes=1)
    await scene.wait(bo)
    await free(scene)
    await waves(scene)
    await scene.deliver()
    scene.pass_time(hours=2, minutes=10)
    done = await waves(scene)
    assert done.expired == 1
    assert [(each.client_id, each.state) for each in await offers(scene)] == [(ana, "expired"), (bo, "held")]
    scene.pass_time(hours=2, minutes=10)
    await waves(scene)
    (opening,) = await openings(scene)
    assert opening.state == "exhausted"
    assert await held_times(scene, opening.id) == ()
    assert await scene.told(ana) == ["offer"]
    assert (await waves(scene)) == (await waves(scene))
    async with scene.record.write(scene.practice, FRONT) as tx:
        assert await pass_offer(tx, (await offers(scene))[0].id) == NotPassed("expired")


async def test_who_joins_later_hears_of_time_that_nobody_wanted(scene):
    await free(scene)
    await waves(scene)
    (opening,) = await openings(scene)
    assert opening.state == "exhausted"
    ana = await scene.client()
    await scene.wait(ana)
    await waves(scene)
    assert await scene.told(ana) == ["offer"]


async def test_time_that_was_booked_meanwhile_is_not_offered_to_who_joins(scene):
    await free(scene)
    await waves(scene)
    await scene.book(await scene.client(), "03-10 14:00")
    ana = await scene.client()
    await scene.wait(ana)
    await waves(scene)
    assert await scene.told(ana) == []


async def test_nobody_is_texted_at_night_and_the_morning_still_comes_in_time(scene):
    scene.clock.advance_to(local("03-09 21:30"))
    ana = await scene.client()
    await scene.wait(ana)
    await free(scene)
    await waves(scene)
    assert await scene.told(ana) == []
    (opening,) = await openings(scene)
    assert (opening.state, opening.next_wave_at) == ("open", local("03-10 08:00"))
    assert await held_times(scene, opening.id) == ()
    scene.clock.advance_to(local("03-10 08:00"))
    await waves(scene)
    assert await scene.told(ana) == ["offer"]


async def test_an_opening_that_would_be_over_by_the_morning_waits_for_nobody(scene):
    scene.clock.advance_to(local("03-09 21:30"))
    await scene.wait(await scene.client())
    await free(scene, "03-10 08:20")
    await waves(scene)
    (opening,) = await openings(scene)
    assert opening.state == "exhausted"


async def test_a_time_that_starts_within_half_an_hour_is_not_opened(scene):
    scene.clock.advance_to(local("03-10 13:31"))
    await scene.wait(await scene.client())
    await free(scene)
    assert await openings(scene) == ()


async def test_an_opening_nobody_took_in_time_expires(scene):
    ana = await scene.client()
    await scene.wait(ana)
    await free(scene, "03-04 12:00")  # two hours from now
    await waves(scene)
    scene.pass_time(minutes=95)
    await waves(scene)
    await waves(scene)
    (opening,) = await openings_of_the_past(scene)
    assert opening.state in {"expired", "exhausted"}


async def openings_of_the_past(scene: Scene):
    async with scene.record.read(scene.practice) as r:
        return await opening_store.openings(r, states=EVERY, after=r.now - timedelta(days=1))


async def test_no_consent_no_number_or_a_stop_passes_over_without_costing_the_place(scene):
    without = await scene.client(waitlist=False)
    entry = await scene.wait(without)
    scene.pass_time(minutes=1)
    bo = await scene.client()
    await scene.wait(bo)
    await free(scene)
    await waves(scene)
    assert (await scene.told(without), await scene.told(bo)) == ([], ["offer"])
    async with scene.record.read(scene.practice) as r:
        assert (await entry_store.entry(r, entry)).last_offered_at is None


async def test_one_number_never_holds_two_offers_at_once(scene):
    mother = await scene.client(phone="+12025550188")
    child = await scene.client(phone="+12025550188")
    await scene.wait(mother)
    await scene.wait(child)
    await free(scene)
    await free(scene, "03-11 14:00")
    await waves(scene)
    assert len(await offers(scene, states=("held",))) == 1


async def test_the_daily_cap_leaves_nobody_holding_time_they_are_not_told_of(record, clock):
    scene = await set_the_scene(record, clock, daily_cap=1, weekly_cap=3)
    ana = await scene.client()
    await scene.wait(ana)
    await free(scene)
    await free(scene, "03-11 14:00")
    await waves(scene)
    (offer,) = await offers(scene)
    await scene.deliver()
    scene.clock.advance_to(offer.expires_at)
    await waves(scene)
    assert len(await offers(scene)) == 1


async def test_an_offer_that_was_answered_uses_up_nobodys_day(record, clock):
    """Neither for who makes the next offer nor for who sends it, who counts the same."""
    scene = await set_the_scene(record, clock, daily_cap=1, weekly_cap=3)
    ana = await scene.client()
    await scene.wait(ana)
    for when in ("03-10 14:00", "03-11 14:00"):
        await free(scene, when)
        await waves(scene)
        await scene.deliver()
        (offer,) = await offers(scene, states=("held",))
        assert await counted(scene, ana) == 1
        async with record.write(scene.practice, FRONT) as tx:
            await pass_offer(tx, offer.id)
        assert await counted(scene, ana) == 0
    assert (await scene.told(ana)).count("offer") == 2


async def test_a_no_after_the_deadline_is_an_answer_too(scene):
    ana = await scene.client()
    await scene.wait(ana)
    await free(scene)
    await waves(scene)
    await scene.deliver()
    (offer,) = await offers(scene)
    scene.clock.advance_to(offer.expires_at)
    await waves(scene)
    assert await counted(scene, ana) == 1
    async with scene.record.write(scene.practice, FRONT) as tx:
        assert await pass_offer(tx, offer.id) == NotPassed("expired")
        assert await pass_offer(tx, offer.id) == Passed(again=True)
    assert await counted(scene, ana) == 0


async def counted(scene, client_id):
    """How many texts to a client the gate counts towards the caps."""
    async with scene.record.read(scene.practice) as r:
        (point,) = (await people.contact_points_of(r, [client_id]))[client_id]
        found = await send_store.capped_since(r, [point.value_ix], r.now - timedelta(days=8))
    return len(found.get(point.value_ix, ()))


async def test_what_the_practice_calls_off_opens_nothing(scene):
    await scene.wait(await scene.client())
    await free(scene, by="practice")
    assert await openings(scene) == ()


async def test_a_day_that_was_closed_meanwhile_is_not_given_away(scene):
    ana = await scene.client()
    await scene.wait(ana)
    await free(scene)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await add_exception(tx, scene.lee, DayException(local("03-10 00:00").date(), closed=True))
    await waves(scene)
    assert await scene.told(ana) == []


async def test_a_moved_visit_frees_its_old_time_but_not_for_the_one_who_moved(scene):
    ana, bo = await scene.client(), await scene.client()
    visit = await scene.book(ana, "03-10 14:00")
    await scene.wait(ana)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await move(tx, (await scene.visit(visit)).appointment_id, starts_at=local("03-12 10:00"), by="practice")
    await waves(scene)
    assert await offers(scene) == ()
    await scene.wait(bo)
    await waves(scene)
    assert [offer.client_id for offer in await offers(scene)] == [bo]


async def test_a_time_somebody_is_just_choosing_is_looked_at_again_later(scene):
    ana = await scene.client()
    await scene.wait(ana)
    await free(scene)
    async with scene.record.write(scene.practice, FRONT) as tx:
        until = tx.now + timedelta(minutes=10)
        span = (local("03-10 14:30"), local("03-10 15:00"))
        await calendar.take_for_hold(tx, calendar.Hold("q" * 32, "choice", scene.lee, *span, until))
    await waves(scene)
    assert await offers(scene) == ()
    scene.pass_time(minutes=10, seconds=1)
    await waves(scene)
    assert await scene.told(ana) == ["offer"]


async def test_staff_can_put_a_free_time_up_by_hand(scene):
    ana = await scene.client()
    await scene.wait(ana)
    async with scene.record.write(scene.practice, FRONT) as tx:
        span = span_at("03-10 11:00")
        assert await open_time(
            tx, clinician_id=scene.lee, service_id=scene.service, location_id=scene.location, span=span
        )
    await waves(scene)
    assert await scene.told(ana) == ["offer"]


def span_at(start: str):
    return Span(local(start), local(start) + timedelta(minutes=50))


async def test_a_wave_of_a_settled_opening_or_of_one_still_out_does_nothing(scene):
    ana = await scene.client()
    await scene.wait(ana)
    visit = await free(scene)
    await waves(scene)
    (opening,) = await openings(scene)
    async with scene.record.write(scene.practice, WORKER) as tx:
        assert await next_wave(tx, opening.id) == NoWave("still_out")
    async with scene.record.write(scene.practice, FRONT) as tx:
        await restore(tx, visit)
    async with scene.record.write(scene.practice, WORKER) as tx:
        assert await next_wave(tx, opening.id) == NoWave("settled")
        assert await next_wave(tx, "0" * 32) == NoWave("settled")


async def test_leaving_the_list_offers_the_time_on(scene):
    ana, bo = await scene.client(), await scene.client()
    entry = await scene.wait(ana)
    scene.pass_time(minutes=1)
    await scene.wait(bo)
    await free(scene)
    await waves(scene)
    async with scene.record.write(scene.practice, FRONT) as tx:
        assert await leave(tx, entry)
    async with scene.record.write(scene.practice, FRONT) as tx:
        assert not await leave(tx, entry)
    assert (await scene.told(ana), await scene.told(bo)) == ([], ["offer"])


async def test_staff_can_see_why_the_others_are_not_asked(scene):
    ana, bo = await scene.client(), await scene.client()
    await scene.wait(ana, windows=(WeeklyWindow(0, 0, 1440),))
    bos = await scene.wait(bo, clinician_ids=(scene.lee,))
    await free(scene)
    (opening,) = await openings(scene)
    async with scene.record.read(scene.practice) as r:
        (first,) = await candidates.in_order(r, opening)
        assert (first.entry_id, first.place, first.of) == (bos, 1, 1)
        assert list((await candidates.misfits(r, opening, await entry_store.entries(r))).values()) == [
            Misfit.OTHER_HOURS
        ]


async def test_a_visit_they_have_at_that_hour_keeps_them_from_being_asked(scene):
    ana = await scene.client()
    await scene.wait(ana)
    await scene.book(ana, "03-10 14:30", clinician=scene.moss)
    await free(scene)
    await waves(scene)
    assert await offers(scene) == ()


async def test_an_only_earlier_entry_is_not_offered_a_later_time(scene):
    ana = await scene.client()
    visit = await scene.book(ana, "03-09 10:00")
    await scene.wait(ana, replaces_participation_id=visit)
    await free(scene)
    await waves(scene)
    assert await offers(scene) == ()


async def test_each_turn_is_entered_with_the_facts_that_decided_it(scene):
    ana = await scene.client()
    entry = await scene.wait(ana, priority=2)
    await free(scene)
    await waves(scene)
    async with scene.record.read(scene.practice) as r:
        detail = await scene.noted(r, "offer.made")
    assert detail["entry"] == entry
    assert (detail["place"], detail["of"], detail["priority"], detail["credit"]) == (1, 1, 2, 0)


async def test_booking_a_free_time_by_hand_needs_no_opening(scene):
    await scene.book(await scene.client(), "03-10 14:00")
    assert await openings(scene) == ()


async def test_an_offer_that_reached_nobody_goes_on_at_once(scene):
    ana, bo = await scene.client(), await scene.client()
    entry = await scene.wait(ana)
    scene.pass_time(minutes=1)
    await scene.wait(bo)
    await free(scene)
    await waves(scene)
    text = (await scene.messages(ana))[-1]
    async with scene.record.write(scene.practice, WORKER) as tx:
        tx.emit(MessageUndeliverable(text.id))
    assert {each.client_id: each.state for each in await offers(scene)} == {ana: "withdrawn", bo: "held"}
    async with scene.record.write(scene.practice, WORKER) as tx:
        tx.emit(MessageUndeliverable(text.id))  # told twice
        tx.emit(MessageUndeliverable("0" * 32))
    async with scene.record.read(scene.practice) as r:
        assert (await entry_store.entry(r, entry)).credit == 1
    assert len(await offers(scene)) == 2


async def test_a_client_who_was_put_away_is_not_asked(scene):
    ana = await scene.client()
    await scene.wait(ana)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await archive_client(tx, ana)
    await free(scene)
    await waves(scene)
    assert await offers(scene) == ()


async def test_the_time_of_a_clinician_who_has_left_is_not_given_away(scene):
    await scene.wait(await scene.client())
    await free(scene)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await edit_clinician(tx, scene.lee, name="Dr. Lee", active=False)
    await waves(scene)
    assert await offers(scene) == ()
