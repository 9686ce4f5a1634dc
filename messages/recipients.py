"""Whom a message may go to: the contact point of a client that agreed, is in use and has not said STOP.

A choice made now; it is checked again when the message leaves (claim.py). Invariant: nobody is chosen who has not
agreed to this channel and this purpose.
"""

from collections.abc import Collection, Mapping

from messages import consent_store
from messages.kinds import Channel, Purpose
from scheduler.core.record import Reading
from scheduler.people import store as people
from scheduler.people.store import ContactPoint

CHANNEL_OF_KIND: Mapping[str, Channel] = {"phone": Channel.SMS, "email": Channel.EMAIL}

CHANNELS_OF_KIND: Mapping[str, tuple[Channel, ...]] = {
    "phone": (Channel.SMS, Channel.VOICE),
    "email": (Channel.EMAIL,),
}
"""Every way a contact point can be reached by, the usual one first."""

Reachable = Mapping[Channel, ContactPoint]
"""By channel, in the order the client wants to be tried; the first of equals for each channel."""


async def recipient_for(r: Reading, client_id: str, channel: Channel, purpose: Purpose) -> ContactPoint | None:
    """The contact point of the client for a channel and purpose; None when there is none to be written to."""
    return (await reachable(r, (client_id,), purpose)).get(client_id, {}).get(channel)


async def reachable(r: Reading, client_ids: Collection[str], purpose: Purpose) -> dict[str, Reachable]:
    """How each of these clients can be reached for a purpose; those who cannot have an empty entry."""
    found: dict[str, dict[Channel, ContactPoint]] = {client_id: {} for client_id in client_ids}
    for channel, point in await _agreed(r, client_ids, purpose):
        found[point.client_id].setdefault(channel, point)
    return dict(found)


async def every_way(r: Reading, client_id: str, purpose: Purpose) -> tuple[tuple[Channel, ContactPoint], ...]:
    """All that may be written to for a purpose, in the order the client wants to be tried."""
    return await _agreed(r, (client_id,), purpose)


async def _agreed(
    r: Reading, client_ids: Collection[str], purpose: Purpose
) -> tuple[tuple[Channel, ContactPoint], ...]:
    points = await people.contact_points_of(r, client_ids)
    every = [point for of_client in points.values() for point in of_client]
    agreed = await people.consents(r, [point.id for point in every])
    stopped = await consent_store.stopped_among(r, {point.value_ix for point in every})
    found: list[tuple[Channel, ContactPoint]] = []
    for point in every:
        for channel in CHANNELS_OF_KIND[point.kind]:
            consent = agreed.get((point.id, channel.value, purpose.value))
            if consent is None or not consent.granted or point.state != "active":
                continue
            if (point.value_ix, channel.value) not in stopped:
                found.append((channel, point))
    return tuple(found)
