"""A yes that a person has to settle: the time is kept for whoever said it, and the front desk is asked.

Here lives what happens where the policy books nothing by itself: staff approve the yes, or the client calls. Booking
is claim.py's, by staff; a yes nobody settles in time is ended by expire.py. Where several were asked, several may say
yes: it is kept for the first, and whoever comes after stands in line and is told so. Invariant: while a yes waits for
the desk nobody else is asked about that time, and to one person at a time it is said that it is kept for them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from messages.kinds import Kind
from messages.tasks import TaskKind, open_task
from scheduler.calendar import store as calendar
from scheduler.core.record import Reading, Tx
from scheduler.people import store as people
from waitlist import edit_store, offer_store, texts
from waitlist.deadlines import hold_expiry
from waitlist.front_desk import desk_of
from waitlist.offer_store import Offer, OfferState
from waitlist.policy import Accept, Policy


@dataclass(frozen=True, slots=True)
class Noted:
    """The yes waits for a person, `until` then. `by_call`: the client is asked to call. `again`: a retry.

    `behind`: somebody else said yes before, for whom the time is kept.
    """

    until: datetime
    by_call: bool
    again: bool = False
    behind: bool = False


def yes_key(offer_id: str) -> str:
    """The key of the task that asks a person to settle the yes to an offer."""
    return f"offer:{offer_id}:yes"


async def ask_the_desk(tx: Tx, offer: Offer, policy: Policy, inbound_id: str | None) -> Noted:
    """Keep the time for a held offer whose holder says yes, tell them, and ask the desk; once."""
    by_call = policy.accept is Accept.CALL
    if offer.accepted_at is not None:
        return Noted(offer.expires_at, by_call, again=True, behind=await is_behind(tx, offer))
    before = await _line(tx, offer.opening_id)
    until = await _settled_by(tx, offer, policy)
    await edit_store.note_accepted(tx, offer.id, _said_at(tx, before), until)
    await edit_store.note_answer(tx, (offer.entry_id,), answered=True)
    await calendar.extend_holds(tx, offer.opening_id, hold_expiry(until))
    await edit_store.plan_wave(tx, offer.opening_id, None)
    if before:
        await texts.behind(tx, offer, inbound_id)
    else:
        await texts.noted(tx, offer, _kept(policy), until, inbound_id)
    await open_task(tx, TaskKind.OFFER_YES, dedupe=yes_key(offer.id), client_id=offer.client_id, inbound_id=inbound_id)
    tx.note("offer.accepted", "offer", offer.id, until=until.isoformat())
    return Noted(until, by_call, behind=bool(before))


async def keep_for_the_next(tx: Tx, opening_id: str, policy: Policy) -> None:
    """Once whoever was before them has passed, or was not settled in time: the next in line has it kept, and is told.

    Nothing where the first in line knows that already.
    """
    line = await _line(tx, opening_id)
    if not line:
        return
    first = line[0]
    until = await _settled_by(tx, first, policy)
    if await texts.noted(tx, first, _kept(policy), until, None):
        await edit_store.keep_until(tx, first.id, until)
        await calendar.extend_holds(tx, opening_id, hold_expiry(until))


def in_line(held: Iterable[Offer]) -> tuple[Offer, ...]:
    """Those of these who said yes, the first of them first."""
    said = [(each.accepted_at, each) for each in held if each.accepted_at is not None]
    return tuple(each for _, each in sorted(said, key=lambda one: one[0]))


async def is_behind(r: Reading, offer: Offer) -> bool:
    """Whether the time is kept for somebody else, who said yes before."""
    line = await _line(r, offer.opening_id)
    return bool(line) and line[0].id != offer.id


async def _line(r: Reading, opening_id: str) -> tuple[Offer, ...]:
    return in_line(await offer_store.offers(r, opening_id=opening_id, states=(OfferState.HELD,)))


def _said_at(tx: Tx, before: Sequence[Offer]) -> datetime:
    """When this yes was said: after those that stand in line, whose transactions may have begun later than this one."""
    last = before[-1].accepted_at if before else None
    return tx.now if last is None else max(tx.now, last + timedelta(microseconds=1))


def _kept(policy: Policy) -> Kind:
    return Kind.OFFER_CALL if policy.accept is Accept.CALL else Kind.OFFER_NOTED


async def _settled_by(r: Reading, offer: Offer, policy: Policy) -> datetime:
    return desk_of(policy, (await people.practice(r)).zone).settle_by(r.now, offer.starts_at)
