"""Late, or not sure: the visit stays as it is, and the clinician's desk is told."""

from bot.conversation.hand_over import ask_staff
from bot.conversation.say import say
from bot.conversation.turn import Turn
from messages.intents import IntentKind
from messages.kinds import Kind
from messages.particulars import Particulars
from scheduler.appointments.store import Visit
from scheduler.core.record import Tx


async def running_late(tx: Tx, turn: Turn, visit: Visit) -> str:
    """They will be late, by so many minutes if they said so."""
    late = turn.reading.get(IntentKind.LATE)
    await ask_staff(tx, turn, participation_id=visit.participation_id)
    particulars = Particulars(starts_at=visit.starts_at, late_minutes=late.minutes if late else None)
    await say(tx, turn, Kind.LATE_NOTED, particulars, visit=visit)
    return "late_noted"


async def late_or_unsure(tx: Tx, turn: Turn, visit: Visit) -> str:
    """They may or may not come: asked to say which, and until then they are expected."""
    await ask_staff(tx, turn, participation_id=visit.participation_id)
    await say(tx, turn, Kind.UNSURE, Particulars(starts_at=visit.starts_at), visit=visit)
    return "unsure_noted"
