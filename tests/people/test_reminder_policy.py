"""Versions of the reminder policy, on both engines."""

import pytest
from sqlalchemy import select

from scheduler import tables
from scheduler.actions.save_reminder_policy import save_reminder_policy
from scheduler.core.errors import Conflict, Invalid
from scheduler.core.record import Record, Subscriptions
from scheduler.events import PolicyChanged
from scheduler.reminders import store
from scheduler.reminders.defaults import DEFAULT_TOUCHES
from scheduler.reminders.policy import Channel, Hours, Touch
from tests.people.setting import FRONT, Setting

SOON = Touch("soon", Hours(2), Channel.SMS, only_if_unconfirmed=True)


async def test_a_practice_starts_with_reminders(record: Record, setting: Setting) -> None:
    async with record.read(setting.practice) as r:
        assert (await store.policy_in_force(r)).touches == DEFAULT_TOUCHES
    async with record.read("0" * 32) as r:
        assert await store.policy_in_force(r) == store.NO_POLICY
        assert await store.wordings_in_force(r) == {}


async def test_a_new_version_is_in_force_and_the_old_one_stays(
    record: Record, setting: Setting, subscriptions: Subscriptions
) -> None:
    told = []

    async def hear(_tx: object, event: PolicyChanged) -> None:
        told.append(event.version)

    subscriptions.on(PolicyChanged, hear)
    async with record.write(setting.practice, FRONT) as tx:
        assert await save_reminder_policy(tx, [SOON], {"reminder": {"en": "{label}: soon"}}, based_on=1) == 2
    async with record.read(setting.practice) as r:
        assert (await store.policy_in_force(r)).touches == (SOON,)
        assert await store.wordings_in_force(r) == {"reminder": {"en": "{label}: soon"}}
        assert [v.policy.version for v in await store.versions(r)] == [2, 1]
        newest = await store.newest_version(r)
        assert newest is not None
        assert newest.made_by == FRONT.id
        entries = await r.conn.execute(select(tables.audit_entry.c.action))
        assert "reminder_policy.saved" in set(entries.scalars())
    assert told == [2]


async def test_two_editors_do_not_overwrite_each_other(record: Record, setting: Setting) -> None:
    async with record.write(setting.practice, FRONT) as tx:
        await save_reminder_policy(tx, [SOON], {}, based_on=1)
    async with record.write(setting.practice, FRONT) as tx:
        with pytest.raises(Conflict, match="policy_changed_meanwhile"):
            await save_reminder_policy(tx, [], {}, based_on=1)


async def test_policies_that_make_no_sense_are_refused(record: Record, setting: Setting) -> None:
    async with record.write(setting.practice, FRONT) as tx:
        with pytest.raises(Invalid) as refused:
            await save_reminder_policy(tx, [SOON, SOON], {})
        with pytest.raises(Invalid, match="wording_too_long"):
            await save_reminder_policy(tx, [SOON], {"reminder": {"en": "x" * 1001}})
    assert (refused.value.code, refused.value.field) == ("policy_invalid", "touches")
    async with record.read(setting.practice) as r:
        assert (await store.policy_in_force(r)).version == 1
