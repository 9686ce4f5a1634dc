"""Freed time that nobody of its own service takes: cut for shorter visits, or joined with free time for longer ones."""

from datetime import timedelta

from scheduler.actions.book import book
from scheduler.actions.cancel import cancel
from scheduler.actions.practice import add_exception, add_service
from scheduler.calendar.availability import DayException
from scheduler.people.practice_fields import ServiceFields
from tests.conversation.scene import FRONT, ZONE, Scene, local
from tests.waitlist.test_claims import take
from tests.waitlist.test_waves import offers, openings, waves
from waitlist.actions.claim import Won
from waitlist.actions.join import join
from waitlist.actions.save_policy import save_policy
from waitlist.opening_store import OpeningKind, OpeningState

TUESDAY = local("03-10 00:00").date()


async def services(scene: Scene) -> dict[int, str]:
    """Visits of 45, 60 and 90 minutes, ten minutes kept free after the short one."""
    found = {}
    async with scene.record.write(scene.practice, FRONT) as tx:
        found[45] = await add_service(tx, ServiceFields("Short", 45, buffer_before_minutes=0, buffer_after_minutes=0))
        found[60] = await add_service(tx, ServiceFields("Hour", 60, buffer_before_minutes=0, buffer_after_minutes=0))
        found[90] = await add_service(tx, ServiceFields("Long", 90, buffer_before_minutes=0, buffer_after_minutes=0))
    return found


async def only(scene: Scene, start: float, end: float) -> None:
    """Dr. Lee works on that Tuesday between these hours alone."""
    async with scene.record.write(scene.practice, FRONT) as tx:
        for begins, ends in ((9, start), (end, 17)):
            if begins < ends:
                closed = DayException(TUESDAY, True, int(begins * 60), int(ends * 60), scene.location)
                await add_exception(tx, scene.lee, closed)


async def freed(scene: Scene, service: str, when: str) -> None:
    gone = await scene.client()
    async with scene.record.write(scene.practice, FRONT) as tx:
        booked = await book(
            tx,
            clinician_id=scene.lee,
            service_id=service,
            location_id=scene.location,
            client_ids=(gone,),
            starts_at=local(when),
            told=False,
        )
    async with scene.record.write(scene.practice, FRONT) as tx:
        await cancel(tx, booked.participation_ids[0], by="client")


async def waits(scene: Scene, service: str) -> str:
    client = await scene.client()
    async with scene.record.write(scene.practice, FRONT) as tx:
        await join(tx, client_id=client, service_id=service)
    scene.pass_time(minutes=1)
    return client


async def asked(scene: Scene) -> list[tuple[str, str]]:
    """Who is asked about what, by the clock there."""
    for _ in range(3):
        await waves(scene)
        scene.pass_time(seconds=1)
    return [(each.client_id, f"{each.starts_at.astimezone(ZONE):%H:%M}") for each in await offers(scene)]


async def test_ninety_minutes_take_an_hour(scene):
    of = await services(scene)
    await only(scene, 12, 14)
    ana = await waits(scene, of[60])
    await freed(scene, of[90], "03-10 12:00")
    assert await asked(scene) == [(ana, "12:00")]


async def test_who_waits_for_the_freed_length_comes_first(scene):
    of = await services(scene)
    await only(scene, 12, 14)
    await waits(scene, of[60])
    bo = await waits(scene, of[90])
    await freed(scene, of[90], "03-10 12:00")
    assert await asked(scene) == [(bo, "12:00")]


async def test_ninety_minutes_take_two_of_forty_five(scene):
    of = await services(scene)
    await only(scene, 12, 14)
    ana, bo = await waits(scene, of[45]), await waits(scene, of[45])
    await freed(scene, of[90], "03-10 12:00")
    found = await asked(scene)
    assert {who for who, _ in found} == {ana, bo}
    assert {at for _, at in found} == {"12:00", "12:45"}
    for offer in await offers(scene):
        assert isinstance(await take(scene, offer.id), Won)
    states = sorted((each.kind, each.state) for each in await openings(scene))
    assert states == [
        (OpeningKind.FREED, OpeningState.TAKEN_BY_STAFF),
        (OpeningKind.REFITTED, OpeningState.FILLED),
        (OpeningKind.REFITTED, OpeningState.FILLED),
    ]


async def test_buffers_leave_room_for_one_only(scene):
    async with scene.record.write(scene.practice, FRONT) as tx:
        kept = ServiceFields("Kept", 45, buffer_before_minutes=0, buffer_after_minutes=15)
        short = await add_service(tx, kept)
    of = await services(scene)
    await only(scene, 12, 13.5)
    ana, _ = await waits(scene, short), await waits(scene, short)
    await freed(scene, of[90], "03-10 12:00")
    assert await asked(scene) == [(ana, "12:00")]


async def test_two_neighbouring_holes_make_a_long_one(scene):
    of = await services(scene)
    await only(scene, 12, 14)
    ana = await waits(scene, of[90])
    gone = [await scene.client(), await scene.client()]
    places = []
    for client, when in zip(gone, ("03-10 12:00", "03-10 13:00"), strict=True):
        async with scene.record.write(scene.practice, FRONT) as tx:
            parts = {"clinician_id": scene.lee, "service_id": of[60], "location_id": scene.location}
            booked = await book(tx, client_ids=(client,), starts_at=local(when), told=False, **parts)
        places.append(booked.participation_ids[0])
    async with scene.record.write(scene.practice, FRONT) as tx:
        await cancel(tx, places[0], by="client")
    assert await asked(scene) == []
    async with scene.record.write(scene.practice, FRONT) as tx:
        await cancel(tx, places[1], by="client")
    ((who, at),) = await asked(scene)
    assert (who, at in {"12:00", "12:15", "12:30"}) == (ana, True)


async def test_who_joins_later_for_another_length_is_asked_too(scene):
    of = await services(scene)
    await only(scene, 12, 14)
    await freed(scene, of[90], "03-10 12:00")
    assert await asked(scene) == []
    ana = await waits(scene, of[60])
    assert await asked(scene) == [(ana, "12:00")]


async def test_what_is_longer_than_the_hole_is_not_offered_and_nothing_is_tried_twice(scene):
    of = await services(scene)
    await only(scene, 12, 13)
    await waits(scene, of[90])
    bo = await waits(scene, of[45])
    await freed(scene, of[60], "03-10 12:00")
    assert await asked(scene) == [(bo, "12:00")]
    (offer,) = await offers(scene)
    scene.clock.advance_to(offer.expires_at + timedelta(minutes=1))
    await asked(scene)
    assert len(await openings(scene)) == 2


async def test_where_the_terms_say_so_a_time_is_offered_for_its_own_service_alone(scene):
    of = await services(scene)
    await only(scene, 12, 14)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await save_policy(tx, {"refit": 0})
    await waits(scene, of[60])
    await freed(scene, of[90], "03-10 12:00")
    assert await asked(scene) == []
    await waits(scene, of[45])  # nor when somebody joins for another service later
    assert await asked(scene) == []
