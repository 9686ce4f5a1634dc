"""The page of one entry: what somebody waits for, every offer they were made, and why they were asked or not.

Adding and changing an entry is waitlist_join.py's. Invariant: an entry is reached like the client it belongs to.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from aiohttp import web

from bot.console.book_of_names import Names, names
from bot.console.desk import actor_of, after, back_to, reading, show, writing
from bot.console.said import Said
from bot.console.turn_words import facts_of, put_first, quiet_words
from bot.console.waitlist_why import sentence
from bot.console.wish_words import wish_of
from bot.web.forms import sent_form
from scheduler import access, tables
from scheduler.core.actor import Actor
from scheduler.core.errors import NotFound
from scheduler.core.record import Reading
from scheduler.people import store as people
from scheduler.people.store import Client
from waitlist import entry_store, offer_store, policy_store
from waitlist.actions.leave import leave
from waitlist.actions.pause import pause
from waitlist.entry_store import Entry
from waitlist.explain import Explained, Why, explain
from waitlist.offer_store import Offer, OfferState
from waitlist.policy import Policy, Weights
from waitlist.turns import points_of, reasons, turn_of

WRITE: Final = "waitlist.write"
PLACE: Final = "/console/waitlist"
RESTS: Final = frozenset({"1", "2", "4", "8"})


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


def waits_of(
    entry: Entry, clients: Mapping[str, Client], book: Names, held: Mapping[str, Offer], policy: Policy, now: datetime
) -> Waits:
    """An entry in words."""
    return Waits(
        entry,
        clients[entry.client_id].display if entry.client_id in clients else "",
        entry.client_id,
        wish_of(entry, book),
        facts_of(entry, (now - entry.joined_at).days),
        held.get(entry.id),
        quiet_words(entry, policy, now),
    )


def in_turn(entries: tuple[Entry, ...], weights: Weights) -> list[Entry]:
    """The general order of turns; for one opening it is narrowed to those whom it fits."""
    return sorted(entries, key=lambda each: (turn_of(entry_store.standing_of(each), weights), each.joined_at, each.id))


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
        told = await _within_reach(r, actor, await explain(r, entry))
        since = [each for each in told if each.why is not Why.JOINED_LATER]
        context = {
            "w": waits_of(entry, {client.id: client}, book, held, policy, r.now),
            "client": client,
            "rests": entry.paused_until is not None and entry.paused_until > r.now,
            "offers": [(each, book.clinician(each.clinician_id)) for each in reversed(offers)],
            "points": reasons(points_of(stands, policy.weights, 0, r.now), stands, r.now),
            "put_first": put_first(entry) if entry.urgency_reason else "",
            "why": [(each, book.clinician(each.opening.clinician_id), sentence(each)) for each in since],
            "before": len(told) - len(since),
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


async def _within_reach(r: Reading, actor: Actor, told: tuple[Explained, ...]) -> list[Explained]:
    own = await access.own_clinician(r, actor, WRITE)
    return [each for each in told if own in {None, each.opening.clinician_id}]


def install_waitlist_entry(app: web.Application) -> None:
    """Add the routes."""
    key = "{entry:[0-9a-f]{32}}"
    app.router.add_get(f"{PLACE}/{key}", show_entry, name="waitlist.entry")
    app.router.add_post(f"{PLACE}/{key}/leave", take_off, name="waitlist.leave")
    app.router.add_post(f"{PLACE}/{key}/rest", rest, name="waitlist.rest")
