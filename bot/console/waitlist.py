"""The board of the waitlist: freed times with their offers, who waits, and what became of the last times.

One entry's page is waitlist_entry.py's, whose turn it is waitlist_turns.py's. Invariant: entries and offers are reached
like the clients they belong to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from bot.console import waiting
from bot.console.book_of_names import Names, names
from bot.console.desk import actor_of, after, back_to, reading, show, writing
from bot.console.said import Said
from bot.console.turn_words import lasted, turns_decided
from bot.console.waitlist_entry import in_turn, waits_of
from bot.console.wish_words import sort_of
from bot.web.forms import sent_form
from scheduler import access, tables
from scheduler.actions.restore import UNDO
from scheduler.core.actor import Actor
from scheduler.core.record import Reading
from scheduler.people import store as people
from scheduler.people.store import Client
from waitlist import offer_store, opening_store, policy_store
from waitlist.actions.ask_the_desk import in_line
from waitlist.actions.claim import Won, claim
from waitlist.actions.pass_offer import Passed, pass_offer
from waitlist.actions.undo_claim import ClaimUndone, take_claim_back
from waitlist.actions.wave import Offered, offer_by_hand
from waitlist.actions.withdraw import withdraw_opening
from waitlist.offer_store import Offer, OfferState
from waitlist.opening_store import Opening, OpeningKind, OpeningState

WRITE: Final = "waitlist.write"
PLACE: Final = "/console/waitlist"
RECENT: Final = timedelta(days=14)
LISTED: Final = 200
"""So many of those who wait are listed, the first in turn; the others are found by their names."""
SETTLED_LISTED: Final = 60
"""So many settled times are listed, beside those whose claim may still be taken back."""
SETTLED: Final = tuple(state for state in OpeningState if state not in opening_store.UNSETTLED)


@dataclass(frozen=True, slots=True)
class Asked:
    """One offer of an opening. `before`: who said yes before them, for whom the time is kept."""

    offer: Offer
    who: str
    before: str = ""


@dataclass(frozen=True, slots=True)
class Freed:
    """An opening with its offers."""

    opening: Opening
    clinician: str
    service: str
    sort: str
    asked: tuple[Asked, ...]
    held: tuple[Asked, ...]


@dataclass(frozen=True, slots=True)
class Over:
    """An opening that is settled. Of one that was claimed: by whom, how soon, and whether that may be taken back."""

    opening: Opening
    clinician: str
    service: str
    claim: Offer | None
    who: str
    lasted: str
    may_undo: bool


async def show_waitlist(request: web.Request) -> web.Response:
    """Freed times, and those who wait, in their turn."""
    actor = actor_of(request)
    async with reading(request) as r:
        entries = await waiting.entries(r, actor)
        book = await names(r)
        openings = await _within_reach(r, actor, await opening_store.openings(r))
        held = {each.entry_id: each for each in await offer_store.offers(r, states=(OfferState.HELD,))}
        offers = {each.id: await offer_store.offers(r, opening_id=each.id) for each in openings}
        policy = await policy_store.policy(r)
        waits = in_turn(entries, policy.weights)
        shown = {each.client_id for each in waits[:LISTED]} | {
            each.client_id for made in offers.values() for each in made
        }
        clients = await people.clients(r, shown)
        past = await _over(r, actor, book)
        context = {
            "freed": [_freed(each, offers[each.id], book, clients) for each in openings],
            "turns": turns_decided(policy),
            "count": len(waits),
            "waits": [waits_of(each, clients, book, held, policy, r.now) for each in waits[:LISTED]],
            "past": past,
            "past_listed": [each for at, each in enumerate(past) if at < SETTLED_LISTED or each.may_undo],
            "back": PLACE,
        }
    return await show(request, "console/waitlist.html", context, part="console/_waitlist_board.html")


async def _over(r: Reading, actor: Actor, book: Names) -> list[Over]:
    """What was settled in the last two weeks, the latest visit first."""
    found = await _within_reach(r, actor, await opening_store.openings(r, states=SETTLED, after=r.now - RECENT))
    told = [each for each in found if each.kind is not OpeningKind.INSTEAD or each.state is OpeningState.FILLED]
    claims = await offer_store.claims_of(r, [each.id for each in told])
    clients = await people.clients(r, {each.client_id for each in claims.values()})
    return [_settled(each, book, claims.get(each.id), clients, r.now) for each in reversed(told)]


def _settled(
    opening: Opening, book: Names, claimed: Offer | None, clients: Mapping[str, Client], now: datetime
) -> Over:
    at = claimed.ended_at if claimed else None
    who = clients[claimed.client_id].display if claimed and claimed.client_id in clients else ""
    soon = lasted(int((at - opening.created_at) / timedelta(minutes=1))) if at else ""
    may_undo = at is not None and now - at <= UNDO and opening.starts_at > now
    told = (book.clinician(opening.clinician_id), book.service(opening.service_id))
    return Over(opening, *told, claimed, who, soon, may_undo and opening.state is OpeningState.FILLED)


async def withdraw(request: web.Request) -> web.Response:
    """Stop offering a freed time."""
    form = await sent_form(request)
    async with writing(request) as tx:
        await access.thing(tx, actor_of(request), tables.opening, request.match_info["opening"], WRITE)
        done = await withdraw_opening(tx, request.match_info["opening"])
    return after(request, back_to(form.value("back"), PLACE), Said("withdrawn" if done else "not_opening_over"))


async def take(request: web.Request) -> web.Response:
    """The client who holds the offer said yes, by phone or at the desk."""
    form = await sent_form(request)
    async with writing(request) as tx:
        await access.thing(tx, actor_of(request), tables.offer, request.match_info["offer"], WRITE)
        done = await claim(tx, request.match_info["offer"], via="staff")
    said = Said("claimed", request.match_info["offer"]) if isinstance(done, Won) else Said("not_offer_over")
    return after(request, back_to(form.value("back"), PLACE), said)


async def undo(request: web.Request) -> web.Response:
    """Take back a yes that was booked, within its minutes: it was pressed by mistake, or the client thinks again."""
    form = await sent_form(request)
    async with writing(request) as tx:
        await access.thing(tx, actor_of(request), tables.offer, request.match_info["offer"], WRITE)
        done = await take_claim_back(tx, request.match_info["offer"])
    said = "claim_undone" if isinstance(done, ClaimUndone) else f"not_claim_{done.reason}"
    return after(request, back_to(form.value("back"), PLACE), Said(said))


async def pass_on(request: web.Request) -> web.Response:
    """The client who holds the offer does not want it."""
    form = await sent_form(request)
    async with writing(request) as tx:
        await access.thing(tx, actor_of(request), tables.offer, request.match_info["offer"], WRITE)
        done = await pass_offer(tx, request.match_info["offer"])
    return after(
        request, back_to(form.value("back"), PLACE), Said("passed" if isinstance(done, Passed) else "not_offer_over")
    )


async def ask_next(request: web.Request) -> web.Response:
    """Ask somebody now, whoever's turn it is."""
    form = await sent_form(request)
    async with writing(request) as tx:
        await access.thing(tx, actor_of(request), tables.opening, request.match_info["opening"], WRITE)
        await access.thing(tx, actor_of(request), tables.waitlist_entry, form.value("entry"), WRITE)
        done = await offer_by_hand(tx, request.match_info["opening"], form.value("entry"))
    return after(
        request, back_to(form.value("back"), PLACE), Said("asked" if isinstance(done, Offered) else "not_askable")
    )


