"""“Remind me again Wednesday morning”: one more reminder of the visit, at the time they named.

It is a reminder like any other: checked again when it leaves, in the send window, and void once the visit is moved.
Invariant: without a time that is sure and lies before the visit nothing is promised; a person reads it.
"""

from datetime import datetime, time, timedelta
from typing import Final

from bot.conversation.hand_over import hand_over
from bot.conversation.say import say
from bot.conversation.turn import Turn
from messages.kinds import Kind
from messages.outbox import Draft, enqueue
from messages.particulars import Particulars
from messages.when import SpanKind
from scheduler.appointments.store import Visit
from scheduler.core.record import Tx

NINE: Final = time(9)
"""When a day alone was named."""

LATEST: Final = timedelta(hours=1)
"""So long before the visit a reminder still helps."""


async def remind_again(tx: Tx, turn: Turn) -> str:
    """Set the reminder and say when it comes."""
    meant = turn.situation.meant
    at = _named(turn)
    to = turn.recipient(meant[0].client_id) if len(meant) == 1 else None
    if at is None or to is None or not tx.now < at <= meant[0].starts_at - LATEST:
        return await hand_over(tx, turn)
    await enqueue(tx, _reminder(turn, meant[0], to, at))
    await say(tx, turn, Kind.REMINDER_SET, Particulars(starts_at=meant[0].starts_at, other_at=at), visit=meant[0])
    return "reminder_set"


def _named(turn: Turn) -> datetime | None:
    """The moment they named, the start of a part of the day, or nine of a day."""
    if turn.when.ask or len(turn.when.spans) != 1:
        return None
    span = turn.when.spans[0]
    if not isinstance(span.start, datetime) or span.kind is SpanKind.OPEN_END:
        return None
    named = datetime.combine(span.start, NINE) if span.kind is SpanKind.DATE else span.start
    return named.replace(tzinfo=turn.zone)


def _reminder(turn: Turn, visit: Visit, to: str, at: datetime) -> Draft:
    return Draft(
        kind=Kind.REMINDER,
        channel=turn.channel,
        to=to,
        dedupe=f"again:{turn.inbound.id}",
        fields=Particulars(starts_at=visit.starts_at),
        due_at=at,
        client_id=visit.client_id,
        participation_id=visit.participation_id,
        revision=visit.revision,
    )
