"""A weekly time that moves: its old hour is one weekly opening, and its client reads of it once."""

from datetime import date

from scheduler.actions.move_series import WeeklyTime, move_series
from tests.conversation.scene import FRONT, Scene, local
from tests.waitlist.test_waves import offers, openings, waves
from tests.waitlist.test_weekly import TUESDAYS_AT_TWO, begin, visits
from waitlist.opening_store import OpeningKind


async def move_to_wednesdays_at_four(scene: Scene, series_id: str, from_day: date = date(2026, 3, 17)) -> None:
    async with scene.record.write(scene.practice, FRONT) as tx:
        to = WeeklyTime(date(2026, 3, 18), 16 * 60, scene.lee)
        await move_series(tx, series_id, from_day, to, by="practice")


async def test_the_old_weekly_time_is_offered_as_one_and_no_single_visit_of_it(scene: Scene):
    ana, bo, gone = await scene.client(), await scene.client(), await scene.client()
    series_id = await begin(scene, gone, TUESDAYS_AT_TWO)
    await scene.wait(ana, weekly=True)
    await scene.wait(bo)
    await move_to_wednesdays_at_four(scene, series_id)
    await waves(scene)
    (opening,) = await openings(scene)
    assert (opening.kind, opening.starts_at) == (OpeningKind.WEEKLY, local("03-17 14:00"))
    (offer,) = await offers(scene)
    assert offer.client_id == ana
    assert (await visits(scene, gone))[:3] == ["03-10 14:00", "03-18 16:00", "03-25 16:00"]


async def test_its_client_reads_once_that_all_of_it_moves(scene: Scene):
    gone = await scene.client()
    await move_to_wednesdays_at_four(scene, await begin(scene, gone, TUESDAYS_AT_TWO))
    scene.pass_time(minutes=2)
    await scene.work()
    (text,) = [each for each in scene.phone(await scene.number_of(gone)) if "move" in each]
    assert text.startswith("Lee Office: weekly visits move, Tue, Mar 17 to Wed, Mar 18, 4:00 PM. C: yes, R: change.")
