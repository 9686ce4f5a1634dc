"""Whom a message may go to: the contact point of a client that agreed, is in use and has not said STOP.

A choice made now; it is checked again when the message leaves (claim.py). Invariant: nobody is chosen who has not
agreed to this channel and this purpose.
"""

from collections.abc import Collection, Mapping

from messages import consent_store, whatsapp_store
from messages.kinds import Channel, Purpose
from messages.opt_out_scope import TEXTS
from scheduler.core.record import Reading
from scheduler.people import store as people
from scheduler.people.store import Consent, ConsentKey, ContactPoint

CHANNEL_OF_KIND: Mapping[str, Channel] = {"phone": Channel.SMS, "email": Channel.EMAIL}

CHANNELS_OF_KIND: Mapping[str, tuple[Channel, ...]] = {
    "phone": (Channel.WHATSAPP, Channel.SMS, Channel.VOICE),
    "email": (Channel.EMAIL,),
}
"""Every way a contact point can be reached by. Whoever asked for WhatsApp is written to there first."""

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
    shut = await _shut(r, agreed, purpose)
    found: list[tuple[Channel, ContactPoint]] = []
    for point in every:
        for channel in CHANNELS_OF_KIND[point.kind]:
            consent = agreed.get((point.id, channel.value, purpose.value))
            if consent is None or not consent.granted or point.state != "active":
                continue
            if channel is not shut and (point.value_ix, channel.value) not in stopped:
                found.append((channel, point))
    return tuple(found)


async def _shut(r: Reading, agreed: Mapping[ConsentKey, Consent], purpose: Purpose) -> Channel | None:
    """WhatsApp where the practice does not write there, and for offers, which pass for marketing there."""
    asked = any(channel == Channel.WHATSAPP and consent.granted for (_, channel, _), consent in agreed.items())
    if asked and purpose is not Purpose.WAITLIST and await whatsapp_store.terms(r) is not None:
        return None
    return Channel.WHATSAPP


async def agreed_texts(r: Reading, contact_point_id: str, purpose: Purpose) -> tuple[Channel, ...]:
    """The ways of texting that are agreed to at a number: what "no more texts" takes back."""
    agreed = await people.consents(r, (contact_point_id,))
    said = {channel: agreed.get((contact_point_id, channel.value, purpose.value)) for channel in sorted(TEXTS)}
    return tuple(channel for channel, consent in said.items() if consent is not None and consent.granted)


def planned_as(channel: Channel) -> Channel:
    """The channel of the reminder policy a way counts as: what is to go by text goes by WhatsApp where they asked."""
    return Channel.SMS if channel is Channel.WHATSAPP else channel
