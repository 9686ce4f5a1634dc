"""Presses of "take it" that come together: who may win goes first and alone, all who came second are answered as one.

A text offers one hour to many, so their presses come at once. Of those whose time is gone the rows are read once for
all, and what is kept of their yeses is written in one transaction; a press whose answer stands in its row already
writes nothing. Invariant: whoever may still win does so by `claim`, whose lock decides between processes too; no press
is answered before what it changed is committed.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from aiohttp import web

from bot.links.opened import Opened
from bot.together import Together
from messages import links
from scheduler.appointments import store as appointments
from scheduler.core.record import Reading, Record, Tx
from waitlist import offer_store
from waitlist.actions.ask_the_desk import Noted
from waitlist.actions.came_second import came_second
from waitlist.actions.claim import Expired, Gone, Won, claim, known_verdict
from waitlist.offer_store import Offer, OfferState
from waitlist.opening_store import OpeningKind

TOGETHER: Final = 100
"""Presses of a lot: enough that a commit is shared by many, few enough that the first are not kept by the last."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a press ended. `later`: the visit its claim gives up or keeps; `instead`: the page of another free time."""

    offer: Offer
    outcome: Won | Gone | Expired | Noted
    later: datetime | None
    instead: str = ""


Claims = Together[tuple[str, str], Opened, Ended | None]
CLAIMS = web.AppKey("links_claims", Claims)


def claims_of(record: Record) -> Claims:
    """Presses by practice and opening. Each is told how it ended; None when its link has died meanwhile."""

    async def settle(_queue: tuple[str, str], presses: Sequence[Opened]) -> Sequence[Ended | None]:
        ended = await _in_order(record, {press.token: press for press in presses})
        return [ended[press.token] for press in presses]

    return Together(settle, most=TOGETHER)


async def _in_order(record: Record, presses: Mapping[str, Opened]) -> dict[str, Ended | None]:
    """How each press ended, by token. Whoever has gone alone may have found it taken; then nobody else has to."""
    ended = await _all_over(record, presses.values())
    for token, press in presses.items():
        if token in ended:
            continue
        ended[token] = one = await _alone(record, press)
        if one is not None and isinstance(one.outcome, Won | Gone):
            ended |= await _all_over(record, [each for each in presses.values() if each.token not in ended])
    return ended


async def _alone(record: Record, press: Opened) -> Ended | None:
    """Take the time, in a transaction of its own."""
    async with record.write(press.practice_id, press.actor) as tx:
        offer = (await _offers_behind(tx, (press,))).get(press.token)
        if offer is None:
            return None
        later = await _later_visits(tx, (offer,))
        outcome = await claim(tx, offer.id, via="link")
        held = await _held_instead(tx, (offer,)) if isinstance(outcome, Gone) else {}
        page = await _page_of(tx, press, held[press.client.id]) if held else ""
    return Ended(offer, outcome, later.get(offer.id), page)


async def _all_over(record: Record, presses: Iterable[Opened]) -> dict[str, Ended | None]:
    """Of these presses those that cannot win: another's act has ended the offer, or the link is dead."""
    by_token = {press.token: press for press in presses}
    if not by_token:
        return {}
    practice_id = next(iter(by_token.values())).practice_id
    async with record.read(practice_id) as r:
        offers = await _offers_behind(r, by_token.values())
        over = {token: offer for token, offer in offers.items() if _is_over(offer)}
        later = await _later_visits(r, over.values())
        held = await _held_instead(r, over.values())
        known = await links.tokens_of(r, {each.id: client_id for client_id, each in held.items()})
    pages = {client_id: links.path_of(known[each.id]) for client_id, each in held.items() if each.id in known}
    uncounted = {offer.id: offer for offer in over.values() if known_verdict(offer) is None}
    without_page = {client_id: each for client_id, each in held.items() if client_id not in pages}
    if uncounted or without_page:
        pages |= await _count(record, by_token.values(), tuple(uncounted.values()), without_page)
    ended: dict[str, Ended | None] = dict.fromkeys(by_token.keys() - offers.keys())
    for token, offer in over.items():
        ended[token] = Ended(offer, known_verdict(offer) or Gone(), later.get(offer.id), pages.get(offer.client_id, ""))
    return ended


def _is_over(offer: Offer) -> bool:
    return offer.state is OfferState.WITHDRAWN or known_verdict(offer) is not None


async def _count(
    record: Record, presses: Collection[Opened], second: Sequence[Offer], held: Mapping[str, Offer]
) -> dict[str, str]:
    """Count these yeses that came second, each once; by client the pages of the times that are held instead."""
    readers = {press.client.id: press for press in presses}
    first = next(iter(presses))
    async with record.write(first.practice_id, first.actor) as tx:
        if second:
            await came_second(tx, second, {each.id: readers[each.client_id].actor for each in second})
        return {client_id: await _page_of(tx, readers[client_id], offer) for client_id, offer in held.items()}


async def _offers_behind(r: Reading, presses: Iterable[Opened]) -> dict[str, Offer]:
    """The offers behind these links, by token, of those that are still alive."""
    alive = await links.look_up_many(r, [press.token for press in presses])
    ids = {token: row.offer_id for token, row in alive.items() if row.offer_id is not None}
    found = {offer.id: offer for offer in await offer_store.offers(r, ids=ids.values())} if ids else {}
    return {token: found[offer_id] for token, offer_id in ids.items() if offer_id in found}


async def _later_visits(r: Reading, offers: Iterable[Offer]) -> dict[str, datetime]:
    """By offer id when the visit would be that a claim gives up, where there is one."""
    replaced = {each.id: each.replaces_participation_id for each in offers if each.replaces_participation_id}
    visits = await appointments.visits(r, replaced.values()) if replaced else {}
    starts = {each: visit.starts_at for each, visit in visits.items() if visit.is_active}
    return {offer_id: starts[visit_id] for offer_id, visit_id in replaced.items() if visit_id in starts}


async def _held_instead(r: Reading, offers: Iterable[Offer]) -> dict[str, Offer]:
    """By client the times that are held for these who came second, where one is."""
    clients = [each.client_id for each in offers if each.state is not OfferState.CLAIMED]
    held = await offer_store.offers(r, client_ids=clients, states=(OfferState.HELD,)) if clients else ()
    return {each.client_id: each for each in held if each.kind is OpeningKind.INSTEAD}


async def _page_of(tx: Tx, press: Opened, offer: Offer) -> str:
    """Where the time is that they may have instead."""
    with tx.acting(press.actor):
        made = await links.make(
            tx,
            links.Purpose.OFFER,
            client_id=press.client.id,
            expires_at=offer.expires_at,
            contact_point_id=offer.contact_point_id,
            offer_id=offer.id,
        )
    return links.path_of(made.token)
