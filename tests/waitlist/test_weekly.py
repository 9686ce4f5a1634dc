"""The second list: a weekly time that becomes free is offered, claimed and booked as a series."""

from datetime import date, timedelta

import pytest
from sqlalchemy import update

from scheduler.actions.cancel import cancel
from scheduler.actions.series import HORIZON, end_series, start_series
from scheduler.appointments import series_store
from scheduler.appointments import store as appointments
from scheduler.calendar.series import Series
from scheduler.core.record import Tx
from scheduler.series_due import go_on_with_series
from scheduler.tables import client
from tests.conversation.scene import FRONT, ZONE, Scene, local
from tests.waitlist.test_claims import take
from tests.waitlist.test_waves import held_times, offers, openings, waves
from waitlist.actions.claim import Gone, Won
from waitlist.actions.undo_claim import ClaimUndone, NotUndone, undo_claim
from waitlist.actions.withdraw import withdraw_opening
from waitlist.entry_store import EntryState, entries_of
from waitlist.offer_store import OfferState
from waitlist.opening_store import UNSETTLED, OpeningKind, OpeningState

TUESDAYS_AT_TWO = Series(date(2026, 3, 10), 14 * 60)
THURSDAYS = Series(date(2026, 3, 12), 14 * 60)


async def begin(scene: Scene, client_id: str, rule: Series = TUESDAYS_AT_TWO) -> str:
    async with scene.record.write(scene.practice, FRONT) as tx:
        begun = await start_series(
            tx,
            rule,
            clinician_id=scene.lee,
            service_id=scene.service,
            location_id=scene.location,
            client_ids=(client_id,),
        )
    return begun.series_id


async def end(scene: Scene, series_id: str, day: date = date(2026, 3, 17)) -> None:
    async with scene.record.write(scene.practice, FRONT) as tx:
        await end_series(tx, series_id, day)


async def put_away(tx: Tx, scene: Scene, series_id: str) -> None:
    """Its client is no client any more, in a way that leaves the series as it is."""
    stored = await series_store.by_id(tx, series_id)
    there = (client.c.practice_id == scene.practice, client.c.id == stored.client_ids[0])
    await tx.conn.execute(update(client).where(*there).values(state="archived"))


async def a_weekly_time(scene: Scene, **wishes):
    """Ana waits for a weekly time, Bo for one visit; a third one's Tuesdays end. The offer that was made."""
    ana, bo, gone = await scene.client(), await scene.client(), await scene.client()
    series_id = await begin(scene, gone)
    await scene.wait(ana, weekly=True, **wishes)
    await scene.wait(bo)
    await end(scene, series_id)
    await waves(scene)
    (offer,) = await offers(scene)
    return ana, bo, offer


async def visits(scene: Scene, client_id: str) -> list[str]:
    async with scene.record.read(scene.practice) as r:
        found = await appointments.upcoming(r, (client_id,), r.now)
    return [f"{each.starts_at.astimezone(ZONE):%m-%d %H:%M}" for each in found]


async def test_a_series_that_ends_is_offered_to_who_waits_for_a_weekly_time_and_to_nobody_else(scene):
    ana, _, offer = await a_weekly_time(scene)
    assert (offer.client_id, offer.kind, offer.every_weeks) == (ana, OpeningKind.WEEKLY, 1)
    assert offer.starts_at == local("03-17 14:00")
    (text,) = [each for each in await scene.messages(ana) if each.kind == "offer"]
    assert text.fields.weekly
    (opening,) = await openings(scene)  # the single visits of the series opened nothing of their own
    assert opening.kind is OpeningKind.WEEKLY


async def test_every_week_of_it_is_truly_held(scene):
    _, _, offer = await a_weekly_time(scene)
    held = await held_times(scene, offer.opening_id)
    assert len(held) == HORIZON // timedelta(weeks=1) + 1
    wall = {f"{each.starts_at.astimezone(ZONE):%a %H:%M}" for each in held}
    assert wall == {"Tue 13:55"}  # through the change of the clock, and with the service's five minutes before


