"""A yes or a no that names another day than the visit's: the client may have mistaken the day.

Invariant: nothing is confirmed or cancelled by such a text. They are told the day it is, and staff read it.
"""

from bot.conversation.hand_over import ask_staff
from bot.conversation.say import say
from bot.conversation.turn import Turn
from messages.intents.days import named_days
from messages.kinds import Kind
from messages.particulars import Particulars
from scheduler.appointments.store import Visit
from scheduler.calendar.wallclock import zone_of
from scheduler.core.record import Tx


def names_another_day(turn: Turn, visit: Visit) -> bool:
    """Whether the text names days and none of them is the visit's, by the clock of the visit or of the practice."""
    named = named_days(turn.inbound.body)
    zones = {zone_of(visit.zone), zone_of(turn.practice.zone)}
    written = turn.inbound.received_at
    return not any(named.may_mean(visit.starts_at.astimezone(zone), written.astimezone(zone)) for zone in zones)


async def tell_the_day(tx: Tx, turn: Turn, visit: Visit) -> str:
    """Say that nothing has changed, and when the visit is."""
    await ask_staff(tx, turn, participation_id=visit.participation_id)
    await say(tx, turn, Kind.KEPT, Particulars(starts_at=visit.starts_at), visit=visit)
    return "told_the_day"
