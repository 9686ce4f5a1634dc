"""The second list: a weekly time that becomes free is offered, claimed and booked as a series."""

from datetime import date, timedelta

from scheduler.actions.series import HORIZON, end_series, start_series
from scheduler.appointments import series_store
from scheduler.appointments import store as appointments
from scheduler.calendar.series import Series
from tests.conversation.scene import FRONT, ZONE, Scene, local
from tests.waitlist.test_claims import take
from tests.waitlist.test_waves import held_times, offers, openings, waves
from waitlist.actions.claim import Gone, Won
from waitlist.actions.undo_claim import NotUndone, undo_claim
from waitlist.actions.withdraw import withdraw_opening
from waitlist.entry_store import EntryState, entries_of
from waitlist.offer_store import OfferState
from waitlist.opening_store import OpeningKind, OpeningState

TUESDAYS_AT_TWO = Series(date(2026, 3, 10), 14 * 60)


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
    assert isinstance(await take(scene, offer.id), Gone)
    assert await visits(scene, ana) == []
    (still,) = [each for each in await offers(scene) if each.id == offer.id]
    assert still.state is OfferState.WITHDRAWN


async def test_a_weekly_time_is_not_undone_by_a_letter(scene):
    _, _, offer = await a_weekly_time(scene)
    await take(scene, offer.id)
    async with scene.record.write(scene.practice, FRONT) as tx:
        assert await undo_claim(tx, offer.id) == NotUndone("weekly")


async def test_one_may_wait_on_both_lists(scene):
    ana = await scene.client()
    both = {await scene.wait(ana, weekly=True), await scene.wait(ana)}
    async with scene.record.read(scene.practice) as r:
        assert {each.id for each in await entries_of(r, ana) if each.state is EntryState.WAITING} == both
