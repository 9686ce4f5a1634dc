"""U: the last act of this number taken back, within fifteen minutes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from bot.conversation import question_store
from bot.conversation.hand_over import ask_staff, nothing_open
from bot.conversation.new_times import offer_back
from bot.conversation.numbered import end_question
from bot.conversation.question_store import Option, Question, QuestionKind, QuestionState
from bot.conversation.say import say
from bot.conversation.turn import Turn
from bot.conversation.who_speaks import may_change
from messages.kinds import Kind
from messages.particulars import Particulars
from scheduler.actions.cancel import Cancelled, cancel
from scheduler.actions.move import move
from scheduler.actions.restore import UNDO, Restored, restore
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.core.errors import Conflict, Invalid
from scheduler.core.record import Tx
from waitlist import offer_store
from waitlist.actions.undo_claim import ClaimUndone, undo_claim
from waitlist.offer_store import Offer

REMEMBERED: Final = timedelta(hours=24)


async def keep_undo(tx: Tx, turn: Turn, acts: Sequence[dict[str, Any]]) -> None:
    """Remember what U would take back: cancel or book (participation) or move (appointment, before)."""
    for before in await question_store.open_of(tx, turn.sender.address_ix, (QuestionKind.UNDO,)):
        await end_question(tx, before, QuestionState.WITHDRAWN)
    made = tx.new_id()
    await question_store.add(
        tx,
        {
            "id": made,
            "address_ix": turn.sender.address_ix,
            "client_id": turn.client_id,
            "kind": QuestionKind.UNDO,
            "participation_id": acts[0].get("participation_id"),
            "offer_id": None,
            "options": list(acts),
            "expires_at": turn.inbound.received_at + UNDO,
        },
    )


async def undo(tx: Tx, turn: Turn) -> str:
    """Take the last act back and say how things stand; when that cannot be, staff are asked."""
    acts = await _last_acts(tx, turn)
    if not acts:
        return await _too_late(tx, turn)
    undone = [await _undo(tx, act) for act in acts]
    if not all(each.done for each in undone):
        await ask_staff(tx, turn, participation_id=acts[0].get("participation_id"))
        await say(tx, turn, Kind.UNDO_TOO_LATE)
        return "not_undone"
    for number, each in enumerate(undone):
        particulars = Particulars(starts_at=each.visit.starts_at if each.visit else None)
        await say(tx, turn, Kind.UNDONE, particulars, visit=each.visit, part=f":{number}" if number else "")
    return "undone"


async def gives_back(tx: Tx, turn: Turn, visit: Visit) -> bool:
    """Whether this visit is the opening they took just now: who cannot come after all has back what stood before."""
    claimed = await _claimed_last(tx, turn)
    return claimed is not None and claimed.participation_id == visit.participation_id


async def _last_acts(tx: Tx, turn: Turn) -> tuple[Option, ...]:
    """What U takes back: what this number did last, by text or behind a link; a claim is known from its offer."""
    question = turn.situation.undo
    claimed = await _claimed_last(tx, turn)
    if claimed is not None:
        return ({"act": "claim", "offer_id": claimed.id, "participation_id": claimed.participation_id},)
    if question is None:
        return ()
    await end_question(tx, question, QuestionState.ANSWERED)
    return question.options


class _Undone:
    """Whether an act was taken back, and the visit that stands again."""

    __slots__ = ("done", "visit")

    def __init__(self, *, done: bool, visit: Visit | None = None) -> None:
        self.done = done
        self.visit = visit


async def _undo(tx: Tx, option: Option) -> _Undone:
    if option["act"] == "cancel":
        outcome = await restore(tx, option["participation_id"])
        visit = await appointments.visit(tx, option["participation_id"])
        # Taken back behind the link already: what they ask for is so.
        stands = isinstance(outcome, Restored) or (visit is not None and visit.is_active)
        return _Undone(done=stands, visit=visit)
    if option["act"] == "book":
        gone = await cancel(tx, option["participation_id"], by="client", told=False)
        return _Undone(done=isinstance(gone, Cancelled))
    if option["act"] == "claim":
        taken_back = await undo_claim(tx, option["offer_id"])
        if not isinstance(taken_back, ClaimUndone):
            return _Undone(done=False)
        return _Undone(
            done=True, visit=await appointments.visit(tx, taken_back.restored) if taken_back.restored else None
        )
    return await _move_back(tx, option)


async def _move_back(tx: Tx, option: Option) -> _Undone:
    """Back to the old time, as after a cancellation also over an offer of it that nobody has claimed."""
    try:
        async with tx.conn.begin_nested():
            await move(
                tx,
                option["appointment_id"],
                starts_at=datetime.fromisoformat(option["before"]),
                clinician_id=option["clinician_id"],
                by="client",
                over_holds=True,
            )
    except (Conflict, Invalid):
        return _Undone(done=False)
    return _Undone(done=True, visit=await appointments.visit(tx, option["participation_id"]))


async def _claimed_last(tx: Tx, turn: Turn) -> Offer | None:
    """The offer they took, where that can still be undone and is the last thing they did."""
    question = turn.situation.undo
    claimed = await _claimed(tx, turn, turn.inbound.received_at - UNDO)
    last = claimed is not None and (question is None or (claimed.ended_at or tx.now) >= question.asked_at)
    return claimed if last else None


async def _claimed(tx: Tx, turn: Turn, since: datetime) -> Offer | None:
    """The offer they took last, as far as it is theirs to give back."""
    claimed = await offer_store.newest_claim_at_number(tx, turn.sender.address_ix, since)
    return claimed if claimed is not None and turn.is_about(claimed.client_id) else None


async def _too_late(tx: Tx, turn: Turn) -> str:
    """Something of the last day can no longer be taken back: staff see to it. Else there was nothing."""
    since = tx.now - REMEMBERED
    last: Question | None = await question_store.newest(tx, turn.sender.address_ix, (QuestionKind.UNDO,))
    about = last is not None and turn.is_about(last.client_id)
    lapsed = last is not None and about and last.state is not QuestionState.ANSWERED and last.asked_at >= since
    if not lapsed and await _claimed(tx, turn, since) is None:
        return await nothing_open(tx, turn)
    return await comes_back(tx, turn, last.participation_id if last and lapsed else None)


async def comes_back(tx: Tx, turn: Turn, participation_id: str | None) -> str:
    """It is too late to take a cancellation back: its hour is offered if it is still free, else staff see to it."""
    visit = turn.situation.given_up
    mine = visit is not None and await may_change(tx, turn.sender.points, visit.client_id)
    if visit is not None and mine and await offer_back(tx, turn, visit):
        return "times_offered"
    await ask_staff(tx, turn, participation_id=participation_id)
    await say(tx, turn, Kind.UNDO_TOO_LATE)
    return "undo_too_late"
