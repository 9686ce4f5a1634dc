"""Who leaves several offers unanswered is asked once whether they still wait; every way back, and the way out."""

from datetime import timedelta

import pytest

from scheduler.actions.cancel import cancel
from scheduler.core.actor import OPERATOR, WORKER
from scheduler.events import MessageUndeliverable
from tests.conversation.scene import FRONT, Scene, set_the_scene
from waitlist import entry_store, offer_store, opening_store
from waitlist.actions.claim import claim
from waitlist.actions.pass_offer import pass_offer
from waitlist.actions.pause import pause
from waitlist.actions.save_policy import save_policy
from waitlist.actions.undo_claim import undo_claim
from waitlist.actions.wave import Offered, offer_by_hand
from waitlist.due import do_due
from waitlist.entry_store import EntryState
from waitlist.explain import Why, explain
from waitlist.offer_store import OfferState

ASKED = "Lee Office: do you still want to hear of open times? Reply 1 to keep your place on the list, 2 to leave it."
STAYS = "Lee Office: you are on the list and we text when a time fits."


@pytest.fixture
async def scene(scene: Scene) -> Scene:
    """One offer without an answer is enough, so that little has to happen before."""
    await terms(scene, quiet_after=1)
    return scene


async def terms(scene: Scene, **given: object) -> None:
    async with scene.record.write(scene.practice, OPERATOR) as tx:
        await save_policy(tx, {"mode": "one", **given})


async def free(scene: Scene, when: str) -> None:
    gone = await scene.client(waitlist=False)
    visit = await scene.book(gone, when)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await cancel(tx, visit, by="client")
    await scene.work()


async def entry(scene: Scene, entry_id: str) -> entry_store.Entry:
    async with scene.record.read(scene.practice) as r:
        found = await entry_store.entry(r, entry_id)
    assert found is not None
    return found


async def offers(scene: Scene, **which: object) -> tuple[offer_store.Offer, ...]:
    async with scene.record.read(scene.practice) as r:
        return await offer_store.offers(r, **which)


async def silent(scene: Scene, client_id: str, **wishes: object) -> str:
    """They wait, and leave an offer without an answer; the entry."""
    waits = await scene.wait(client_id, **wishes)
    await free(scene, "03-10 14:00")
    (offer,) = await offers(scene, states=(OfferState.HELD,))
    scene.clock.advance_to(offer.expires_at)
    await scene.work()
    assert (await entry(scene, waits)).unanswered == 1
    return waits


async def quiet(scene: Scene, client_id: str, **wishes: object) -> str:
    """They are asked whether they still wait."""
    waits = await silent(scene, client_id, **wishes)
    await free(scene, "03-11 14:00")
    assert (await entry(scene, waits)).is_quiet
    return waits


async def test_the_question_takes_the_place_of_an_offer_and_the_next_in_turn_is_offered_the_time(scene):
    ana, bo = await scene.client(), await scene.client()
    waits = await silent(scene, ana)
    await scene.wait(bo)
    await free(scene, "03-11 14:00")
    assert await scene.told(ana) == ["offer", "still_waiting"]
    assert await scene.told(bo) == ["offer"]
    assert scene.phone(await scene.number_of(ana))[-1].startswith(ASKED)
    await free(scene, "03-12 14:00")
    assert await scene.told(ana) == ["offer", "still_waiting"]  # once, and no further offer
    async with scene.record.read(scene.practice) as r:
        assert await scene.noted(r, "entry.asked_whether") == {"policy": 2}
    assert (await entry(scene, waits)).state is EntryState.WAITING


async def test_who_is_never_asked_where_the_terms_say_so(scene):
    await terms(scene, quiet_after=0)
    ana = await scene.client()
    await silent(scene, ana)
    await free(scene, "03-11 14:00")
    assert await scene.told(ana) == ["offer", "offer"]


async def test_somebody_who_may_be_texted_no_more_today_is_asked_tomorrow(record, clock):
    scene = await set_the_scene(record, clock, daily_cap=1, weekly_cap=3)
    await terms(scene, quiet_after=1)
    ana = await scene.client()
    waits = await silent(scene, ana)
    await free(scene, "03-11 14:00")
    assert await scene.told(ana) == ["offer"]
    assert not (await entry(scene, waits)).is_quiet
    scene.pass_time(days=1)
    await free(scene, "03-12 14:00")
    assert await scene.told(ana) == ["offer", "still_waiting"]


