"""Conversations, as they read on the phone. Each goes through the record, the worker's duties and the real words."""

from datetime import timedelta

import pytest

from bot.conversation import question_store
from messages import consent
from messages.consent import StopSource
from messages.kinds import Channel
from messages.tasks import TaskKind
from scheduler.actions.cancel import cancel
from scheduler.appointments import store as appointments
from scheduler.core.actor import OPERATOR
from scheduler.people import store as people
from tests.conversation.scene import FRONT, Scene, local
from waitlist import offer_store, opening_store
from waitlist.actions.claim import claim
from waitlist.actions.save_policy import save_policy


async def reminded(scene: Scene, when: str = "03-10 12:30", **options):
    """A client with a reminder on their phone: the client, their number and the visit."""
    ana = await scene.client(**options)
    number = await scene.number_of(ana)
    visit = await scene.book(ana, when)
    await scene.remind(visit)
    return ana, number, visit


async def state_of(scene: Scene, visit: str) -> str:
    return (await scene.visit(visit)).state.value


# ---- confirm --------------------------------------------------------------------------------------------------------


async def test_confirm(scene):
    ana, number, _ = await reminded(scene)
    assert scene.phone(number)[-1] == (
        "Lee Office: visit Tue, Mar 10, 12:30 PM. Reply C to confirm, R to change, N if you can't. LINK STOP=opt out"
    )
    assert await scene.says(number, "ok see you then") == [
        "Lee Office: confirmed, Tue, Mar 10, 12:30 PM. See you then."
    ]
    assert await scene.upcoming(ana) == ["03-10 12:30 confirmed"]
    assert await scene.tasks() == []


async def test_confirming_twice_is_answered_and_changes_nothing(scene):
    ana, number, _ = await reminded(scene)
    await scene.says(number, "C")
    assert await scene.says(number, "c") == ["Lee Office: confirmed, Tue, Mar 10, 12:30 PM. See you then."]
    assert await scene.upcoming(ana) == ["03-10 12:30 confirmed"]


async def test_thanks_is_not_yes(scene):
    ana, number, _ = await reminded(scene)
    assert await scene.says(number, "thanks!") == []
    assert await scene.upcoming(ana) == ["03-10 12:30 booked"]
    assert await scene.tasks() == []


async def test_in_spanish(scene):
    ana, number, _ = await reminded(scene, language="es")
    assert scene.phone(number)[-1].startswith("Lee Office: cita mar 10 mar, 12:30 PM.")
    (answer,) = await scene.says(number, "si pero llego como 15 min tarde, hay trafico")
    assert "15 min" in answer
    assert await scene.upcoming(ana) == ["03-10 12:30 confirmed"]
    assert await scene.tasks() == [("reply", False)]
    (answer,) = await scene.says(number, "no puedo ir, mi hijo esta enfermo")
    assert answer.startswith("Lee Office: ")
    assert await scene.upcoming(ana) == []


async def test_who_writes_in_spanish_is_answered_in_spanish_until_somebody_says_otherwise(scene):
    _, number, _ = await reminded(scene)
    (answer,) = await scene.says(number, "no puedo ir ese dia")
    assert "cancelad" in answer
    _, number, _ = await reminded(scene, language="en")
    (answer,) = await scene.says(number, "no puedo ir ese dia")
    assert "is cancelled" in answer


async def test_a_yes_or_no_that_names_another_day_changes_nothing_and_says_the_day(scene):
    ana, number, _ = await reminded(scene)  # a Tuesday, six days ahead
    stays = ["Lee Office: nothing has changed, Tue, Mar 10, 12:30 PM stays. Reply N if you can't come."]
    for text in ("see you Thursday!", "can't make it Friday, sorry", "I can't come tomorrow"):
        scene.pass_time(hours=2)
        assert await scene.says(number, text) == stays
    assert await scene.upcoming(ana) == ["03-10 12:30 booked"]
    assert await scene.tasks() == [("reply", False)] * 3
    scene.pass_time(hours=2)
    await scene.says(number, "yes, see you Tuesday")
    assert await scene.upcoming(ana) == ["03-10 12:30 confirmed"]


async def test_after_midnight_tomorrow_may_be_the_day_that_has_begun(scene):
    ana, number, _ = await reminded(scene, "03-05 12:30")
    scene.clock.advance_to(local("03-05 00:40"))
    await scene.says(number, "so sorry, can't make it tomorrow")
    assert await scene.upcoming(ana) == []


async def test_the_same_n_twice_does_not_cancel_the_next_visit_too(scene):
    ana, number, _ = await reminded(scene)
    await scene.book(ana, "03-12 12:30")
    await scene.says(number, "N")
    assert await scene.says(number, "N") == [
        "Lee Office: nothing has changed, Thu, Mar 12, 12:30 PM stays. Reply N if you can't come."
    ]
    assert await scene.upcoming(ana) == ["03-12 12:30 booked"]
    await scene.says(number, "N")
    assert await scene.upcoming(ana) == []


