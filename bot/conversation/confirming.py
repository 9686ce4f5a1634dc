"""C: the visit stands."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from bot.conversation.hand_over import ask_staff, nothing_open
from bot.conversation.said_store import count
from bot.conversation.say import say
from bot.conversation.turn import REPEATED, Turn
from messages.intents.normalise import normalise
from messages.kinds import Kind
from messages.particulars import Particulars
from scheduler.actions.confirm import Confirmed, confirm
from scheduler.appointments.store import Visit
from scheduler.core.record import Tx

_JUST_NOW: Final = timedelta(hours=1)
_SMALL_WORDS: Final = ".confirm_weak"
_WILL_BE_READ: Final = (Kind.INBOX_AUTO, Kind.QUESTION_POINTER, Kind.NEEDS_OFFICE)
_NODS: Final = frozenset(
    {"ok", "okay", "k", "kk", "alright", "fine", "cool", "great", "perfect", "good", "sounds", "thanks", "thank", "you"}
    | {"bueno", "vale", "sale", "esta", "bien", "perfecto", "gracias"}
)
_SAYS_IT_STANDS: Final = (Kind.CONFIRMED, Kind.MOVED, Kind.OFFER_WON)


async def confirm_visit(tx: Tx, turn: Turn, visit: Visit, *, quietly: bool = False) -> str:
    """Confirm one visit and say so; `quietly` when another answer to the same text says it better.

    "Ok" to "the office will read this" says that they have read it: it answers no reminder.
    """
    if _only_nods(turn) and await count(tx, turn.sender.address_ix, _WILL_BE_READ, tx.now - REPEATED):
        return "nothing_to_do"
    outcome = await confirm(tx, visit.participation_id)
    if not isinstance(outcome, Confirmed):
        await ask_staff(tx, turn, participation_id=visit.participation_id)
        return await nothing_open(tx, turn)
    if not quietly and not (outcome.again and await _is_a_receipt(tx, turn)):
        # Said once more because they say it once more: two machines could go on like this all night.
        particulars = Particulars(starts_at=visit.starts_at)
        await say(tx, turn, Kind.CONFIRMED, particulars, visit=visit, idle=outcome.again)
    return "confirmed"


def _only_nods(turn: Turn) -> bool:
    return _NODS.issuperset(normalise(turn.inbound.body).tokens) and not turn.inbound.media_count


async def _is_a_receipt(tx: Tx, turn: Turn) -> bool:
    """“Ok great" behind our "confirmed": small words that only say they have read it."""
    small = all(rule.partition(":")[0].endswith(_SMALL_WORDS) for rule in turn.reading.why)
    return small and await count(tx, turn.sender.address_ix, _SAYS_IT_STANDS, tx.now - _JUST_NOW) > 0


async def confirm_all(tx: Tx, turn: Turn, visits: Sequence[Visit]) -> str:
    """They said all of them."""
    done = [visit for visit in visits if isinstance(await confirm(tx, visit.participation_id), Confirmed)]
    if not done:
        return await nothing_open(tx, turn)
    starts = tuple(dict.fromkeys(visit.starts_at for visit in done))
    options = starts if len(starts) > 1 else ()
    await say(tx, turn, Kind.CONFIRMED, Particulars(starts_at=starts[0], options=options))
    return "confirmed"
