"""Who has a visit soon and cannot be told of it, and what would have to be mended.

Invariant: whoever is listed has no planned text, and whoever is not has a way to be reached.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from messages import consent_store
from messages.kinds import Purpose
from messages.recipients import CHANNEL_OF_KIND, planned_as, reachable
from scheduler.appointments import store as appointments
from scheduler.core.record import Reading
from scheduler.people import store as people
from scheduler.people.store import Consent, ConsentKey, ContactPoint
from scheduler.reminders import store as reminders


class Why(StrEnum):
    """Why not; the first that applies, from what a phone call mends most easily."""

    OTHER_CHANNEL = "other_channel"
    """Agreed to a channel that the reminder policy does not use."""
    NO_CONSENT = "no_consent"
    OPTED_OUT = "opted_out"
    QUARANTINED = "quarantined"
    INVALID = "invalid"
    NO_NUMBER = "no_number"


@dataclass(frozen=True, slots=True)
class Unreachable:
    """A client whose next visit nobody will be reminded of."""

    client_id: str
    participation_id: str
    starts_at: datetime
    why: Why


async def unreachable(
    r: Reading, until: datetime, *, client_ids: frozenset[str] | None = None
) -> tuple[Unreachable, ...]:
    """Clients with an active visit before an instant, soonest first; `client_ids` narrows it to some clients."""
    visits = [
        visit
        for visit in await appointments.visits_between(r, r.now, until)
        if visit.is_active and (client_ids is None or visit.client_id in client_ids)
    ]
    first = {visit.client_id: visit for visit in reversed(visits)}
    used = await _channels_used(r)
    reach = await reachable(r, set(first), Purpose.REMINDERS)
    lost = {each: reach[each] for each in first if not used & {planned_as(channel).value for channel in reach[each]}}
    why = await _reasons(r, [each for each in lost if not lost[each]])
    found = [
        Unreachable(each, first[each].participation_id, first[each].starts_at, why.get(each, Why.OTHER_CHANNEL))
        for each in lost
    ]
    return tuple(sorted(found, key=lambda one: (one.starts_at, one.client_id)))


async def _channels_used(r: Reading) -> frozenset[str]:
    policy = await reminders.policy_in_force(r)
    return frozenset(touch.channel.value for touch in policy.touches)


async def _reasons(r: Reading, client_ids: Collection[str]) -> dict[str, Why]:
    points = await people.contact_points_of(r, client_ids)
    every = [point for of_client in points.values() for point in of_client]
    agreed = await people.consents(r, [point.id for point in every])
    stopped = await consent_store.stopped_among(r, {point.value_ix for point in every})
    return {each: _reason(points.get(each, ()), agreed, stopped) for each in client_ids}


def _reason(
    points: Collection[ContactPoint],
    agreed: Mapping[ConsentKey, Consent],
    stopped: Collection[tuple[bytes, str]],
) -> Why:
    found = set()
    for point in points:
        channel = CHANNEL_OF_KIND[point.kind].value
        consent = agreed.get((point.id, channel, Purpose.REMINDERS.value))
        if point.state != "active":
            found.add(Why.INVALID if point.state == "invalid" else Why.QUARANTINED)
        elif (point.value_ix, channel) in stopped:
            found.add(Why.OPTED_OUT)
        elif consent is None or not consent.granted:
            found.add(Why.NO_CONSENT)
    return next((why for why in Why if why in found), Why.NO_NUMBER)
