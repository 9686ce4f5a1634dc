"""R: three real times, held for ten minutes, chosen by number. The old time is kept until then."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from bot.conversation.hand_over import ask_staff
from bot.conversation.numbered import HANDLING, ask_numbered
from bot.conversation.question_store import Option, Question, QuestionKind
from bot.conversation.say import say
from bot.conversation.turn import Turn
from messages.kinds import Kind
from messages.particulars import Particulars
from messages.tasks import TaskKind, open_task
from scheduler.actions.hold import hold
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.calendar.open_times import OpenTime, open_times
from scheduler.calendar.slots import Slot, choose_three
from scheduler.calendar.wallclock import zone_of
from scheduler.core.record import Tx

HELD_FOR: Final = timedelta(minutes=10)
SOONEST: Final = timedelta(hours=2)
"""Times sooner than this are not offered: they have to be chosen, and reached."""

LOOK_AHEAD: Final = timedelta(days=21)
STEP_MINUTES: Final = 30


async def offer_times(tx: Tx, turn: Turn, visit: Visit, *, but_not: Collection[str] = ()) -> str:
    """Hold and offer up to three times near the visit, none of `but_not` (ISO instants offered before).

    A visit with others in it (a couple, a group) is not moved by one of them: staff are asked.
    """
    if await appointments.active_count(tx, visit.appointment_id) > 1:
        return await _none(tx, turn, visit)
    found = await _times(tx, visit, but_not)
    question_id = tx.new_id()
    until = tx.now + HELD_FOR
    kept = await hold(
        tx,
        holder_id=question_id,
        kind="choice",
        service_id=visit.service_id,
        times=found,
        expires_at=until + HANDLING,
    )
    if not kept:
        return await _none(tx, turn, visit)
    await ask_numbered(
        tx,
        turn,
        QuestionKind.TIMES,
        _options(kept, but_not),
        until,
        question_id=question_id,
        client_id=visit.client_id,
        participation_id=visit.participation_id,
    )
    particulars = Particulars(
        starts_at=visit.starts_at if visit.is_active else None,
        options=tuple(time.starts_at for time in kept),
        deadline=until,
    )
    await say(tx, turn, Kind.TIMES_OFFERED, particulars, client_id=visit.client_id)
    return "times_offered"


def offered_before(question: Question) -> frozenset[str]:
    """The times of a question, and those its client had turned down before it."""
    seen = {option["starts_at"] for option in question.options}
    return frozenset(seen.union(*(option["before"] for option in question.options)))


async def _times(tx: Tx, visit: Visit, but_not: Collection[str]) -> tuple[OpenTime, ...]:
    earliest = tx.now + SOONEST
    near = max(visit.starts_at, earliest)
    found = await open_times(
        tx,
        clinician_ids=(visit.clinician_id,),
        service_id=visit.service_id,
        earliest=earliest,
        latest=near + LOOK_AHEAD,
        step_minutes=STEP_MINUTES,
    )
    mine = [
        other
        for other in await appointments.upcoming(tx, (visit.client_id,), tx.now)
        if other.participation_id != visit.participation_id
    ]
    free = {
        Slot(time.starts_at, time.ends_at, time.location_id): time
        for time in found
        if time.starts_at.isoformat() not in but_not
        and time.starts_at != visit.starts_at
        and not any(time.starts_at < other.ends_at and other.starts_at < time.ends_at for other in mine)
    }
    return tuple(free[slot] for slot in choose_three(tuple(free), near, zone_of(visit.zone)))


def _options(kept: Sequence[OpenTime], but_not: Collection[str]) -> list[dict[str, Any]]:
    return [
        {
            "n": number,
            "starts_at": time.starts_at.isoformat(),
            "clinician_id": time.clinician_id,
            "location_id": time.location_id,
            "before": sorted(but_not),
        }
        for number, time in enumerate(kept, start=1)
    ]


def start_of(option: Option) -> datetime:
    """The instant of an offered time."""
    return datetime.fromisoformat(option["starts_at"])


async def _none(tx: Tx, turn: Turn, visit: Visit) -> str:
    """Nothing to offer: a person calls, and the visit stays as it is."""
    await ask_staff(tx, turn, participation_id=visit.participation_id)
    await open_task(
        tx,
        TaskKind.CALL,
        dedupe=f"call:{visit.participation_id}",
        client_id=visit.client_id,
        inbound_id=turn.inbound.id,
        participation_id=visit.participation_id,
    )
    particulars = Particulars(starts_at=visit.starts_at if visit.is_active else None)
    await say(tx, turn, Kind.TIMES_NONE, particulars, client_id=visit.client_id)
    return "no_times"
