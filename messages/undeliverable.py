"""What follows when a message does not reach anybody: another try, another channel, an opt-out, a person's call.

The carrier's codes and what each asks for are delivery.py's table. Invariant: nothing is sent again unless the first
surely did not arrive, and what nobody could be told becomes a person's task.
"""

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from messages import consent, outbox
from messages import send_store as store
from messages.consent import StopSource
from messages.delivery import ErrorAction, ErrorRule, error_rule
from messages.kinds import Channel, MessageClass, Purpose, VisitNeed, traits
from messages.outbox import Address, Draft
from messages.recipients import reachable
from messages.send_rules import Refusal
from messages.send_store import SendRow
from messages.tasks import TaskKind, open_task
from scheduler.core.record import Tx
from scheduler.events import ContactChanged, MessageUndeliverable
from scheduler.people import client_edit_store

AGAIN: Final = ":again"
_WORTH_ANOTHER_WAY: Final = frozenset({MessageClass.TOUCH, MessageClass.NOTICE, MessageClass.OFFER})
_OUR_TROUBLE: Final = frozenset({Refusal.TEXT_UNSAFE, Refusal.SENDER_UNREGISTERED})
_OUT_OF_TIME: Final = frozenset({Refusal.TOO_LATE, Refusal.OUTSIDE_WINDOW, Refusal.OVER_CAP})


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What was set going instead."""

    again: bool
    elsewhere: bool

    @property
    def anything(self) -> bool:
        """Whether the person will still be told without staff."""
        return self.again or self.elsewhere


async def dropped(tx: Tx, row: SendRow, reason: Refusal) -> None:
    """Follow up a message that must not leave any more, where that means somebody is not told of something."""
    if traits(row.kind).message_class is MessageClass.OFFER and reason is not Refusal.OFFER_CLOSED:
        tx.emit(MessageUndeliverable(row.id))  # the waitlist goes on to the next
    if reason in _OUR_TROUBLE:
        await trouble(tx, reason.value)
    elif reason not in _OUT_OF_TIME:
        return
    if row.attempt > 0:
        await _nobody_told(tx, row, TaskKind.UNDELIVERABLE)
    elif row.touch is None and row.participation_id is not None and _tells_of_visit(row):
        await _nobody_told(tx, row, TaskKind.CALL)


async def failed(tx: Tx, message_id: str, code: int | None) -> FollowUp:
    """Follow up a message the carrier refused for good or could not deliver."""
    rows = await store.send_rows(tx, (message_id,))
    if not rows:
        return FollowUp(again=False, elsewhere=False)
    row, rule = rows[0], error_rule(code)
    await _learn(tx, row, rule, code)
    if rule.alarm:
        await trouble(tx, f"carrier_{code}")
    if _is_moot(row):
        return FollowUp(again=False, elsewhere=False)
    again = await _again(tx, row, rule)
    elsewhere = not again and await _elsewhere(tx, row, rule)
    if not (again or elsewhere):
        tx.emit(MessageUndeliverable(row.id))
        if rule.staff_task or _tells_of_visit(row):
            await _nobody_told(tx, row, TaskKind.UNDELIVERABLE)
    return FollowUp(again, elsewhere)


async def outcome_lost(tx: Tx, message_id: str) -> None:
    """Follow up a message of which nobody can say whether it arrived: it is not sent again, a person is asked."""
    for row in await store.send_rows(tx, (message_id,)):
        tx.emit(MessageUndeliverable(row.id))
        if _tells_of_visit(row) and not _is_moot(row):
            await _nobody_told(tx, row, TaskKind.UNDELIVERABLE)


async def arrived_after_all(tx: Tx, message_id: str) -> None:
    """Take back what was set going when a message seemed lost, as far as it has not left."""
    for row in await store.send_rows(tx, (message_id,)):
        keys = [row.dedupe + AGAIN, *(_elsewhere_key(row, channel) for channel in Channel)]
        ids = [each for each in await store.ids_of_keys(tx, keys) if each != message_id]
        await outbox.cancel_ids(tx, ids, "arrived_after_all")


def _tells_of_visit(row: SendRow) -> bool:
    return traits(row.kind).message_class in {MessageClass.TOUCH, MessageClass.NOTICE}


def _is_moot(row: SendRow) -> bool:
    """Whether what it said is no longer so: moved, cancelled or restored since, the visit has texts of its own."""
    need = traits(row.kind).visit
    if row.visit is None or need is VisitNeed.ANY:
        return False
    return row.visit.active is not (need is VisitNeed.ACTIVE) or row.revision not in {None, row.visit.revision}


async def _learn(tx: Tx, row: SendRow, rule: ErrorRule, code: int | None) -> None:
    """Record what the code says about the number."""
    why = f"carrier_{code}"
    if rule.action in {ErrorAction.SYNC_OPT_OUT, ErrorAction.CHANNEL_OPT_OUT} and row.address_ix is not None:
        stopped = await consent.stop_address_ix(tx, row.address_ix, row.channel, StopSource.CARRIER)
        if not stopped.again:
            dedupe = f"opted_out:{row.address_ix.hex()[:32]}"
            await open_task(tx, TaskKind.OPTED_OUT, dedupe=dedupe, client_id=row.client_id, message_id=row.id)
    if row.contact_point_id is None:
        return
    if rule.action in {ErrorAction.NUMBER_INVALID, ErrorAction.SWITCH_CHANNEL}:
        await _take_out_of_use(tx, row.contact_point_id, "invalid", why)
    if rule.action is ErrorAction.QUARANTINE:
        await _take_out_of_use(tx, row.contact_point_id, "quarantined", why)


async def _take_out_of_use(tx: Tx, contact_point_id: str, state: str, why: str) -> None:
    """Nothing goes there until staff have looked; one that was changed meanwhile is left as it is."""
    owner = await outbox.owner_of(tx, contact_point_id)
    if await client_edit_store.set_contact(tx, contact_point_id, "active", {"state": state}):
        tx.note(f"contact_point.{state}", "contact_point", contact_point_id, client=owner.client_id, reason=why)
        tx.emit(ContactChanged(owner.client_id))


async def _again(tx: Tx, row: SendRow, rule: ErrorRule) -> bool:
    """One more try on the same channel, if the code allows it, it was not one already, and it would not be late."""
    if rule.retry_after_minutes is None or row.dedupe.endswith(AGAIN):
        return False
    due_at = tx.now + timedelta(minutes=rule.retry_after_minutes)
    if due_at >= row.useful_until:
        return False
    to = row.contact_point_id or (Address(row.address) if row.address else None)
    if to is None:
        return False
    draft = replace(_copy(row, row.channel, to, row.dedupe + AGAIN), due_at=due_at)
    return await outbox.enqueue(tx, draft) is not None


async def _elsewhere(tx: Tx, row: SendRow, rule: ErrorRule) -> bool:
    """The client's next agreed channel, if the message is worth it and not late."""
    worth = rule.next_channel and traits(row.kind).message_class in _WORTH_ANOTHER_WAY
    if not worth or row.client_id is None or tx.now >= row.useful_until:
        return False
    purpose = traits(row.kind).purpose
    reach = (await reachable(tx, (row.client_id,), purpose if purpose is Purpose.WAITLIST else Purpose.REMINDERS))[
        row.client_id
    ]
    for channel, point in reach.items():
        if channel is not row.channel:
            draft = _copy(row, channel, point.id, _elsewhere_key(row, channel))
            return await outbox.enqueue(tx, draft) is not None
    return False