async def test_an_ok_that_answers_nothing_is_a_kind_word_whatever_is_ahead(scene):
    ana = await scene.client()
    number = await scene.number_of(ana)
    first = await scene.book(ana, "03-10 12:30")
    await scene.book(ana, "03-12 12:30")
    assert await scene.says(number, "ok") == []
    assert await scene.tasks() == []
    await scene.remind(first)
    assert await scene.says(number, "ok") == ["Lee Office: confirmed, Tue, Mar 10, 12:30 PM. See you then."]


async def test_two_who_come_together_and_share_a_phone_are_not_numbered(scene):
    ana, bo = await scene.client(phone="+12025550111"), await scene.client(phone="+12025550111")
    await scene.book_together(ana, bo, when="03-12 10:00")
    (answer,) = await scene.says("+12025550111", "C")
    assert answer == "Lee Office: confirmed, Thu, Mar 12, 10:00 AM. See you then."
    (answer,) = await scene.says("+12025550111", "N")
    assert answer.startswith("Lee Office: thank you, the office will read this")
    assert await scene.upcoming(ana) == await scene.upcoming(bo) == ["03-12 10:00 confirmed"]
    assert ("reply", False) in await scene.tasks()


async def test_ok_to_an_offer_is_asked_back_and_the_offer_is_still_held(scene):
    bo = await scene.client()
    await scene.wait(bo)
    _, number, _ = await reminded(scene)
    await scene.says(number, "N")
    theirs = await scene.number_of(bo)
    (answer,) = await scene.says(theirs, "ok")
    assert answer == (
        "Lee Office: to be sure we get you right: reply A to take Tue, Mar 10, 12:30 PM, or P to pass, "
        "until 12:05 PM. The first yes has it."
    )
    await scene.says(theirs, "A")
    assert await scene.upcoming(bo) == ["03-10 12:30 confirmed"]
    await scene.says(theirs, "U")
    (answer,) = await scene.says(theirs, "A")
    assert answer.startswith("Lee Office: thank you. Nothing is waiting for an answer")


# ---- cannot come ----------------------------------------------------------------------------------------------------


async def test_cannot_come_in_time(scene):
    _, number, visit = await reminded(scene)
    (answer,) = await scene.says(number, "N")
    assert answer == (
        "Lee Office: thank you for telling us. Tue, Mar 10, 12:30 PM is cancelled. Reply R for a new time. "
        "Reply U within 15 min to undo."
    )
    assert await state_of(scene, visit) == "cancelled"


async def test_cannot_come_late_is_accepted_marked_and_already_on_its_way_to_the_waitlist(scene):
    bo = await scene.client()
    await scene.wait(bo)
    _, number, visit = await reminded(scene, "03-04 15:00")  # five hours ahead
    (answer,) = await scene.says(number, "im so sorry my kid is sick cant make it today")
    assert answer == (
        "Lee Office: thank you for telling us. Wed, Mar 4, 3:00 PM is cancelled. Inside 24 h the office's late "
        "policy may apply. R: new time, U: undo."
    )
    assert await state_of(scene, visit) == "late_cancelled"
    async with scene.record.read(scene.practice) as r:
        words = await appointments.cancel_words(r, visit)
        detail = await scene.noted(r, "participation.cancelled")
    assert words == "im so sorry my kid is sick cant make it today"
    assert (detail["late"], detail["minutes_before"]) == (True, 299)
    assert scene.opening_text(await scene.number_of(bo)).startswith("Lee Office: opening Wed, Mar 4, 3:00 PM.")


async def test_lateness_is_decided_by_when_the_text_arrived(scene):
    _, number, visit = await reminded(scene, "03-05 10:30")  # 24.5 hours ahead
    await scene.hear(number, "N")
    scene.pass_time(hours=1)
    await scene.work()
    assert await state_of(scene, visit) == "cancelled"


async def test_undo_of_a_cancellation(scene):
    ana, number, _ = await reminded(scene)
    await scene.says(number, "N")
    assert await scene.says(number, "U") == ["Lee Office: undone. Tue, Mar 10, 12:30 PM is yours again."]
    assert await scene.upcoming(ana) == ["03-10 12:30 booked"]
    async with scene.record.read(scene.practice) as r:
        assert [each.state for each in await opening_store.openings(r, states=tuple(opening_store.OpeningState))] == [
            "undone"
        ]


async def test_saying_yes_after_all_brings_the_visit_back(scene):
    ana, number, _ = await reminded(scene)
    await scene.says(number, "N")
    assert await scene.says(number, "C") == ["Lee Office: undone. Tue, Mar 10, 12:30 PM is yours again."]
    assert await scene.upcoming(ana) == ["03-10 12:30 booked"]


async def test_what_cannot_be_undone_any_more_is_offered_again_while_it_is_free(scene):
    ana, number, _ = await reminded(scene)
    await scene.says(number, "N")
    scene.pass_time(minutes=40)
    assert await scene.says(number, "oh no I didn't mean to cancel, can I have it back??") == [
        "Lee Office: we have 1: Tue Mar 10 12:30 PM. Reply 1 by 10:50 AM, R for others."
    ]
    assert await scene.upcoming(ana) == []
    await scene.says(number, "yes")
    assert await scene.upcoming(ana) == ["03-10 12:30 confirmed"]


