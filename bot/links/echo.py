"""What was done behind a link is also told to the number on file, with its undo.

A link is not an identity: whoever held it may not be the client. The text says what happened, and U takes it back
within fifteen minutes; the office can always be called. Invariant: the text goes to where the link was sent, never to
an address the holder of the link chose, and not after STOP.
"""

from typing import Any

from bot.conversation import question_store
from bot.conversation.question_store import QuestionKind, QuestionState
from bot.links.opened import Opened
from messages.kinds import Channel, Kind
from messages.outbox import Draft, enqueue
from messages.particulars import Particulars
from scheduler.actions.cancel import Cancelled
from scheduler.actions.move import Moved
from scheduler.actions.restore import UNDO
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.core.record import Tx
from scheduler.people import store as people


async def tell_cancelled(tx: Tx, opened: Opened, visit: Visit, outcome: Cancelled) -> None:
    """Say that the visit was cancelled, and whether late."""
    hours = await appointments.late_window_hours(tx) if outcome.late else None
    kind = Kind.LATE_CANCELLED if outcome.late else Kind.CANCELLED
    told = Particulars(starts_at=visit.starts_at, late_hours=hours)
    await _tell(tx, opened, visit, kind, told, {"act": "cancel", "participation_id": visit.participation_id})


async def tell_moved(tx: Tx, opened: Opened, visit: Visit, outcome: Moved) -> None:
    """Say where the visit was moved from and to."""
    told = Particulars(starts_at=outcome.after, other_at=outcome.before)
    undo = {
        "act": "move",
        "participation_id": visit.participation_id,
        "appointment_id": outcome.appointment_id,
        "clinician_id": visit.clinician_id,
        "before": outcome.before.isoformat(),
    }
    after = await appointments.visit(tx, visit.participation_id)
    await _tell(tx, opened, after or visit, Kind.MOVED, told, undo)


async def _tell(tx: Tx, opened: Opened, visit: Visit, kind: Kind, told: Particulars, undo: dict[str, Any]) -> None:
    point = await people.contact_point(tx, opened.link.contact_point_id or "")
    if point is None or point.kind != "phone" or point.state != "active":
        return
    await enqueue(
        tx,
        Draft(
            kind=kind,
            channel=Channel.SMS,
            to=point.id,
            dedupe=f"link:{opened.link.id}:{kind.value}:{int(tx.now.timestamp())}",
            fields=told,
            client_id=opened.client.id,
            participation_id=visit.participation_id,
            revision=visit.revision,
        ),
    )
    for before in await question_store.open_of(tx, point.value_ix, (QuestionKind.UNDO,)):
        await question_store.settle(tx, before.id, QuestionState.WITHDRAWN)
    await question_store.add(
        tx,
        {
            "id": tx.new_id(),
            "address_ix": point.value_ix,
            "client_id": opened.client.id,
            "kind": QuestionKind.UNDO,
            "participation_id": visit.participation_id,
            "offer_id": None,
            "options": [undo],
            "expires_at": tx.now + UNDO,
        },
    )