@pytest.mark.parametrize("said", ["1", "yes please", "sí", "1."])
async def test_a_yes_keeps_the_place_with_all_the_waiting(scene, said):
    ana = await scene.client()
    waits = await quiet(scene, ana)
    before = await entry(scene, waits)
    answer, *_ = await scene.says(await scene.number_of(ana), said)
    assert answer.startswith(STAYS) or "ya está en la lista" in answer or "ya esta en la lista" in answer
    after = await entry(scene, waits)
    assert (after.is_quiet, after.unanswered, after.joined_at) == (False, 0, before.joined_at)
    assert (await scene.told(ana))[-1] == "offer"  # the time that was free meanwhile
    assert await scene.tasks() == []


@pytest.mark.parametrize("said", ["2", "no thanks"])
async def test_a_no_leaves_the_list_with_a_kind_word(scene, said):
    ana = await scene.client()
    waits = await quiet(scene, ana)
    answers = await scene.says(await scene.number_of(ana), said)
    assert answers == ["Lee Office: you are off the list for openings. Booked visits stay as they are."]
    assert (await entry(scene, waits)).state is EntryState.LEFT


async def test_any_other_text_is_a_sign_of_life_and_is_read_as_ever(scene):
    ana = await scene.client()
    visit = await scene.book(ana, "03-20 10:00")
    waits = await quiet(scene, ana)
    await scene.remind(visit)
    answers = await scene.says(await scene.number_of(ana), "C")
    assert "confirmed" in answers[0]
    assert not (await entry(scene, waits)).is_quiet


async def test_a_no_that_may_be_meant_for_a_visit_is_asked_by_a_person(scene):
    ana = await scene.client()
    visit = await scene.book(ana, "03-20 10:00")
    await scene.remind(visit)
    waits = await quiet(scene, ana)
    await scene.says(await scene.number_of(ana), "no")
    assert (await scene.visit(visit)).is_active
    found = await entry(scene, waits)
    assert (found.state, found.is_quiet) == (EntryState.WAITING, False)
    assert ("reply", False) in await scene.tasks()


@pytest.mark.parametrize(("said", "stands"), [("sorry cant come", False), ("yes I can come", True)])
async def test_words_about_a_visit_are_about_the_visit(scene, said, stands):
    ana = await scene.client()
    visit = await scene.book(ana, "03-20 10:00")
    waits = await quiet(scene, ana)
    await scene.says(await scene.number_of(ana), said)
    assert (await scene.visit(visit)).is_active is stands
    found = await entry(scene, waits)
    assert (found.state, found.is_quiet) == (EntryState.WAITING, False)


async def test_a_bare_no_to_the_question_leaves_a_visit_that_nobody_asked_about_alone(scene):
    ana = await scene.client()
    visit = await scene.book(ana, "03-20 10:00")
    waits = await quiet(scene, ana)
    await scene.says(await scene.number_of(ana), "no")
    assert (await scene.visit(visit)).is_active
    assert (await entry(scene, waits)).state is EntryState.LEFT


async def test_after_a_reminder_a_no_is_about_the_visit(scene):
    ana = await scene.client()
    visit = await scene.book(ana, "03-20 10:00")
    waits = await quiet(scene, ana)
    scene.pass_time(minutes=5)
    await scene.remind(visit)
    await scene.says(await scene.number_of(ana), "N")
    assert not (await scene.visit(visit)).is_active
    assert (await entry(scene, waits)).state is EntryState.WAITING


async def test_of_two_who_share_a_phone_a_no_takes_neither_off(scene):
    mother, child = await scene.client(phone="+12025550188"), await scene.client(phone="+12025550188")
    waits = await quiet(scene, mother)
    await scene.says(await scene.number_of(child), "2")
    assert (await entry(scene, waits)).state is EntryState.WAITING
    assert ("reply", False) in await scene.tasks()


async def test_stop_is_no_sign_of_life(scene):
    ana = await scene.client()
    waits = await quiet(scene, ana)
    await scene.says(await scene.number_of(ana), "STOP")
    assert (await entry(scene, waits)).is_quiet


async def test_a_late_answer_to_an_old_offer_counts(scene):
    ana = await scene.client()
    waits = await quiet(scene, ana)
    (old,) = await offers(scene, states=(OfferState.EXPIRED,))
    async with scene.record.write(scene.practice, FRONT) as tx:
        await pass_offer(tx, old.id)
    found = await entry(scene, waits)
    assert (found.is_quiet, found.unanswered) == (False, 0)


