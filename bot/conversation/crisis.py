"""A text that may come from somebody in distress: one notice with the emergency numbers, and a person is alerted.

Nothing is answered clinically and nothing is cancelled or moved on such a text: staff are asked. What does no harm (a
confirmation in the same text) is done. Invariant: every such text is an urgent task that alerts until it is
acknowledged, whether or not a notice may be sent.
"""

from bot.conversation.another_day import has_another_in_mind
from bot.conversation.say import say
from bot.conversation.turn import Turn
from messages import consent
from messages.intents import Asked, IntentKind
from messages.intents.reader import read
from messages.kinds import Kind
from messages.tasks import TaskKind, open_task
from scheduler.actions.confirm import confirm
from scheduler.core.record import Tx

_UNSETTLED = frozenset({IntentKind.CANNOT_COME, IntentKind.RESCHEDULE, IntentKind.UNSURE, IntentKind.LATE})


async def alarm(tx: Tx, turn: Turn) -> str:
    """Alert a person now; give the notice once a day, but never to a number that opted out (in this text, perhaps)."""
    meant = turn.situation.meant
    await open_task(
        tx,
        TaskKind.CRISIS,
        dedupe=f"crisis:{turn.inbound.id}",
        urgent=True,
        client_id=turn.client_id,
        inbound_id=turn.inbound.id,
        participation_id=meant[0].participation_id if meant else None,
        alert_at=tx.now,
    )
    if turn.direct is not None or not await consent.is_stopped(tx, turn.sender.address_ix, turn.channel):
        await say(tx, turn, Kind.CRISIS_NOTICE)
    sure = turn.reading.get(IntentKind.CONFIRM) and not _UNSETTLED & set(turn.reading.kinds)
    if sure and len(meant) == 1 and not has_another_in_mind(turn, IntentKind.CONFIRM, meant[0]):
        await confirm(tx, meant[0].participation_id)
        return "alerted_and_confirmed"
    return "alerted"


async def alarm_without_number(tx: Tx, client_id: str, words: str) -> bool:
    """Whether words that nothing keeps, since their client has no number, may be distress: then a person is alerted."""
    if IntentKind.CRISIS not in read(words, asked=Asked()).kinds:
        return False
    await open_task(
        tx, TaskKind.CRISIS, dedupe=f"crisis:page:{client_id}", urgent=True, client_id=client_id, alert_at=tx.now
    )
    return True
