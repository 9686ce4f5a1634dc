"""The pages of the waitlist: who waits and why in this order, freed times with their offers, adding and taking off.

The rules are the waitlist package's; here they are shown, so that anybody's turn can be explained. Invariant: entries
and offers are reached like the clients they belong to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from aiohttp import web

from bot.console import waiting
from bot.console.book_of_names import Names, names
from bot.console.days import day_of, minute_of
from bot.console.desk import actor_of, after, back_to, reading, show, viewer_of, writing
from bot.console.said import Said
from bot.console.waitlist_why import sentence
from bot.console.wish_words import MISFITS, sort_of, wish_of
from bot.web.forms import sent_form
from scheduler import access, tables
from scheduler.calendar.wallclock import Span, at_minute, local_day
from scheduler.core.actor import Actor
from scheduler.core.errors import NotFound
from scheduler.core.record import Reading
from scheduler.people import store as people
from scheduler.people.store import Client
from waitlist import candidates, entry_store, offer_store, opening_store, policy_store
from waitlist.actions.claim import Won, claim
from waitlist.actions.leave import leave
from waitlist.actions.open_time import open_time
from waitlist.actions.pass_offer import Passed, pass_offer
from waitlist.actions.pause import pause
from waitlist.actions.wave import Offered, offer_by_hand
from waitlist.actions.withdraw import withdraw_opening
from waitlist.entry_store import Entry, EntryState
from waitlist.explain import Explained, explain
from waitlist.matching import Misfit, Ranked
from waitlist.offer_store import Offer, OfferState
from waitlist.opening_store import Opening, OpeningKind, OpeningState
from waitlist.policy import Policy, Weights
from waitlist.turns import points_of, reasons, turn_of

WRITE: Final = "waitlist.write"
PLACE: Final = "/console/waitlist"
RESTS: Final = frozenset({"1", "2", "4", "8"})
RECENT: Final = timedelta(days=14)
SETTLED: Final = tuple(state for state in OpeningState if state not in opening_store.UNSETTLED)


@dataclass(frozen=True, slots=True)
class Asked:
    """One offer of an opening."""

    offer: Offer
    who: str


@dataclass(frozen=True, slots=True)
class Next:
    """Somebody who would be asked, with the facts that decide their turn."""

    who: str
    why: str
    entry_id: str


@dataclass(frozen=True, slots=True)
class Freed:
    """An opening with its offers, who would be asked next, and why the others are not."""

    opening: Opening
    clinician: str
    service: str
    sort: str
    asked: tuple[Asked, ...]
    held: tuple[Asked, ...]
    next: tuple[Next, ...]
    passed_over: tuple[Next, ...]


@dataclass(frozen=True, slots=True)
class Waits:
    """An entry as the list shows it. `quiet`: what is said of who has not been heard of, empty of all others."""

    entry: Entry
    who: str
    client_id: str
    wish: str
    facts: str
    held: Offer | None
    quiet: str


async def show_waitlist(request: web.Request) -> web.Response:
    """Freed times, and everybody who waits."""
    actor = actor_of(request)
    async with reading(request) as r:
        entries = await waiting.entries(r, actor)
        book = await names(r)
        openings = await _within_reach(r, actor, await opening_store.openings(r))
        held = {each.entry_id: each for each in await offer_store.offers(r, states=(OfferState.HELD,))}
        everybody = await entry_store.entries(r)
        clients = await people.clients(r, {each.client_id for each in everybody} | set(await _asked(r, openings)))
        freed = [await _freed(r, each, book, clients, everybody) for each in openings]
        policy = await policy_store.policy(r)
        past = await _within_reach(r, actor, await opening_store.openings(r, states=SETTLED, after=r.now - RECENT))
        context = {
            "freed": freed,
            "waits": [_waits(each, clients, book, held, policy, r.now) for each in _in_turn(entries, policy.weights)],
            "past": [(each, book.clinician(each.clinician_id)) for each in reversed(past)],
            "services": [(each.id, each.name) for each in book.offered()],
            "clinicians": [(each.id, each.name) for each in await _mine(r, actor, book)],
            "back": PLACE,
        }
    return await show(request, "console/waitlist.html", context, part="console/_waitlist_board.html")


async def show_entry(request: web.Request) -> web.Response:
    """One entry, with every offer its client was made."""
    actor = actor_of(request)
    async with reading(request) as r:
        await access.thing(r, actor, tables.waitlist_entry, request.match_info["entry"], WRITE)
        entry = await entry_store.entry(r, request.match_info["entry"])
        if entry is None:
            raise NotFound("waitlist_entry")
        book = await names(r)
        client = (await people.clients(r, (entry.client_id,)))[entry.client_id]
        offers = await offer_store.offers(r, client_ids=(entry.client_id,))
        held = {each.entry_id: each for each in offers if each.state == OfferState.HELD}
        policy, stands = await policy_store.policy(r), entry_store.standing_of(entry)
        told = await _within_reach_of(r, actor, await explain(r, entry))
        context = {
            "w": _waits(entry, {client.id: client}, book, held, policy, r.now),
            "client": client,
            "rests": entry.paused_until is not None and entry.paused_until > r.now,
            "offers": [(each, book.clinician(each.clinician_id)) for each in reversed(offers)],
            "points": reasons(points_of(stands, policy.weights, 0, r.now), stands, r.now),
            "why": [(each, book.clinician(each.opening.clinician_id), sentence(each)) for each in told],
            "back": f"{PLACE}/{entry.id}",
        }
    return await show(request, "console/waitlist_entry.html", context, part="console/_waitlist_entry_board.html")


async def take_off(request: web.Request) -> web.Response:
    """Take an entry off the list."""
    form = await sent_form(request)
    async with writing(request) as tx:
        await access.thing(tx, actor_of(request), tables.waitlist_entry, request.match_info["entry"], WRITE)
        await leave(tx, request.match_info["entry"])
    return after(request, back_to(form.value("back"), PLACE), Said("left"))


async def rest(request: web.Request) -> web.Response:
    """Let an entry rest for some weeks, or take it up again."""
    form = await sent_form(request)
    key = request.match_info["entry"]
    async with writing(request) as tx:
        await access.thing(tx, actor_of(request), tables.waitlist_entry, key, WRITE)
        weeks = form.value("weeks")
        until = tx.now + timedelta(weeks=int(weeks)) if weeks in RESTS else None
        done = await pause(tx, key, until)
    said = ("rests" if until else "waits_again") if done else "not_waiting"
    return after(request, back_to(form.value("back"), PLACE), Said(said))


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
    return after(
        request, back_to(form.value("back"), PLACE), Said("claimed" if isinstance(done, Won) else "not_offer_over")
    )


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


async def offer_time(request: web.Request) -> web.Response:
    """Put a free time up for the waitlist, without a cancellation."""
    form = await sent_form(request)
    async with writing(request) as tx:
        clinician = await access.clinician(tx, actor_of(request), form.value("clinician"), WRITE)
        service = await people.service(tx, form.value("service"))
        locations = await people.locations(tx, active_only=True)
        minute = minute_of(form.value("time"))
        if service is None or not locations:
            raise NotFound("service")
        zone = viewer_of(request).zone
        if minute is None:
            return after(request, PLACE, Said("not_no_time"))
        start = at_minute(day_of(form.value("day"), local_day(tx.now, zone)), minute, zone)
        opening_id = await open_time(
            tx,
            clinician_id=clinician.id,
            service_id=service.id,
            location_id=locations[0].id,
            span=Span(start, start + timedelta(minutes=service.duration_minutes)),
        )
    return after(request, PLACE, Said("offered" if opening_id else "not_too_soon"))


async def _within_reach(r: Reading, actor: Actor, openings: tuple[Opening, ...]) -> list[Opening]:
    own = await access.own_clinician(r, actor, WRITE)
    return [each for each in openings if own in {None, each.clinician_id}]


async def _within_reach_of(r: Reading, actor: Actor, told: tuple[Explained, ...]) -> list[Explained]:
    own = await access.own_clinician(r, actor, WRITE)
    return [each for each in told if own in {None, each.opening.clinician_id}]


async def _mine(r: Reading, actor: Actor, book: Names) -> list[Any]:
    own = await access.own_clinician(r, actor, WRITE)
    return [each for each in book.working() if own in {None, each.id}]


async def _asked(r: Reading, openings: list[Opening]) -> list[str]:
    return [offer.client_id for each in openings for offer in await offer_store.offers(r, opening_id=each.id)]


async def _freed(
    r: Reading, opening: Opening, book: Names, clients: Mapping[str, Client], everybody: tuple[Entry, ...]
) -> Freed:
    asked = tuple(
        Asked(each, clients[each.client_id].display if each.client_id in clients else "")
        for each in await offer_store.offers(r, opening_id=opening.id)
    )
    for_one = opening.kind is OpeningKind.INSTEAD
    ranked = () if for_one else await candidates.in_order(r, opening)
    others = {} if for_one else await candidates.misfits(r, opening, everybody)
    by_id = {entry.id: entry for entry in everybody}
    waited = {each.entry_id: each for each in ranked}
    return Freed(
        opening,
        book.clinician(opening.clinician_id),
        book.service(opening.service_id),
        sort_of(opening),
        asked,
        tuple(each for each in asked if each.offer.state == OfferState.HELD),
        tuple(
            Next(_who(by_id[entry_id], clients), in_words(each, r.now), entry_id)
            for entry_id, each in waited.items()
            if entry_id in by_id
        ),
        tuple(
            Next(_who(by_id[entry_id], clients), MISFITS[misfit], entry_id)
            for entry_id, misfit in others.items()
            if entry_id in by_id and misfit is not Misfit.ASKED_ALREADY
        ),
    )


def _who(entry: Entry, clients: Mapping[str, Client]) -> str:
    return clients[entry.client_id].display if entry.client_id in clients else ""


def _waits(
    entry: Entry, clients: Mapping[str, Client], book: Names, held: Mapping[str, Offer], policy: Policy, now: datetime
) -> Waits:
    return Waits(
        entry,
        _who(entry, clients),
        entry.client_id,
        wish_of(entry, book),
        facts_of(entry, (now - entry.joined_at).days),
        held.get(entry.id),
        quiet_words(entry, policy, now),
    )


def quiet_words(entry: Entry, policy: Policy, now: datetime) -> str:
    """What is known of who was asked whether they still wait; they have some days before it is called a silence."""
    if not entry.is_quiet or entry.asked_whether_at is None or entry.state is not EntryState.WAITING:
        return ""
    if now - entry.asked_whether_at < timedelta(days=policy.quiet_days):
        return "Asked whether they still wait"
    return "No answer to 1 offer" if entry.unanswered == 1 else f"No answer to {entry.unanswered} offers"


def in_words(ranked: Ranked, now: datetime) -> str:
    """Somebody's place and what it is made of."""
    return f"{ranked.points.total} points: {', '.join(reasons(ranked.points, ranked.standing, now))}"