async def _within_reach(r: Reading, actor: Actor, openings: tuple[Opening, ...]) -> list[Opening]:
    own = await access.own_clinician(r, actor, WRITE)
    return [each for each in openings if own in {None, each.clinician_id}]


def _freed(opening: Opening, offers: tuple[Offer, ...], book: Names, clients: Mapping[str, Client]) -> Freed:
    who = {each.id: clients[each.client_id].display if each.client_id in clients else "" for each in offers}
    asked = tuple(Asked(each, who[each.id]) for each in offers)
    held = [each for each in offers if each.state == OfferState.HELD]
    line = in_line(held)
    first = who[line[0].id] if line else ""
    return Freed(
        opening,
        book.clinician(opening.clinician_id),
        book.service(opening.service_id),
        sort_of(opening),
        asked,
        (
            *(Asked(each, who[each.id], first if number else "") for number, each in enumerate(line)),
            *(Asked(each, who[each.id]) for each in held if each.accepted_at is None),
        ),
    )


def install_waitlist(app: web.Application) -> None:
    """Add the routes."""
    app.router.add_get(PLACE, show_waitlist, name="waitlist")
    app.router.add_post("/console/openings/{opening:[0-9a-f]{32}}/withdraw", withdraw, name="opening.withdraw")
    app.router.add_post("/console/openings/{opening:[0-9a-f]{32}}/ask", ask_next, name="opening.ask")
    app.router.add_post("/console/offers/{offer:[0-9a-f]{32}}/take", take, name="offer.take")
    app.router.add_post("/console/offers/{offer:[0-9a-f]{32}}/undo", undo, name="offer.undo")
    app.router.add_post("/console/offers/{offer:[0-9a-f]{32}}/pass", pass_on, name="offer.pass_on")
