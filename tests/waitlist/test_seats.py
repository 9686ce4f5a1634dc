"""A place that becomes free in an open group goes to the waitlist; in any other visit of several it does not."""

import pytest

from scheduler.actions.book import book
from scheduler.actions.cancel import cancel
from scheduler.actions.move import move
from scheduler.actions.practice import add_service
from scheduler.actions.restore import restore
from scheduler.actions.take_seat import take_seat
from scheduler.core.errors import Invalid
from scheduler.people.practice_fields import ServiceFields
from tests.conversation.scene import FRONT, Scene, local
from tests.waitlist.test_claims import take
from tests.waitlist.test_waves import held_times, offers, openings, waves
from waitlist.actions.claim import Gone, Won
from waitlist.actions.join import join
from waitlist.actions.undo_claim import ClaimUndone, undo_claim
from waitlist.offer_store import OfferState
from waitlist.opening_store import OpeningKind, OpeningState


async def group(scene: Scene, members: int = 3, *, offers_seats: bool = True, capacity: int = 3):
    """A full group on Tuesday at two; its service and places."""
    people = [await scene.client() for _ in range(members)]
    async with scene.record.write(scene.practice, FRONT) as tx:
        given = ServiceFields("Group", 90, capacity=capacity, offers_seats=offers_seats)
        service = await add_service(tx, given)
        booked = await book(
            tx,
            clinician_id=scene.lee,
            service_id=service,
            location_id=scene.location,
            client_ids=people,
            starts_at=local("03-10 14:00"),
            told=False,
        )
    return service, booked


async def wait_for(scene: Scene, service: str) -> str:
    client = await scene.client()
    async with scene.record.write(scene.practice, FRONT) as tx:
        await join(tx, client_id=client, service_id=service)
    return client


async def gives_up(scene: Scene, place: str) -> None:
    async with scene.record.write(scene.practice, FRONT) as tx:
        await cancel(tx, place, by="client")
    await waves(scene)


async def test_a_free_place_of_an_open_group_is_offered_and_taken(scene):
    service, booked = await group(scene)
    ana = await wait_for(scene, service)
    await gives_up(scene, booked.participation_ids[0])
    (offer,) = await offers(scene)
    assert (offer.client_id, offer.kind, offer.starts_at) == (ana, OpeningKind.SEAT, local("03-10 14:00"))
    assert await held_times(scene, offer.opening_id) == ()  # the group itself has the clinician's time
    won = await take(scene, offer.id)
    assert isinstance(won, Won)
    seat = await scene.visit(won.participation_id)
    assert (seat.appointment_id, seat.state) == (booked.appointment_id, "confirmed")
    assert await scene.upcoming(ana) == ["03-10 14:00 confirmed"]


async def test_nobody_is_put_beside_a_couple_or_into_a_closed_group(scene):
    service, booked = await group(scene, offers_seats=False)
    await wait_for(scene, service)
    await gives_up(scene, booked.participation_ids[0])
    assert await openings(scene) == ()
    with pytest.raises(Invalid, match="no_group"):
        await group(scene, members=2, capacity=2)


async def test_of_two_holders_of_the_last_place_one_gets_it(scene):
    service, booked = await group(scene)
    for _ in range(2):
        await wait_for(scene, service)
    await gives_up(scene, booked.participation_ids[0])
    await gives_up(scene, booked.participation_ids[1])
    first, second = await offers(scene)
    newcomer = await scene.client()
    async with scene.record.write(scene.practice, FRONT) as tx:
        await take_seat(tx, booked.appointment_id, newcomer, starts_at=local("03-10 14:00"))
    assert isinstance(await take(scene, first.id), Won)
    assert isinstance(await take(scene, second.id), Gone)
    assert {each.kind for each in await openings(scene)} == {OpeningKind.SEAT}  # a free hour makes no group


async def test_a_place_taken_back_or_a_group_that_moved_ends_the_offer(scene):
    service, booked = await group(scene)
    await wait_for(scene, service)
    await gives_up(scene, booked.participation_ids[0])
    async with scene.record.write(scene.practice, FRONT) as tx:
        await restore(tx, booked.participation_ids[0])
    (offer,) = await offers(scene)
    assert offer.state is OfferState.WITHDRAWN
    await gives_up(scene, booked.participation_ids[1])
    held = [each for each in await offers(scene) if each.state is OfferState.HELD]
    async with scene.record.write(scene.practice, FRONT) as tx:
        await move(tx, booked.appointment_id, starts_at=local("03-10 15:30"), by="practice")
    assert isinstance(await take(scene, held[0].id), Gone)


async def test_when_nobody_is_left_the_hour_itself_is_free_and_no_place(scene):
    service, booked = await group(scene, members=2)
    await wait_for(scene, service)
    await gives_up(scene, booked.participation_ids[0])
    await gives_up(scene, booked.participation_ids[1])
    kinds = {each.kind: each.state for each in await openings(scene)}
    assert kinds[OpeningKind.SEAT] is OpeningState.UNDONE
    assert kinds[OpeningKind.FREED] is OpeningState.OPEN


async def test_a_place_given_back_within_minutes_is_offered_on(scene):
    service, booked = await group(scene)
    await wait_for(scene, service)
    await gives_up(scene, booked.participation_ids[0])
    (offer,) = await offers(scene)
    await take(scene, offer.id)
    async with scene.record.write(scene.practice, FRONT) as tx:
        assert isinstance(await undo_claim(tx, offer.id), ClaimUndone)
    assert [each.state for each in await openings(scene) if each.state is OpeningState.OPEN] == [OpeningState.OPEN]
