"""“I'm here”, “outside”, “in the parking lot”: the desk is told at once, and so is whoever stands at the door.

Nothing is marked by it: that somebody has come is for a person to see. Invariant: words of being here count only around
a visit of theirs, so that "we are here for you" tells nobody anything.
"""

from datetime import timedelta
from typing import Final

from bot.conversation.hand_over import ask_staff
from bot.conversation.say import say
from bot.conversation.turn import Turn
from messages.intents import IntentKind
from messages.intents.normalise import normalise
from messages.intents.phrases import phrase_group
from messages.kinds import Kind
from messages.particulars import Particulars
from scheduler.appointments.store import Visit
from scheduler.core.record import Tx

BEFORE: Final = timedelta(minutes=90)
"""How long before a visit somebody may be at the door."""

_NOT_HERE: Final = frozenset({IntentKind.CANNOT_COME, IntentKind.STOP, IntentKind.WRONG_NUMBER})
_MOST_WORDS: Final = 14
_PLACE: Final = "waiting|parking|lobby|lot|door|front|entrance|garage|hallway|reception|outside|downstairs|building"
_HERE: Final = phrase_group(
    ("here", phrase)
    for phrase in (
        "im|were|am|we|finally|just|i|hes|shes all? here|outside|downstairs|inside|upstairs $|now|in|at|waiting|for",
        "im|were|am|we all? here|outside|downstairs|inside already|early|where|and|but|which|what|can",
        f"im|were|am|are|sitting|waiting|parked|standing in|at|by|outside the|your|my? {_PLACE}",
        "^ here|outside|downstairs $|now|for|where",
        f"^ in|at|by the|your {_PLACE}",
        "just|have|i|we arrived|arrive|parked $|at|in|now|outside|where|and",
        "just|i got|pulled|pulling here|in|up",
        "ya? llegue|llegamos $|estoy|donde|afuera|aqui|a|y",
        "ya? estoy|estamos|ando aqui|afuera|abajo|adentro|fuera|ahi",
        "estoy|estamos en la|el sala|estacionamiento|recepcion|puerta|entrada|parqueo|lobby",
        "^ aqui|afuera estoy|ando|$",
    )
)
_NOT_YET: Final = phrase_group(
    ("not_yet", phrase)
    for phrase in (
        "not|no|be|isnt|will|ill|well here|outside|there",
        "until|when|if|cuando|si",
        "minutes|min",
        "for you",
    )
)


async def has_arrived(tx: Tx, turn: Turn) -> str | None:
    """Tell the desk that they are here; None when nothing says so, or no visit of theirs is near."""
    visit = _near(tx, turn)
    if visit is None or _NOT_HERE & set(turn.reading.kinds) or not says_here(turn.inbound.body):
        return None
    await ask_staff(tx, turn, urgent=True, participation_id=visit.participation_id)
    await say(tx, turn, Kind.ARRIVED_NOTED, Particulars(starts_at=visit.starts_at), visit=visit)
    return "arrival_noted"


def says_here(text: str) -> bool:
    """Whether a short text says that somebody is at the place now."""
    line = normalise(text).whole.spoken
    return len(line.split()) <= _MOST_WORDS and _NOT_YET.first(line) is None and _HERE.first(line) is not None


def _near(tx: Tx, turn: Turn) -> Visit | None:
    """The visit that has begun, else the soonest ahead if it is about to."""
    situation = turn.situation
    if situation.under_way is not None:
        return situation.under_way
    soon = [visit for visit in situation.meant if visit.starts_at - tx.now <= BEFORE]
    return min(soon, key=lambda visit: visit.starts_at, default=None)