async def test_undo_comes_too_late(scene):
    ana, number, _ = await reminded(scene)
    await scene.says(number, "N")
    scene.pass_time(minutes=16)
    await scene.book(await scene.client(), "03-10 12:30")
    assert await scene.says(number, "U") == [
        "Lee Office: this can no longer be undone by text. Please call 555-555-0100 and we will sort it out together."
    ]
    assert await scene.upcoming(ana) == []
    assert await scene.tasks() == [("reply", False)]


async def test_undo_finds_the_time_taken(scene):
    ana, number, _ = await reminded(scene)
    await scene.says(number, "N")
    await scene.book(await scene.client(), "03-10 12:30")
    (answer,) = await scene.says(number, "U")
    assert "can no longer be undone by text" in answer
    assert await scene.upcoming(ana) == []


async def test_cancelling_twice_is_no_second_cancellation(scene):
    _, number, visit = await reminded(scene)
    await scene.says(number, "N")
    (answer,) = await scene.says(number, "N")
    assert "Tue, Mar 10, 12:30 PM is cancelled" in answer
    assert await state_of(scene, visit) == "cancelled"
    assert await scene.tasks() == [("reply", False)]


async def test_not_sure(scene):
    ana, number, _ = await reminded(scene)
    (answer,) = await scene.says(number, "might be late or might not make it ill let you know")
    assert answer.startswith("Lee Office: thank you for telling us. Reply L if you will be late, N if you can't come.")
    assert await scene.upcoming(ana) == ["03-10 12:30 booked"]
    assert await scene.tasks() == [("reply", False)]
    (answer,) = await scene.says(number, "L")
    assert "you will be late" in answer


async def begun(scene: Scene):
    """A weekly client whose visit began five minutes ago."""
    ana, number, visit = await reminded(scene, "03-04 10:30")
    await scene.book(ana, "03-11 10:30")
    scene.clock.advance_to(local("03-04 10:35"))
    return ana, number, visit


async def test_late_for_a_visit_that_has_begun_is_about_that_visit(scene):
    ana, number, visit = await begun(scene)
    (answer,) = await scene.says(number, "running 10 min late sorry")
    assert "about 10 min late on Wed, Mar 4, 10:30 AM" in answer
    async with scene.record.read(scene.practice) as r:
        (task,) = await scene.live_tasks(r)
    assert (task.urgent, task.participation_id) == (True, visit)
    assert await scene.upcoming(ana) == ["03-11 10:30 booked"]


async def test_not_coming_to_a_visit_that_has_begun_leaves_next_weeks_alone(scene):
    ana, number, visit = await begun(scene)
    (answer,) = await scene.says(number, "N")
    assert "the office will read this" in answer
    assert await scene.tasks() == [("reply", True)]
    assert await scene.upcoming(ana) == ["03-11 10:30 booked"]
    assert await state_of(scene, visit) == "booked"


async def test_a_yes_to_next_weeks_reminder_counts_during_this_weeks_visit(scene):
    ana, number, _ = await begun(scene)
    async with scene.record.read(scene.practice) as r:
        (upcoming,) = await appointments.upcoming(r, (ana,), r.now)
    await scene.remind(upcoming.participation_id)
    await scene.says(number, "C")
    assert await scene.upcoming(ana) == ["03-11 10:30 confirmed"]


# ---- another time ---------------------------------------------------------------------------------------------------


async def test_another_time_by_number(scene):
    ana, number, visit = await reminded(scene)
    (offered,) = await scene.says(number, "R")
    assert offered.startswith("Lee Office: we have 1: ")
    assert offered.endswith("Reply 1-3 by 10:10 AM; yours stays till then.")
    assert await scene.upcoming(ana) == ["03-10 12:30 booked"]
    async with scene.record.read(scene.practice) as r:
        (question,) = await questions(scene, r)
    chosen = question.options[1]["starts_at"]
    (answer,) = await scene.says(number, "2")
    assert answer.startswith("Lee Office: moved to ")
    assert answer.endswith("Tue, Mar 10, 12:30 PM is released. Reply U within 15 min to undo.")
    now = await scene.visit(visit)
    assert (now.starts_at.isoformat(), now.state.value, now.revision) == (chosen, "confirmed", 2)
    async with scene.record.read(scene.practice) as r:
        assert await questions(scene, r) == ()
        assert await scene.holds(r) == 0


async def questions(scene: Scene, r):
    number = (await scene.everybody(r))[0].value_ix
    return await question_store.open_of(r, number, question_store.NUMBERED)


async def test_the_three_times_are_truly_held(scene):
    _, number, _ = await reminded(scene)
    await scene.says(number, "R")
    async with scene.record.read(scene.practice) as r:
        assert await scene.holds(r) == 3
    scene.pass_time(minutes=13)
    await scene.work()
    async with scene.record.read(scene.practice) as r:
        assert await scene.holds(r) == 0


