"""Changing the waitlist's rows, in small steps that the actions put together.

Every change of a state names the state it leaves (`WHERE state = ...`), so that of two who try at once one learns
that it came second.
Invariant: locks are taken in the order hold in the calendar, opening, client, entry, offer. Staff who book over a hold
meet the calendar first, and only then, in the subscriber, the opening; the other way round would be a deadlock.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, insert, not_, select, update

from scheduler.core.bulk import any_of
from scheduler.core.record import Tx
from scheduler.tables import busy, client, offer, opening, waitlist_entry
from waitlist import policy_store
from waitlist.entry_store import Entry, EntryState, not_quiet, rests_despite, standing_of
from waitlist.matching import WeeklyWindow, grid_of
from waitlist.offer_store import OfferState
from waitlist.opening_store import UNSETTLED, OpeningState
from waitlist.turns import MINUTES_A_DAY, Standing, turn_of

_LOCK_HOLD: Final = (
    select(busy.c.id)
    .where(busy.c.practice_id == bindparam("of"), busy.c.holder_id == bindparam("opening"))
    .with_for_update()
)
_LOCK_OPENING: Final = (
    select(opening.c.state)
    .where(opening.c.practice_id == bindparam("of"), opening.c.id == bindparam("opening"))
    .with_for_update()
)
_LOCK_CLIENT: Final = (
    select(client.c.id)
    .where(client.c.practice_id == bindparam("of"), client.c.id == bindparam("client"))
    .with_for_update()
)
_ADD_OFFERS: Final = insert(offer)
_PLAN_WAVE: Final = (
    update(opening)
    .where(
        opening.c.practice_id == bindparam("of"),
        opening.c.id == bindparam("opening"),
        opening.c.state == OpeningState.OPEN.value,
    )
    .values(next_wave_at=bindparam("at"))
)
_NOTE_OFFERED: Final = (
    update(waitlist_entry)
    .where(waitlist_entry.c.practice_id == bindparam("of"), waitlist_entry.c.id == bindparam("entry"))
    .values(last_offered_at=bindparam("at"), credit=0, turn=bindparam("to_turn"))
)
_ANSWERING: Final = select(waitlist_entry).where(
    waitlist_entry.c.practice_id == bindparam("of"),
    waitlist_entry.c.id.in_(bindparam("entries", expanding=True)),
    waitlist_entry.c.unanswered >= bindparam("least"),
)


async def add_entry(tx: Tx, values: dict[str, Any]) -> None:
    """A new row, waiting from now on without credit."""
    fresh = {"state": EntryState.WAITING, "credit": 0, "joined_at": tx.now, "last_offered_at": None}
    weights = (await policy_store.policy(tx)).weights
    turn = turn_of(Standing(joined_at=tx.now, priority=values["priority"]), weights)
    row = {**fresh, "turn": turn, **_narrowing(values), **values}
    await tx.conn.execute(insert(waitlist_entry).values(practice_id=tx.practice_id, **row))


async def change_entry(tx: Tx, entry_id: str, wishes: dict[str, Any]) -> bool:
    """Whether a waiting entry wishes this from now on; its turn stays what it was."""
    e = waitlist_entry.c
    there = (e.practice_id == tx.practice_id, e.id == entry_id, e.state == EntryState.WAITING)
    changed = update(waitlist_entry).where(*there).values(**wishes, **_narrowing(wishes))
    return (await tx.conn.execute(changed)).rowcount == 1


def _narrowing(wishes: Mapping[str, Any]) -> dict[str, Any]:
    """The columns by which a long list is narrowed, from those they are made of."""
    clinicians = wishes["clinician_ids"]
    return {
        "only_clinician": clinicians[0] if len(clinicians) == 1 else "",
        "grid": grid_of(WeeklyWindow(*window) for window in wishes["windows"]),
    }


async def set_entry_state(tx: Tx, entry_id: str, came_from: EntryState, to: EntryState) -> bool:
    """Whether this call made the change."""
    e = waitlist_entry.c
    there = (e.practice_id == tx.practice_id, e.id == entry_id, e.state == came_from)
    return (await tx.conn.execute(update(waitlist_entry).where(*there).values(state=to))).rowcount == 1


async def set_priority(tx: Tx, entry: Entry, priority: int, reason: str | None) -> None:
    """How many steps before the others the entry stands, why, and its turn by that."""
    e = waitlist_entry.c
    turn = turn_of(replace(standing_of(entry), priority=priority), (await policy_store.policy(tx)).weights)
    changed = update(waitlist_entry).where(e.practice_id == tx.practice_id, e.id == entry.id)
    await tx.conn.execute(changed.values(priority=priority, urgency_reason=reason, turn=turn))


async def set_pause(tx: Tx, entry_id: str, until: datetime | None) -> None:
    """Until when the entry rests."""
    e = waitlist_entry.c
    there = (e.practice_id == tx.practice_id, e.id == entry_id)
    await tx.conn.execute(update(waitlist_entry).where(*there).values(paused_until=until))


async def note_offered(tx: Tx, turns: Mapping[str, int]) -> None:
    """These entries have their turn now and their credit is used up by that; each stands at a new turn."""
    rows = [
        {"of": tx.practice_id, "entry": entry_id, "at": tx.now, "to_turn": turn}
        for entry_id, turn in sorted(turns.items())
    ]
    await tx.conn.execute(_NOTE_OFFERED, rows)


async def give_credit(tx: Tx, entry_ids: Sequence[str], more: int = 1) -> None:
    """One more for each, or several: they held an offer that somebody else's act ended."""
    e = waitlist_entry.c
    there = (e.practice_id == tx.practice_id, e.id.in_(entry_ids))
    moved_up = MINUTES_A_DAY * (await policy_store.policy(tx)).weights.lost
    await tx.conn.execute(
        update(waitlist_entry).where(*there).values(credit=e.credit + more, turn=e.turn - more * moved_up)
    )


