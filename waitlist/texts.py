"""What the waitlist says to people: one function for each text, each saying it at most once.

Here lives which kind is sent, to whom and about which instants. Wording is in messages/catalog, sending in
messages/transmit. Invariant: the dedupe key names the offer (or entry), so a repeated act says nothing twice.
"""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from messages.kinds import Channel, Kind
from messages.outbox import Draft, cancel_for_offers, enqueue, enqueue_many, offer_key
from messages.particulars import Particulars
from scheduler.core.record import Tx
from waitlist.actions.instead import Instead
from waitlist.offer_store import Offer
from waitlist.opening_store import Opening, OpeningKind


async def joined(tx: Tx, entry_id: str, contact_point_id: str) -> None:
    """They are on the list now."""
    dedupe = f"entry:{entry_id}:joined"
    await enqueue(tx, Draft(kind=Kind.WAITLIST_JOINED, channel=Channel.SMS, to=contact_point_id, dedupe=dedupe))


async def still_waiting(tx: Tx, points: Mapping[str, str]) -> None:
    """Do they still wait? They have left several offers unanswered. Contact points by entry id."""
    await enqueue_many(
        tx,
        [
            Draft(
                kind=Kind.STILL_WAITING,
                channel=Channel.SMS,
                to=point_id,
                dedupe=f"entry:{entry_id}:whether:{tx.now.isoformat()}",
            )
            for entry_id, point_id in points.items()
        ],
    )


async def offered(
    tx: Tx,
    opening: Opening,
    points: Mapping[str, str],
    deadline: datetime,
    *,
    several: bool = False,
    asks: bool = False,
) -> None:
    """A time has opened; they may take it until the deadline. Contact points by offer id.

    `several`: others are or may be asked about it too, so the first yes has it. `asks`: a person settles the yes.
    """
    fields = Particulars(starts_at=opening.starts_at, deadline=deadline, several=several, asks=asks, **_rhythm(opening))
    await enqueue_many(
        tx,
        [
            Draft(
                kind=Kind.OFFER,
                channel=Channel.SMS,
                to=point_id,
                dedupe=offer_key(offer_id, Kind.OFFER.value),
                fields=fields,
                offer_id=offer_id,
            )
            for offer_id, point_id in points.items()
        ],
    )


async def won(
    tx: Tx, offer: Offer, participation_id: str, released_at: datetime | None, inbound_id: str | None
) -> None:
    """It is theirs; and, where it was so agreed, their later visit is released."""
    particulars = Particulars(starts_at=offer.starts_at, other_at=released_at, **_rhythm(offer))
    await _say(tx, Kind.OFFER_WON, offer, particulars, participation_id=participation_id, inbound_id=inbound_id)


def _rhythm(time: Opening | Offer) -> dict[str, Any]:
    """That a time comes round, and every how many weeks where that is not each of them."""
    if time.kind is not OpeningKind.WEEKLY:
        return {}
    return {"weekly": True} if time.every_weeks in {None, 1} else {"weekly": True, "count": time.every_weeks}


async def lost(tx: Tx, offers: Mapping[Offer, datetime | None], instead: Mapping[str, Instead]) -> None:
    """Somebody was quicker. With each offer the visit its holder keeps; by its id the time they may have instead."""
    await enqueue_many(
        tx,
        [
            Draft(
                kind=Kind.OFFER_LOST,
                channel=Channel.SMS,
                to=offer.contact_point_id,
                dedupe=offer_key(offer.id, Kind.OFFER_LOST.value),
                fields=_of_lost(offer, kept_at, instead.get(offer.id)),
                offer_id=offer.id,
            )
            for offer, kept_at in offers.items()
        ],
    )


def _of_lost(offer: Offer, kept_at: datetime | None, instead: Instead | None) -> Particulars:
    if instead is None:
        return Particulars(starts_at=offer.starts_at, other_at=kept_at)
    return Particulars(starts_at=instead.starts_at, other_at=kept_at, deadline=instead.deadline)


async def noted(tx: Tx, offer: Offer, kind: Kind, until: datetime, inbound_id: str | None) -> bool:
    """Their yes waits for a person (OFFER_NOTED), or for their call (OFFER_CALL), until then. False: they know."""
    return await _say(tx, kind, offer, Particulars(starts_at=offer.starts_at, deadline=until), inbound_id=inbound_id)


async def behind(tx: Tx, offer: Offer, inbound_id: str | None) -> None:
    """Somebody said yes before them; they stand next in line."""
    await _say(tx, Kind.OFFER_BEHIND, offer, Particulars(starts_at=offer.starts_at), inbound_id=inbound_id)


async def second(tx: Tx, offer: Offer, inbound_id: str | None) -> None:
    """Their yes came after the word that the time is gone: thanks, once."""
    await _say(tx, Kind.OFFER_SECOND, offer, Particulars(), inbound_id=inbound_id)


async def withdrawn(tx: Tx, offer: Offer, inbound_id: str | None = None) -> None:
    """The time is no longer free."""
    await _say(tx, Kind.OFFER_WITHDRAWN, offer, Particulars(starts_at=offer.starts_at), inbound_id=inbound_id)


async def taken_back(tx: Tx, offer: Offer, again_at: datetime | None) -> None:
    """The yes that staff had booked is undone; with the visit that is theirs again, if there is one.

    Whom the word that the time is theirs has not reached is told nothing.
    """
    if not await cancel_for_offers(tx, (offer.id,), "undone", Kind.OFFER_WON):
        await _say(tx, Kind.UNDONE, offer, Particulars(starts_at=again_at))


async def passed(tx: Tx, offer: Offer, inbound_id: str | None) -> None:
    """Thank you for saying so; their place is kept."""
    await _say(tx, Kind.OFFER_PASSED, offer, Particulars(starts_at=offer.starts_at), inbound_id=inbound_id)


async def expired(tx: Tx, offer: Offer, inbound_id: str | None) -> None:
    """They answered after the deadline; their place is kept."""
    await _say(tx, Kind.OFFER_EXPIRED, offer, Particulars(starts_at=offer.starts_at), inbound_id=inbound_id)


async def never_heard(tx: Tx, offer: Offer, reason: str) -> bool:
    """Take the offer's own text back if it has not left: of what nobody has heard, nobody is told the end."""
    return bool(await never_heard_of(tx, (offer.id,), reason))


async def never_heard_of(tx: Tx, offer_ids: Collection[str], reason: str) -> frozenset[str]:
    """Those among these offers whose own text had not left, and is taken back."""
    return await cancel_for_offers(tx, offer_ids, reason)


async def _say(
    tx: Tx,
    kind: Kind,
    offer: Offer,
    particulars: Particulars,
    *,
    participation_id: str | None = None,
    inbound_id: str | None = None,
) -> bool:
    """Whether it is said now; it is not where it was before."""
    said = await enqueue(
        tx,
        Draft(
            kind=kind,
            channel=Channel.SMS,
            to=offer.contact_point_id,
            dedupe=offer_key(offer.id, kind.value),
            fields=particulars,
            participation_id=participation_id,
            offer_id=offer.id,
            inbound_id=inbound_id,
        ),
    )
    return said is not None
