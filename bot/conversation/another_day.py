"""A yes or a no that names another day or hour than the visit's: the client may have mistaken it.

Invariant: nothing is confirmed or cancelled by such a text. They are told when the visit is, and staff read it.
"""

from datetime import datetime, timedelta
from typing import Final

from bot.conversation.compared import dates_named, times_named
from bot.conversation.hand_over import ask_staff
from bot.conversation.say import say
from bot.conversation.turn import Turn
from messages.intents import IntentKind
from messages.intents.days import named_days
from messages.kinds import Kind
from messages.particulars import Particulars
from scheduler.appointments.store import Visit
from scheduler.calendar.wallclock import zone_of
from scheduler.core.record import Tx

NEARLY: Final = timedelta(minutes=30)
"""Who says 1:45 or 2:10 of a visit at two has it in mind."""


def has_another_in_mind(turn: Turn, wish: IntentKind, visit: Visit) -> bool:
    """Whether a yes or a no speaks of another day, or a yes of another hour, than the visit's."""
    if wish is IntentKind.CONFIRM:
        return _names_another_day(turn, visit) or _names_another_hour(turn, visit)
    return wish is IntentKind.CANNOT_COME and _names_another_day(turn, visit)


def _names_another_day(turn: Turn, visit: Visit) -> bool:
    """Whether the text names days and none of them is the visit's, by the clock of the visit or of the practice."""
    named, days = named_days(turn.inbound.body), dates_named(turn.when)
    zones = {zone_of(visit.zone), zone_of(turn.practice.zone)}
    written = turn.inbound.received_at
    if days and not (named.weekdays or named.tomorrow):
        return not any(visit.starts_at.astimezone(zone).date() in days for zone in zones)
    return not any(named.may_mean(visit.starts_at.astimezone(zone), written.astimezone(zone)) for zone in zones)


def _names_another_hour(turn: Turn, visit: Visit) -> bool:
    """Whether the text names moments and none of them is about when the visit begins."""
    times = times_named(turn.when)
    starts = visit.starts_at.astimezone(zone_of(visit.zone)).replace(tzinfo=None)
    return bool(times) and all(abs(datetime.combine(starts, each) - starts) > NEARLY for each in times)


async def tell_the_day(tx: Tx, turn: Turn, visit: Visit) -> str:
    """Say that nothing has changed, and when the visit is."""
    await ask_staff(tx, turn, participation_id=visit.participation_id)
    await say(tx, turn, Kind.KEPT, Particulars(starts_at=visit.starts_at), visit=visit)
    return "told_the_day"
