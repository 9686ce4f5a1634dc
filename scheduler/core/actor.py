"""Who acts: every write and every read of a client record names one.

Invariant: an actor carries a kind, an id and the way they came, never a name or number.
"""

from dataclasses import dataclass
from enum import StrEnum


class ActorKind(StrEnum):
    """What sort of actor."""

    STAFF = "staff"
    CLIENT = "client"
    CARRIER = "carrier"
    SYSTEM = "system"
    OPERATOR = "operator"


class Via(StrEnum):
    """The way an act arrived."""

    CONSOLE = "console"
    SMS = "sms"
    VOICE = "voice"
    WHATSAPP = "whatsapp"
    LINK = "link"
    WEBHOOK = "webhook"
    WORKER = "worker"
    COMMAND = "command"
    IMPORT = "import"
    API = "api"


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is a user's id for staff, a client's for clients (None while unknown), None for the rest."""

    kind: ActorKind
    id: str | None
    via: Via
    roles: frozenset[str] = frozenset()


WORKER = Actor(ActorKind.SYSTEM, None, Via.WORKER)
CARRIER = Actor(ActorKind.CARRIER, None, Via.WEBHOOK)
OPERATOR = Actor(ActorKind.OPERATOR, None, Via.COMMAND)
