"""Offer an opening to those whose turn it is: a true hold, and a text to each that says until when.

How many are asked at once is pace.py's to say, who they are askable.py's. Here an opening goes one step on: more are
asked, or it waits, or it ends. Invariant: while anybody holds an offer of it, the time is held in the calendar.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from scheduler.actions.hold import hold, release
from scheduler.actions.take_seat import has_seat
from scheduler.calendar import store as calendar
from scheduler.calendar.open_times import OpenTime
from scheduler.calendar.wallclock import local_day, minute_of_day, to_local, zone_of
from scheduler.core.record import Tx
from scheduler.people import store as people
from scheduler.people.store import Practice
from waitlist import edit_store, narrow_store, opening_store, policy_store, texts
from waitlist.actions.ask_the_desk import keep_for_the_next
from waitlist.actions.ask_whether import ask_whether
from waitlist.actions.refit import refit
from waitlist.actions.weekly import weeks_of
from waitlist.actions.withdraw import withdraw_opening
from waitlist.askable import Askable, Turn, askable, nobody_more, others_at
from waitlist.deadlines import SHORTEST_MINUTES, held_until, hold_expiry
from waitlist.front_desk import desk_of
from waitlist.narrow_store import Held
from waitlist.opening_store import Opening, OpeningKind, OpeningState
from waitlist.pace import BEAT, NEAR, Out, Position, beat_after, step
from waitlist.policy import Accept, Mode, Policy
from waitlist.response import Curve
from waitlist.turns import turn_of

MANY: Final = 60
"""So many are looked at near the visit, where it matters how many are left to ask; far from it there is time."""


@dataclass(frozen=True, slots=True)
class Offered:
    """So many offers are out now. The first of them, and until when they are held."""

    offer_id: str
    expires_at: datetime
    count: int = 1


@dataclass(frozen=True, slots=True)
class Waits:
    """Nobody is asked now; looked at again at `until`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class NoWave:
    """Nothing was offered. `reason` is settled | still_out | expired | taken | exhausted."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Look:
    """An opening at this moment: who is out, and by which terms it goes on."""

    opening: Opening
    out: tuple[Held, ...]
    practice: Practice
    policy: Policy
    curve: Curve


async def next_wave(tx: Tx, opening_id: str) -> Offered | Waits | NoWave:
    """Offer the opening to as many of those who come next as should be asked now, or say why nobody is asked.

    Who cannot be reached (no consent for the waitlist, stopped, no number) is passed over without losing their place.
    In the night the wave waits for the morning, if the time is still of use then; so it does for those who hold
    another offer, or have had their texts for the day.
    """
    await edit_store.lock_hold(tx, opening_id)
    opening = await opening_store.opening_by_id(tx, opening_id)
    if opening is None or opening.state != OpeningState.OPEN:
        return NoWave("settled")
    look = await _look(tx, opening)
    if opening.kind is OpeningKind.INSTEAD and not look.out:
        return await _end(tx, opening, OpeningState.UNDONE, "not_wanted")
    said_yes = any(each.accepted_at is not None for each in look.out)
    if said_yes:
        await keep_for_the_next(tx, opening.id, look.policy)
    alone = opening.kind is OpeningKind.INSTEAD or _alone(look, tx.now)
    if look.out and (said_yes or alone or tx.now > _ask_until(look)):
        return await _still_out(tx, look)
    if tx.now > _ask_until(look):
        return await _end(tx, opening, OpeningState.EXPIRED, "expired")
    if await _closed(tx, opening):
        return await _still_out(tx, look) if look.out else await _end(tx, opening, OpeningState.EXHAUSTED, "exhausted")
    return await _until_the_desk_is_there(tx, look) or await _go_on(tx, look)


async def _until_the_desk_is_there(tx: Tx, look: _Look) -> Waits | NoWave | None:
    """Where people settle yeses, nobody is asked while they are away; None when somebody may be asked now."""
    if look.policy.accept is Accept.AUTO:
        return None
    there = desk_of(look.policy, look.practice.zone).may_ask(tx.now)
    if there is None or there > _ask_until(look):
        return await _still_out(tx, look) if look.out else await _end(tx, look.opening, OpeningState.EXPIRED, "expired")
    if there == tx.now:
        return None
    return await _still_out(tx, look) if look.out else await _wait(tx, look.opening, there)


async def offer_by_hand(tx: Tx, opening_id: str, entry_id: str) -> Offered | Waits | NoWave:
    """Ask this entry now, whoever's turn it is, beside those who are out. What keeps a wave from asking keeps this too.

    `NoWave` has the reason not_askable when the time does not fit, or they may not be texted now.
    """
    await edit_store.lock_hold(tx, opening_id)
    opening = await opening_store.opening_by_id(tx, opening_id)
    if opening is None or opening.state not in opening_store.UNSETTLED:
        return NoWave("settled")
    await edit_store.set_opening_state(tx, opening_id, (OpeningState.EXHAUSTED,), OpeningState.OPEN)
    look = await _look(tx, opening)
    found = await askable(tx, opening, look.practice, look.policy, nobody_more)
    chosen = [turn for turn in (*found.turns, *found.silent) if turn.ranked.entry_id == entry_id]
    deadline = _deadline(tx, look)
    if not chosen or deadline is None:
        await edit_store.plan_wave(tx, opening_id, tx.now)
        return NoWave("not_askable")
    tx.note("offer.by_hand", "opening", opening_id, entry=entry_id)
    again = None if _alone(look, tx.now) else tx.now + BEAT
    alone = replace(found, turns=chosen)
    return await _keep(tx, look, deadline) or await _offer(tx, look, alone, 1, deadline, again)


async def _look(tx: Tx, opening: Opening) -> _Look:
    policy, curve = await policy_store.terms(tx)
    return _Look(opening, await narrow_store.held_of(tx, opening.id), await people.practice(tx), policy, curve)


async def _go_on(tx: Tx, look: _Look) -> Offered | Waits | NoWave:
    found, ask = await _whom(tx, look)
    done = await _ask(tx, look, found, ask)
    await ask_whether(tx, found.silent, look.policy)
    return done


async def _ask(tx: Tx, look: _Look, found: Askable, ask: int) -> Offered | Waits | NoWave:
    later = await _later(tx, look, found) if ask == len(found.turns) else None
    if ask:
        deadline = _deadline(tx, look)
        if deadline is None:
            return NoWave("expired")
        kept = await _keep(tx, look, deadline)
        return kept or await _offer(tx, look, found, ask, deadline, _look_again(tx, look, found, ask, later))
    if look.out:
        await edit_store.plan_wave(tx, look.opening.id, _look_again(tx, look, found, 0, later))
        return NoWave("still_out")
    if later is None:
        ended = await _end(tx, look.opening, OpeningState.EXHAUSTED, "exhausted")
        if look.policy.refit:
            await refit(tx, look.opening)
        return ended
    return await _wait(tx, look.opening, later)


async def _later(tx: Tx, look: _Look, found: Askable) -> datetime | None:
    """When somebody may be asked who may not be now, if that is of use; needed once everybody left is asked."""
    at = await others_at(tx, look.opening, look.practice, look.policy, found)
    return at if at is not None and at <= _ask_until(look) else None


def _alone(look: _Look, now: datetime) -> bool:
    return look.policy.mode_at(look.opening.starts_at - now) is Mode.ONE


def _deadline(tx: Tx, look: _Look) -> datetime | None:
    """Until when offers made now are held."""
    starts_at, minutes = look.opening.starts_at, look.practice.offer_hold_minutes
    deadline = held_until(tx.now, starts_at, minutes, alone=_alone(look, tx.now))
    if deadline is None or look.policy.accept is Accept.AUTO:
        return deadline
    return desk_of(look.policy, look.practice.zone).answer_by(tx.now, deadline)


def _look_again(tx: Tx, look: _Look, found: Askable, asked: int, later: datetime | None) -> datetime | None:
    """When to ask more; None where the end of what is out says so."""
    if _alone(look, tx.now):
        return None
    if asked == len(found.turns):
        return later
    out = [Out(0.0, turn.ranked.standing.unanswered) for turn in found.turns[:asked]]
    at = _position(tx, look, found.turns[asked:])
    return beat_after(replace(at, out=[*at.out, *out]), look.curve, look.policy)


async def _whom(tx: Tx, look: _Look) -> tuple[Askable, int]:
    """Those who may be asked, and how many of them are to be asked now.

    So many are looked at that one is left to be asked later; near the visit more, since it matters there how many.
    """

    def are_enough(turns: Sequence[Turn]) -> bool:
        return len(turns) >= least and step(_position(tx, look, turns), look.curve, look.policy).ask < len(turns)

    least = MANY if look.opening.starts_at - tx.now < NEAR else 1
    found = await askable(tx, look.opening, look.practice, look.policy, are_enough)
    return found, step(_position(tx, look, found.turns), look.curve, look.policy).ask


def _position(tx: Tx, look: _Look, left: Sequence[Turn]) -> Position:
    return Position(
        now=tx.now,
        starts_at=look.opening.starts_at,
        ask_until=_ask_until(look),
        answer_until=look.opening.starts_at - timedelta(minutes=SHORTEST_MINUTES),
        out=[Out((tx.now - each.offered_at) / timedelta(minutes=1), each.unanswered) for each in look.out],
        left=[turn.ranked.standing.unanswered for turn in left],
    )


def _ask_until(look: _Look) -> datetime:
    return look.opening.starts_at - timedelta(minutes=look.policy.stop_before_minutes)


async def _still_out(tx: Tx, look: _Look) -> NoWave:
    """The end of what is out, not the time, brings the next wave."""
    await edit_store.plan_wave(tx, look.opening.id, None)
    return NoWave("still_out")


async def _closed(tx: Tx, opening: Opening) -> bool:
    """Whether the clinician has left, or closed the day over this time, meanwhile."""
    clinician = await people.clinician(tx, opening.clinician_id)
    if clinician is None or not clinician.active:
        return True
    zone = zone_of(opening.zone)
    start, end = to_local(opening.starts_at, zone), to_local(opening.ends_at, zone)
    day = local_day(opening.starts_at, zone)
    until = minute_of_day(end) if end.date() == day else 24 * 60
    return any(
        exception.closed
        and exception.location_id in {None, opening.location_id}
        and exception.start_minute < until
        and exception.end_minute > minute_of_day(start)
        for exception in await calendar.day_exceptions(tx, opening.clinician_id, day, day)
    )


async def _keep(tx: Tx, look: _Look, deadline: datetime) -> Waits | NoWave | None:
    """Hold the time for the opening until the deadline, and only then lock the opening; None when both are had."""
    opening = look.opening
    longest = max([deadline, *(each.expires_at for each in look.out)])
    if not await _held(tx, opening, longest):
        if look.out:
            return await _still_out(tx, look)
        others = await calendar.holds_over(tx, opening.clinician_id, opening.starts_at, opening.ends_at)
        if others:
            return await _wait(tx, opening, max(other.expires_at for other in others))
        await withdraw_opening(tx, opening.id, OpeningState.TAKEN_BY_STAFF)
        return NoWave("taken")
    return None if edit_store.writes_alone(tx) else await _done_meanwhile(tx, look)


async def _done_meanwhile(tx: Tx, look: _Look) -> NoWave | None:
    """What another worker has done with the opening since it was looked at, once nobody else can any more."""
    if not await edit_store.lock_opening(tx, look.opening.id):
        await release(tx, look.opening.id)
        return NoWave("settled")
    now_out = await narrow_store.held_of(tx, look.opening.id)
    return None if len(now_out) == len(look.out) else NoWave("still_out")


async def _held(tx: Tx, opening: Opening, deadline: datetime) -> bool:
    if opening.kind is OpeningKind.SEAT:
        return await has_seat(tx, str(opening.appointment_id), opening.starts_at)
    until = hold_expiry(deadline)
    if await calendar.extend_holds(tx, opening.id, until):
        return True
    times = weeks_of(opening) if opening.kind is OpeningKind.WEEKLY else (_time_of(opening),)
    kept = await hold(
        tx, holder_id=opening.id, kind="offer", service_id=opening.service_id, times=times, expires_at=until
    )
    if times[0] in kept:
        return True
    await release(tx, opening.id)
    return False


def _time_of(opening: Opening) -> OpenTime:
    return OpenTime(opening.clinician_id, opening.location_id, opening.starts_at, opening.ends_at)


async def _offer(
    tx: Tx, look: _Look, found: Askable, ask: int, deadline: datetime, look_at: datetime | None
) -> Offered:
    turns = found.turns[:ask]
    opening, made = look.opening, {tx.new_id(): turn for turn in turns}
    before = found.asked_before
    rows = [
        {
            "id": offer_id,
            "opening_id": opening.id,
            "entry_id": turn.ranked.entry_id,
            "client_id": turn.ranked.client_id,
            "contact_point_id": turn.point.id,
            "expires_at": deadline,
            "place": before + turn.ranked.place,
            "among": before + found.turns[-1].ranked.of,
            "points": turn.ranked.points.total,
        }
        for offer_id, turn in made.items()
    ]
    await edit_store.add_offers(tx, rows)
    await edit_store.note_offered(tx, {turn.ranked.entry_id: _next_turn(tx, turn, look.policy) for turn in turns})
    await edit_store.plan_wave(tx, opening.id, look_at)
    points = {offer_id: turn.point.id for offer_id, turn in made.items()}
    asks = look.policy.accept is not Accept.AUTO
    await texts.offered(tx, opening, points, deadline, several=not _alone(look, tx.now), asks=asks)
    for offer_id, turn in made.items():
        tx.note("offer.made", "offer", offer_id, **_why(opening, turn, look.policy))
    return Offered(next(iter(made)), deadline, len(made))


def _next_turn(tx: Tx, turn: Turn, policy: Policy) -> int:
    """Where they stand once they have been asked."""
    before = turn.ranked.standing
    return turn_of(replace(before, last_offered_at=tx.now, credit=0), policy.weights)


def _why(opening: Opening, turn: Turn, policy: Policy) -> dict[str, str | int | None]:
    """The facts that decided the turn, so that anybody's place can be explained later."""
    points, facts = turn.ranked.points, turn.ranked.standing
    last = facts.last_offered_at
    return {
        "opening": opening.id,
        "entry": turn.ranked.entry_id,
        "place": turn.ranked.place,
        "of": turn.ranked.of,
        "priority": facts.priority,
        "credit": facts.credit,
        "last_offered_at": last.isoformat() if last else None,
        "waited": points.waited,
        "unasked": points.unasked,
        "lost": points.lost,
        "silent": points.silent,
        "urgency": points.urgency,
        "fit": points.fit,
        "policy": policy.version,
    }


async def _wait(tx: Tx, opening: Opening, until: datetime) -> Waits:
    await release(tx, opening.id)
    await edit_store.plan_wave(tx, opening.id, until)
    tx.note("opening.waits", "opening", opening.id, until=until.isoformat())
    return Waits(until)


async def _end(tx: Tx, opening: Opening, to: OpeningState, reason: str) -> NoWave:
    await edit_store.set_opening_state(tx, opening.id, (OpeningState.OPEN,), to)
    await release(tx, opening.id)
    tx.note(f"opening.{to.value}", "opening", opening.id, reason=reason)
    return NoWave(reason)
