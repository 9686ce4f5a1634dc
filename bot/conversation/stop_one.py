"""STOP for one of those who share a phone: "STOP 2", after the visits were shown by number.

The carrier does not know such a word and stops nothing. Invariant: only a number that still stands on their phone
stops one alone; every other STOP is for the whole number, as the law has it.
"""

from typing import Final

from bot.conversation.hand_over import ask_about
from bot.conversation.say import say
from bot.conversation.turn import Turn
from bot.conversation.which_visit import numbering, visit_number
from messages import consent
from messages.intents.normalise import normalise
from messages.kinds import Kind, Purpose
from messages.particulars import Particulars
from messages.recipients import agreed_texts
from messages.tasks import TaskKind
from scheduler.core.record import Tx

WORDING: Final = "stop_for_one"
_BESIDE: Final = frozenset(
    {"stop", "texts", "text", "messages", "for", "only", "just", "number", "visit", "please", "thanks", "the", "no"}
    | {"para", "solo", "numero", "textos", "mensajes", "cita", "el", "la", "gracias", "alto", "parar", "por", "favor"}
)
_SHARED: Final = 2


def number_to_stop(body: str) -> int | None:
    """The number a STOP names, when it says nothing else."""
    tokens = normalise(body).tokens
    numbers = [token for token in tokens if token.isdecimal()]
    rest = {token for token in tokens if not token.isdecimal()}
    return int(numbers[0]) if len(numbers) == 1 and "stop" in rest and rest <= _BESIDE else None


async def stop_one(tx: Tx, turn: Turn) -> str | None:
    """End texts about one client at this number; None when that is not what the STOP says."""
    number = number_to_stop(turn.inbound.body)
    shown = await numbering(tx, turn) if number is not None and len(turn.sender.client_ids) >= _SHARED else None
    visit = await visit_number(tx, shown, number) if shown is not None and number is not None else None
    point = next((each for each in turn.sender.points if visit and each.client_id == visit.client_id), None)
    if visit is None or point is None:
        return None
    for purpose in (Purpose.REMINDERS, Purpose.WAITLIST):
        for channel in await agreed_texts(tx, point.id, purpose):
            await consent.withdraw(tx, point.id, channel, purpose, wording=WORDING, how="keyword")
    await ask_about(tx, turn, TaskKind.OPTED_OUT, visit, dedupe=f"opted_out:{turn.inbound.id}")
    particulars = Particulars(starts_at=visit.starts_at, count=number)
    others = next((each for each in turn.sender.client_ids if each != visit.client_id), None)
    await say(tx, turn, Kind.STOPPED_ONE, particulars, client_id=others)
    return "stopped_one"