async def note_asked_whether(tx: Tx, client_ids: Collection[str], unanswered: int) -> dict[str, list[str]]:
    """These clients are asked now whether they still wait, for all they left so many offers of unanswered.

    By client the entries it is about; who was asked before, and is silent since, is left out.
    """
    e = waitlist_entry.c
    silent = (e.state == EntryState.WAITING, e.unanswered >= unanswered)
    there = (e.practice_id == tx.practice_id, e.client_id.in_(tuple(client_ids)), *silent, not_quiet())
    asked = update(waitlist_entry).where(*there).values(asked_whether_at=tx.now, heard_at=None)
    found: dict[str, list[str]] = {}
    for client_id, entry_id in (await tx.conn.execute(asked.returning(e.client_id, e.id))).all():
        found.setdefault(client_id, []).append(entry_id)
    return {client_id: sorted(entry_ids) for client_id, entry_ids in found.items()}


async def note_not_asked(tx: Tx, client_id: str) -> None:
    """The question did not reach this client; of their other entries nothing changes."""
    e = waitlist_entry.c
    there = (e.practice_id == tx.practice_id, e.client_id == client_id, not_(not_quiet()))
    await tx.conn.execute(update(waitlist_entry).where(*there).values(asked_whether_at=None))


async def end_rests(tx: Tx, quiet_after: int) -> int:
    """Take up again whoever rests despite these terms; how many. The offers they left unanswered go on counting."""
    there = (waitlist_entry.c.practice_id == tx.practice_id, rests_despite(quiet_after))
    return (await tx.conn.execute(update(waitlist_entry).where(*there).values(heard_at=tx.now))).rowcount


