"""Late, or not sure: the visit stays as it is; the board of the day says so, and the desk is told."""

from datetime import timedelta
from typing import Final

from bot.conversation.hand_over import ask_staff
from bot.conversation.say import say
from bot.conversation.turn import Turn
from messages.intents import IntentKind
from messages.kinds import Kind
from messages.particulars import Particulars
from scheduler.actions.say_late import say_late
from scheduler.appointments.store import Visit
from scheduler.core.record import Tx

SOON: Final = timedelta(hours=2)
"""A client who will be late for a visit this near is shown to staff before other replies."""


async def running_late(tx: Tx, turn: Turn, visit: Visit) -> str:
    """They will be late, by so many minutes if they said so."""
    late = turn.reading.get(IntentKind.LATE)
    await say_late(tx, visit.participation_id, late.minutes if late else None)
    soon = visit.starts_at - tx.now < SOON
    await ask_staff(tx, turn, urgent=soon, participation_id=visit.participation_id)
    particulars = Particulars(starts_at=visit.starts_at, late_minutes=late.minutes if late else None)
    await say(tx, turn, Kind.LATE_NOTED, particulars, visit=visit)
    return "late_noted"


async def late_or_unsure(tx: Tx, turn: Turn, visit: Visit) -> str:
    """They may or may not come: asked to say which, and until then they are expected."""
    await ask_staff(tx, turn, participation_id=visit.participation_id)
    await say(tx, turn, Kind.UNSURE, Particulars(starts_at=visit.starts_at), visit=visit)
    return "unsure_noted"
