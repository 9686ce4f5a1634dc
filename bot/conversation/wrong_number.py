"""Somebody else has this number: apologise once, never text it again, and show staff what went there."""

from bot.conversation.say import say
from bot.conversation.turn import Turn
from messages.kinds import Kind
from messages.tasks import TaskKind, open_task
from scheduler.actions.clients import quarantine_contact_point
from scheduler.core.record import Tx


async def give_number_up(tx: Tx, turn: Turn) -> str:
    """Quarantine every contact point with the number. A stranger's number that nobody has on file needs no more."""
    if not turn.sender.points:
        return "not_on_file"
    await say(tx, turn, Kind.WRONG_NUMBER)
    for point in turn.sender.points:
        await quarantine_contact_point(tx, point.id, reason="wrong_number")
        await open_task(
            tx,
            TaskKind.WRONG_NUMBER,
            dedupe=f"wrong_number:{point.id}",
            client_id=point.client_id,
            inbound_id=turn.inbound.id,
        )
    return "quarantined"
