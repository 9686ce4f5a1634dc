"""Note that a client said they will be late: the board shows it, the visit stays as it is."""

from scheduler.appointments import store
from scheduler.core.errors import NotFound
from scheduler.core.record import Tx


async def say_late(tx: Tx, participation_id: str, minutes: int | None) -> bool:
    """Whether there is such a visit still ahead or under way; said again, the newer word counts.

    Raises:
        NotFound: no such place.
    """
    visit = await store.visit(tx, participation_id)
    if visit is None:
        raise NotFound("participation", participation=participation_id)
    if not visit.is_active or visit.ends_at <= tx.now:
        return False
    await store.set_late(tx, participation_id, minutes)
    tx.note("participation.says_late", "participation", participation_id, minutes=minutes)
    return True
