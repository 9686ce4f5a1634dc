"""N: they cannot come. Late or not, it is accepted; the hour is on its way to the waitlist when the answer leaves."""

import re
from collections.abc import Sequence
from typing import Final

from bot.conversation.hand_over import ask_staff, nothing_open
from bot.conversation.say import say
from bot.conversation.turn import REPEATED, Turn
from bot.conversation.undoing import comes_back, gives_back, keep_undo, undo
from bot.conversation.which_visit import the_other
from messages.intents import Intent, IntentKind
from messages.intents.normalise import normalise
from messages.intents.phrases import phrase_group
from messages.kinds import Kind
from messages.particulars import Particulars
from scheduler.actions.cancel import Cancelled, cancel
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.core.record import Tx

_SAYS_THEY_COME: Final = re.compile(r"^code|\.confirm_strong:(?!see you|ill\|well see you|nos vemos)")
"""The rules of a yes that is more than a parting word."""
_AFTER_ALL: Final = phrase_group(
    ("after_all", phrase)
    for phrase in (
        "can|could|will|ill|well|going|gonna|able * come|make|be|attend|there * after all",
        "after all * can|could|will|ill|well * come|make|be|attend|there",
        "have|get|keep|want it|that|this|my|mine * back",
        "dont|didnt|not|never mean|meant|want|wanted * cancel|cancelled",
        "cancel|cancelled|canceled * accident|mistake|accidentally",
        "uncancel",
        "siempre si voy|vamos|puedo|podemos|llego|ire",
        "si siempre voy|vamos|puedo",
        "finalement je peux|viens|viendrai",
    )
)
"""Coming in spite of what was said before."""


async def cancel_visit(tx: Tx, turn: Turn, visit: Visit) -> str:
    """Cancel one visit with the text as evidence, and say whether it was late.

    An opening they took a moment ago is given back instead: what it replaced, and their place on the list, are theirs.
    """
    if await gives_back(tx, turn, visit):
        return await undo(tx, turn)
    return await cancel_all(tx, turn, (visit,))


async def cancel_all(tx: Tx, turn: Turn, visits: Sequence[Visit]) -> str:
    """Cancel each of the visits; one undo takes all of it back."""
    outcomes = [(visit, await _cancel(tx, turn, visit)) for visit in visits]
    done = [(visit, outcome) for visit, outcome in outcomes if isinstance(outcome, Cancelled)]
    if not done:
        await ask_staff(tx, turn, participation_id=visits[0].participation_id)
        return await nothing_open(tx, turn)
    await keep_undo(tx, turn, [{"act": "cancel", "participation_id": visit.participation_id} for visit, _ in done])
    in_time = [visit for visit, outcome in done if not outcome.late]
    if len(in_time) > 1:
        await _tell_together(tx, turn, in_time)
    for visit, outcome in done:
        if outcome.late or len(in_time) == 1:
            await _tell(tx, turn, visit, late=outcome.late)
    return "cancelled_late" if any(outcome.late for _, outcome in done) else "cancelled"


async def _cancel(tx: Tx, turn: Turn, visit: Visit) -> object:
    return await cancel(
        tx,
        visit.participation_id,
        by="client",
        received_at=turn.inbound.received_at,
        inbound_id=turn.inbound.id,
        words=turn.inbound.body,
        told=False,
    )


async def _tell_together(tx: Tx, turn: Turn, visits: Sequence[Visit]) -> None:
    """Several in one text: a person reads it too, for who cancels all that is ahead may be leaving."""
    await ask_staff(tx, turn, participation_id=visits[0].participation_id)
    starts = tuple(dict.fromkeys(visit.starts_at for visit in visits))
    particulars = Particulars(starts_at=starts[0], options=starts if len(starts) > 1 else ())
    await say(tx, turn, Kind.CANCELLED, particulars, visit=visits[0])


async def _tell(tx: Tx, turn: Turn, visit: Visit, *, late: bool) -> None:
    part = f":{visit.participation_id}"
    if late:
        hours = await appointments.late_window_hours(tx)
        particulars = Particulars(starts_at=visit.starts_at, late_hours=hours)
        await say(tx, turn, Kind.LATE_CANCELLED, particulars, visit=visit, part=part)
        return
    other = await the_other(tx, turn, visit) or _the_other_meant(turn, visit)
    particulars = Particulars(starts_at=visit.starts_at, other_at=other.starts_at if other else None)
    await say(tx, turn, Kind.CANCELLED, particulars, visit=visit, part=part)


def _the_other_meant(turn: Turn, visit: Visit) -> Visit | None:
    """Of two that could be meant, the one whose day was not named; none where both went."""
    others = [each for each in turn.situation.meant if each.participation_id != visit.participation_id]
    named = turn.when.without and not any(intent.every for intent in turn.reading.intents)
    return others[0] if named and len(others) == 1 else None


async def after_cancelling(tx: Tx, turn: Turn, intent: Intent, visit: Visit) -> str:
    """Who has just cancelled and says they come after all has it back; "ok, see you then" is told once more how."""
    comes = intent.kind is IntentKind.CONFIRM and any(map(_SAYS_THEY_COME.search, turn.reading.why))
    if comes or comes_after_all(turn.inbound.body):
        return await (comes_back(tx, turn, visit.participation_id) if turn.situation.undo is None else undo(tx, turn))
    if turn.situation.undo is None:
        return await nothing_open(tx, turn)
    await ask_staff(tx, turn, participation_id=visit.participation_id)
    await say(tx, turn, Kind.CANCELLED, Particulars(starts_at=visit.starts_at), visit=visit, idle=True)
    return "told_it_is_cancelled"


def comes_after_all(text: str) -> bool:
    """Whether words take a cancellation back: "I can come after all", "can I have it back"."""
    return _AFTER_ALL.first(normalise(text).whole.spoken) is not None


def said_before(turn: Turn) -> bool:
    """Whether they have just cancelled, so that this may be the same N sent twice and not about the next visit.

    A reminder of the next visit that came meanwhile makes it about that one, unless it is only minutes.
    """
    gone = turn.situation.called_off
    if gone is None or gone.cancelled_at is None or not turn.situation.meant or turn.situation.only_an_offer:
        return False
    return not turn.situation.reminded or turn.inbound.received_at - gone.cancelled_at <= REPEATED


async def ask_about_the_next(tx: Tx, turn: Turn) -> str:
    """Say that the next visit stands, and how to cancel it too. Nothing is cancelled."""
    visit = turn.situation.meant[0]
    await say(tx, turn, Kind.KEPT, Particulars(starts_at=visit.starts_at), visit=visit)
    return "asked_about_the_next"
