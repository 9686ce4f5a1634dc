"""Answering a text, and knowing when to be silent.

An answer leaves at once (no send window, no caps: the person has just written), bound to the text it answers. Answers
that change nothing are limited, so that two machines cannot talk to each other all night; then a person is asked.
Invariant: one text gets one answer of a sort, however often it is handled.
"""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.conversation import said_store
from bot.conversation.turn import Answer, Turn
from messages import whatsapp_store
from messages.kinds import Channel, Kind, MessageClass, traits
from messages.outbox import Address, Draft, enqueue, reply_key
from messages.particulars import Particulars
from messages.tasks import TaskKind, open_task
from scheduler.appointments.store import Visit
from scheduler.core.record import Tx

IDLE: Final = frozenset(
    {
        Kind.INBOX_AUTO,
        Kind.QUESTION_POINTER,
        Kind.ABOUT_US,
        Kind.NOTHING_OPEN,
        Kind.HELP,
        Kind.WHICH_VISIT,
        Kind.TIMES_NONE,
        Kind.TIMES_EXPIRED,
        Kind.UNDO_TOO_LATE,
        Kind.KEPT,
        Kind.UNSURE,
        Kind.ARRIVED_NOTED,
        Kind.VISIT_OR_STOP,
        Kind.OFFER_UNCLEAR,
        Kind.TIMES_OFFERED,
        Kind.TIMES_NEAR,
        Kind.WISH_FREE,
        Kind.NEXT_VISIT,
        Kind.NO_VISIT,
        Kind.NEEDS_OFFICE,
        Kind.LIST_ALREADY,
    }
)
"""Answers to texts that changed nothing."""

ECHOED: Final = frozenset({Kind.CANCELLED, Kind.LATE_CANCELLED, Kind.MOVED})
IDLE_AN_HOUR: Final = 3  # reliability.md R20
ALL_AN_HOUR: Final = 12
ONCE_A_DAY: Final = frozenset({Kind.INBOX_AUTO, Kind.QUESTION_POINTER, Kind.ABOUT_US, Kind.CRISIS_NOTICE})

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(hours=24)
_REPLIES: Final = frozenset(kind for kind in Kind if traits(kind).message_class is MessageClass.REPLY)


async def say(
    tx: Tx,
    turn: Turn,
    kind: Kind,
    particulars: Particulars | None = None,
    *,
    visit: Visit | None = None,
    client_id: str | None = None,
    part: str = "",
    idle: bool = False,
) -> bool:
    """Queue an answer; False when the limits keep it back (then a task asks a person) or it was queued before.

    `visit` is what it is about, `client_id` whom it is for where the number is shared; `part` tells two answers of one
    kind to one text apart. `idle` counts an answer among those that changed nothing, whatever its kind.
    """
    if turn.direct is not None:
        return await _aloud(tx, turn, kind, particulars or Particulars(), visit, part)
    if kind in ONCE_A_DAY and await said_store.count(tx, turn.sender.address_ix, (kind,), tx.now - _DAY):
        return False
    if await _too_many(tx, turn, kind, idle=idle or kind in IDLE):
        await open_task(
            tx, TaskKind.REPLY, dedupe=f"reply:{turn.inbound.id}", client_id=turn.client_id, inbound_id=turn.inbound.id
        )
        tx.note("inbound.not_answered", "inbound", turn.inbound.id, kind=kind.value, reason="too_many")
        return False
    return await _by_text(tx, turn, kind, particulars or Particulars(), visit, client_id, part)


async def _by_text(
    tx: Tx, turn: Turn, kind: Kind, particulars: Particulars, visit: Visit | None, client_id: str | None, part: str
) -> bool:
    to = turn.recipient(visit.client_id if visit else client_id)
    draft = Draft(
        kind=kind,
        channel=await _answered_by(tx, turn),
        to=to if to is not None else Address(turn.sender.address),
        dedupe=reply_key(turn.inbound.id, f"{kind.value}{part}"),
        fields=replace(particulars, language=turn.language),
        participation_id=visit.participation_id if visit else None,
        revision=visit.revision if visit else None,
        inbound_id=turn.inbound.id,
    )
    return await enqueue(tx, draft) is not None


async def _answered_by(tx: Tx, turn: Turn) -> Channel:
    """The way they wrote by; who wrote by WhatsApp to a practice that does not (any more) is answered by text."""
    if turn.channel is Channel.WHATSAPP and await whatsapp_store.terms(tx) is None:
        return Channel.SMS
    return turn.channel


async def _aloud(tx: Tx, turn: Turn, kind: Kind, particulars: Particulars, visit: Visit | None, part: str) -> bool:
    """Say it to whoever waits for it; what took a visit away or moved it is told to the number on file as well.

    A page or a call is not an identity: whoever holds the number hears of it, with its undo.
    """
    direct = turn.direct
    if direct is None:
        return False
    about = visit.starts_at if visit else particulars.starts_at
    direct.answers.append(Answer(kind, particulars, about, turn.language))
    tx.note("inbound.answered", "inbound", turn.inbound.id, kind=kind.value, via=turn.inbound.via)
    if kind in ECHOED and not turn.sender.stopped:
        await _by_text(tx, turn, kind, particulars, visit, direct.client_id, part)
    return True


async def _too_many(tx: Tx, turn: Turn, kind: Kind, *, idle: bool) -> bool:
    """What the law or a life may hang on is never kept back."""
    if traits(kind).answers_opt_out or kind in {Kind.CRISIS_NOTICE, Kind.WRONG_NUMBER}:
        return False
    since = tx.now - _HOUR
    if idle and await said_store.count(tx, turn.sender.address_ix, (*IDLE, kind), since) >= IDLE_AN_HOUR:
        return True
    return await said_store.count(tx, turn.sender.address_ix, tuple(_REPLIES), since) >= ALL_AN_HOUR
