"""Adding and editing clients and the numbers and addresses they are reached at.

Consent is not given here (messages/consent.py). Invariant: a contact point that comes back after it was removed,
quarantined or found invalid starts without consent: whoever agreed may be somebody else by now.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.exc import IntegrityError

from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Tx, constraint_of
from scheduler.events import ContactChanged
from scheduler.people import client_edit_store as edits
from scheduler.people import store as people
from scheduler.people.client_fields import ClientFields, checked
from scheduler.people.mail_address import NotAnAddress, parse_mail_address
from scheduler.people.phone import NotAPhone, parse_phone

KINDS = frozenset({"phone", "email"})
ROLES = frozenset({"client", "guardian", "partner", "carer"})


@dataclass(frozen=True, slots=True)
class NewContact:
    """A number or address as typed. The first of a kind is tried first."""

    kind: str
    value: str = field(repr=False)
    role: str = "client"


async def add_client(tx: Tx, given: ClientFields, contacts: Sequence[NewContact] = ()) -> str:
    """A new client, their contact points and search words; returns the client's id.

    Raises:
        Invalid: see `client_fields.checked` and `normalised`.
        Conflict: record_number_taken.
    """
    tidy = checked(given, tx.now.date())
    region = (await people.practice(tx)).region
    client_id = tx.new_id()
    row = edits.client_row(tx, client_id, tidy)
    box = tx.vault.box(row["data_key"])
    points: dict[bytes, edits.Row] = {}
    phones = []
    for rank, contact in enumerate(contacts):
        value = normalised(contact, region)
        point = edits.contact_row(tx, box, tx.new_id(), client_id, contact.kind, value, role=contact.role, rank=rank)
        points.setdefault(point["value_ix"], point)  # the same number typed twice is one contact point
        if contact.kind == "phone":
            phones.append(value)
    try:
        async with tx.conn.begin_nested():
            await edits.insert_rows(tx, [row], list(points.values()), edits.word_rows(tx, client_id, tidy, phones))
    except IntegrityError as error:
        raise _taken(error) from None
    tx.note("client.added", "client", client_id, contacts=len(points))
    return client_id


async def edit_client(tx: Tx, client_id: str, given: ClientFields) -> tuple[str, ...]:
    """Replace a client's fields; returns the names of those that changed, in words of ClientFields.

    A new zone or language changes when and how planned texts leave, so ContactChanged is emitted for them.

    Raises:
        NotFound: no such client.
        Invalid: see `client_fields.checked`.
        Conflict: record_number_taken.
    """
    before = edits.fields_of(await _client(tx, client_id))
    tidy = checked(given, tx.now.date())
    changed = tidy.changed_from(before)
    if not changed:
        return ()
    try:
        async with tx.conn.begin_nested():
            await edits.update_client(tx, client_id, tidy)
    except IntegrityError as error:
        raise _taken(error) from None
    await edits.reindex(tx, client_id)
    tx.note("client.edited", "client", client_id, changed=",".join(changed))
    if {"zone", "language"} & set(changed):
        tx.emit(ContactChanged(client_id))
    return changed


async def archive_client(tx: Tx, client_id: str) -> None:
    """Put a client away: kept, readable, found only when asked for, bookable no more.

    Raises:
        NotFound: no such client.
        Conflict: client_has_visits (they are expected), client_archived (already).
    """
    await _client(tx, client_id)
    if await edits.has_visits_ahead(tx, client_id):
        raise Conflict("client_has_visits", client=client_id)
    if not await edits.set_client_state(tx, client_id, "active", "archived"):
        raise Conflict("client_archived", client=client_id)
    tx.note("client.archived", "client", client_id)
    tx.emit(ContactChanged(client_id))


async def unarchive_client(tx: Tx, client_id: str) -> None:
    """Take an archived client back.

    Raises:
        NotFound: no such client.
        Conflict: client_not_archived.
    """
    await _client(tx, client_id)
    if not await edits.set_client_state(tx, client_id, "archived", "active"):
        raise Conflict("client_not_archived", client=client_id)
    tx.note("client.unarchived", "client", client_id)
    tx.emit(ContactChanged(client_id))


async def add_contact_point(tx: Tx, client_id: str, contact: NewContact) -> str:
    """One more number or address, tried after those on file; returns its id.

    One that was removed, quarantined or invalid comes back under its old id, without consent.

    Raises:
        NotFound: no such client.
        Invalid: see `normalised`.
        Conflict: contact_point_exists.
    """
    await _client(tx, client_id)
    value = normalised(contact, (await people.practice(tx)).region)
    wanted = edits.value_ix(tx, contact.kind, value)
    on_file = await people.contact_points(tx, client_id, removed=True)
    rank = 1 + max((point.rank for point in on_file if point.state == "active"), default=-1)
    known = next((point for point in on_file if point.value_ix == wanted), None)
    if known is not None:
        return await _take_back(tx, known, contact.role, rank)
    contact_point_id = tx.new_id()
    box = await people.box_of_client(tx, client_id)
    row = edits.contact_row(tx, box, contact_point_id, client_id, contact.kind, value, role=contact.role, rank=rank)
    try:
        async with tx.conn.begin_nested():
            await edits.insert_rows(tx, (), (row,), ())
    except IntegrityError:
        raise Conflict("contact_point_exists", client=client_id) from None
    await _contact_changed(tx, client_id, "contact_point.added", contact_point_id)
    return contact_point_id


async def remove_contact_point(tx: Tx, contact_point_id: str) -> None:
    """Text or mail there no more. The row stays: what was sent to it is on record.

    Raises:
        NotFound: no such contact point, or removed already.
    """
    point = await _contact_point(tx, contact_point_id)
    if not await edits.set_contact(tx, contact_point_id, point.state, {"state": "removed"}):
        raise Conflict("contact_point_changed_meanwhile", contact_point=contact_point_id)
    await _contact_changed(tx, point.client_id, "contact_point.removed", contact_point_id)


async def quarantine_contact_point(tx: Tx, contact_point_id: str, *, reason: str) -> bool:
    """Nothing is sent there until a person has looked; False when it was not active. `reason` is a code.

    Raises:
        NotFound: no such contact point.
    """
    point = await _contact_point(tx, contact_point_id)
    if not await edits.set_contact(tx, contact_point_id, "active", {"state": "quarantined"}):
        return False
    tx.note("contact_point.quarantined", "contact_point", contact_point_id, client=point.client_id, reason=reason)
    tx.emit(ContactChanged(point.client_id))
    return True


async def prefer_contact_point(tx: Tx, contact_point_id: str) -> None:
    """Try this one first from now on.

    Raises:
        NotFound: no such contact point.
        Conflict: contact_point_not_active.
    """
    point = await _contact_point(tx, contact_point_id)
    others = await people.contact_points(tx, point.client_id)
    lowest = min(each.rank for each in others)
    if not await edits.set_contact(tx, contact_point_id, "active", {"rank": lowest - 1}):
        raise Conflict("contact_point_not_active", contact_point=contact_point_id)
    tx.note("contact_point.preferred", "contact_point", contact_point_id, client=point.client_id)
    tx.emit(ContactChanged(point.client_id))


def normalised(contact: NewContact, region: str) -> str:
    """The value as it is stored: E.164, or a checked mail address.

    Raises:
        Invalid: contact_kind_unknown, contact_role_unknown, or phone_/email_ and the reason of phone.py and
            mail_address.py (phone_has_extension, email_not_an_address, ...); `field` is phone or email.
    """
    if contact.kind not in KINDS:
        raise Invalid("contact_kind_unknown", field="kind")
    if contact.role not in ROLES:
        raise Invalid("contact_role_unknown", field="role")
    parsed = parse_phone(contact.value, region) if contact.kind == "phone" else parse_mail_address(contact.value)
    if isinstance(parsed, NotAPhone | NotAnAddress):
        raise Invalid(f"{contact.kind}_{parsed.reason}", field=contact.kind)
    return parsed


async def _take_back(tx: Tx, point: people.ContactPoint, role: str, rank: int) -> str:
    if point.state == "active":
        raise Conflict("contact_point_exists", client=point.client_id, contact_point=point.id)
    withdrawn = await edits.withdraw_consents(tx, point.id, wording="came_back", how="form")
    for consent_id, channel, purpose in withdrawn:
        tx.note("consent.withdrawn", "consent", consent_id, channel=channel, purpose=purpose, contact_point_id=point.id)
    back = {"state": "active", "role": role, "rank": rank, "verified_at": None}
    if not await edits.set_contact(tx, point.id, point.state, back):
        raise Conflict("contact_point_changed_meanwhile", contact_point=point.id)
    await _contact_changed(tx, point.client_id, "contact_point.taken_back", point.id)
    return point.id


async def _contact_changed(tx: Tx, client_id: str, action: str, contact_point_id: str) -> None:
    await edits.reindex(tx, client_id)
    tx.note(action, "contact_point", contact_point_id, client=client_id)
    tx.emit(ContactChanged(client_id))


async def _client(tx: Tx, client_id: str) -> people.Client:
    found = await people.client(tx, client_id)
    if found is None:
        raise NotFound("client", client=client_id)
    return found


async def _contact_point(tx: Tx, contact_point_id: str) -> people.ContactPoint:
    found = await people.contact_point(tx, contact_point_id)
    if found is None or found.state == "removed":
        raise NotFound("contact_point", contact_point=contact_point_id)
    return found


def _taken(error: IntegrityError) -> Exception:
    return Conflict("record_number_taken") if "record_number_ix" in constraint_of(error) else error
