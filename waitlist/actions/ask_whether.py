"""Ask those who left several offers in a row unanswered whether they still wait, once, instead of another offer.

Until they are heard of, nobody asks them again (matching.py); their place and all their waiting stay theirs. How they
are taken up again stands in stay.py. Invariant: one question at a time to one client, whatever they wait for.
"""

from collections.abc import Sequence

from scheduler.core.record import Tx
from waitlist import edit_store, texts
from waitlist.askable import Turn
from waitlist.policy import Policy


async def ask_whether(tx: Tx, turns: Sequence[Turn], policy: Policy) -> None:
    """Ask these, who may be texted now; whoever was asked meanwhile is not asked twice."""
    if not turns:
        return
    numbers = {turn.ranked.client_id: turn.point.id for turn in turns}
    asked = await edit_store.note_asked_whether(tx, numbers, policy.quiet_after)
    await texts.still_waiting(tx, {asked[client_id][0]: numbers[client_id] for client_id in sorted(asked)})
    for client_id in sorted(asked):
        for entry_id in asked[client_id]:
            tx.note("entry.asked_whether", "waitlist_entry", entry_id, policy=policy.version)
