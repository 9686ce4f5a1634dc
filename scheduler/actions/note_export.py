"""Entering in the audit chain that records left as a file.

What is in the file is the caller's. Invariant: the entry says what, how much and about which days, never about whom.
"""

from datetime import date

from scheduler.core.record import Tx


async def note_export(tx: Tx, what: str, *, rows: int, first_day: date, last_day: date) -> None:
    """Note that `what` (a code such as `fee_ledger`) was exported for these days, both included."""
    tx.note(
        "records.exported",
        "export",
        None,
        what=what,
        rows=rows,
        first_day=first_day.isoformat(),
        last_day=last_day.isoformat(),
    )
