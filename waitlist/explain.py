"""Why somebody was asked about a freed time, or was not: the rules' own answer, for each opening since they joined.

Nothing is guessed from memory: whether a time fits is asked of matching.py again with the facts of that moment, and
whose turn it was stands on the offers. Invariant: there is exactly one answer for each opening of the service.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial
from typing import Final

from messages.kinds import Channel, Purpose
from messages.recipients import recipient_for
from scheduler.core.record import Reading
from waitlist import candidates, offer_store, opening_store, policy_store
from waitlist.entry_store import Entry
from waitlist.matching import Misfit, fit, fits
from waitlist.offer_store import Offer, OfferState
from waitlist.opening_store import Opening, OpeningKind, OpeningState
from waitlist.policy import Weights
from waitlist.turns import Points, Standing, points_of

MOST: Final = 40
BACK: Final = timedelta(days=60)


class Why(StrEnum):
    """What became of an entry with regard to an opening."""

    ASKED = "asked"
    JOINED_LATER = "joined_later"
    MISFIT = "misfit"
    HELD_ANOTHER = "held_another"
    QUIET = "quiet"
    NOT_REACHABLE = "not_reachable"
    HAD_ENOUGH = "had_enough"
    TAKEN_BEFORE = "taken_before"
    NEVER_OFFERED = "never_offered"
    IN_TURN = "in_turn"


@dataclass(frozen=True, slots=True)
class Explained:
    """One opening, and why this entry was asked about it or not.

    `points`: the entry's own at that moment. `asked` and `least`: how many were asked, and the fewest points any of
    them had. `place`: their place now, while the time is still free.
    """

    opening: Opening
    why: Why
    offer: Offer | None = None
    misfit: Misfit | None = None
    points: Points | None = None
    asked: int = 0
    least: int | None = None
    place: int | None = None


async def explain(r: Reading, entry: Entry) -> tuple[Explained, ...]:
    """The openings of the entry's service since it joined, the newest first; the last two months at most."""
    since = r.now - BACK
    found = await opening_store.openings(r, states=tuple(OpeningState), after=since)
    own = await offer_store.offers(r, client_ids=(entry.client_id,))
    asked = {each.opening_id for each in own}
    wanted = [each for each in found if each.created_at >= since and _concerns(each, entry, asked)]
    newest = sorted(wanted, key=lambda each: each.created_at, reverse=True)[:MOST]
    return tuple([await _explain(r, entry, opening, own) for opening in newest])


def _concerns(opening: Opening, entry: Entry, asked: Collection[str]) -> bool:
    """Whether it is one of those the entry is about: of its service and rhythm, and not kept for somebody else."""
    if opening.kind is OpeningKind.INSTEAD:
        return opening.id in asked
    weekly = opening.kind is OpeningKind.WEEKLY
    return opening.service_id == entry.service_id and weekly is entry.weekly


async def _explain(r: Reading, entry: Entry, opening: Opening, own: tuple[Offer, ...]) -> Explained:
    offer = next((each for each in own if each.opening_id == opening.id), None)
    made = await offer_store.offers(r, opening_id=opening.id)
    points = _points_then(entry, opening, own, (await policy_store.policy(r)).weights)
    ended = max((each.ended_at for each in made if each.participation_id and each.ended_at), default=None)
    scores = [each.points for each in made if each.points is not None]
    told = partial(Explained, opening, points=points, asked=len(made), least=min(scores, default=None))
    if offer is not None:
        return told(why=Why.ASKED, offer=offer)
    if entry.joined_at > (ended or _last(opening, made)):
        return told(why=Why.JOINED_LATER)
    misfit = await _misfit_then(r, entry, opening)
    if misfit is not None:
        return told(why=Why.MISFIT, misfit=misfit)
    if _was_quiet(entry, opening, made):
        return told(why=Why.QUIET)
    if opening.state is OpeningState.OPEN:
        return told(why=Why.IN_TURN, place=await _place(r, entry, opening))
    return told(why=await _passed_over(r, entry, opening, own, made))


async def _passed_over(
    r: Reading, entry: Entry, opening: Opening, own: tuple[Offer, ...], made: tuple[Offer, ...]
) -> Why:
    until = _last(opening, made)
    if any(each.offered_at <= until and (each.ended_at or r.now) >= opening.created_at for each in own):
        return Why.HELD_ANOTHER
    if await recipient_for(r, entry.client_id, Channel.SMS, Purpose.WAITLIST) is None:
        return Why.NOT_REACHABLE
    if not made:
        return Why.NEVER_OFFERED
    if opening.state in {OpeningState.EXHAUSTED, OpeningState.EXPIRED}:
        return Why.HAD_ENOUGH
    return Why.TAKEN_BEFORE


def _was_quiet(entry: Entry, opening: Opening, made: tuple[Offer, ...]) -> bool:
    """Whether they had been asked whether they still wait, and not been heard of, when others were asked about it."""
    asked_at, heard_at = entry.asked_whether_at, entry.heard_at
    until = max(_last(opening, made), opening.next_wave_at or opening.created_at)
    return asked_at is not None and asked_at <= until and (heard_at is None or heard_at > opening.created_at)


def _last(opening: Opening, made: tuple[Offer, ...]) -> datetime:
    """When somebody was asked for the last time; when the time was freed, if nobody was."""
    return max([opening.created_at, *(each.offered_at for each in made)])


def _points_then(entry: Entry, opening: Opening, own: tuple[Offer, ...], weights: Weights) -> Points:
    """The points at the moment the time was freed, from what is known of it: the offers made before."""
    at = opening.created_at
    before = [each for each in own if each.offered_at < at]
    last = before[-1] if before else None
    lost = last is not None and last.state is OfferState.WITHDRAWN
    silent = 0
    for each in reversed(before):
        if each.state is not OfferState.EXPIRED:
            break
        silent += 1
    facts = Standing(
        joined_at=entry.joined_at,
        last_offered_at=last.offered_at if last else None,
        credit=int(lost),
        unanswered=silent,
        priority=entry.priority,
    )
    return points_of(facts, weights, fit(entry.clinician_ids, entry.windows, weights), at)


async def _misfit_then(r: Reading, entry: Entry, opening: Opening) -> Misfit | None:
    """By the rules, at the moment the time was freed; that somebody got a time since does not count."""
    wish = await candidates.wish_then(r, entry, opening)
    return fits(wish, candidates.gap_of(opening), opening.created_at)


async def _place(r: Reading, entry: Entry, opening: Opening) -> int | None:
    ranked = await candidates.in_order(r, opening)
    return next((each.place for each in ranked if each.entry_id == entry.id), None)
