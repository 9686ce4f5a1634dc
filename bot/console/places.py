"""Which places of the console a person has, by their permissions; and where they begin.

Pure. Invariant: a place that would answer "not permitted" is not shown.
"""

from typing import Final

from scheduler import access
from scheduler.core.actor import Actor

NEEDS: Final = {
    "today": "day.read",
    "week": "day.read",
    "inbox": "inbox.work",
    "waitlist": "waitlist.write",
    "clients": "client.read",
    "fees": "fee.read",
    "report": "report.read",
    "sending": "message.read",
    "policies": "policy.read",
    "audit": "audit.read",
    "settings": "settings.write",
}


def places_of(actor: Actor) -> frozenset[str]:
    """The places to show."""
    held = access.permissions_of(actor)
    return frozenset(place for place, permission in NEEDS.items() if permission in held)


def first_place(actor: Actor) -> str:
    """Where somebody begins who may not see the day: the address of the first place they have."""
    mine = places_of(actor)
    return next((f"/console/{place}" for place in NEEDS if place in mine), "/account")
