"""Resting on the waitlist by text, and being taken up again; until when is read from the text."""

from datetime import date, datetime, timedelta

import pytest

from bot.conversation.list_rests import rests_until
from messages.when import read_when
from tests.conversation.scene import ZONE, Scene
from waitlist.entry_store import entries_of

TODAY = date(2026, 3, 9)


@pytest.mark.parametrize(
    ("said", "until"),
    [
        ("pause the waitlist for a week", date(2026, 3, 16)),
        ("pause the waitlist for 2 weeks please", date(2026, 3, 23)),
        ("suspend the waiting list for a month", date(2026, 4, 8)),
        ("put the waitlist on hold until april 3", date(2026, 4, 3)),
        ("pausen la lista de espera por dos semanas", date(2026, 3, 23)),
        ("pause the waitlist", date(2026, 3, 23)),
    ],
)
def test_until_when_is_read_from_the_text(said: str, until: date) -> None:
    when = read_when(said, now=datetime(2026, 3, 9, 9, 0, tzinfo=ZONE))
    assert rests_until(said, when, TODAY) == until


async def resting(scene: Scene, client_id: str) -> list[date | None]:
    async with scene.record.read(scene.practice) as r:
        return [each.paused_until and each.paused_until.date() for each in await entries_of(r, client_id)]


async def test_who_pauses_by_text_keeps_the_place_and_comes_back_by_text(scene):
    ana = await scene.client()
    await scene.wait(ana)
    number = await scene.number_of(ana)
    (answer,) = await scene.says(number, "Please pause the waitlist for two weeks")
    today = scene.clock.now().date()
    assert await resting(scene, ana) == [today + timedelta(days=14)]
    assert "no open times for you until" in answer
    assert "your place is kept" in answer
    (answer,) = await scene.says(number, "back on the waitlist")
    assert "on the list" in answer
    assert await resting(scene, ana) == [None]


async def test_who_waits_for_nothing_is_answered_by_a_person(scene):
    ana = await scene.client()
    await scene.says(await scene.number_of(ana), "pause the waitlist")
    assert await scene.tasks() != []