async def test_others_are_others(scene):
    _, number, _ = await reminded(scene)
    (first,) = await scene.says(number, "R")
    (second,) = await scene.says(number, "R")
    (third,) = await scene.says(number, "none of these work")
    texts = {text.split("Reply")[0] for text in (first, second, third)}
    assert len(texts) == 3
    async with scene.record.read(scene.practice) as r:
        assert await scene.holds(r) == 3
        (question,) = await questions(scene, r)
        offered = {option["starts_at"] for option in question.options}
        assert not offered & set(question.options[0]["before"])
        assert len(question.options[0]["before"]) == 6


async def test_keeping_what_one_has(scene):
    ana, number, _ = await reminded(scene)
    await scene.says(number, "R")
    assert await scene.says(number, "keep my time") == [
        "Lee Office: nothing has changed, Tue, Mar 10, 12:30 PM stays. Reply N if you can't come."
    ]
    assert await scene.upcoming(ana) == ["03-10 12:30 booked"]
    async with scene.record.read(scene.practice) as r:
        assert await scene.holds(r) == 0


async def test_a_number_that_comes_too_late_moves_nothing_and_confirms_nothing(scene):
    ana, number, _ = await reminded(scene)
    await scene.says(number, "R")
    scene.pass_time(minutes=11)
    assert await scene.says(number, "1") == [
        "Lee Office: those times are no longer held and nothing has changed. Reply R for new ones or call 555-555-0100."
    ]
    assert await scene.upcoming(ana) == ["03-10 12:30 booked"]


async def test_a_number_sent_in_time_counts_although_it_is_read_late(scene):
    ana, number, _ = await reminded(scene)
    await scene.says(number, "R")
    scene.pass_time(minutes=9, seconds=58)
    await scene.hear(number, "1")
    scene.pass_time(seconds=60)
    await scene.work()
    assert "confirmed" in (await scene.upcoming(ana))[0]


async def test_the_same_number_twice_is_one_choice(scene):
    ana, number, _ = await reminded(scene)
    await scene.says(number, "R")
    await scene.says(number, "2")
    before = await scene.upcoming(ana)
    (answer,) = await scene.says(number, "2")
    assert answer.startswith("Lee Office: nothing has changed, ")
    assert await scene.upcoming(ana) == before


async def test_a_number_that_was_not_offered_is_asked_again(scene):
    ana, number, _ = await reminded(scene)
    (first,) = await scene.says(number, "R")
    (again,) = await scene.says(number, "7")
    assert again == first
    assert await scene.says(number, "ok") == [first]
    assert await scene.tasks() == []
    assert await scene.upcoming(ana) == ["03-10 12:30 booked"]


async def test_undo_of_a_move_goes_back_even_over_an_offer_of_the_old_time(scene):
    ana, number, _ = await reminded(scene)
    bo = await scene.client()
    await scene.wait(bo)
    await scene.says(number, "R")
    await scene.says(number, "1")
    assert (await scene.told(bo))[-1] == "offer"
    assert await scene.says(number, "U") == ["Lee Office: undone. Tue, Mar 10, 12:30 PM is yours again."]
    assert await scene.upcoming(ana) == ["03-10 12:30 confirmed"]
    assert await scene.told(bo) == ["offer", "offer_withdrawn", "offer"]  # the last one for the time given back


async def test_a_new_time_after_a_cancellation(scene):
    ana, number, visit = await reminded(scene)
    await scene.says(number, "N")
    (offered,) = await scene.says(number, "R")
    assert offered.endswith("R for others.")
    (answer,) = await scene.says(number, "1")
    assert answer.startswith("Lee Office: it's yours, ")
    assert await state_of(scene, visit) == "cancelled"
    (now,) = await scene.upcoming(ana)
    assert now.endswith("confirmed")
    assert await scene.says(number, "U") == ["Lee Office: undone. That time is released."]
    assert await scene.upcoming(ana) == []


async def test_a_new_time_after_the_office_called_it_off(scene):
    ana, number, visit = await reminded(scene)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await cancel(tx, visit, by="practice")
    scene.pass_time(minutes=1)
    await scene.work()
    assert scene.phone(number)[-1].startswith("Lee Office: sorry, Tue, Mar 10, 12:30 PM is called off. R: new time")
    await scene.says(number, "R")
    await scene.says(number, "1")
    assert len(await scene.upcoming(ana)) == 1


async def test_no_open_time_at_all_is_a_call_by_staff(scene):
    ana = await scene.client()
    number = await scene.number_of(ana)
    await scene.remind(await scene.book(ana, "03-10 12:30", clinician=await scene.clinician_without_hours()))
    (answer,) = await scene.says(number, "R")
    assert answer.startswith("Lee Office: no other open times just now; Tue, Mar 10, 12:30 PM stays yours.")
    assert await scene.tasks() == [("call", False), ("reply", False)]


async def test_a_couples_visit_is_not_moved_by_one_of_them(scene):
    ana, bo = await scene.client(), await scene.client()
    visit = await scene.book_together(ana, bo, when="03-10 12:30")
    await scene.remind(visit)
    (answer,) = await scene.says(await scene.number_of(ana), "R")
    assert "Nothing has changed yet" in answer
    assert (TaskKind.CALL.value, False) in await scene.tasks()


