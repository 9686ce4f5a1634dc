"""Which hours are kept of what somebody says who asks for the waitlist by text."""

from datetime import UTC, datetime

import pytest

from bot.conversation.times_for_the_list import names_times, windows_wished
from messages.when import read_when
from tests.conversation.scene import Scene
from waitlist.entry_store import entries_of

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("mornings are best", (8 * 60, 12 * 60)),
        ("anything after 4", (16 * 60, 24 * 60)),
        ("before noon", (0, 12 * 60)),
        ("por las tardes", (12 * 60, 17 * 60)),
    ],
)
def test_hours_of_any_day_are_kept_for_every_day(text: str, hours: tuple[int, int]) -> None:
    kept = windows_wished(read_when(text, now=NOW))
    assert [(each.weekday, each.from_minute, each.until_minute) for each in kept] == [(day, *hours) for day in range(7)]


@pytest.mark.parametrize("text", ["tuesday morning", "at 3", "the 12th", "any afternoon but thursday", "after work"])
def test_what_is_more_than_hours_is_a_persons_to_write_down(text: str) -> None:
    when = read_when(text, now=NOW)
    assert windows_wished(when) == ()
    assert names_times(when)


def test_no_time_is_none() -> None:
    when = read_when("put me on the waitlist please", now=NOW)
    assert (windows_wished(when), names_times(when)) == ((), False)


async def test_they_stand_in_the_entry(scene: Scene) -> None:
    ana = await scene.client()
    await scene.book(ana, "03-17 10:00")
    await scene.says(await scene.number_of(ana), "put me on the cancellation list please, mornings are best")
    async with scene.record.read(scene.practice) as r:
        (entry,) = await entries_of(r, ana)
    assert {(each.from_minute, each.until_minute) for each in entry.windows} == {(8 * 60, 12 * 60)}
    assert await scene.tasks() == []