async def test_a_claim_books_the_series(scene):
    ana, _, offer = await a_weekly_time(scene)
    won = await take(scene, offer.id)
    assert isinstance(won, Won)
    assert (await visits(scene, ana))[:3] == ["03-17 14:00", "03-24 14:00", "03-31 14:00"]
    first = await scene.visit(won.participation_id)
    assert (first.state, first.starts_at) == ("confirmed", local("03-17 14:00"))
    assert first.series_id is not None
    assert await held_times(scene, offer.opening_id) == ()
    (opening,) = await openings(scene)
    assert opening.state is OpeningState.FILLED
    assert await scene.told(ana) == ["offer", "offer_won"]


async def test_the_old_weekly_time_ends_quietly_and_is_offered_next(scene):
    ana, bo, gone = await scene.client(), await scene.client(), await scene.client()
    old = await begin(scene, ana, Series(date(2026, 3, 12), 10 * 60))
    freed = await begin(scene, gone)
    async with scene.record.read(scene.practice) as r:
        first = (await appointments.upcoming(r, (ana,), r.now))[0]
    await scene.wait(ana, weekly=True, replaces_participation_id=first.participation_id)
    scene.pass_time(minutes=1)
    await scene.wait(bo, weekly=True)
    await end(scene, freed)
    await waves(scene)
    (offer,) = await offers(scene)
    await take(scene, offer.id)
    assert (await visits(scene, ana))[:3] == ["03-12 10:00", "03-17 14:00", "03-24 14:00"]
    async with scene.record.read(scene.practice) as r:
        stored = await series_store.by_id(r, old)
    assert (stored.state, stored.rule.last_day) == ("ended", date(2026, 3, 15))
    assert "clinician_cancelled" not in await scene.told(ana)
    await waves(scene)
    (nexts,) = await offers(scene, client_ids=(bo,))
    assert (nexts.kind, nexts.starts_at) == (OpeningKind.WEEKLY, local("03-19 10:00"))


async def test_whose_series_ends_reads_once_that_all_of_it_does(scene):
    gone = await scene.client()
    await end(scene, await begin(scene, gone))
    scene.pass_time(minutes=2)
    await scene.work()
    (text,) = [each for each in scene.phone(await scene.number_of(gone)) if "regular" in each]
    assert text.startswith("Lee Office: no regular visits from Tue, Mar 17, 2:00 PM on. R: new time, or ")


async def test_who_loses_a_weekly_time_keeps_the_place(scene):
    _, _, offer = await a_weekly_time(scene)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await withdraw_opening(tx, offer.opening_id)
    assert isinstance(await take(scene, offer.id), Gone)
    assert await held_times(scene, offer.opening_id) == ()


async def test_a_week_that_staff_book_meanwhile_is_left_out(scene):
    ana, bo, offer = await a_weekly_time(scene)
    await scene.book(bo, "03-24 14:00", over_holds=True)
    await take(scene, offer.id)
    assert (await visits(scene, ana))[:2] == ["03-17 14:00", "03-31 14:00"]


async def test_when_the_first_week_is_taken_the_offer_ends(scene):
    ana, bo, offer = await a_weekly_time(scene)
    await scene.book(bo, "03-17 14:00", over_holds=True)
    cleo = await scene.client()
    visit = await scene.book(cleo, "03-31 14:00", over_holds=True)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await cancel(tx, visit, by="client")
    assert isinstance(await take(scene, offer.id), Gone)
    assert await visits(scene, ana) == []
    assert [each.starts_at for each in await openings(scene) if each.state in UNSETTLED] == [local("03-31 14:00")]
    (still,) = [each for each in await offers(scene) if each.id == offer.id]
    assert still.state is OfferState.WITHDRAWN


