"""Change what an entry of the waitlist waits for. Its place is kept: wishes are no reason to begin anew."""

from dataclasses import replace

from scheduler.core.errors import NotFound
from scheduler.core.record import Tx
from waitlist import edit_store, entry_store
from waitlist.actions.join import look_again
from waitlist.week_grid import squares_of, windows_of
from waitlist.wishes import Wishes, require_sensible


async def change(tx: Tx, entry_id: str, wishes: Wishes) -> bool:
    """Whether the entry waits, and waits for this from now on. An offer that is out stays theirs to answer.

    Hours finer than the grid, such as were said by text, stay as they are while the grid that shows them does.
    Openings that nobody fitted, but the entry does now, are looked at again.

    Raises:
        NotFound: no such entry; or as `require_sensible`.
        Invalid, Conflict: as `require_sensible`.
    """
    entry = await entry_store.entry(tx, entry_id)
    if entry is None:
        raise NotFound("waitlist_entry", entry=entry_id)
    if tuple(wishes.windows) == windows_of(squares_of(entry.windows)):
        wishes = replace(wishes, windows=entry.windows)
    await require_sensible(tx, entry.client_id, wishes)
    if not await edit_store.change_entry(tx, entry_id, wishes.columns()):
        return False
    tx.note("entry.changed", "waitlist_entry", entry_id)
    await look_again(tx, entry_id)
    return True
