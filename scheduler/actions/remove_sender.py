"""The practice says that no text leaves from one of its further numbers any more.

Invariant: the number of the practice itself stays; it is changed with the practice's settings.
"""

from scheduler.core.errors import Conflict, NotFound
from scheduler.core.record import Tx
from scheduler.people import sender_store
from scheduler.people.store import practice


async def remove_sender(tx: Tx, number: str) -> None:
    """Use a number no longer, from the next claim on; what clients still write to it is read as before.

    Raises:
        NotFound: the practice has no such number.
        Conflict: sender_is_main.
    """
    if number not in {each.number for each in await sender_store.sender_rates(tx)}:
        raise NotFound("sender")
    if number == (await practice(tx)).sender:
        raise Conflict("sender_is_main")
    await sender_store.remove(tx, number)
    tx.note("sender.removed", "practice", tx.practice_id)
