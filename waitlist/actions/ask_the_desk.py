"""A yes that a person has to settle: the time is kept for whoever said it, and the front desk is asked.

Here lives what happens where the policy books nothing by itself: staff approve the yes, or the client calls. Booking
is claim.py's, by staff; a yes nobody settles in time is ended by expire.py. Invariant: while a yes waits for the desk
nobody else is asked about that time, and everybody who said it has been told until when it is kept.
"""

from dataclasses import dataclass
from datetime import datetime

from messages.kinds import Kind
from messages.tasks import TaskKind, open_task
from scheduler.calendar import store as calendar
from scheduler.core.record import Tx
from scheduler.people import store as people
from waitlist import edit_store, texts
from waitlist.deadlines import hold_expiry
from waitlist.front_desk import desk_of
from waitlist.offer_store import Offer
from waitlist.policy import Accept, Policy


@dataclass(frozen=True, slots=True)
class Noted:
    """The yes waits for a person, `until` then. `by_call`: the client is asked to call. `again`: a retry."""

    until: datetime
    by_call: bool
    again: bool = False


def yes_key(offer_id: str) -> str:
    """The key of the task that asks a person to settle the yes to an offer."""
    return f"offer:{offer_id}:yes"


async def ask_the_desk(tx: Tx, offer: Offer, policy: Policy, inbound_id: str | None) -> Noted:
    """Keep the time for a held offer whose holder says yes, tell them, and ask the desk; once."""
    by_call = policy.accept is Accept.CALL
    if offer.accepted_at is not None:
        return Noted(offer.expires_at, by_call, again=True)
    until = desk_of(policy, (await people.practice(tx)).zone).settle_by(tx.now, offer.starts_at)
    await edit_store.note_accepted(tx, offer.id, until)
    await edit_store.note_answer(tx, (offer.entry_id,), answered=True)
    await calendar.extend_holds(tx, offer.opening_id, hold_expiry(until))
    await edit_store.plan_wave(tx, offer.opening_id, None)
    await texts.noted(tx, offer, Kind.OFFER_CALL if by_call else Kind.OFFER_NOTED, until, inbound_id)
    await open_task(tx, TaskKind.OFFER_YES, dedupe=yes_key(offer.id), client_id=offer.client_id, inbound_id=inbound_id)
    tx.note("offer.accepted", "offer", offer.id, until=until.isoformat())
    return Noted(until, by_call)
