"""Offer an opening to whoever is next: a true hold, and a text that says until when."""

from dataclasses import dataclass
from datetime import datetime

from messages.kinds import Channel, Purpose
from messages.recipients import recipient_for
from messages.send_rules import SendWindow, next_open
from scheduler.actions.hold import hold, release
from scheduler.calendar import store as calendar
from scheduler.calendar.open_times import OpenTime
from scheduler.calendar.wallclock import local_day, minute_of_day, to_local, zone_of
from scheduler.core.record import Tx
from scheduler.people import store as people
from scheduler.people.store import ContactPoint, Practice
from waitlist import candidates, edit_store, store, texts
from waitlist.actions.withdraw import withdraw_opening
from waitlist.caps import has_room
from waitlist.deadlines import held_until, hold_expiry
from waitlist.matching import Ranked, too_soon
from waitlist.store import OfferState, Opening, OpeningState


@dataclass(frozen=True, slots=True)
class Offered:
    """One offer is out."""

    offer_id: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Waits:
    """Nobody may be texted now, or somebody is just choosing this very time; looked at again at `until`."""

    until: datetime


@dataclass(frozen=True, slots=True)
class NoWave:
    """Nothing was offered. `reason` is settled | still_out | expired | taken | exhausted."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Turn:
    ranked: Ranked
    point: ContactPoint


async def next_wave(tx: Tx, opening_id: str) -> Offered | Waits | NoWave:
    """Offer the opening to the best fitting entry that may be texted now, or say why nobody is asked.

    One is asked at a time. Who cannot be reached (no consent for the waitlist, stopped, no number) is passed over
    without losing their place. In the night the wave waits for the morning, if the time is still of use then.
    """
    await edit_store.lock_hold(tx, opening_id)
    opening = await store.opening_by_id(tx, opening_id)
    if opening is None or opening.state != OpeningState.OPEN:
        return NoWave("settled")
    if await _still_out(tx, opening_id):
        return NoWave("still_out")
    practice = await people.practice(tx)
    deadline = held_until(tx.now, opening.starts_at, practice.offer_hold_minutes)
    if deadline is None:
        return await _end(tx, opening, OpeningState.EXPIRED, "expired")
    turn = None if await _closed(tx, opening) else await _whose_turn(tx, opening, practice)
    if turn is None:
        return await _end(tx, opening, OpeningState.EXHAUSTED, "exhausted")
    if isinstance(turn, Waits):
        return await _wait(tx, opening, turn.until)
    return await _keep(tx, opening, deadline) or await _offer(tx, opening, turn, deadline)


async def _still_out(tx: Tx, opening_id: str) -> bool:
    """Whether somebody holds an offer of it; then its end, not the time, brings the next wave."""
    if not await store.offers(tx, opening_id=opening_id, states=(OfferState.HELD,)):
        return False
    await edit_store.plan_wave(tx, opening_id, None)
    return True


async def _whose_turn(tx: Tx, opening: Opening, practice: Practice) -> _Turn | Waits | None:
    """The first in order who can be reached now; else when the first of those who can be reached at all can be."""
    soonest: datetime | None = None
    for ranked in await candidates.in_order(tx, opening):
        point = await recipient_for(tx, ranked.client_id, Channel.SMS, Purpose.WAITLIST)
        if point is None or await store.held_by_number(tx, point.value_ix):
            continue  # two offers on one number could not be told apart in a reply
        client = await people.client(tx, ranked.client_id)
        zone = (client.zone if client else None) or practice.zone
        if not await has_room(tx, point, practice, zone):
            continue
        opens = next_open(tx.now, _window(practice, zone))
        if opens == tx.now:
            return _Turn(ranked, point)
        if opens is not None and not too_soon(opening.starts_at, opens):
            soonest = min(soonest or opens, opens)
    return Waits(soonest) if soonest else None


def _window(practice: Practice, zone: str) -> SendWindow:
    return SendWindow(zones=(zone,), start_minute=practice.send_from_minute, end_minute=practice.send_until_minute)


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


async def _keep(tx: Tx, opening: Opening, deadline: datetime) -> Waits | NoWave | None:
    """Hold the time for the opening until the deadline, and only then lock the opening; None when both are had."""
    if not await _held(tx, opening, deadline):
        if await _still_out(tx, opening.id):
            return NoWave("still_out")
        others = await calendar.holds_over(tx, opening.clinician_id, opening.starts_at, opening.ends_at)
        if others:
            return await _wait(tx, opening, max(other.expires_at for other in others))
        await withdraw_opening(tx, opening.id, OpeningState.TAKEN_BY_STAFF)
        return NoWave("taken")
    if not await edit_store.lock_opening(tx, opening.id):
        await release(tx, opening.id)
        return NoWave("settled")
    return NoWave("still_out") if await _still_out(tx, opening.id) else None


async def _held(tx: Tx, opening: Opening, deadline: datetime) -> bool:
    until = hold_expiry(deadline)
    if await calendar.extend_holds(tx, opening.id, until):
        return True
    time = OpenTime(opening.clinician_id, opening.location_id, opening.starts_at, opening.ends_at)
    kept = await hold(
        tx, holder_id=opening.id, kind="offer", service_id=opening.service_id, times=(time,), expires_at=until
    )
    return bool(kept)


async def _offer(tx: Tx, opening: Opening, turn: _Turn, deadline: datetime) -> Offered:
    offer_id = tx.new_id()
    await edit_store.add_offer(
        tx,
        {
            "id": offer_id,
            "opening_id": opening.id,
            "entry_id": turn.ranked.entry_id,
            "client_id": turn.ranked.client_id,
            "contact_point_id": turn.point.id,
            "expires_at": deadline,
        },
    )
    await edit_store.note_offered(tx, turn.ranked.entry_id)
    await edit_store.plan_wave(tx, opening.id, None)
    made = await store.offer_by_id(tx, offer_id)
    if made is not None:
        await texts.offered(tx, made)
    tx.note("offer.made", "offer", offer_id, **_why(opening, turn.ranked))
    return Offered(offer_id, deadline)


def _why(opening: Opening, ranked: Ranked) -> dict[str, str | int | None]:
    """The facts that decided the turn, so that anybody's place can be explained later."""
    last = ranked.last_offered_at
    return {
        "opening": opening.id,
        "entry": ranked.entry_id,
        "place": ranked.place,
        "of": ranked.of,
        "priority": ranked.priority,
        "credit": ranked.credit,
        "last_offered_at": last.isoformat() if last else None,
        "waited_days": ranked.waited_days,
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
