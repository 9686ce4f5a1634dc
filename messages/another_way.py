"""Saying it again, or saying it elsewhere, when a message surely did not arrive.

What a failure means is delivery.py's table, what follows from it undeliverable.py's. Each way is tried once. Only what
belongs to the client in person takes over: a text that does not reach a client is no reason to write to a partner, and
one that does not reach one parent none to write to the other; that is for a person to decide (rules.md B2 and D).
Invariant: nothing goes to an address that was tried for the same thing before, save the one repetition a code allows.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from messages import outbox
from messages import undeliverable_store as store
from messages.delivery import ErrorAction, ErrorRule
from messages.kinds import Channel, MessageClass, Purpose, traits
from messages.outbox import Address, Draft
from messages.recipients import every_way
from messages.send_row_store import SendRow
from messages.undeliverable_store import Tried
from scheduler.core.record import Tx
from scheduler.people import store as people
from scheduler.people.store import ContactPoint

AGAIN: Final = ":again"
CLIENT: Final = "client"
_WORTH_IT: Final = frozenset({MessageClass.TOUCH, MessageClass.NOTICE, MessageClass.OFFER})
# The number is fine, or the person has refused the channel: another number on it would fare alike, or go behind their
# back.
_CHANNEL_IS_OUT: Final = frozenset(
    {
        ErrorAction.SYNC_OPT_OUT,
        ErrorAction.CHANNEL_OPT_OUT,
        ErrorAction.USE_TEMPLATE,
        ErrorAction.HOLD_SENDER,
        ErrorAction.STOP_SENDER,
        ErrorAction.CONFIGURATION_ALARM,
        ErrorAction.FILTERED_ALARM,
        ErrorAction.BACK_OFF,
    }
)


async def again(tx: Tx, row: SendRow, rule: ErrorRule) -> bool:
    """One more try at the same address, if the code allows it, it was not one already, and it would not be late."""
    if rule.retry_after_minutes is None or row.dedupe.endswith(AGAIN):
        return False
    due_at = tx.now + timedelta(minutes=rule.retry_after_minutes)
    to = row.contact_point_id or (Address(row.address) if row.address else None)
    if to is None or due_at >= row.useful_until:
        return False
    return await _enqueue(tx, row, replace(_copy(row, row.channel, to, row.dedupe + AGAIN), due_at=due_at))


async def elsewhere(tx: Tx, row: SendRow, *, leave_channel: bool = False) -> bool:
    """The client's next agreed way, if the message is worth it and not late; False when there is none.

    With `leave_channel` another number on the same channel is no way.
    """
    if traits(row.kind).message_class not in _WORTH_IT or row.client_id is None or tx.now >= row.useful_until:
        return False
    if not await _is_the_clients_own(tx, row):
        return False
    # An offer is answered from the number it was made to.
    leave_channel = leave_channel or traits(row.kind).message_class is MessageClass.OFFER
    tried = await store.tried_so_far(tx, row.id)
    for channel, point in await every_way(tx, row.client_id, _purpose(row)):
        if (leave_channel and channel is row.channel) or not _is_new(channel, point, tried):
            continue
        if await _enqueue(tx, row, _copy(row, channel, point.id, _key(row, channel, point, tried))):
            return True
    return False


def leaves_channel(rule: ErrorRule) -> bool:
    """Whether a failure is one of the whole channel rather than of the number."""
    return rule.action in _CHANNEL_IS_OUT


def _purpose(row: SendRow) -> Purpose:
    purpose = traits(row.kind).purpose
    return purpose if purpose is Purpose.WAITLIST else Purpose.REMINDERS


async def _is_the_clients_own(tx: Tx, row: SendRow) -> bool:
    point = await people.contact_point(tx, row.contact_point_id) if row.contact_point_id else None
    return point is None or point.role == CLIENT


def _is_new(channel: Channel, point: ContactPoint, tried: tuple[Tried, ...]) -> bool:
    return point.role == CLIENT and all((each.channel, each.address_ix) != (channel, point.value_ix) for each in tried)


def _key(row: SendRow, channel: Channel, point: ContactPoint, tried: tuple[Tried, ...]) -> str:
    """What makes this way of saying it exist once; a touch has its own key, so that planning knows of it."""
    if row.touch is not None and row.participation_id is not None and row.revision is not None:
        key = outbox.touch_key(row.participation_id, row.touch, row.revision, channel.value)
    else:
        key = f"{tried[-1].dedupe}:{channel.value}"
    return f"{key}:{point.id[-8:]}" if any(each.channel is channel for each in tried) else key


async def _enqueue(tx: Tx, row: SendRow, draft: Draft) -> bool:
    """Queue it; one that is there already counts while it may still arrive."""
    message_id = await outbox.enqueue(tx, draft)
    if message_id is None:
        return await store.is_under_way(tx, draft.dedupe)
    await store.takes_place(tx, message_id, row.id)
    return True


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
