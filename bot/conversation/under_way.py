"""A text that comes after a visit has begun: it is about that visit, and nothing ahead is touched because of it."""

from bot.conversation.hand_over import ask_staff, hand_over
from bot.conversation.late import running_late
from bot.conversation.turn import Turn
from messages.intents import Intent, IntentKind
from scheduler.appointments.store import Visit
from scheduler.core.record import Tx


async def about_visit_under_way(tx: Tx, turn: Turn, intent: Intent, visit: Visit) -> str | None:
    """They are late, or not coming, and the clinician is waiting: staff see it at once.

    None when the text answers a reminder of another visit: a yes to that one, or a wish to change it. "Can't come" is
    then too dear to guess at and goes to staff as well.
    """
    if intent.kind in {IntentKind.CONFIRM, IntentKind.RESCHEDULE} and turn.situation.reminded:
        return None
    await ask_staff(tx, turn, urgent=True, participation_id=visit.participation_id)
    if intent.kind is IntentKind.LATE:
        return await running_late(tx, turn, visit)
    return await hand_over(tx, turn)
