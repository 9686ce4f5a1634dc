"""Who comes second hears of another free time that fits, held for them alone, or that their place is kept."""

from datetime import date, timedelta

import pytest

from messages import consent
from messages.kinds import Channel, Purpose
from scheduler.actions.practice import set_week
from scheduler.core.actor import OPERATOR
from scheduler.core.record import Tx
from scheduler.people import client_hours_store
from scheduler.people import store as people
from tests.conversation.scene import ZONE, Scene, local, set_the_scene
from tests.waitlist.test_claims import offered, second_holder, take
from tests.waitlist.test_waves import held_times, offers, openings, waves
from waitlist import edit_store, entry_store
from waitlist.actions.change import change
from waitlist.actions.claim import Won
from waitlist.actions.pass_offer import pass_offer
from waitlist.actions.pause import pause
from waitlist.actions.save_policy import save_policy
from waitlist.matching import WeeklyWindow
from waitlist.offer_store import OfferState
from waitlist.opening_store import OpeningKind, OpeningState
from waitlist.wishes import Wishes


@pytest.fixture
async def scene(record, clock) -> Scene:
    made = await set_the_scene(record, clock)
    async with record.write(made.practice, OPERATOR) as tx:
        await save_policy(tx, {"mode": "one"})
    return made


async def lost(scene: Scene, **wishes):
    """Bo, who came second; the offer they lost."""
    _, first = await offered(scene, **wishes)
    bo, second, entry = await second_holder(scene, first)
    assert isinstance(await take(scene, first.id), Won)
    return bo, second, entry


async def instead(scene: Scene, client_id: str):
    found = [each for each in await offers(scene, client_ids=(client_id,)) if each.kind is OpeningKind.INSTEAD]
    return found[0] if found else None


async def test_the_loser_is_told_of_a_free_time_in_the_same_commit_and_may_take_it(scene):
    bo, _, _ = await lost(scene)
    offer = await instead(scene, bo)
    assert (offer.state, len(await held_times(scene, offer.opening_id))) == (OfferState.HELD, 1)
    (text,) = [each for each in await scene.messages(bo) if each.kind == "offer_lost"]
    assert (text.fields.starts_at, text.fields.deadline) == (offer.starts_at, offer.expires_at)
    assert isinstance(await take(scene, offer.id), Won)
    assert await scene.upcoming(bo) == [f"{offer.starts_at.astimezone(ZONE):%m-%d %H:%M} confirmed"]


async def test_on_the_phone_a_letter_takes_it(scene):
    bo, _, _ = await lost(scene)
    number = await scene.number_of(bo)
    await scene.work()
    (told,) = [text for text in scene.phone(number) if "just been taken" in text]
    assert "Also free: " in told
    (answer,) = await scene.says(number, "A")
    assert "it's yours" in answer


async def test_two_who_come_second_are_told_of_two_times(scene):
    _, first = await offered(scene)
    bo, _, _ = await second_holder(scene, first)
    cleo, _, _ = await second_holder(scene, first)
    await take(scene, first.id)
    times = {(each.clinician_id, each.starts_at) for each in (await instead(scene, bo), await instead(scene, cleo))}
    assert len(times) == 2


async def _rests(tx: Tx, bo: str, entry: str) -> None:
    await pause(tx, entry, tx.now + timedelta(days=14))


async def _agrees_no_more(tx: Tx, bo: str, entry: str) -> None:
    (point,) = await people.contact_points(tx, bo)
    await consent.withdraw(tx, point.id, Channel.SMS, Purpose.WAITLIST, wording="test", how="link")


async def _wants_evenings(tx: Tx, bo: str, entry: str) -> None:
    await client_hours_store.set_hours(tx, bo, 18 * 60, 24 * 60)


@pytest.mark.parametrize("no_more", [_rests, _agrees_no_more, _wants_evenings])
async def test_who_may_not_be_made_an_offer_now_is_told_of_no_other_time(scene, no_more):
    _, first = await offered(scene)
    bo, _, entry = await second_holder(scene, first)
    scene.clock.advance(timedelta(seconds=1))
    async with scene.record.write(scene.practice, OPERATOR) as tx:
        await no_more(tx, bo, entry)
    assert isinstance(await take(scene, first.id), Won)
    assert await instead(scene, bo) is None
    (text,) = [each for each in await scene.messages(bo) if each.kind == "offer_lost"]
    assert text.fields.deadline is None


@pytest.mark.parametrize("ends", ["passed", "in silence"])
async def test_a_time_they_let_go_goes_to_nobody_and_costs_no_turn(scene, ends):
    bo, _, entry = await lost(scene)
    offer = await instead(scene, bo)
    cleo = await scene.client()
    await scene.wait(cleo)
    if ends == "passed":
        async with scene.record.write(scene.practice, OPERATOR) as tx:
            await pass_offer(tx, offer.id)
    else:
        scene.clock.advance_to(offer.expires_at + timedelta(minutes=1))
        await waves(scene)
    assert await offers(scene, client_ids=(cleo,)) == ()
    assert await held_times(scene, offer.opening_id) == ()
    states = {each.kind: each.state for each in await openings(scene)}
    assert states[OpeningKind.INSTEAD] is OpeningState.UNDONE
    async with scene.record.read(scene.practice) as r:
        stands = await entry_store.entry(r, entry)
    assert (stands.credit, stands.unanswered) == (1, 0)


async def test_only_a_time_that_fits_all_wishes_is_told_of(scene):
    """Bo can come on Saturdays alone, when nobody works: their place is kept, and that is what they hear."""
    _, first = await offered(scene)
    bo, _, entry = await second_holder(scene, first)
    async with scene.record.write(scene.practice, OPERATOR) as tx:
        await change(tx, entry, Wishes(windows=(WeeklyWindow(5, 0, 1440),)))
    await take(scene, first.id)
    assert await instead(scene, bo) is None
    (text,) = [each for each in await scene.messages(bo) if each.kind == "offer_lost"]
    assert text.fields.deadline is None


async def test_who_has_a_visit_hears_of_earlier_times_only(scene):
    _, first = await offered(scene)
    bo = await scene.client()
    later = await scene.book(bo, "03-10 16:00")
    entry = await scene.wait(bo, replaces_participation_id=later, clinician_ids=(scene.lee,))
    await second_holder_of(scene, first, bo, entry)
    await take(scene, first.id)
    assert (await instead(scene, bo)).starts_at < local("03-10 16:00")


async def second_holder_of(scene: Scene, offer, client_id: str, entry: str) -> None:

    async with scene.record.write(scene.practice, OPERATOR) as tx:
        (point,) = await people.contact_points(tx, client_id)
        row = {"id": tx.new_id(), "opening_id": offer.opening_id, "entry_id": entry, "client_id": client_id}
        await edit_store.add_offers(tx, [{**row, "contact_point_id": point.id, "expires_at": offer.expires_at}])


@pytest.mark.parametrize("others", [0, 1])
async def test_of_a_large_practice_only_a_few_calendars_are_looked_through(scene, others):
    """The winner's commit waits for it: three, the one whose time it was among them."""
    for _ in range(others):
        await scene.clinician_without_hours()
        scene.pass_time(seconds=1)  # who came first has the smaller id
    await scene.clinician_with_hours()
    async with scene.record.write(scene.practice, OPERATOR) as tx:
        for clinician in (scene.lee, scene.moss):
            await set_week(tx, clinician, [], date(2026, 1, 1))
    bo, _, _ = await lost(scene)
    assert (await instead(scene, bo) is None) == bool(others)
