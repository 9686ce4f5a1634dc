"""What should have left and cannot, because the carrier does not take it: who is pressed for time is told another way.

A carrier may be silent for hours, or refuse everything of a sender. A reminder of next week waits; what is of use for a
few hours only goes by the client's next agreed way at once, and where there is none becomes a call for staff. It is
taken out of the outbox then, so that nobody hears the same thing late as well. A doubt that cannot be settled in time
stays one and becomes a call, too. What has merely to wait for its sender's pace is none of this.
Invariant: a message is handed on once, and either leaves another way or is a person's task.
"""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from messages import another_way, outbox
from messages import overdue_store as store
from messages.crash_points import reach
from messages.kinds import Channel, Kind, MessageClass, traits
from messages.send_row_store import SendRow, send_rows
from messages.tasks import TaskKind, open_task
from scheduler.core.actor import WORKER
from scheduler.core.record import Record, Tx

PATIENCE: Final = timedelta(minutes=4)
"""With a look every twenty seconds, five minutes at most (reliability.md R32)."""
PRESSED: Final = timedelta(hours=4)
"""Of use for no longer than this: the visit is today, and there is hardly another chance to say it."""
AT_ONCE: Final = 100
HANDED_ON: Final = "handed_on"
_KINDS: Final = frozenset(
    kind for kind in Kind if traits(kind).message_class in {MessageClass.TOUCH, MessageClass.NOTICE}
)
SilentSince = Callable[[], Mapping[Channel, float]]


class Overdue:
    """Hands on what cannot wait. `silent_since`: whose carrier does not answer, and since which second of the clock."""

    def __init__(self, record: Record, silent_since: SilentSince) -> None:
        self._record = record
        self._silent_since = silent_since

    async def run(self, practice_id: str) -> int:
        """One round; returns how many messages were handed on."""
        async with self._record.read(practice_id) as r:
            until = r.now + PRESSED
            silent = self._silent() | await store.channels_refused(r, r.now - PATIENCE)
            found = set(await store.refused_since(r, r.now - PATIENCE, until, _KINDS, AT_ONCE))
            if silent:
                found |= set(await store.due_on(r, silent, until, _KINDS, AT_ONCE))
            doubts = set(await store.in_doubt(r, r.now - PATIENCE, until, _KINDS, AT_ONCE))
        if not found | doubts:
            return 0
        async with self._record.write(practice_id, WORKER) as tx:
            done = sum([await _hand_on(tx, row) for row in await send_rows(tx, sorted(found))])
            done += sum([await _ask(tx, row) for row in await send_rows(tx, sorted(doubts))])
            reach("overdue.handed_on")
        return done

    def _silent(self) -> frozenset[Channel]:
        now = self._record.clock.monotonic()
        patience = PATIENCE.total_seconds()
        return frozenset(channel for channel, since in self._silent_since().items() if now - since >= patience)


async def _hand_on(tx: Tx, row: SendRow) -> bool:
    if not await outbox.cancel_ids(tx, (row.id,), HANDED_ON):
        return False
    return await another_way.elsewhere(tx, row, leave_channel=True) or await _call(tx, row)


async def _ask(tx: Tx, row: SendRow) -> bool:
    """Somebody makes sure, once; the doubt itself is settle.py's."""
    await store.refused(tx, row.id)
    return await _call(tx, row)


async def _call(tx: Tx, row: SendRow) -> bool:
    await open_task(
        tx,
        TaskKind.CALL,
        dedupe=f"overdue:{row.id}",
        urgent=True,
        client_id=row.client_id,
        message_id=row.id,
        participation_id=row.participation_id,
    )
    return True