async def test_two_thoughts_at_once_keep_the_visit_and_show_other_times(scene):
    ana, number, _ = await reminded(scene)
    assert await scene.says(number, "yes but could we do 4 instead") == [
        (
            "Lee Office: Tue, Mar 10, 4:00 PM is free. Reply 1 to move there, 2 to keep Tue, Mar 10, 12:30 PM. We hold "
            "it until 10:10 AM."
        )
    ]
    assert await scene.upcoming(ana) == ["03-10 12:30 booked"]


# ---- a shared phone -------------------------------------------------------------------------------------------------


async def shared(scene: Scene):
    """A mother and a child on one phone, both reminded."""
    number = "+12025550188"
    mother, child = await scene.client(phone=number), await scene.client(phone=number)
    first = await scene.book(mother, "03-10 15:00")
    second = await scene.book(child, "03-10 16:00", clinician=scene.moss)
    await scene.remind(first, second)
    return number, first, second


async def test_a_shared_phone_is_asked_which_and_never_by_name(scene):
    number, first, second = await shared(scene)
    assert await scene.says(number, "C") == [
        "Lee Office: 2 visits. 1: Tue Mar 10 3:00 PM. 2: Tue Mar 10 4:00 PM. Reply the number and C, R or N (like 2C)."
    ]
    assert await scene.says(number, "2n") == [
        "Lee Office: Tue, Mar 10, 4:00 PM is cancelled. Tue, Mar 10, 3:00 PM stays. Reply U within 15 min to undo."
    ]
    assert (await state_of(scene, first), await state_of(scene, second)) == ("booked", "cancelled")
    assert await scene.says(number, "1C") == ["Lee Office: confirmed, Tue, Mar 10, 3:00 PM. See you then."]
    assert await state_of(scene, first) == "confirmed"


async def test_the_bare_number_does_what_was_asked_for(scene):
    number, first, second = await shared(scene)
    await scene.says(number, "N")
    assert (await state_of(scene, first), await state_of(scene, second)) == ("booked", "booked")
    await scene.says(number, "1")
    assert (await state_of(scene, first), await state_of(scene, second)) == ("cancelled", "booked")


async def test_both_of_them(scene):
    number, first, second = await shared(scene)
    assert await scene.says(number, "both C") == [
        "Lee Office: confirmed, thank you. 1: Tue Mar 10 3:00 PM. 2: Tue Mar 10 4:00 PM. See you then."
    ]
    assert {await state_of(scene, first), await state_of(scene, second)} == {"confirmed"}


async def test_both_after_being_asked_which(scene):
    number, first, second = await shared(scene)
    await scene.says(number, "N")
    assert await scene.says(number, "both") == [
        "Lee Office: cancelled: 1: Tue Mar 10 3:00 PM. 2: Tue Mar 10 4:00 PM. Reply U within 15 min to undo."
    ]
    assert {await state_of(scene, first), await state_of(scene, second)} == {"cancelled"}
    assert len(await scene.says(number, "U")) == 2
    assert {await state_of(scene, first), await state_of(scene, second)} == {"booked"}


async def test_two_answers_in_one_text(scene):
    number, first, second = await shared(scene)
    await scene.says(number, "C")
    await scene.says(number, "1c 2n")
    assert (await state_of(scene, first), await state_of(scene, second)) == ("confirmed", "cancelled")


async def test_numbers_nobody_was_shown_are_asked_about_first(scene):
    number, first, second = await shared(scene)
    (answer,) = await scene.says(number, "2n")
    assert answer.startswith("Lee Office: 2 visits. 1: ")
    assert (await state_of(scene, first), await state_of(scene, second)) == ("booked", "booked")


async def test_a_new_time_for_one_of_them_leaves_the_other_alone(scene):
    number, first, second = await shared(scene)
    await scene.says(number, "R")
    (offered,) = await scene.says(number, "2")
    assert offered.startswith("Lee Office: we have 1: ")
    await scene.says(number, "1")
    assert (await scene.visit(second)).revision == 2
    assert (await scene.visit(first)).revision == 1
    await scene.says(number, "1C")
    assert await state_of(scene, first) == "confirmed"


async def test_of_a_weekly_client_the_reminded_visit_is_meant(scene):
    ana = await scene.client()
    number = await scene.number_of(ana)
    visits = [await scene.book(ana, f"03-{day} 12:30") for day in ("10", "17", "24")]
    await scene.remind(visits[0])
    await scene.says(number, "C")
    assert await scene.upcoming(ana) == ["03-10 12:30 confirmed", "03-17 12:30 booked", "03-24 12:30 booked"]
    await scene.says(number, "N")
    assert await scene.upcoming(ana) == ["03-17 12:30 booked", "03-24 12:30 booked"]


async def test_several_visits_and_nothing_asked_is_asked_back(scene):
    ana = await scene.client()
    number = await scene.number_of(ana)
    for day in ("10", "17"):
        await scene.book(ana, f"03-{day} 12:30")
    (answer,) = await scene.says(number, "N")
    assert answer.startswith("Lee Office: 2 visits. 1: Tue Mar 10 12:30 PM. 2: Tue Mar 17 12:30 PM.")
    assert len(await scene.upcoming(ana)) == 2


