"""A yes or a no that names another day or hour than the visit's: the client may have mistaken it.

Invariant: nothing is confirmed or cancelled by such a text. They are told when the visit is, and staff read it.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.conversation.compared import named_stretches, times_named
from bot.conversation.hand_over import ask_staff
from bot.conversation.say import say
from bot.conversation.turn import Turn
from messages.intents import IntentKind
from messages.intents.days import named_days
from messages.kinds import Kind
from messages.particulars import Particulars
from messages.when import SpanKind
from scheduler.appointments.store import Visit
from scheduler.calendar.wallclock import zone_of
from scheduler.core.record import Tx

NEARLY: Final = timedelta(minutes=30)
"""Who says 1:45 or 2:10 of a visit at two has it in mind."""


def has_another_in_mind(turn: Turn, wish: IntentKind, visit: Visit) -> bool:
    """Whether a yes or a no speaks of another day, or a yes of another hour, than the visit's."""
    zones = {zone_of(visit.zone), zone_of(turn.practice.zone)}
    if wish is IntentKind.CONFIRM:
        return _names_another_day(turn, visit.starts_at, zones) or _names_another_hour(
            turn, visit.starts_at, zone_of(visit.zone)
        )
    return wish is IntentKind.CANNOT_COME and _names_another_day(turn, visit.starts_at, zones)


def visit_named(turn: Turn, wish: IntentKind) -> Visit | None:
    """Of several visits the one whose day a yes or a no names; None where two are on such a day of the week."""
    named = {IntentKind.CONFIRM: turn.when.spans, IntentKind.CANNOT_COME: turn.when.without}.get(wish, ())
    days = [span for span in named if span.kind is SpanKind.DATE]
    about = [
        visit
        for visit in turn.situation.meant
        if any(span.covers(visit.starts_at.astimezone(turn.zone).replace(tzinfo=None)) for span in days)
    ]
    weekdays = named_days(turn.inbound.body).weekdays
    alike = [each for each in turn.situation.meant if each.starts_at.astimezone(turn.zone).weekday() in weekdays]
    sure = len(about) == 1 and len(days) == 1 and not turn.when.ask and len(alike) <= 1
    return about[0] if sure and not has_another_in_mind(turn, wish, about[0]) else None


def takes_another(turn: Turn, offered: datetime) -> bool:
    """Whether a yes to an offer speaks of another day or hour than the one that is offered."""
    return _names_another_day(turn, offered, {turn.zone}) or _names_another_hour(turn, offered, turn.zone)


def _names_another_day(turn: Turn, moment: datetime, zones: Collection[ZoneInfo]) -> bool:
    """Whether the text names days, weeks or months without that of the moment, by any of the clocks."""
    named, stretches = named_days(turn.inbound.body), named_stretches(turn.when)
    written = turn.inbound.received_at
    if stretches and not (named.weekdays or named.tomorrow):
        days = {moment.astimezone(zone).date() for zone in zones}
        return not any(first <= day <= last for day in days for first, last in stretches)
    return not any(named.may_mean(moment.astimezone(zone), written.astimezone(zone)) for zone in zones)


def _names_another_hour(turn: Turn, moment: datetime, zone: ZoneInfo) -> bool:
    """Whether the text names moments and none of them is about that one."""
    times = times_named(turn.when)
    starts = moment.astimezone(zone).replace(tzinfo=None)
    return bool(times) and all(abs(datetime.combine(starts, each) - starts) > NEARLY for each in times)


async def tell_the_day(tx: Tx, turn: Turn, visit: Visit) -> str:
    """Say that nothing has changed, and when the visit is."""
    await ask_staff(tx, turn, participation_id=visit.participation_id)
    await say(tx, turn, Kind.KEPT, Particulars(starts_at=visit.starts_at), visit=visit)
    return "told_the_day"
