"""Let an entry rest until a day, and take it up again. Its place is kept, and waiting goes on counting.

Taking it up again also ends the silence of who had left the question unanswered whether they still wait (stay.py).
"""

from datetime import datetime

from scheduler.core.errors import Invalid, NotFound
from scheduler.core.record import Tx
from waitlist import edit_store, entry_store
from waitlist.actions.join import look_again
from waitlist.actions.stay import stay
from waitlist.entry_store import EntryState


async def pause(tx: Tx, entry_id: str, until: datetime | None) -> bool:
    """Whether the entry waits and is paused now; None ends a pause. An offer that is out stays theirs to answer.

    Raises:
        NotFound: no such entry.
        Invalid: `until` has passed.
    """
    entry = await entry_store.entry(tx, entry_id)
    if entry is None:
        raise NotFound("waitlist_entry", entry=entry_id)
    if until is not None and until <= tx.now:
        raise Invalid("has_passed", field="until")
    if entry.state is not EntryState.WAITING:
        return False
    await edit_store.set_pause(tx, entry_id, until)
    tx.note("entry.paused" if until else "entry.resumed", "waitlist_entry", entry_id)
    if until is None and not await stay(tx, entry_id):
        await look_again(tx, entry_id)
    return True