# ---- an opening -----------------------------------------------------------------------------------------------------


async def offered(scene: Scene, **wishes):
    ana = await scene.client()
    number = await scene.number_of(ana)
    await scene.wait(ana, **wishes)
    gone = await scene.book(await scene.client(), "03-10 10:00")
    async with scene.record.write(scene.practice, FRONT) as tx:
        await cancel(tx, gone, by="client")
    await scene.work()
    return ana, number


async def test_an_opening_taken(scene):
    ana, number = await offered(scene)
    assert scene.opening_text(number) == (
        "Lee Office: opening Tue, Mar 10, 10:00 AM. First A by 12:00 PM has it, P=no; place kept. LINK STOP=opt out"
    )
    assert await scene.says(number, "A") == [
        "Lee Office: it's yours, Tue, Mar 10, 10:00 AM. Reply U within 15 min to undo."
    ]
    assert await scene.upcoming(ana) == ["03-10 10:00 confirmed"]
    assert await scene.says(number, "A") == []
    assert await scene.upcoming(ana) == ["03-10 10:00 confirmed"]


async def test_an_opening_taken_in_place_of_a_later_visit_and_undone(scene):
    ana = await scene.client()
    number = await scene.number_of(ana)
    later = await scene.book(ana, "03-17 10:00")
    await scene.wait(ana, replaces_participation_id=later)
    gone = await scene.book(await scene.client(), "03-10 10:00")
    async with scene.record.write(scene.practice, FRONT) as tx:
        await cancel(tx, gone, by="client")
    await scene.work()
    (answer,) = await scene.says(number, "yes please")
    assert answer == (
        "Lee Office: it's yours, Tue, Mar 10, 10:00 AM. Your Tue, Mar 17 visit is released. Reply U within 15 min to "
        "undo."
    )
    assert await scene.upcoming(ana) == ["03-10 10:00 confirmed"]
    assert await scene.says(number, "U") == ["Lee Office: undone. Tue, Mar 17, 10:00 AM is yours again."]
    assert await scene.upcoming(ana) == ["03-17 10:00 booked"]


async def test_an_opening_undone_without_a_visit_to_go_back_to(scene):
    ana, number = await offered(scene)
    await scene.says(number, "A")
    assert await scene.says(number, "U") == ["Lee Office: undone. That time is released."]
    assert await scene.upcoming(ana) == []


async def test_an_opening_taken_behind_the_link_is_undone_by_text(scene):
    ana, number = await offered(scene)
    async with scene.record.write(scene.practice, FRONT) as tx:
        (offer,) = await offer_store.offers(tx, client_ids=(ana,))
        await claim(tx, offer.id, via="link")
    assert await scene.says(number, "U") == ["Lee Office: undone. That time is released."]
    assert await scene.upcoming(ana) == []


async def test_a_claim_is_undone_for_a_quarter_of_an_hour_and_after_that_by_a_person(scene):
    ana, number = await offered(scene)
    await scene.says(number, "A")
    scene.pass_time(minutes=16)
    (answer,) = await scene.says(number, "U")
    assert "can no longer be undone by text" in answer
    assert await scene.upcoming(ana) == ["03-10 10:00 confirmed"]
    assert await scene.tasks() == [("reply", False)]


async def test_an_opening_passed_goes_on(scene):
    _, number = await offered(scene)
    bo = await scene.client()
    await scene.wait(bo)
    assert await scene.says(number, "P") == [
        "Lee Office: thank you, we will offer it to somebody else. You stay on the list."
    ]
    assert scene.opening_text(await scene.number_of(bo)).startswith("Lee Office: opening Tue, Mar 10, 10:00 AM.")


async def test_n_under_an_offer_passes_it_and_leaves_the_visit_alone(scene):
    ana = await scene.client()
    number = await scene.number_of(ana)
    later = await scene.book(ana, "03-17 10:00")
    await scene.wait(ana, replaces_participation_id=later)
    gone = await scene.book(await scene.client(), "03-10 10:00")
    async with scene.record.write(scene.practice, FRONT) as tx:
        await cancel(tx, gone, by="client")
    await scene.work()
    assert await scene.says(number, "N") == [
        "Lee Office: thank you, we will offer it to somebody else. You stay on the list."
    ]
    assert await scene.upcoming(ana) == ["03-17 10:00 booked"]


async def test_staff_took_it_and_the_answer_crossed_the_notice(scene):
    ana, number = await offered(scene)
    await scene.book(await scene.client(), "03-10 10:00", over_holds=True)
    await scene.hear(number, "A")
    before = len(scene.phone(number))
    await scene.work()
    assert scene.phone(number)[before:] == [
        "Lee Office: sorry, the Tue, Mar 10, 10:00 AM opening is no longer free. You stay on the list. STOP=opt out"
    ]
    assert await scene.says(number, "A") == []
    assert await scene.upcoming(ana) == []


