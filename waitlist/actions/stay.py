"""Take up again who has gone quiet on the waitlist: a sign of life, or staff who know better.

Any sign counts: a yes to the question, an answer to an old offer, another text, a press on the page behind a link.
So do other terms, by which nobody asks them any more. Invariant: nothing of their place is lost, and whoever was heard
of begins a new row of offers.
"""

from collections.abc import Collection

from scheduler.core.record import Tx
from waitlist import edit_store, entry_store
from waitlist.actions.join import look_again, look_at_all_again


async def stay(tx: Tx, entry_id: str) -> bool:
    """Whether the entry had gone quiet; from now on it is made offers again, its place being what it was."""
    entry = await entry_store.entry(tx, entry_id)
    if entry is None or not entry.is_quiet:
        return False
    await edit_store.note_answer(tx, (entry_id,), answered=True)
    tx.note("entry.stays", "waitlist_entry", entry_id)
    await look_again(tx, entry_id)
    return True


async def heard_from(tx: Tx, client_ids: Collection[str]) -> int:
    """Take up again whatever of these clients has gone quiet; how many entries that were."""
    return sum([await stay(tx, entry_id) for entry_id in await entry_store.quiet_entries(tx, client_ids)])


async def end_rests(tx: Tx, quiet_after: int) -> int:
    """Take up again whoever has gone quiet and would not by these terms (`Policy.quiet_after`); how many entries."""
    taken_up = await edit_store.end_rests(tx, quiet_after)
    if taken_up:
        await look_at_all_again(tx)
    return taken_up
