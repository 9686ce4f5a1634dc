"""Putting a message into the outbox, and taking it out again while it has not left.

The row is the outbox: it commits together with what it is about. Sending is transmit.py's. What may exist only once
has a dedupe key, made by the functions below so that every caller spells it alike. Invariant: a row of one dedupe key
exists once, so a retried request or an event told twice never makes a second text.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from messages import outbox_store as store
from messages import recalls
from messages.kinds import Channel, Kind, MessageClass, traits
from messages.particulars import Particulars
from messages.send_rules import useful_until
from messages.send_store import PRESSING
from scheduler.core.bell import Work
from scheduler.core.errors import NotFound
from scheduler.core.record import Reading, Tx
from scheduler.core.vault import Where
from scheduler.people import store as people

PRIORITY: Final = {
    MessageClass.ALERT: 0,
    MessageClass.REPLY: 0,
    MessageClass.NOTICE: 0,
    MessageClass.OFFER: 5,
    MessageClass.TOUCH: 9,
}


@dataclass(frozen=True, slots=True)
class Address:
    """Where nobody is on file, or it does not matter who: a number in E.164 or a mail address."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """A message to be.

    `to` is the id of a contact point, or an Address for direct answers and for staff. Left out, `due_at` is now,
    `priority` follows the kind's class and `useful_until` the kind's own rule (send_rules.useful_until).
    """

    kind: Kind
    channel: Channel
    to: str | Address
    dedupe: str
    fields: Particulars = field(default_factory=Particulars)
    due_at: datetime | None = None
    useful_until: datetime | None = None
    priority: int | None = None
    client_id: str | None = None
    participation_id: str | None = None
    offer_id: str | None = None
    inbound_id: str | None = None
    touch: str | None = None
    revision: int | None = None
    policy_version: int | None = None


def reply_key(inbound_id: str, part: str = "") -> str:
    """One answer to one received text; `part` where a text is answered in two ways (a winner and a notice)."""
    return f"reply:{inbound_id}:{part}" if part else f"reply:{inbound_id}"


def offer_key(offer_id: str, word: str = "offered") -> str:
    """One message of one sort about one offer: offered, lost, withdrawn, expired."""
    return f"offer:{offer_id}:{word}"


def touch_key(participation_id: str, touch: str, revision: int, channel: str) -> str:
    """One touch of one visit at one time, by one channel."""
    return f"touch:{participation_id}:{touch}:{revision}:{channel}"


async def enqueue(tx: Tx, draft: Draft) -> str | None:
    """Add a message; None when one with its dedupe key exists already (then nothing is changed).

    Raises:
        NotFound: the contact point is not of this practice.
    """
    message_id = tx.new_id()
    if not await store.add(tx, _row(tx, message_id, draft, await _recipient(tx, message_id, draft))):
        return None
    _queued(tx, message_id, draft)
    return message_id


async def enqueue_many(tx: Tx, drafts: Sequence[Draft]) -> None:
    """Add messages to contact points in few statements, each as `enqueue` does.

    Raises:
        NotFound: a contact point is not of this practice.
    """
    owners = await store.owners_of(tx, {str(draft.to) for draft in drafts})
    rows = {}
    for draft in drafts:
        owner = owners.get(str(draft.to))
        if owner is None:
            raise NotFound("contact_point", contact_point=str(draft.to))
        to = {"contact_point_id": draft.to, "address_ix": owner.address_ix, "client_id": owner.client_id}
        message_id = tx.new_id()
        rows[message_id] = (draft, _row(tx, message_id, draft, to))
    added = await store.add_many(tx, [row for _, row in rows.values()])
    for message_id, (draft, _) in rows.items():
        if message_id in added:
            _queued(tx, message_id, draft)


def _queued(tx: Tx, message_id: str, draft: Draft) -> None:
    tx.note("message.queued", "message", message_id, kind=draft.kind.value, channel=draft.channel.value)
    if (draft.due_at or tx.now) <= tx.now:
        tx.wake(Work.ANSWERS if _priority(draft) < PRESSING else Work.PLANNED)


def _priority(draft: Draft) -> int:
    return PRIORITY[traits(draft.kind).message_class] if draft.priority is None else draft.priority


def _row(tx: Tx, message_id: str, draft: Draft, recipient: Mapping[str, object]) -> dict[str, object]:
    return {
        "id": message_id,
        "kind": draft.kind.value,
        "channel": draft.channel.value,
        **recipient,
        "participation_id": draft.participation_id,
        "offer_id": draft.offer_id,
        "inbound_id": draft.inbound_id,
        "touch": draft.touch,
        "revision": draft.revision,
        "policy_version": draft.policy_version,
        "fields": draft.fields.to_json(),
        "dedupe": draft.dedupe,
        "priority": _priority(draft),
        "due_at": draft.due_at or tx.now,
        "useful_until": draft.useful_until or _useful_until(tx, draft),
    }


async def cancel_for_participation(
    tx: Tx, participation_id: str, reason: str, *, kinds: Collection[Kind] | None = None
) -> int:
    """Take back what waits about a visit; what is on its way is recalled if it has not been posted yet.

    `reason` is a word kept on the row. Returns how many will not leave for sure.
    """
    where = store.about_participation(participation_id, kinds)
    return await _take_back(tx, where, reason)


async def cancel_for_offers(tx: Tx, offer_ids: Collection[str], reason: str, kind: Kind = Kind.OFFER) -> frozenset[str]:
    """Take back texts of this kind about these offers, their own as a rule; tells whose will not leave for sure.

    See `cancel_for_participation`.
    """
    if not offer_ids:
        return frozenset()
    taken = await _taken_back(tx, store.about_offers(offer_ids, (kind,)), reason)
    gone = await store.messages_by_id(tx, taken)
    return frozenset(each.offer_id for each in gone.values() if each.offer_id is not None)


async def cancel_ids(tx: Tx, message_ids: Collection[str], reason: str) -> int:
    """Take back these messages; see `cancel_for_participation`."""
    return await _take_back(tx, store.among(message_ids), reason) if message_ids else 0


async def cancel_due_answers(tx: Tx, reason: str) -> int:
    """Take back what somebody was to be told by now, planned texts apart; see `cancel_for_participation`."""
    return await _take_back(tx, store.due_answers(tx.now, PRIORITY[MessageClass.TOUCH]), reason)


async def cancel_for_address(tx: Tx, address_ix: bytes, channel: Channel, reason: str) -> int:
    """Take back everything for an address on a channel, save what answers an opt-out."""
    kept = tuple(kind for kind in Kind if traits(kind).answers_opt_out or traits(kind).answers_quarantine)
    # A STOP has an acknowledgement of its own, which waits for what is on its way (consent.py).
    return await _take_back(tx, store.for_address(address_ix, channel, kept), reason, heeded=False)


async def _take_back(tx: Tx, where: store.Condition, reason: str, *, heeded: bool = True) -> int:
    return len(await _taken_back(tx, where, reason, heeded=heeded))


async def _taken_back(tx: Tx, where: store.Condition, reason: str, *, heeded: bool = True) -> tuple[str, ...]:
    """Cancel and recall. Unless `heeded` is False, the change is acknowledged only when no recalled one can leave."""
    cancelled = await store.cancel_pending(tx, where, reason)
    for message_id in cancelled:
        tx.note("message.cancelled", "message", message_id, reason=reason)
    recalled = await store.recall_intents(tx, where, reason)
    for message_id in recalled:
        tx.note("message.recalled", "message", message_id, reason=reason)
    tx.call_off(recalled)
    if recalled and heeded:
        tx.before_answer.append(partial(recalls.heeded, practice_id=tx.practice_id, message_ids=recalled))
    return cancelled


async def _recipient(tx: Tx, message_id: str, draft: Draft) -> dict[str, object]:
    if isinstance(draft.to, str):
        owner = await owner_of(tx, draft.to)
        return {"contact_point_id": draft.to, "address_ix": owner.address_ix, "client_id": owner.client_id}
    box = await people.box_of_practice(tx)
    sealed = box.seal(Where(tx.practice_id, "message", message_id, "address_ct"), draft.to.text)
    return {
        "address_ct": sealed,
        "address_ix": address_ix(tx, draft.to.text, draft.channel),
        "client_id": draft.client_id,
    }


async def owner_of(r: Reading, contact_point_id: str) -> store.Owner:
    """Whose contact point it is, and its blind index.

    Raises:
        NotFound: not of this practice.
    """
    found = await store.owner_of(r, contact_point_id)
    if found is None:
        raise NotFound("contact_point", contact_point=contact_point_id)
    return found


def address_ix(r: Reading, address: str, channel: Channel) -> bytes:
    """The blind index of an address: the same that its contact points carry."""
    if channel is Channel.EMAIL:
        return r.vault.blind(r.practice_id, "email", address.casefold())
    return r.vault.blind(r.practice_id, "phone", address)


def _useful_until(tx: Tx, draft: Draft) -> datetime:
    given = draft.fields
    return useful_until(draft.kind, caused_at=tx.now, starts_at=given.starts_at, deadline=given.deadline)
