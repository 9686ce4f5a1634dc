"""Undoing a decision about a fee: it is taken back and, in the same commit, judged anew, so that it waits again.

For the one tap right after a wrong one; a decision that stood for a while is reversed with a reason (fees.py).
Invariant: the ledger keeps both steps.
"""

from scheduler.actions.fees import reverse_fee
from scheduler.actions.propose_fee import propose_again
from scheduler.core.errors import Conflict, NotFound
from scheduler.core.record import Tx
from scheduler.fees import store
from scheduler.fees.ledger import EntryKind, ReverseReason
from scheduler.fees.store import FeeEntry

DECIDED = frozenset({EntryKind.APPROVED, EntryKind.WAIVED})


async def reopen_fee(tx: Tx, participation_id: str) -> FeeEntry:
    """Put an approved or waived fee back among those to decide; returns the new entry.

    Raises:
        NotFound: no case.
        Conflict: not_decided.
    """
    newest = await store.newest_entry(tx, participation_id)
    if newest is None:
        raise NotFound("fee", participation=participation_id)
    if newest.kind not in DECIDED:
        raise Conflict("not_decided", participation=participation_id)
    await reverse_fee(tx, participation_id, reason=ReverseReason.WRONG_DECISION.value, seen_step=newest.step)
    return await propose_again(tx, participation_id)