async def note_answer(tx: Tx, entry_ids: Collection[str], *, answered: bool) -> None:
    """Whether these entries answered the offer that is over now; each stands where that puts it.

    Whoever had gone quiet and answers is heard of by that.
    """
    given = {"of": tx.practice_id, "entries": sorted(entry_ids), "least": 1 if answered else 0}
    found = (await tx.conn.execute(_ANSWERING, given)).all()
    if not found:
        return  # who answers each time is not moved by it
    weights, rows = (await policy_store.policy(tx)).weights, []
    for row in found:
        unanswered = 0 if answered else row.unanswered + 1
        stands = Standing(
            joined_at=row.joined_at,
            last_offered_at=row.last_offered_at,
            credit=row.credit,
            unanswered=unanswered,
            priority=row.priority,
        )
        heard_at = tx.now if answered and row.asked_whether_at and not row.heard_at else row.heard_at
        new = {"unanswered": unanswered, "turn": turn_of(stands, weights), "heard_at": heard_at}
        rows.append({"entry": row.id, **new})
    e = waitlist_entry.c
    changed = update(waitlist_entry).where(e.practice_id == tx.practice_id, e.id == bindparam("entry"))
    new_values: dict[str, Any] = {name: bindparam(name) for name in ("unanswered", "turn", "heard_at")}
    await tx.conn.execute(changed.values(new_values), rows)


async def lock_client(tx: Tx, client_id: str) -> None:
    """Let the other claims of one client wait: each of them sees what the one before it booked."""
    await tx.conn.execute(_LOCK_CLIENT, {"of": tx.practice_id, "client": client_id})


async def add_opening(tx: Tx, values: dict[str, Any]) -> None:
    """A new row, open."""
    made = {"state": OpeningState.OPEN, "created_at": tx.now}
    await tx.conn.execute(insert(opening).values(practice_id=tx.practice_id, **made, **values))


def writes_alone(tx: Tx) -> bool:
    """Whether nobody else can change anything until the commit, so that what was read once stays true: on SQLite."""
    return tx.conn.dialect.name == "sqlite"


async def lock_hold(tx: Tx, opening_id: str) -> None:
    """Have the opening's hold in the calendar to oneself until the commit; SQLite has one writer in any case."""
    if writes_alone(tx):
        return
    await tx.conn.execute(_LOCK_HOLD, {"of": tx.practice_id, "opening": opening_id})


async def lock_opening(tx: Tx, opening_id: str) -> bool:
    """Have the opening to oneself until the commit, its hold first; tells whether it is still open."""
    await lock_hold(tx, opening_id)
    return await _lock_opening(tx, opening_id) == OpeningState.OPEN


async def _lock_opening(tx: Tx, opening_id: str) -> str | None:
    found = await tx.conn.execute(_LOCK_OPENING, {"of": tx.practice_id, "opening": opening_id})
    state: str | None = found.scalar_one_or_none()
    return state


async def lock_unsettled(tx: Tx, opening_id: str) -> bool:
    """Have the opening to oneself until the commit if somebody may still get it; else it is left unlocked.

    A thousand who come second wait for the first, but not for one another: what was locked in the savepoint is free
    again when that is rolled back, and each of them goes on alone.
    """
    attempt = await tx.conn.begin_nested()
    await lock_hold(tx, opening_id)
    if await _lock_opening(tx, opening_id) in UNSETTLED:
        await attempt.commit()
        return True
    await attempt.rollback()
    return False


async def lock_at_once(tx: Tx, opening_id: str) -> bool:
    """Have the opening to oneself if nobody else has it; never waits.

    For those who come with other locks in hand: whoever has the opening now is about to settle or offer it anyway.
    """
    holds = (busy.c.practice_id == tx.practice_id, busy.c.holder_id == opening_id)
    all_holds = len((await tx.conn.execute(select(busy.c.id).where(*holds))).all())
    locked = await tx.conn.execute(select(busy.c.id).where(*holds).with_for_update(skip_locked=True))
    if len(locked.all()) != all_holds:
        return False
    there = (opening.c.practice_id == tx.practice_id, opening.c.id == opening_id)
    found = await tx.conn.execute(select(opening.c.state).where(*there).with_for_update(skip_locked=True))
    return found.scalar_one_or_none() == OpeningState.OPEN


