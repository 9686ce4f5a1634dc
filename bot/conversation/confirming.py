"""C: the visit stands."""

from collections.abc import Sequence

from bot.conversation.hand_over import ask_staff, nothing_open
from bot.conversation.say import say
from bot.conversation.turn import Turn
from messages.kinds import Kind
from messages.particulars import Particulars
from scheduler.actions.confirm import Confirmed, confirm
from scheduler.appointments.store import Visit
from scheduler.core.record import Tx


async def confirm_visit(tx: Tx, turn: Turn, visit: Visit, *, quietly: bool = False) -> str:
    """Confirm one visit and say so; `quietly` when another answer to the same text says it better."""
    outcome = await confirm(tx, visit.participation_id)
    if not isinstance(outcome, Confirmed):
        await ask_staff(tx, turn, participation_id=visit.participation_id)
        return await nothing_open(tx, turn)
    if not quietly:
        # Said once more because they say it once more: two machines could go on like this all night.
        particulars = Particulars(starts_at=visit.starts_at)
        await say(tx, turn, Kind.CONFIRMED, particulars, visit=visit, idle=outcome.again)
    return "confirmed"


async def confirm_all(tx: Tx, turn: Turn, visits: Sequence[Visit]) -> str:
    """They said all of them."""
    done = [visit for visit in visits if isinstance(await confirm(tx, visit.participation_id), Confirmed)]
    if not done:
        return await nothing_open(tx, turn)
    starts = tuple(dict.fromkeys(visit.starts_at for visit in done))
    options = starts if len(starts) > 1 else ()
    await say(tx, turn, Kind.CONFIRMED, Particulars(starts_at=starts[0], options=options))
    return "confirmed"