async def test_an_answer_after_the_deadline_to_a_time_that_another_is_asked_about(scene):
    async with scene.record.write(scene.practice, OPERATOR) as tx:
        await save_policy(tx, {"mode": "one"})
    _, number = await offered(scene)
    bo = await scene.client()
    await scene.wait(bo)
    scene.pass_time(hours=2, minutes=1)
    assert await scene.says(number, "A") == [
        (
            "Lee Office: the Tue, Mar 10, 10:00 AM opening was offered to the next person. You stay on the list. "
            "STOP=opt out"
        )
    ]
    assert (await scene.told(bo))[-1] == "offer"


async def test_an_answer_after_the_deadline_still_gets_what_nobody_has_taken(scene):
    ana, number = await offered(scene)
    await scene.wait(await scene.client())
    scene.pass_time(hours=2, minutes=1)
    assert await scene.says(number, "A") == [
        "Lee Office: it's yours, Tue, Mar 10, 10:00 AM. Reply U within 15 min to undo."
    ]
    assert await scene.upcoming(ana) == ["03-10 10:00 confirmed"]


async def test_with_an_offer_and_a_reminder_open_free_words_mean_neither_and_letters_both(scene):
    ana, number = await offered(scene)
    visit = await scene.book(ana, "03-12 10:00")
    await scene.remind(visit)
    await scene.says(number, "sounds good")
    assert await scene.upcoming(ana) == ["03-12 10:00 booked"]
    assert await scene.tasks() == [("reply", False)]
    await scene.says(number, "A")
    await scene.says(number, "C")
    assert await scene.upcoming(ana) == ["03-10 10:00 confirmed", "03-12 10:00 confirmed"]


async def test_stop_gives_up_the_held_time(scene):
    _, number = await offered(scene)
    bo = await scene.client()
    await scene.wait(bo)
    assert await scene.says(number, "STOP") == []
    assert (await scene.told(bo))[-1] == "offer"


# ---- when it is not for us ------------------------------------------------------------------------------------------


async def test_cancel_the_carriers_word(scene):
    ana, number, visit = await reminded(scene)
    assert await scene.says(number, "CANCEL", opt_out_type="STOP") == []
    assert await scene.upcoming(ana) == ["03-10 12:30 booked"]
    async with scene.record.read(scene.practice) as r:
        tasks = {each.kind: each for each in await scene.live_tasks(r)}
    assert tasks["opted_out"].urgent
    assert tasks["opted_out"].participation_id == visit
    await scene.remind_again(visit)
    assert len(scene.phone(number)) == 2  # the greeting and the one reminder


async def test_who_is_this(scene):
    _, number, _ = await reminded(scene)
    assert await scene.says(number, "who is this? wrong number") == [
        "Lee Office: sorry about that. We will not text this number again."
    ]
    assert (TaskKind.WRONG_NUMBER.value, False) in await scene.tasks()
    assert await scene.says(number, "hello?") == []
    assert await scene.says(number, "N") == []


async def test_in_despair(scene):
    ana, number, visit = await reminded(scene, "03-05 12:30")
    (answer,) = await scene.says(number, "i dont see the point anymore. cant come tmrw")
    assert answer == (
        "Lee Office: this number is for scheduling, not watched at all hours. In danger call 911; for support now call "
        "or text 988. Office: 555-555-0100"
    )
    assert await scene.upcoming(ana) == ["03-05 12:30 booked"]
    async with scene.record.read(scene.practice) as r:
        (task,) = await scene.live_tasks(r)
    assert (task.kind, task.urgent, task.participation_id) == ("crisis", True, visit)
    assert task.alert_at is not None


async def test_a_second_cry_gets_no_second_notice_but_a_second_alarm(scene):
    _, number, _ = await reminded(scene)
    await scene.says(number, "i want to die")
    scene.pass_time(hours=2)
    assert await scene.says(number, "i cant go on") == []
    assert await scene.tasks() == [("crisis", True), ("crisis", True)]
    scene.pass_time(hours=23)
    assert len(await scene.says(number, "i want to die")) == 1


async def test_in_distress_nobody_is_told_that_the_office_will_read_this(scene):
    _, number, _ = await reminded(scene)
    await scene.says(number, "i want to die")
    assert await scene.says(number, "the dog is brown") == []
    assert await scene.tasks() == [("crisis", True), ("reply", True)]


async def test_a_confirmation_beside_a_sign_of_distress_still_counts(scene):
    ana, number, _ = await reminded(scene)
    await scene.says(number, "i want to die. see you tuesday")
    assert await scene.upcoming(ana) == ["03-10 12:30 confirmed"]


async def test_a_cry_and_a_stop_in_one_text_alarm_and_are_obeyed(scene):
    _, number, _ = await reminded(scene)
    assert await scene.says(number, "i want to die. stop texting me") == []
    assert ("crisis", True) in await scene.tasks()
    assert ("opted_out", False) in await scene.tasks()
    assert await scene.says(number, "i want to die") == []


async def test_anything_else_goes_to_a_person_with_one_kind_answer_a_day(scene):
    _, number, _ = await reminded(scene)
    assert await scene.says(number, "the dog is brown") == [
        "Lee Office: thank you, the office will read this and get back to you. If it can't wait, call 555-555-0100."
    ]
    assert await scene.says(number, "very brown") == []
    assert await scene.tasks() == [("reply", False), ("reply", False)]
    scene.pass_time(hours=25)
    assert len(await scene.says(number, "still brown")) == 1


