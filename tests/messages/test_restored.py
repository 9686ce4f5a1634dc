"""A backup was put back, and the carrier knows more than the record: nothing is said again, and a STOP is known."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from deploy.backup_sqlite import back_up
from messages import pause
from messages.gap_repair import GapRepair
from messages.kinds import Channel
from messages.pause_store import planned_due
from messages.restored import Held, hold_after_restore
from scheduler.core.actor import OPERATOR
from scheduler.core.engine import open_engines
from scheduler.core.ids import MakeId
from scheduler.core.record import Record, Subscriptions
from scheduler.core.vault import Vault
from tests.messages.post import DAY_BEFORE, VISIT, Post, book
from tests.rig.clock import ManualClock
from tests.rig.office import OWNER


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_nothing_leaves_again_and_a_stop_is_not_forgotten(
    post: Post,
    vault: Vault,
    ids: MakeId,
    subscriptions: Subscriptions,
    clock: ManualClock,
    engine_url: str,
    tmp_path: Path,
) -> None:
    await post.policy(DAY_BEFORE)
    ana, bob = await post.office.client(0), await post.office.client(1)
    await book(post, ana, told=False)
    await book(post, bob, at=VISIT + timedelta(hours=2), told=False)
    await post.say(ana, "answer")
    back_up(Path(engine_url.removeprefix("sqlite:///")), tmp_path / "backup.db")

    await post.send()
    clock.advance_to(VISIT - timedelta(hours=24))
    await post.send()
    await post.phone_says(bob.who.phone, "STOP")
    said = [len(post.bodies(each.who.phone)) for each in (ana, bob)]
    assert said == [2, 1]

    engines = open_engines(f"sqlite:///{tmp_path / 'backup.db'}")
    again = replace(post, record=Record(engines, clock, vault, make_id=ids, subscriptions=subscriptions))
    async with again.record.read(again.practice_id) as r:
        assert await planned_due(r) == 2  # they would leave a second time
    for held in (Held(planned=2, answers=1), Held(planned=2, answers=0)):
        async with again.record.write(again.practice_id, OPERATOR) as tx:
            assert await hold_after_restore(tx) == held
    await GapRepair(again.record, again.ways[Channel.SMS]).run(again.practice_id)
    await again.run(timedelta(minutes=2))
    assert await again.is_stopped(bob)
    async with again.record.write(again.practice_id, OWNER) as tx:
        assert (await pause.resume(tx, leave_out=True)).left_out == 1  # the STOP had taken back the other's
    await again.run(timedelta(minutes=2))
    assert [len(post.bodies(each.who.phone)) for each in (ana, bob)] == said
    await engines.close()
