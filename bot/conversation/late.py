"""Late, or not sure: the visit stays as it is; the board of the day says so, and the desk is told."""

from typing import Final

from bot.conversation.hand_over import SOON, ask_staff
from bot.conversation.said_store import count
from bot.conversation.say import say
from bot.conversation.turn import Turn
from messages.intents import IntentKind
from messages.intents.normalise import normalise
from messages.kinds import Kind
from messages.particulars import Particulars
from scheduler.actions.say_late import say_late
from scheduler.appointments.store import Visit
from scheduler.core.record import Tx

_LONGEST: Final = 120
_HOW_MUCH: Final = frozenset(
    {"more", "like", "about", "closer", "min", "mins", "minutes", "make", "mas", "mejor", "casi", "como", "minutos"}
)


async def running_late(tx: Tx, turn: Turn, visit: Visit) -> str:
    """They will be late, by so many minutes if they said so."""
    late = turn.reading.get(IntentKind.LATE)
    minutes = late.minutes if late else None
    if minutes is None and await _said_before(tx, turn):
        minutes = _lone_number(turn)
    return await _note(tx, turn, visit, minutes)


async def later_than_said(tx: Tx, turn: Turn) -> str | None:
    """“More like 25" from somebody who is on the way late; None when nobody is, or no one number is named."""
    visits = [turn.situation.under_way] if turn.situation.under_way else list(turn.situation.meant)
    minutes = _lone_number(turn)
    if minutes is None or len(visits) != 1 or not await _said_before(tx, turn):
        return None
    return await _note(tx, turn, visits[0], minutes)


async def _note(tx: Tx, turn: Turn, visit: Visit, minutes: int | None) -> str:
    await say_late(tx, visit.participation_id, minutes)
    soon = visit.starts_at - tx.now < SOON
    await ask_staff(tx, turn, urgent=soon, participation_id=visit.participation_id)
    await say(tx, turn, Kind.LATE_NOTED, Particulars(starts_at=visit.starts_at, late_minutes=minutes), visit=visit)
    return "late_noted"


async def _said_before(tx: Tx, turn: Turn) -> bool:
    return await count(tx, turn.sender.address_ix, (Kind.LATE_NOTED,), tx.now - SOON) > 0


def _lone_number(turn: Turn) -> int | None:
    """The one number in a text, beside a word that says how much it is: "bus 42" is no delay."""
    tokens = normalise(turn.inbound.body).tokens
    numbers = [int(token) for token in tokens if token.isdecimal()]
    sure = len(numbers) == 1 and not _HOW_MUCH.isdisjoint(tokens)
    return numbers[0] if sure and 0 < numbers[0] <= _LONGEST else None


async def late_or_unsure(tx: Tx, turn: Turn, visit: Visit) -> str:
    """They may or may not come: asked to say which, and until then they are expected."""
    await ask_staff(tx, turn, participation_id=visit.participation_id)
    await say(tx, turn, Kind.UNSURE, Particulars(starts_at=visit.starts_at), visit=visit)
    return "unsure_noted"