async def test_a_question_is_not_an_answer(scene):
    ana, number, _ = await reminded(scene)
    (answer,) = await scene.says(number, "is there parking?")
    assert answer.startswith("Lee Office: thank you, the office will read your question.")
    assert await scene.upcoming(ana) == ["03-10 12:30 booked"]


async def test_a_stranger_learns_nothing(scene):
    (answer,) = await scene.says("+12025550199", "is my wife coming on tuesday?")
    assert "visit" not in answer
    assert answer == (
        "Lee Office: thank you, the office will read this and get back to you. If it can't wait, call 555-555-0100."
    )
    assert await scene.says("+12025550199", "C") == []
    assert await scene.says("+442079460018", "the dog is brown") == []
    assert len(await scene.tasks()) == 3


async def test_nothing_is_open_for_a_client_without_a_visit(scene):
    ana = await scene.client()
    number = await scene.number_of(ana)
    assert await scene.says(number, "C") == [
        (
            "Lee Office: thank you. Nothing is waiting for an answer from you right now. "
            "For anything else call 555-555-0100."
        )
    ]
    assert await scene.tasks() == [("reply", False)]


async def test_a_picture_is_not_opened_and_shown_to_staff(scene):
    _, number, _ = await reminded(scene)
    await scene.says(number, "", media_count=1)
    assert ("media", False) in await scene.tasks()


async def test_two_machines_do_not_talk_all_night(scene):
    ana = await scene.client()
    number = await scene.number_of(ana)
    answers = [await scene.says(number, "N") for _ in range(8)]
    assert sum(map(len, answers)) == 3
    scene.pass_time(hours=1, minutes=1)
    assert len(await scene.says(number, "N")) == 1


async def test_help_is_answered_unless_the_carrier_did(scene):
    _, number, _ = await reminded(scene)
    assert await scene.says(number, "HELP") == []
    assert await scene.says(number, "AYUDA", opt_out_type="HELP") == []
    (answer,) = await scene.says(number, "ayuda")
    assert answer.startswith("Lee Office: visit reminders and changes")


async def test_stop_in_ones_own_words_and_start_again(scene):
    _, number, visit = await reminded(scene)
    assert await scene.says(number, "please stop texting me") == []
    assert await scene.tasks() == [("no_channel", False), ("opted_out", False)]
    await scene.remind_again(visit)
    before = len(scene.phone(number))
    assert await scene.says(number, "START") == []
    await scene.remind_again(visit)
    assert len(scene.phone(number)) == before + 1


@pytest.mark.parametrize("text", ["START", "yes"])
async def test_a_text_from_before_a_stop_does_not_take_it_back_however_late_it_is_read(scene, text):
    ana, number, _ = await reminded(scene)
    written = scene.clock.now()
    scene.clock.advance(600)
    await scene.says(number, "STOP")
    before = len(scene.phone(number))
    assert await scene.says(number, text, received_at=written) == []
    assert len(scene.phone(number)) == before
    async with scene.record.read(scene.practice) as r:
        (point,) = await people.contact_points(r, ana)
        assert await consent.is_stopped(r, point.value_ix, Channel.SMS)


async def test_a_yes_to_something_else_does_not_take_back_what_staff_recorded(scene):
    ana, number, _ = await reminded(scene)
    async with scene.record.write(scene.practice, OPERATOR) as tx:
        await consent.stop(tx, number, Channel.SMS, StopSource.STAFF)
    for text, stopped in (("yes", True), ("START", False)):
        scene.pass_time(seconds=30)
        assert await scene.says(number, text) == []
        async with scene.record.read(scene.practice) as r:
            (point,) = await people.contact_points(r, ana)
            assert await consent.is_stopped(r, point.value_ix, Channel.SMS) is stopped


async def test_cancelar_is_asked_back(scene):
    ana, number, _ = await reminded(scene, language="es")
    (answer,) = await scene.says(number, "cancelar")
    assert "STOP" in answer
    assert await scene.upcoming(ana) == ["03-10 12:30 booked"]


def test_the_clock_of_these_tests_is_a_morning_in_new_york(clock):
    assert clock.now() == local("03-04 10:00")
    assert clock.now() - local("03-03 10:00") == timedelta(days=1)


async def test_a_start_after_two_stops_counts_though_all_are_read_later(scene: Scene) -> None:
    ana = await scene.client()
    number = await scene.number_of(ana)
    visit = await scene.book(ana, "03-10 12:30")
    await scene.work()
    for body in ("STOP", "stop", "START"):
        await scene.hear(number, body)
        scene.pass_time(seconds=1)
        async with scene.record.write(scene.practice, OPERATOR) as tx:
            await consent.acknowledge_stops(tx)
    scene.pass_time(seconds=30)
    await scene.work()
    before = len(scene.phone(number))
    await scene.remind_again(visit)
    assert len(scene.phone(number)) == before + 1
