"""Whether somebody who is put on the waitlist may be texted about times, and writing down that they agree.

Asked on the form itself, while they are there to say yes; the client's page keeps all other consents. Invariant: what
is written down names the statement that was read out, and nobody who said STOP is asked round it.
"""

from dataclasses import dataclass

from bot.console import phones
from bot.console.client_words import STATEMENT, WORDING
from messages import consent
from messages.kinds import Channel, Purpose
from messages.recipients import recipient_for
from scheduler import access
from scheduler.core.actor import Actor
from scheduler.core.record import Reading, Tx
from scheduler.people import store as people
from scheduler.people.store import ContactPoint

WRITE = "client.write"


@dataclass(frozen=True, slots=True)
class Texts:
    """Where offers would go. `number`: it could be agreed to there, now, by saying yes to `statement`; "" nowhere."""

    agreed: bool
    number: str = ""
    statement: str = STATEMENT


async def texts_to(r: Reading, actor: Actor, client_id: str) -> Texts:
    """Whether a client may be texted about times; if not, where this person could ask them whether they agree."""
    if await recipient_for(r, client_id, Channel.SMS, Purpose.WAITLIST) is not None:
        return Texts(agreed=True)
    point = await _askable(r, client_id) if access.may(actor, WRITE) else None
    return Texts(agreed=False, number=phones.shown(point.value, (await people.practice(r)).region) if point else "")


async def agree(tx: Tx, actor: Actor, client_id: str) -> None:
    """Write down that they agreed when asked; nothing where they agreed before, or have no number to be texted at.

    Raises:
        Forbidden, NotFound: as `access.client`.
    """
    await access.client(tx, actor, client_id, WRITE)
    if await recipient_for(tx, client_id, Channel.SMS, Purpose.WAITLIST) is not None:
        return
    point = await _askable(tx, client_id)
    if point is not None:
        await consent.grant(tx, point.id, Channel.SMS, Purpose.WAITLIST, wording=WORDING, how="verbal")


async def _askable(r: Reading, client_id: str) -> ContactPoint | None:
    for point in await people.contact_points(r, client_id):
        usable = point.kind == "phone" and point.state == "active"
        if usable and not await consent.is_stopped(r, point.value_ix, Channel.SMS):
            return point
    return None
