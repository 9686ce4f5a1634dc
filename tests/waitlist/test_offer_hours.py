"""Hours that were added to a calendar go to those who wait, as visits one after another."""

from datetime import date

import pytest

from scheduler.actions.practice import add_exception
from scheduler.calendar.availability import DayException
from scheduler.calendar.wallclock import Span
from scheduler.core.errors import NotFound
from tests.conversation.scene import FRONT, ZONE, Scene, local
from tests.waitlist.test_waves import offers, openings, waves
from waitlist.actions.offer_hours import offer_hours

SATURDAY = date(2026, 3, 14)


async def put_up(scene: Scene, *, start: str = "03-14 10:00", end: str = "03-14 14:00", service: str = "") -> int:
    async with scene.record.write(scene.practice, FRONT) as tx:
        return await offer_hours(
            tx,
            clinician_id=scene.lee,
            service_id=service or scene.service,
            location_id=scene.location,
            hours=Span(local(start), local(end)),
        )


@pytest.fixture
async def extra(scene: Scene) -> None:
    """Dr. Lee is there on a Saturday from ten to two."""
    async with scene.record.write(scene.practice, FRONT) as tx:
        added = DayException(SATURDAY, False, 10 * 60, 14 * 60, location_id=scene.location)
        await add_exception(tx, scene.lee, added)


async def starts(scene: Scene) -> list[str]:
    found = [each.starts_at.astimezone(ZONE) for each in await openings(scene)]
    return [f"{each:%H:%M}" for each in sorted(found)]


async def test_as_many_visits_as_fit_with_their_buffers(scene, extra):
    ana = await scene.client()
    await scene.wait(ana)
    made = await put_up(scene)
    found = await starts(scene)
    assert made == len(found) == 3  # of fifty minutes, five before and ten after
    await waves(scene)
    assert {each.client_id for each in await offers(scene)} == {ana}


async def test_what_is_booked_or_offered_already_is_left_out(scene, extra):
    await scene.book(await scene.client(), "03-14 11:30")
    first = await put_up(scene)
    assert "11:30" not in await starts(scene)
    assert first == len(await starts(scene)) > 0
    assert await put_up(scene) == 0


async def test_hours_that_were_not_added_offer_nothing(scene):
    assert await put_up(scene) == 0
    with pytest.raises(NotFound):
        await put_up(scene, service="0" * 32)
