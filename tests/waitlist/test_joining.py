"""Joining the list: what is refused, and that a refusal changes nothing."""

from datetime import date

import pytest

from scheduler.actions.clients import archive_client
from scheduler.core.errors import Conflict, Invalid, NotFound
from tests.conversation.scene import FRONT
from waitlist import entry_store
from waitlist.actions.leave import leave
from waitlist.matching import WeeklyWindow


async def entries(scene):
    async with scene.record.read(scene.practice) as r:
        return await entry_store.entries(r, states=tuple(entry_store.EntryState))


async def test_joining_says_so_once_and_keeps_every_wish(scene):
    ana = await scene.client()
    later = await scene.book(ana, "03-17 10:00")
    windows = (WeeklyWindow(0, 540, 720), WeeklyWindow(3, 0, 1440))
    wishes = {
        "clinician_ids": (scene.lee, scene.moss),
        "windows": windows,
        "earliest_day": date(2026, 3, 5),
        "latest_day": date(2026, 3, 20),
        "min_notice_minutes": 180,
        "priority": 1,
        "replaces_participation_id": later,
    }
    await scene.wait(ana, **wishes)
    (entry,) = await entries(scene)
    assert {name: getattr(entry, name) for name in wishes} == wishes
    assert (entry.state, entry.credit, entry.last_offered_at) == ("waiting", 0, None)
    assert entry.replaces_at == (await scene.visit(later)).starts_at
    assert [each.kind for each in await scene.messages(ana)].count("waitlist_joined") == 1


async def test_without_consent_one_may_wait_but_is_not_texted(scene):
    ana = await scene.client(waitlist=False)
    await scene.wait(ana)
    assert "waitlist_joined" not in [each.kind for each in await scene.messages(ana)]


@pytest.mark.parametrize(
    ("wishes", "refusal", "field"),
    [
        ({"windows": (WeeklyWindow(7, 0, 60),)}, "hours_make_no_sense", "windows"),
        ({"windows": (WeeklyWindow(1, 60, 60),)}, "hours_make_no_sense", "windows"),
        ({"windows": (WeeklyWindow(1, 0, 1441),)}, "hours_make_no_sense", "windows"),
        (
            {"earliest_day": date(2026, 3, 9), "latest_day": date(2026, 3, 8)},
            "ends_before_it_begins",
            "latest_day",
        ),
        ({"min_notice_minutes": -1}, "notice_out_of_range", "min_notice_minutes"),
        ({"min_notice_minutes": 15 * 24 * 60}, "notice_out_of_range", "min_notice_minutes"),
    ],
)
async def test_wishes_that_make_no_sense_are_refused(scene, wishes, refusal, field):
    ana = await scene.client()
    with pytest.raises(Invalid, match=refusal) as refused:
        await scene.wait(ana, **wishes)
    assert refused.value.field == field
    assert await entries(scene) == ()


async def test_nobody_waits_twice_for_the_same_but_may_come_back(scene):
    ana = await scene.client()
    entry = await scene.wait(ana)
    with pytest.raises(Conflict, match="waits_already"):
        await scene.wait(ana)
    async with scene.record.write(scene.practice, FRONT) as tx:
        await leave(tx, entry)
    scene.pass_time(minutes=1)
    await scene.wait(ana)
    assert [each.state for each in await entries(scene)] == ["left", "waiting"]


async def test_who_or_what_is_not_of_the_practice_is_not_found(scene):
    ana, bo = await scene.client(), await scene.client()
    theirs = await scene.book(bo, "03-17 10:00")
    with pytest.raises(NotFound):
        await scene.wait("0" * 32)
    with pytest.raises(NotFound):
        await scene.wait(ana, clinician_ids=("0" * 32,))
    with pytest.raises(NotFound):
        await scene.wait(ana, replaces_participation_id=theirs)
    gone = await scene.client()
    async with scene.record.write(scene.practice, FRONT) as tx:
        await archive_client(tx, gone)
    with pytest.raises(NotFound):
        await scene.wait(gone)
    with pytest.raises(NotFound):
        async with scene.record.write(scene.practice, FRONT) as tx:
            await leave(tx, "0" * 32)


async def test_a_visit_that_is_over_cannot_be_replaced(scene):
    ana = await scene.client()
    visit = await scene.book(ana, "03-05 10:00")
    scene.pass_time(days=2)
    with pytest.raises(Conflict, match="visit_is_over"):
        await scene.wait(ana, replaces_participation_id=visit)
