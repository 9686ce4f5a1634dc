"""Resting on the waitlist by text: "pause the waitlist for two weeks", "put the cancellation list on hold until May 3".

Until when is read from the text; a fortnight, where it does not say. Invariant: the place and its waiting are kept, and
whoever asks to be on the list again is taken up at once (running_errands.py).
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Final

from bot.conversation.hand_over import hand_over
from bot.conversation.say import say
from bot.conversation.turn import Turn
from messages.intents.normalise import normalise
from messages.intents.phrases import phrase_group
from messages.kinds import Kind
from messages.particulars import Particulars
from messages.when import SpanKind, When
from scheduler.calendar.wallclock import at_minute, local_day
from scheduler.core.record import Tx
from waitlist import entry_store
from waitlist.actions.pause import pause
from waitlist.entry_store import EntryState

REST: Final = timedelta(weeks=2)
LONGEST: Final = timedelta(weeks=26)
_LENGTHS: Final = phrase_group(
    (str(days), phrase)
    for days, phrase in (
        (7, "a|one|1|una week|semana"),
        (14, "two|2|couple|dos of? weeks|semanas"),
        (14, "fortnight|quincena"),
        (21, "three|3|tres weeks|semanas"),
        (28, "four|4|cuatro weeks|semanas"),
        (30, "a|one|1|un month|mes"),
        (60, "two|2|couple|dos of? months|meses"),
        (90, "three|3|tres months|meses"),
    )
)


async def rest_on_list(tx: Tx, turn: Turn, client_id: str) -> str:
    """Let whatever they wait for rest, and say until when."""
    waiting = [each for each in await entry_store.entries_of(tx, client_id) if each.state is EntryState.WAITING]
    if not waiting:
        return await hand_over(tx, turn)
    day = rests_until(turn.inbound.body, turn.when, local_day(turn.inbound.received_at, turn.zone))
    until = at_minute(day, 0, turn.zone)
    for entry in waiting:
        await pause(tx, entry.id, until)
    await say(tx, turn, Kind.LIST_RESTS, Particulars(starts_at=until))
    return "rests_on_list"


def rests_until(body: str, when: When, today: date) -> date:
    """The day on which they hear of times again: one they named, after a length they named, or in a fortnight. Pure."""
    named = next((day for day in _days(when) if today < day <= today + LONGEST), None)
    if named is not None:
        return named
    found = _LENGTHS.first(normalise(body).whole.spoken)
    return today + (timedelta(days=int(found.partition(":")[0])) if found else REST)


def _days(when: When) -> Iterator[date]:
    """The days that what was named leads to: the 5th of "until the 5th", the day after "next week" or "Christmas"."""
    for span in (*when.spans, *when.without):
        edge = span.start if span.end is None else span.end
        if isinstance(edge, datetime):
            yield edge.date() - (timedelta(days=1) if span.kind is SpanKind.OPEN_START else timedelta())