async def test_u_gives_back_every_visit_of_it_and_it_goes_to_the_others(scene):
    ana, _, offer = await a_weekly_time(scene)
    number = await scene.number_of(ana)
    (won,) = await scene.says(number, "A")
    assert "every week from" in won
    assert "Reply U" in won
    assert len(await visits(scene, ana)) > 20
    cleo = await scene.client()
    await scene.wait(cleo, weekly=True)
    (undone,) = await scene.says(number, "U")
    assert "undone" in undone or "taken back" in undone
    assert await visits(scene, ana) == []
    (nexts,) = await offers(scene, states=(OfferState.HELD,))
    assert (nexts.client_id, nexts.kind, nexts.starts_at) == (cleo, OpeningKind.WEEKLY, offer.starts_at)
    async with scene.record.read(scene.practice) as r:
        (entry,) = await entries_of(r, ana)
    assert entry.state is EntryState.WAITING
    assert await scene.told(ana) == ["offer", "offer_won", "undone"]  # not the same time once more


async def weekly_time_for_another(scene: Scene, *, last_day: date | None = None):
    """Ana has Thursdays at ten and takes Tuesdays at two instead; the offer, and her old series."""
    ana, gone = await scene.client(), await scene.client()
    old = await begin(scene, ana, Series(date(2026, 3, 12), 10 * 60, last_day=last_day))
    freed = await begin(scene, gone)
    async with scene.record.read(scene.practice) as r:
        first = (await appointments.upcoming(r, (ana,), r.now))[0]
    await scene.wait(ana, weekly=True, replaces_participation_id=first.participation_id)
    before = await visits(scene, ana)
    await end(scene, freed)
    await waves(scene)
    (offer,) = await offers(scene)
    await take(scene, offer.id)
    assert await visits(scene, ana) != before
    return ana, offer, old, before


@pytest.mark.parametrize("last_day", [None, date(2027, 6, 24)])
async def test_undoing_it_lets_the_old_series_go_on_as_it_was(scene, last_day):
    ana, offer, old, before = await weekly_time_for_another(scene, last_day=last_day)
    bo = await scene.client()
    await scene.wait(bo, weekly=True)
    async with scene.record.write(scene.practice, FRONT) as tx:
        undone = await undo_claim(tx, offer.id)
    assert isinstance(undone, ClaimUndone)
    assert await visits(scene, ana) == before
    async with scene.record.read(scene.practice) as r:
        stored = await series_store.by_id(r, old)
    assert (stored.state, stored.rule.last_day) == ("active", last_day)
    open_now = [each for each in await openings(scene) if each.state in UNSETTLED]
    assert [each.starts_at for each in open_now] == [offer.starts_at]  # the old time is nobody else's


async def test_it_is_not_undone_once_the_old_weekly_time_is_somebody_elses(scene):
    ana, offer, old, _ = await weekly_time_for_another(scene)
    bo = await scene.client()
    await scene.wait(bo, weekly=True)
    await waves(scene)
    (theirs,) = await offers(scene, client_ids=(bo,))
    await take(scene, theirs.id)
    after = await visits(scene, ana)
    async with scene.record.write(scene.practice, FRONT) as tx:
        assert await undo_claim(tx, offer.id) == NotUndone("old_time_taken")
    assert await visits(scene, ana) == after
    async with scene.record.read(scene.practice) as r:
        assert (await series_store.by_id(r, old)).state == "ended"


async def test_a_week_taken_meanwhile_does_not_keep_the_others_from_coming_back(scene):
    ana, offer, _, before = await weekly_time_for_another(scene)
    await scene.book(await scene.client(), "04-02 10:00", over_holds=True)
    async with scene.record.write(scene.practice, FRONT) as tx:
        assert isinstance(await undo_claim(tx, offer.id), ClaimUndone)
    assert await visits(scene, ana) == [each for each in before if each != "04-02 10:00"]