async def set_opening_state(
    tx: Tx, opening_id: str, came_from: Iterable[OpeningState], to: OpeningState, next_wave_at: datetime | None = None
) -> bool:
    """Whether this call made the change. Only an open opening has a next wave."""
    o = opening.c
    there = (o.practice_id == tx.practice_id, o.id == opening_id, o.state.in_(tuple(came_from)))
    values = {"state": to, "next_wave_at": next_wave_at}
    return (await tx.conn.execute(update(opening).where(*there).values(values))).rowcount == 1


async def plan_wave(tx: Tx, opening_id: str, at: datetime | None) -> None:
    """When the opening is looked at again; None while an offer is out, whose end plans it."""
    await tx.conn.execute(_PLAN_WAVE, {"of": tx.practice_id, "opening": opening_id, "at": at})


async def add_offers(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    """New rows, held from now on."""
    made = {"practice_id": tx.practice_id, "state": OfferState.HELD.value, "offered_at": tx.now}
    await tx.conn.execute(_ADD_OFFERS, [{**made, **row} for row in rows])


async def end_held(tx: Tx, opening_id: str, to: OfferState, *, due: bool = False) -> dict[str, str]:
    """End every offer of an opening that is still held (`due`: whose deadline has passed); their entries, by id."""
    f = offer.c
    there = [f.practice_id == tx.practice_id, f.opening_id == opening_id, f.state == OfferState.HELD]
    if due:
        there.append(f.expires_at <= tx.now)
    ended = update(offer).where(*there).values(state=to, ended_at=tx.now).returning(f.id, f.entry_id)
    return {row.id: row.entry_id for row in await tx.conn.execute(ended)}


async def note_in_vain(tx: Tx, offer_ids: Sequence[str]) -> frozenset[str]:
    """Those of these offers that somebody else's act had ended, and that get their first yes now."""
    f = offer.c
    withdrawn = (f.state == OfferState.WITHDRAWN, f.in_vain_at.is_(None))
    there = (f.practice_id == tx.practice_id, any_of(tx.conn, f.id, offer_ids), *withdrawn)
    noted = update(offer).where(*there).values(in_vain_at=tx.now).returning(f.id)
    return frozenset((await tx.conn.execute(noted)).scalars())


async def note_accepted(tx: Tx, offer_id: str, at: datetime, until: datetime) -> bool:
    """Whether this call made a held offer one whose yes, said `at`, waits for a person to settle it, `until` then."""
    f = offer.c
    there = (f.practice_id == tx.practice_id, f.id == offer_id, f.state == OfferState.HELD, f.accepted_at.is_(None))
    values = {"accepted_at": at, "expires_at": until}
    return (await tx.conn.execute(update(offer).where(*there).values(values))).rowcount == 1


async def keep_until(tx: Tx, offer_id: str, until: datetime) -> None:
    """Let a held offer end at another instant."""
    f = offer.c
    there = (f.practice_id == tx.practice_id, f.id == offer_id, f.state == OfferState.HELD)
    await tx.conn.execute(update(offer).where(*there).values(expires_at=until))


async def hold_again(tx: Tx, offer_id: str) -> bool:
    """Whether an offer that was passed or had run out is held again, by this call, until it is claimed."""
    f = offer.c
    over = (OfferState.EXPIRED, OfferState.PASSED)
    there = (f.practice_id == tx.practice_id, f.id == offer_id, f.state.in_(over))
    values = {"state": OfferState.HELD, "ended_at": None}
    return (await tx.conn.execute(update(offer).where(*there).values(values))).rowcount == 1


async def end_offer(
    tx: Tx, offer_id: str, came_from: OfferState, to: OfferState, participation_id: str | None = None
) -> bool:
    """Whether this call made the change. A claim names the visit it booked."""
    f = offer.c
    there = (f.practice_id == tx.practice_id, f.id == offer_id, f.state == came_from)
    values = {"state": to, "ended_at": tx.now, "participation_id": participation_id}
    return (await tx.conn.execute(update(offer).where(*there).values(values))).rowcount == 1
