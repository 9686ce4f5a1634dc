"""One more step of a fee case, written and entered in the audit chain.

Who may decide what is the actions'. Invariant: a step is written by exactly one of those who try at once.
"""

from scheduler.core.errors import Conflict
from scheduler.core.record import Tx
from scheduler.fees import store
from scheduler.fees.ledger import EntryKind
from scheduler.fees.store import FeeEntry


async def append(tx: Tx, entry: FeeEntry, *, own_mark: bool = False) -> None:
    """Add an entry. `own_mark` notes that whoever decides also marked the visit.

    Raises:
        Conflict: fee_changed_meanwhile.
    """
    if not await store.insert_entry(tx, entry):
        raise Conflict("fee_changed_meanwhile", participation=entry.participation_id, step=entry.step)
    more: dict[str, str | int | bool | None] = {"own_mark": True} if own_mark else {}
    tx.note(
        f"fee.{entry.kind.value}",
        "fee_entry",
        entry.id,
        participation=entry.participation_id,
        fee_event=entry.event.value,
        amount_minor=entry.amount_minor,
        reason=entry.reason,
        **more,
    )


async def follow(
    tx: Tx,
    newest: FeeEntry,
    kind: EntryKind,
    *,
    reason: str | None = None,
    note: str | None = None,
    own_mark: bool = False,
) -> FeeEntry:
    """Add the entry of this kind after the newest of a case, about the same event, amount and policy version.

    Raises:
        Conflict: fee_changed_meanwhile.
    """
    entry = FeeEntry(
        id=tx.new_id(),
        participation_id=newest.participation_id,
        client_id=newest.client_id,
        step=newest.step + 1,
        kind=kind,
        event=newest.event,
        amount_minor=newest.amount_minor,
        policy_version=newest.policy_version,
        reason=reason,
        note=note.strip() if note else None,
        by_id=tx.actor.id,
        at=tx.now,
    )
    await append(tx, entry, own_mark=own_mark)
    return entry