def _elsewhere_key(row: SendRow, channel: Channel) -> str:
    if row.touch is not None and row.participation_id is not None and row.revision is not None:
        return outbox.touch_key(row.participation_id, row.touch, row.revision, channel.value)
    return f"{row.dedupe.removesuffix(AGAIN)}:{channel.value}"


def _copy(row: SendRow, channel: Channel, to: str | Address, dedupe: str) -> Draft:
    return Draft(
        kind=row.kind,
        channel=channel,
        to=to,
        dedupe=dedupe,
        fields=row.fields,
        useful_until=row.useful_until,
        client_id=row.client_id,
        participation_id=row.participation_id,
        offer_id=row.offer_id,
        inbound_id=row.inbound_id,
        touch=row.touch,
        revision=row.revision,
    )


async def _nobody_told(tx: Tx, row: SendRow, kind: TaskKind) -> None:
    await open_task(
        tx,
        kind,
        dedupe=f"undeliverable:{row.id}",
        client_id=row.client_id,
        message_id=row.id,
        participation_id=row.participation_id,
    )


async def trouble(tx: Tx, why: str) -> None:
    """Something of ours or at the carrier is set wrong: one urgent task, however many messages run into it."""
    await open_task(tx, TaskKind.SENDING_TROUBLE, dedupe=f"sending:{why}", urgent=True)