def facts_of(entry: Entry, waited_days: int) -> str:
    """The facts that decide somebody's turn, in the order in which they count."""
    words = []
    if entry.priority:
        words.append("put first" if entry.priority > 0 else "put last")
    if entry.credit:
        words.append("lost an offer" if entry.credit == 1 else f"lost {entry.credit} offers")
    words.append("never asked" if entry.last_offered_at is None else "asked before")
    words.append(
        "joined today" if waited_days == 0 else "waits 1 day" if waited_days == 1 else f"waits {waited_days} days"
    )
    return ", ".join(words)


def _in_turn(entries: tuple[Entry, ...], weights: Weights) -> list[Entry]:
    """The general order of turns; for one opening it is narrowed to those whom it fits."""
    return sorted(entries, key=lambda each: (turn_of(entry_store.standing_of(each), weights), each.joined_at, each.id))


def install_waitlist(app: web.Application) -> None:
    """Add the routes."""
    key = "{entry:[0-9a-f]{32}}"
    app.router.add_get(PLACE, show_waitlist, name="waitlist")
    app.router.add_get(f"{PLACE}/{key}", show_entry, name="waitlist.entry")
    app.router.add_post(f"{PLACE}/{key}/leave", take_off, name="waitlist.leave")
    app.router.add_post(f"{PLACE}/{key}/rest", rest, name="waitlist.rest")
    app.router.add_post("/console/openings", offer_time, name="opening.make")
    app.router.add_post("/console/openings/{opening:[0-9a-f]{32}}/withdraw", withdraw, name="opening.withdraw")
    app.router.add_post("/console/openings/{opening:[0-9a-f]{32}}/ask", ask_next, name="opening.ask")
    app.router.add_post("/console/offers/{offer:[0-9a-f]{32}}/take", take, name="offer.take")
    app.router.add_post("/console/offers/{offer:[0-9a-f]{32}}/pass", pass_on, name="offer.pass_on")
