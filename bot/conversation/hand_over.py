"""Giving a text to a person: a task in the inbox, and at most one kind automatic answer a day."""

from datetime import timedelta
from typing import Final

import phonenumbers

from bot.conversation.said_store import count
from bot.conversation.say import say
from bot.conversation.turn import Turn
from messages.kinds import Kind
from messages.tasks import TaskKind, open_task
from scheduler.appointments.store import Visit
from scheduler.core.record import Tx

EPISODE: Final = timedelta(hours=24)
"""How long after a text in distress this number is spoken to by people only, where no act is asked for."""

SOON: Final = timedelta(hours=2)
"""What comes this shortly before a visit, or during it, is shown to staff before other replies."""


async def hand_over(tx: Tx, turn: Turn, *, answer: Kind | None = Kind.INBOX_AUTO) -> str:
    """Ask staff to read the text; the sender is told so with `answer`, if it is wise to answer at all.

    The letters that a pointer names are those of a visit: without one they would answer nothing.
    """
    in_distress = await lately_in_distress(tx, turn)
    await ask_staff(tx, turn, urgent=in_distress)
    if turn.inbound.media_count:
        await open_task(
            tx, TaskKind.MEDIA, dedupe=f"media:{turn.inbound.id}", client_id=turn.client_id, inbound_id=turn.inbound.id
        )
    if answer is Kind.QUESTION_POINTER and not turn.situation.meant:
        answer = Kind.INBOX_AUTO
    if answer is not None and not in_distress and _may_be_answered(turn):
        await say(tx, turn, answer)
    return "handed_over"


async def ask_staff(tx: Tx, turn: Turn, *, urgent: bool = False, participation_id: str | None = None) -> None:
    """A task to read this text, without an answer; urgent also where a visit of theirs is near."""
    await open_task(
        tx,
        TaskKind.REPLY,
        dedupe=f"reply:{turn.inbound.id}",
        urgent=urgent or _visit_is_near(tx, turn),
        client_id=turn.client_id,
        inbound_id=turn.inbound.id,
        participation_id=participation_id,
    )


async def ask_about(tx: Tx, turn: Turn, kind: TaskKind, visit: Visit, *, dedupe: str, urgent: bool = False) -> None:
    """A task about a visit and the text that led to it."""
    await open_task(
        tx,
        kind,
        dedupe=dedupe,
        urgent=urgent,
        client_id=visit.client_id,
        inbound_id=turn.inbound.id,
        participation_id=visit.participation_id,
    )


async def leave_to_the_office(tx: Tx, turn: Turn, visit: Visit) -> str:
    """Whoever has this number may not change the visit: nothing changes, and a person settles it with them."""
    soon = visit.starts_at - tx.now < EPISODE
    await ask_about(tx, turn, TaskKind.CALL, visit, dedupe=f"office:{turn.inbound.id}", urgent=soon)
    await say(tx, turn, Kind.NEEDS_OFFICE, client_id=visit.client_id)
    return "left_to_the_office"


async def nothing_open(tx: Tx, turn: Turn) -> str:
    """They answered something that is not asked (any more): staff see it.

    Whoever sent a letter or a number is told that nothing waits for it; their own words are for the office to answer.
    """
    return await hand_over(tx, turn, answer=Kind.NOTHING_OPEN if turn.is_by_letter else Kind.INBOX_AUTO)


async def lately_in_distress(tx: Tx, turn: Turn) -> bool:
    """Whether the crisis notice went to this number within a day."""
    return await count(tx, turn.sender.address_ix, (Kind.CRISIS_NOTICE,), tx.now - EPISODE) > 0


def _visit_is_near(tx: Tx, turn: Turn) -> bool:
    situation = turn.situation
    return situation.under_way is not None or any(visit.starts_at - tx.now < SOON for visit in situation.meant)


def _may_be_answered(turn: Turn) -> bool:
    """Numbers on file; of strangers only those of the practice's own country, which cost no more than a text.

    A number that was given up as somebody else's is left alone.
    """
    if turn.sender.points:
        return True
    if turn.sender.others:
        return False
    try:
        number = phonenumbers.parse(turn.sender.address)
    except phonenumbers.NumberParseException:
        return False
    return phonenumbers.region_code_for_number(number) == turn.practice.region
