"""The page of an offered time: take it, pass, or give it back at once.

The first claim wins, and whoever comes second is told kindly.
"""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from aiohttp import web

from bot.links.claims import CLAIMS
from bot.links.opened import RECORD, Gone, Opened, day_and_time, in_one_line, show, still_alive
from bot.links.visit import NOTHING_MORE
from bot.links.words import say
from bot.web import dates
from scheduler.actions.restore import UNDO
from scheduler.appointments import store as appointments
from scheduler.core.record import Reading
from waitlist import offer_store, policy_store
from waitlist.actions.ask_the_desk import Noted, is_behind
from waitlist.actions.claim import Expired, Won
from waitlist.actions.claim import Gone as TimeGone
from waitlist.actions.pass_offer import pass_offer
from waitlist.actions.undo_claim import ClaimUndone, undo_claim
from waitlist.deadlines import too_soon_to_come
from waitlist.offer_store import Offer, OfferState
from waitlist.opening_store import UNSETTLED, OpeningKind
from waitlist.policy import Accept


async def show_offer(request: web.Request, opened: Opened) -> web.Response:
    """The time and how long it is held; afterwards, how it ended."""
    async with request.app[RECORD].read(opened.practice_id) as r:
        offer = await _offer(r, opened)
        later = await _later_visit(r, opened, offer)
        waits = offer.accepted_at is not None and offer.state is OfferState.HELD
        accept = (await policy_store.policy(r)).accept
        behind = waits and await is_behind(r, offer)
    if waits:
        return _ended(request, opened, offer, _kept(by_call=accept is Accept.CALL, behind=behind), later)
    if offer.state is OfferState.CLAIMED:
        return _ended(request, opened, offer, "claimed", later)
    now = request.app[RECORD].clock.now()
    over = offer.state is not OfferState.HELD or offer.expires_at <= now
    if over and not _may_still_be_had(offer, now):
        return _ended(request, opened, offer, "passed" if offer.state is OfferState.PASSED else "taken", later)
    return show(
        request,
        opened,
        "claim",
        {
            **day_and_time(opened, offer.starts_at, opened.practice.zone),
            "deadline": "" if over else dates.time_or_day(offer.expires_at, now, opened.zone, opened.locale),
            "release": later,
            "rhythm": _rhythm(opened, offer),
            "asks": accept is not Accept.AUTO,
            "action": opened.address("claim"),
            "decline": opened.address("pass"),
        },
    )


def _may_still_be_had(offer: Offer, now: datetime) -> bool:
    """Whether a yes after the deadline may still be met: nobody has the time, as far as is known before it is tried."""
    ran_out = offer.state in {OfferState.HELD, OfferState.EXPIRED}
    return ran_out and offer.opening_state in UNSETTLED and not too_soon_to_come(offer.starts_at, now)


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
            return _kept(by_call=outcome.by_call, behind=outcome.behind)
    return "taken"


def _kept(*, by_call: bool, behind: bool) -> str:
    """How a yes that waits for a person is answered."""
    return "behind" if behind else "call" if by_call else "noted"


async def do_pass(request: web.Request, opened: Opened) -> web.Response:
    """Let the time go to the next."""
    async with request.app[RECORD].write(opened.practice_id, opened.actor) as tx:
        await still_alive(tx, opened)
        offer = await _offer(tx, opened)
        await pass_offer(tx, offer.id)
    return await show_offer(request, opened)


async def do_undo(request: web.Request, opened: Opened) -> web.Response:
    """Give a claimed time back within its minutes, as U does by text; what it gave up stands again."""
    async with request.app[RECORD].write(opened.practice_id, opened.actor) as tx:
        await still_alive(tx, opened)
        offer = await _offer(tx, opened)
        done = await undo_claim(tx, offer.id)
        again = await appointments.visit(tx, done.restored) if isinstance(done, ClaimUndone) and done.restored else None
    if not isinstance(done, ClaimUndone):
        return await show_offer(request, opened)
    when = day_and_time(opened, again.starts_at, again.zone) if again else {}
    return show(request, opened, "done", {**NOTHING_MORE, **when, "what": "undone"})


ACTS = {"claim": do_claim, "pass": do_pass, "undo": do_undo}


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
    shown = what in {"claimed", "noted", "call", "behind"}
    when = day_and_time(opened, offer.starts_at, opened.practice.zone) if shown else {}
    context = {**NOTHING_MORE, **when, "what": what, "kept": later if what == "taken" else "", **more}
    if what == "claimed":
        context |= {"rhythm": _rhythm(opened, offer), **_undo(request, opened, offer)}
    return show(request, opened, "done", context)


def _rhythm(opened: Opened, offer: Offer) -> str:
    """That a time comes round, and how often; empty of all others."""
    if offer.kind is not OpeningKind.WEEKLY:
        return ""
    weeks = offer.every_weeks or 1
    if weeks == 1:
        return say(opened.language, "claim.weekly")
    return say(opened.language, "claim.rhythm", count=str(weeks))


def _undo(request: web.Request, opened: Opened, offer: Offer) -> dict[str, str]:
    """Where a claim can be taken back, and until when; nothing once that is over."""
    now = request.app[RECORD].clock.now()
    claimed_at = offer.ended_at if offer.state is OfferState.CLAIMED and offer.ended_at else now
    until = min(claimed_at + UNDO, offer.starts_at)
    if until <= now:
        return {}
    return {"undo": opened.address("undo"), "undo_until": dates.clock_time(until, opened.zone, opened.locale)}
