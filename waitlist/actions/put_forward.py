"""Put an entry before the others for a reason, or back among them. Only staff do; the reason stands in the record."""

from scheduler.core.errors import Invalid, NotFound
from scheduler.core.record import Tx
from waitlist import edit_store, entry_store
from waitlist.actions.join import URGENCIES
from waitlist.entry_store import EntryState


async def put_forward(tx: Tx, entry_id: str, reason: str | None) -> bool:
    """Whether the entry waits, and goes first for this reason from now on; in turn again, if there is none.

    Raises:
        NotFound: no such entry.
        Invalid: `reason_not_known`.
    """
    if reason is not None and reason not in URGENCIES:
        raise Invalid("reason_not_known", field="urgency_reason")
    entry = await entry_store.entry(tx, entry_id)
    if entry is None:
        raise NotFound("waitlist_entry", entry=entry_id)
    if entry.state is not EntryState.WAITING:
        return False
    await edit_store.set_priority(tx, entry, 1 if reason else 0, reason)
    tx.note("entry.put_forward" if reason else "entry.put_back", "waitlist_entry", entry_id, reason=reason)
    return True