async def test_it_is_not_undone_after_its_minutes(scene):
    _, _, offer = await a_weekly_time(scene)
    await take(scene, offer.id)
    scene.pass_time(minutes=16)
    async with scene.record.write(scene.practice, FRONT) as tx:
        assert await undo_claim(tx, offer.id) == NotUndone("too_late")


SHORT = Series(date(2026, 3, 10), 14 * 60, last_day=date(2026, 3, 22))


async def run_to_its_end(scene: Scene, *, days: int = 14) -> tuple[str, str]:
    """Somebody's Tuesdays were booked until the 17th, and ana waits for a weekly time; that is some days ago."""
    gone, ana = await scene.client(), await scene.client()
    series_id = await begin(scene, gone, SHORT)
    await scene.wait(ana, weekly=True)
    scene.pass_time(days=days)
    await go_on_with_series(scene.record, scene.practice)
    await waves(scene)
    return ana, series_id


async def test_a_series_that_comes_to_its_end_is_offered_like_one_that_is_cut_short(scene):
    ana, series_id = await run_to_its_end(scene)
    (offer,) = await offers(scene)
    assert (offer.client_id, offer.kind, offer.starts_at) == (ana, OpeningKind.WEEKLY, local("03-24 14:00"))
    async with scene.record.read(scene.practice) as r:
        stored = await series_store.by_id(r, series_id)
    assert (stored.state, stored.rule.last_day) == ("ended", date(2026, 3, 17))  # the day of its last visit
    assert await go_on_with_series(scene.record, scene.practice) == 0
    assert len(await openings(scene)) == 1


async def test_until_the_day_after_its_last_visit_a_series_may_still_be_renewed(scene):
    gone = await scene.client()
    series_id = await begin(scene, gone, SHORT)
    scene.clock.advance_to(local("03-17 23:30"))
    assert await go_on_with_series(scene.record, scene.practice) == 0
    await begin(scene, gone, Series(date(2026, 3, 24), 14 * 60))
    scene.pass_time(days=1)
    await go_on_with_series(scene.record, scene.practice)
    async with scene.record.read(scene.practice) as r:
        assert (await series_store.by_id(r, series_id)).state == "ended"
        assert await scene.noted(r, "opening.not_made") == {"reason": "taken"}
    assert await openings(scene) == ()


async def test_what_ended_long_ago_is_nobodys_news(scene):
    _, series_id = await run_to_its_end(scene, days=40)
    assert await offers(scene) == ()
    async with scene.record.read(scene.practice) as r:
        assert (await series_store.by_id(r, series_id)).state == "ended"


async def test_one_week_that_is_booked_puts_the_beginning_off_and_no_more(scene):
    gone, ana = await scene.client(), await scene.client()
    await begin(scene, gone, SHORT)
    await scene.wait(ana, weekly=True)
    await scene.book(await scene.client(), "03-24 14:00")
    scene.pass_time(days=14)
    await go_on_with_series(scene.record, scene.practice)
    await waves(scene)
    (offer,) = await offers(scene)
    assert offer.starts_at == local("03-31 14:00")


async def test_a_series_that_cannot_be_booked_further_holds_up_no_other(scene):
    first, second = await begin(scene, await scene.client()), await begin(scene, await scene.client(), THURSDAYS)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await put_away(tx, scene, min(first, second))
    scene.pass_time(days=7)
    assert await go_on_with_series(scene.record, scene.practice) == 1


async def test_a_series_that_ended_is_not_ended_once_more(scene):
    series_id = await begin(scene, await scene.client())
    await end(scene, series_id)
    await end(scene, series_id, date(2026, 3, 24))
    assert len(await openings(scene)) == 1


async def test_one_may_wait_on_both_lists(scene):
    ana = await scene.client()
    both = {await scene.wait(ana, weekly=True), await scene.wait(ana)}
    async with scene.record.read(scene.practice) as r:
        assert {each.id for each in await entries_of(r, ana) if each.state is EntryState.WAITING} == both
