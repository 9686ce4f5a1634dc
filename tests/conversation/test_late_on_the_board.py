"""Who says they will be late is seen on the board of the day, with how late, until they are there."""

from datetime import datetime

from bot.console.standing import standing
from tests.conversation.scene import Scene, local


async def says_late(scene: Scene, words: str, when: str = "03-04 11:00") -> str:
    ana = await scene.client()
    visit = await scene.book(ana, when)
    await scene.remind(visit)
    await scene.says(await scene.number_of(ana), words)
    return visit


async def word(scene: Scene, visit: str, at: datetime) -> tuple[str, str]:
    return standing(await scene.visit(visit), at)


async def test_the_board_says_how_late_they_say_they_are(scene: Scene) -> None:
    visit = await says_late(scene, "running about 15 min late")
    assert await word(scene, visit, scene.clock.now()) == ("late", "Says 15 min late")
    assert await word(scene, visit, local("03-04 11:30")) == ("late", "Says 15 min late")
    assert await word(scene, visit, local("03-04 12:30")) == ("unmarked", "")
    assert await scene.tasks() == [("reply", True)]


async def test_without_minutes_it_says_late_and_the_newer_word_counts(scene: Scene) -> None:
    visit = await says_late(scene, "L")
    assert await word(scene, visit, scene.clock.now()) == ("late", "Says late")
    found = await scene.visit(visit)
    assert (found.late_minutes, found.late_said_at) == (None, scene.clock.now())
    await scene.says(await scene.number_of(found.client_id), "make that 20 minutes late")
    assert await word(scene, visit, scene.clock.now()) == ("late", "Says 20 min late")


async def test_late_for_a_visit_days_ahead_is_no_emergency(scene: Scene) -> None:
    await says_late(scene, "ill be 10 minutes late", when="03-10 12:30")
    assert await scene.tasks() == [("reply", False)]
