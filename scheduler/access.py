"""Who may do what, and to whose records: the only way from an id in a request to the thing itself.

The permission comes first, from the roles; then the reach: somebody who is only a clinician gets to their own visits
and to the clients they have seen. A thing that is absent, another practice's or out of reach gives the same NotFound,
so that asking tells nothing. Only the lack of a permission, which depends on no id, is said openly.
Invariant: nobody but the owner both marks a missed visit and approves its fee; for everybody else approving is another
role's (design.md 4).
"""

from enum import StrEnum
from typing import Final

from sqlalchemy import Table

from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.core.actor import Actor, ActorKind
from scheduler.core.errors import Forbidden, NotFound
from scheduler.core.record import Reading
from scheduler.people import reach_store
from scheduler.people import store as people
from scheduler.people.reach_store import Reach


class Role(StrEnum):
    """What a user of the console is."""

    OWNER = "owner"
    FRONT_DESK = "front_desk"
    CLINICIAN = "clinician"
    BILLER = "biller"
    AUDITOR = "auditor"


NOBODY: Final = ""
_NARROW: Final = frozenset({Role.CLINICIAN})
_EVERYBODY: Final = frozenset({"practice.read"})
_FRONT_DESK: Final = frozenset(
    {
        "day.read",
        "client.read",
        "client.write",
        "appointment.write",
        "attendance.mark",
        "waitlist.write",
        "inbox.work",
        "message.read",
        "message.send",
        "policy.read",
        "fee.read",
        "fee.propose",
        "import.run",
    }
)
_CLINICIAN: Final = frozenset(
    {
        "day.read",
        "client.read",
        "appointment.write",
        "attendance.mark",
        "waitlist.write",
        "inbox.work",
        "message.read",
        "fee.read",
        "fee.propose",
        "report.read",
    }
)
_BILLER: Final = frozenset({"client.read", "fee.read", "fee.approve", "fee.waive", "report.read"})
_AUDITOR: Final = frozenset({"audit.read", "report.read", "policy.read"})
_OWNER: Final = _FRONT_DESK | _BILLER | _AUDITOR | frozenset({"policy.write", "settings.write", "users.write"})

PERMISSIONS: Final[dict[Role, frozenset[str]]] = {
    Role.OWNER: _OWNER | _EVERYBODY,
    Role.FRONT_DESK: _FRONT_DESK | _EVERYBODY,
    Role.CLINICIAN: _CLINICIAN | _EVERYBODY,
    Role.BILLER: _BILLER | _EVERYBODY,
    Role.AUDITOR: _AUDITOR | _EVERYBODY,
}
ALL_PERMISSIONS: Final = frozenset[str]().union(*PERMISSIONS.values())


def permissions_of(actor: Actor) -> frozenset[str]:
    """Everything the actor's roles allow. An operator at the command line may do all; clients and carriers nothing."""
    if actor.kind is ActorKind.OPERATOR:
        return ALL_PERMISSIONS
    return frozenset[str]().union(*(PERMISSIONS[role] for role in _roles(actor)))


def may(actor: Actor, permission: str) -> bool:
    """Whether to offer an act at all: a button that would be refused is not shown."""
    return permission in permissions_of(actor)


def require(actor: Actor, permission: str) -> None:
    """Pass only actors with a permission.

    Raises:
        Forbidden: the roles lack it.
    """
    if permission not in ALL_PERMISSIONS:
        raise ValueError(f"unknown permission {permission}")
    if not may(actor, permission):
        raise Forbidden("not_permitted", permission=permission)


async def own_clinician(r: Reading, actor: Actor, permission: str) -> str | None:
    """The clinician whose visits and clients are all that the actor may reach with this permission.

    None: the actor reaches everybody's. A clinician's account that names no clinician reaches nobody: the answer
    is then an id that nothing has.

    Raises:
        Forbidden: the roles lack the permission.
    """
    require(actor, permission)
    if actor.kind is ActorKind.OPERATOR or any(permission in PERMISSIONS[role] for role in _roles(actor) - _NARROW):
        return None
    return await reach_store.clinician_of_user(r, actor.id or "") or NOBODY


async def client(r: Reading, actor: Actor, client_id: str, permission: str) -> people.Client:
    """A client within reach. Opening their whole record is actions/read_client.py, after this.

    Raises:
        Forbidden, NotFound: as the module says.
    """
    own = await own_clinician(r, actor, permission)
    found = await people.client(r, client_id)
    if found is None or (own is not None and not await reach_store.clinician_sees(r, client_id, own)):
        raise NotFound("client", client=client_id)
    return found


async def participation(r: Reading, actor: Actor, participation_id: str, permission: str) -> Visit:
    """A visit within reach.

    Raises:
        Forbidden, NotFound: as the module says.
    """
    own = await own_clinician(r, actor, permission)
    found = await appointments.visit(r, participation_id)
    if found is None or own not in {None, found.clinician_id}:
        raise NotFound("participation", participation=participation_id)
    return found


async def clinician(r: Reading, actor: Actor, clinician_id: str, permission: str) -> people.Clinician:
    """A clinician whose calendar is within reach.

    Raises:
        Forbidden, NotFound: as the module says.
    """
    own = await own_clinician(r, actor, permission)
    found = await people.clinician(r, clinician_id)
    if found is None or own not in {None, clinician_id}:
        raise NotFound("clinician", clinician=clinician_id)
    return found


async def thing(r: Reading, actor: Actor, table: Table, thing_id: str, permission: str) -> Reach:
    """Whom a row of any table with an id concerns, if it is within reach: messages, tasks, offers, entries, ...

    A row that names a clinician is that clinician's; one that names only a client is reached like the client; one
    that names neither (a text from an unknown number) only by those who reach everybody.

    Raises:
        Forbidden, NotFound: as the module says.
    """
    own = await own_clinician(r, actor, permission)
    reach = await reach_store.of_thing(r, table, thing_id)
    if reach is None or (own is not None and not await _within(r, reach, own)):
        raise NotFound(table.name, id=thing_id)
    return reach


async def _within(r: Reading, reach: Reach, own: str) -> bool:
    if reach.clinician_id is not None:
        return reach.clinician_id == own
    return reach.client_id is not None and await reach_store.clinician_sees(r, reach.client_id, own)


def _roles(actor: Actor) -> frozenset[Role]:
    # A role this version does not know gives nothing: an older program on a newer record must not guess.
    known = {role.value for role in Role}
    held = actor.roles if actor.kind is ActorKind.STAFF else frozenset[str]()
    return frozenset(Role(role) for role in held if role in known)
