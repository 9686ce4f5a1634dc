"""The numbers beside the places: what waits in the inbox, and who waits for a time.

Invariant: a number counts only what its reader would find on the page behind it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from messages import task_store
from messages.task_store import Task
from scheduler import access
from scheduler.core.actor import Actor
from scheduler.core.record import Reading
from scheduler.people import reach_store
from waitlist import entry_store
from waitlist.entry_store import Entry

MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Waiting:
    """Numbers by place, and the places whose number is urgent."""

    by_place: Mapping[str, int] = field(default_factory=dict)
    raised: Sequence[str] = ()


async def counts(r: Reading, actor: Actor) -> Waiting:
    """What waits for this person."""
    numbers: dict[str, int] = {}
    raised: list[str] = []
    if access.may(actor, "inbox.work"):
        found = await tasks(r, actor)
        numbers["inbox"] = len(found)
        if any(task.urgent for task in found):
            raised.append("inbox")
    if access.may(actor, "waitlist.write"):
        everybody = await access.own_clinician(r, actor, "waitlist.write") is None
        numbers["waitlist"] = await entry_store.count(r) if everybody else len(await entries(r, actor))
    return Waiting(numbers, raised)


async def tasks(r: Reading, actor: Actor) -> tuple[Task, ...]:
    """The tasks that wait within reach, urgent ones first.

    Raises:
        Forbidden: the roles lack `inbox.work`.
    """
    reach = await clients_in_reach(r, actor, "inbox.work")
    return tuple(task for task in await task_store.live(r, MOST) if reach is None or task.client_id in reach)


async def entries(r: Reading, actor: Actor) -> tuple[Entry, ...]:
    """Who waits for a time, within reach, first joined first.

    Raises:
        Forbidden: the roles lack `waitlist.write`.
    """
    reach = await clients_in_reach(r, actor, "waitlist.write")
    return tuple(entry for entry in await entry_store.entries(r) if reach is None or entry.client_id in reach)


async def clients_in_reach(r: Reading, actor: Actor, permission: str) -> frozenset[str] | None:
    """The clients whose tasks and entries a permission reaches; None: everybody's.

    Raises:
        Forbidden: the roles lack it.
    """
    own = await access.own_clinician(r, actor, permission)
    return None if own is None else await reach_store.clients_seen_by(r, own)
