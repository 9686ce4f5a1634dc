"""Receiving texts: stored raw and once before anything is done about them.

What a text means is bot/conversation's; here it is only read so far as to see whether others must wait for it, and the
word STOP is obeyed as it comes in (stop_at_once.py). What a missed webhook would have told is gap_repair.py's.
Invariant: one carrier id is stored once, however often it comes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from messages import consent
from messages import inbound_store as store
from messages.crash_points import reach
from messages.inbound_store import Inbound, Raw, Unhandled
from messages.intents.reader import read as understand
from messages.intents.reading import Asked, IntentKind
from messages.kinds import Channel
from messages.stop_at_once import ends_all_texts
from messages.whatsapp_store import VIA
from scheduler.core.bell import Work
from scheduler.core.record import Reading, Tx

A_KEYWORD: Final = frozenset({"law.stop", "law.ambiguous_stop"})
LONGEST_BODY: Final = 1600  # the carrier's own limit; what is longer was not sent by it


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A text as the carrier posted or listed it. `sender` in E.164 as the carrier gives it.

    `via`: by which other way it came (voice: a key that was pressed; chat: the page behind a link; whatsapp).
    """

    sid: str
    sender: str = field(repr=False)
    body: str = field(repr=False)
    opt_out_type: str | None = None
    media_count: int = 0
    received_at: datetime | None = None
    via: str | None = None


async def receive(tx: Tx, received: Received) -> str | None:
    """Store a text; its id, or None when the same one was stored before. Wakes the worker."""
    return next(iter(await receive_many(tx, (received,))), None)


async def receive_many(tx: Tx, received: Sequence[Received]) -> tuple[str, ...]:
    """Store texts, obeying the STOPs among them; the ids of those not stored before. Wakes the worker for those."""
    texts = [_raw(tx, each) for each in received]
    new = set(await store.add(tx, texts))
    for each in texts:
        if each.id in new:
            tx.note("inbound.received", "inbound", each.id, media=each.media_count)
            await _obey(tx, each)
    if new:
        tx.wake(Work.TEXTS)
        reach("inbound.stored")
    return tuple(each.id for each in texts if each.id in new)


async def _obey(tx: Tx, text: Raw) -> None:
    """End texts where the text is the word for it; what was spoken or tapped is dealt with while the person waits."""
    if text.via not in {None, VIA}:
        return
    source = ends_all_texts(text.body, text.opt_out_type)
    if source is not None:
        channel = Channel.WHATSAPP if text.via == VIA else Channel.SMS
        await consent.stop(tx, text.sender, channel, source, text.id)


def is_pressing(body: str) -> bool:
    """Whether a text is dealt with before all others: it ends texts, or may come from somebody in distress."""
    kinds = understand(body, asked=Asked()).kinds
    return IntentKind.STOP in kinds or IntentKind.CRISIS in kinds


def _raw(tx: Tx, received: Received) -> Raw:
    body = received.body[:LONGEST_BODY]
    return Raw(
        id=tx.new_id(),
        sid=received.sid,
        sender=received.sender,
        sender_ix=tx.vault.blind(tx.practice_id, "phone", received.sender),
        body=body,
        opt_out_type=received.opt_out_type,
        media_count=received.media_count,
        pressing=is_pressing(body),
        received_at=received.received_at or tx.now,
        via=received.via,
    )


async def unhandled(r: Reading, limit: int = 50) -> tuple[str, ...]:
    """The ids of texts nobody has dealt with, in the order they should be."""
    return tuple(each.id for each in await store.unhandled(r, limit))


async def unhandled_by_sender(r: Reading, limit: int = 50) -> tuple[tuple[Unhandled, ...], ...]:
    """The same, the texts of each number together: they are dealt with in turn, different numbers need not."""
    groups: dict[bytes, list[Unhandled]] = {}
    for each in await store.unhandled(r, limit):
        groups.setdefault(each.sender_ix, []).append(each)
    return tuple(map(tuple, groups.values()))


async def read(r: Reading, inbound_id: str) -> Inbound | None:
    """One text, opened."""
    return await store.inbound_row(r, inbound_id)


async def sender_ix(r: Reading, inbound_id: str) -> bytes | None:
    """The blind index of who wrote it; None when there is no such text."""
    return await store.sender_ix(r, inbound_id)


async def handled(
    tx: Tx,
    inbound_id: str,
    *,
    reading: str,
    why: str,
    outcome: str,
    client_id: str | None = None,
    kept_elsewhere: bool = True,
) -> bool:
    """Note what a text was read as, by which rule, and what came of it; False when it had been dealt with.

    For the same transaction as the action, so that a text acts once. The carrier need not keep the words any longer,
    unless they are the word STOP: after a backup was restored, its list is where the stop is found again. What never
    was with the carrier (not `kept_elsewhere`) need not be erased there.
    """
    values = {"reading": reading, "why": why, "outcome": outcome, "client_id": client_id}
    erase = kept_elsewhere and not (reading == IntentKind.STOP and why in A_KEYWORD)
    changed = await store.set_handled(tx, inbound_id, {**values, "redact_at": tx.now if erase else None})
    if changed:
        tx.note("inbound.handled", "inbound", inbound_id, reading=reading, outcome=outcome)
        reach("inbound.handled")
    return changed


async def answered_at_once(tx: Tx, inbound_id: str, answers: Sequence[Mapping[str, Any]]) -> None:
    """Note what was said to it on the page it was written on; values of closed fields, never words."""
    await store.set_answers(tx, inbound_id, answers)


async def tried(tx: Tx, inbound_id: str) -> int:
    """Note that handling a text failed; returns how often it has. It stays new."""
    return await store.add_try(tx, inbound_id)
