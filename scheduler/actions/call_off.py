"""A clinician is away: their hours are closed, and the visits in them cancelled by the practice, all in one commit.

Telling the clients is the subscribers' of each cancellation, as when one visit is cancelled. Invariant: a visit of
another clinician is never called off by it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from scheduler.actions.cancel import Cancelled, cancel
from scheduler.actions.practice import add_exception, remove_exception
from scheduler.appointments import store
from scheduler.calendar.availability import DayException
from scheduler.core.errors import NotFound
from scheduler.core.record import Tx
from scheduler.people import hours_store


@dataclass(frozen=True, slots=True)
class CalledOff:
    """`cancelled`: the places given up. `stood`: those that had begun or were cancelled meanwhile, left as they are."""

    cancelled: tuple[str, ...]
    stood: tuple[str, ...]


async def call_off(
    tx: Tx, clinician_id: str, away: Iterable[DayException], participation_ids: Iterable[str]
) -> CalledOff:
    """Close the minutes in `away` for a clinician and cancel these places with them for the practice.

    Hours that are closed already stay closed; none of the places has to lie in them, and places left out stand.

    Raises:
        NotFound: no such clinician, or one of the places is not with them.
    """
    for each in away:
        await _close(tx, clinician_id, each)
    # Sorted, so that two people who call off the same day wait for each other instead of standing in each other's way.
    wanted = sorted(set(participation_ids))
    visits = await store.visits(tx, wanted)
    if any(each not in visits or visits[each].clinician_id != clinician_id for each in wanted):
        raise NotFound("participation", clinician=clinician_id)
    done = {each: await cancel(tx, each, by="practice") for each in wanted}
    return CalledOff(
        tuple(each for each, outcome in done.items() if isinstance(outcome, Cancelled)),
        tuple(each for each, outcome in done.items() if not isinstance(outcome, Cancelled)),
    )


async def _close(tx: Tx, clinician_id: str, away: DayException) -> None:
    listed = await hours_store.exceptions_from(tx, away.day, clinician_id=clinician_id)
    same = [
        each
        for each in listed
        if each.exception.day == away.day
        and each.exception.closed
        and each.exception.location_id is None
        and each.exception.start_minute <= away.start_minute
    ]
    if any(each.exception.end_minute >= away.end_minute for each in same):
        return
    for each in same:
        if each.exception.start_minute == away.start_minute:
            await remove_exception(tx, each.id)  # a day has one closing from a minute on: the longer one replaces it
    await add_exception(tx, clinician_id, away)