async def test_staff_take_it_up_again(scene):
    ana = await scene.client()
    waits = await quiet(scene, ana)
    async with scene.record.write(scene.practice, FRONT) as tx:
        assert await pause(tx, waits, None)
    await scene.work()
    assert (await scene.told(ana))[-1] == "offer"
    async with scene.record.read(scene.practice) as r:
        assert await scene.noted(r, "entry.stays") == {}


async def test_staff_may_offer_a_time_to_who_is_silent(scene):
    ana = await scene.client()
    waits = await silent(scene, ana)
    gone = await scene.client(waitlist=False)
    visit = await scene.book(gone, "03-11 14:00")
    async with scene.record.write(scene.practice, FRONT) as tx:
        await cancel(tx, visit, by="client")
    async with scene.record.write(scene.practice, FRONT) as tx:
        (opening,) = [each for each in await opening_store.openings(tx) if each.starts_at.day == 11]
        assert isinstance(await offer_by_hand(tx, opening.id, waits), Offered)


async def test_whom_the_question_did_not_reach_was_not_asked(scene):
    ana = await scene.client()
    waits = await quiet(scene, ana)
    question = (await scene.messages(ana))[-1]
    async with scene.record.write(scene.practice, WORKER) as tx:
        tx.emit(MessageUndeliverable(question.id))
    assert not (await entry(scene, waits)).is_quiet
    assert (await entry(scene, waits)).unanswered == 1
    scene.pass_time(minutes=1)
    await free(scene, "03-12 14:00")
    assert (await scene.told(ana)).count("still_waiting") == 2


async def test_somebody_with_two_wishes_is_asked_once(scene):
    ana = await scene.client()
    weekly = await scene.wait(ana, weekly=True)
    waits = await silent(scene, ana)
    await free(scene, "03-11 14:00")
    assert (await scene.told(ana)).count("still_waiting") == 1
    assert (await entry(scene, waits)).is_quiet
    assert not (await entry(scene, weekly)).is_quiet  # whose offers they have left no row of unanswered


async def test_why_they_were_not_asked_is_told_in_a_sentence(scene):
    ana, bo = await scene.client(), await scene.client()
    waits = await quiet(scene, ana)
    later = await scene.wait(bo)
    scene.pass_time(hours=1)
    await free(scene, "03-12 14:00")
    async with scene.record.read(scene.practice) as r:
        told = {each.opening.starts_at.day: each.why for each in await explain(r, await entry_store.entry(r, waits))}
        others = {each.why for each in await explain(r, await entry_store.entry(r, later))}
    assert (told[12], told[10]) == (Why.QUIET, Why.ASKED)
    assert Why.QUIET not in others


async def test_a_claim_ends_the_row_of_silence_also_when_it_is_undone(scene):
    await terms(scene, quiet_after=3)
    ana = await scene.client()
    waits = await silent(scene, ana)
    await free(scene, "03-11 14:00")
    (offer,) = await offers(scene, states=(OfferState.HELD,))
    async with scene.record.write(scene.practice, FRONT) as tx:
        await claim(tx, offer.id, via="sms")
    scene.clock.advance(timedelta(minutes=5))
    async with scene.record.write(scene.practice, FRONT) as tx:
        await undo_claim(tx, offer.id)
    found = await entry(scene, waits)
    assert (found.state, found.unanswered) == (EntryState.WAITING, 0)


async def test_doing_what_is_due_twice_asks_once(scene):
    ana = await scene.client()
    await quiet(scene, ana)
    for _ in range(2):
        await do_due(scene.record, scene.practice)
    assert (await scene.told(ana)).count("still_waiting") == 1


async def test_terms_that_ask_nobody_take_up_at_once_who_rests(scene):
    ana = await scene.client()
    waits = await quiet(scene, ana)
    await free(scene, "03-12 14:00")
    assert await offers(scene, states=(OfferState.HELD,)) == ()
    async with scene.record.write(scene.practice, OPERATOR) as tx:
        saved = await save_policy(tx, {"mode": "one", "quiet_after": 0})
    assert saved.taken_up == 1
    found = await entry(scene, waits)
    assert (found.is_quiet, found.unanswered) == (False, 1)  # nobody was heard of: they are still among the silent
    await scene.work()
    (offer,) = await offers(scene, states=(OfferState.HELD,))
    assert offer.entry_id == waits


async def test_terms_that_ask_later_take_up_who_left_fewer_offers_unanswered_and_nobody_else(scene):
    ana = await scene.client()
    waits = await quiet(scene, ana)
    await terms(scene, quiet_after=1)
    assert (await entry(scene, waits)).is_quiet
    await terms(scene, quiet_after=2)
    assert not (await entry(scene, waits)).is_quiet
