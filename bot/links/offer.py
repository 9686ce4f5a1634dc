"""The page of an offered time: take it, or pass. The first claim wins, and whoever comes second is told kindly."""

from collections.abc import Mapping
from types import MappingProxyType

from aiohttp import web

from bot.links.claims import CLAIMS
from bot.links.opened import RECORD, Gone, Opened, day_and_time, in_one_line, show, still_alive
from bot.links.visit import NOTHING_MORE
from bot.web import dates
from scheduler.appointments import store as appointments
from scheduler.core.record import Reading
from waitlist import offer_store, policy_store
from waitlist.actions.ask_the_desk import Noted
from waitlist.actions.claim import Expired, Won
from waitlist.actions.claim import Gone as TimeGone
from waitlist.actions.pass_offer import pass_offer
from waitlist.offer_store import Offer, OfferState
from waitlist.opening_store import OpeningKind
from waitlist.policy import Accept


async def show_offer(request: web.Request, opened: Opened) -> web.Response:
    """The time and how long it is held; afterwards, how it ended."""
    async with request.app[RECORD].read(opened.practice_id) as r:
        offer = await _offer(r, opened)
        later = await _later_visit(r, opened, offer)
        accept = (await policy_store.policy(r)).accept
    if offer.accepted_at is not None and offer.state is OfferState.HELD:
        return _ended(request, opened, offer, "call" if accept is Accept.CALL else "noted", later)
    if offer.state is OfferState.CLAIMED:
        return _ended(request, opened, offer, "claimed", later)
    if offer.state is not OfferState.HELD or offer.expires_at <= request.app[RECORD].clock.now():
        return _ended(request, opened, offer, "passed" if offer.state is OfferState.PASSED else "taken", later)
    return show(
        request,
        opened,
        "claim",
        {
            **day_and_time(opened, offer.starts_at, opened.practice.zone),
            "deadline": dates.clock_time(offer.expires_at, opened.zone, opened.locale),
            "release": later,
            "weekly": offer.kind is OpeningKind.WEEKLY,
            "action": opened.address("claim"),
            "decline": opened.address("pass"),
        },
    )


async def do_claim(request: web.Request, opened: Opened) -> web.Response:
    """Take the time. A second tap on the button is answered like the first."""
    ended = await request.app[CLAIMS].done((opened.practice_id, opened.link.opening_id or ""), opened)
    if ended is None:
        raise Gone
    later = in_one_line(opened, ended.later) if ended.later else ""
    instead = {"list": ended.instead, "list_says": "done.instead"} if ended.instead else {}
    return _ended(request, opened, ended.offer, _word(ended.outcome), later, instead)


def _word(outcome: Won | TimeGone | Expired | Noted) -> str:
    match outcome:
        case Won():
            return "claimed"
        case Noted():
            return "call" if outcome.by_call else "noted"
    return "taken"


async def do_pass(request: web.Request, opened: Opened) -> web.Response:
    """Let the time go to the next."""
    async with request.app[RECORD].write(opened.practice_id, opened.actor) as tx:
        await still_alive(tx, opened)
        offer = await _offer(tx, opened)
        await pass_offer(tx, offer.id)
    return await show_offer(request, opened)


ACTS = {"claim": do_claim, "pass": do_pass}


async def _offer(r: Reading, opened: Opened) -> Offer:
    offer = await offer_store.offer_by_id(r, opened.link.offer_id or "")
    if offer is None:
        raise Gone
    return offer


async def _later_visit(r: Reading, opened: Opened, offer: Offer) -> str:
    """The visit that a claim would release, in one line."""
    if offer.replaces_participation_id is None:
        return ""
    visit = await appointments.visit(r, offer.replaces_participation_id)
    return in_one_line(opened, visit.starts_at) if visit and visit.is_active else ""


def _ended(
    request: web.Request,
    opened: Opened,
    offer: Offer,
    what: str,
    later: str,
    more: Mapping[str, str] = MappingProxyType({}),
) -> web.Response:
    shown = what in {"claimed", "noted", "call"}
    when = day_and_time(opened, offer.starts_at, opened.practice.zone) if shown else {}
    kept = later if what == "taken" else ""
    return show(request, opened, "done", {**NOTHING_MORE, **when, "what": what, "kept": kept, **more})
