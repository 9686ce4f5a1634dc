"""A further visit asked for by text: open times like the last visit's, a week on, where the practice allows it.

Invariant: nothing is booked before a number was chosen, and never for somebody who has not been here before.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final

from bot.conversation.hand_over import hand_over
from bot.conversation.new_times import hold_and_ask, tell_choice
from bot.conversation.turn import Turn
from messages.kinds import Kind
from messages.tasks import TaskKind, open_task
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.calendar.wallclock import to_local, to_utc, zone_of
from scheduler.core.record import Tx

A_WEEK: Final = timedelta(days=7)


async def offer_another(tx: Tx, turn: Turn, *, but_not: Collection[str] = ()) -> str:
    """Hold and offer up to three times for one more visit; a person calls where that cannot be done."""
    client_id = turn.client_id
    visits = await appointments.visits_of(tx, client_id) if client_id else ()
    if client_id is None or not visits or not turn.practice.follow_ups:
        return await _by_a_person(tx, turn)
    pattern = max(visits, key=lambda visit: visit.starts_at)
    held = await hold_and_ask(tx, turn, pattern, _a_week_on(pattern), but_not, book=True)
    if held is None:
        return await _by_a_person(tx, turn)
    await tell_choice(tx, turn, held, client_id)
    return "another_offered"


def _a_week_on(visit: Visit) -> datetime:
    """The same time of day a week later, also when the clocks change in between."""
    zone = zone_of(visit.zone)
    return to_utc(to_local(visit.starts_at, zone).replace(tzinfo=None) + A_WEEK, zone)


async def _by_a_person(tx: Tx, turn: Turn) -> str:
    """One call a day, however often they write; a letter is answered with what it stands for."""
    who = turn.client_id or turn.inbound.id
    dedupe = f"book:{who}:{turn.inbound.received_at:%Y%m%d}"
    await open_task(tx, TaskKind.CALL, dedupe=dedupe, client_id=turn.client_id, inbound_id=turn.inbound.id)
    nothing_booked = turn.is_by_letter and not turn.situation.meant
    return await hand_over(tx, turn, answer=Kind.NO_VISIT if nothing_booked else Kind.INBOX_AUTO)
