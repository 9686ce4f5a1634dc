"""Who may be writing from a number, and what they may do about whose visits.

A number is no proof of who holds it. The client and a minor's guardian may change visits unless somebody withdrew it;
a partner or carer only where it was recorded (consent of the purpose `changes`). A guardian's say ends when the client
comes of age, unless it was agreed to anew. Invariant: who may not know of a visit is treated like a stranger about it.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Final

from scheduler.calendar.wallclock import local_day, zone_of
from scheduler.core.record import Reading
from scheduler.people import store as people
from scheduler.people.store import Client, Consent, ConsentKey, ContactPoint

OF_AGE: Final = 18
CHANGES: Final = "changes"
"""The purpose of a consent that says whether a contact may move and cancel."""

REMINDERS: Final = "reminders"
_CLIENT, _GUARDIAN = "client", "guardian"


async def who_may_know(r: Reading, points: Sequence[ContactPoint]) -> tuple[ContactPoint, ...]:
    """Of the contact points with a number, those whose holder may be told of the client's visits."""
    others = [point for point in points if point.role != _CLIENT]
    if not others:
        return tuple(points)
    clients = await people.clients(r, [point.client_id for point in others])
    given = await people.consents(r, [point.id for point in others])
    today = local_day(r.now, zone_of((await people.practice(r)).zone))
    return tuple(
        point
        for point in points
        if point.role == _CLIENT or _may_know(point, clients.get(point.client_id), given, today)
    )


async def may_change(r: Reading, points: Sequence[ContactPoint], client_id: str) -> bool:
    """Whether somebody at this number may move or cancel the client's visits."""
    mine = [point for point in points if point.client_id == client_id]
    given = await people.consents(r, [point.id for point in mine])
    said = [_newest(given, point.id, CHANGES) for point in mine]
    return any(
        consent.granted if consent is not None else point.role in {_CLIENT, _GUARDIAN}
        for point, consent in zip(mine, said, strict=True)
    )


def came_of_age(born: date) -> date:
    """The day somebody turns eighteen; who was born on a leap day does so on the first of March."""
    try:
        return born.replace(year=born.year + OF_AGE)
    except ValueError:
        return date(born.year + OF_AGE, 3, 1)


def _may_know(point: ContactPoint, client: Client | None, given: Mapping[ConsentKey, Consent], today: date) -> bool:
    agreed = _newest(given, point.id, REMINDERS)
    if agreed is None or not agreed.granted:
        return False
    if point.role != _GUARDIAN or client is None or client.birth_date is None:
        return True
    of_age = came_of_age(client.birth_date)
    return today < of_age or agreed.at.date() >= of_age


def _newest(given: Mapping[ConsentKey, Consent], point_id: str, purpose: str) -> Consent | None:
    found = [consent for (point, _, about), consent in given.items() if point == point_id and about == purpose]
    return max(found, key=lambda consent: (consent.granted, consent.at), default=None)
