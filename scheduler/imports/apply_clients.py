"""Clients of a file: which of them are new, and writing those.

Here live the comparison with the record and the rows to write. The one invariant: a client who is known, by
record number or by name with birth date, is never written again and never changed by an import.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from scheduler.core.errors import Invalid
from scheduler.core.record import Reading, Tx
from scheduler.imports import import_store
from scheduler.imports.columns import Columns, Field, squeezed
from scheduler.imports.import_store import KnownKeys, Row
from scheduler.imports.reasons import BadCell, Reason
from scheduler.imports.report import Options
from scheduler.imports.rows import ClientRow
from scheduler.people import client_edit_store as edits
from scheduler.people.client_fields import ClientFields, checked

SMS: Final = "sms"
EMAIL: Final = "email"
_FIELDS: Final[Mapping[str, Field]] = {
    "first": Field.FIRST_NAME,
    "last": Field.LAST_NAME,
    "preferred": Field.PREFERRED_NAME,
    "birth_date": Field.BIRTH_DATE,
    "record_number": Field.RECORD_NUMBER,
    "zone": Field.TIME_ZONE,
}


@dataclass(frozen=True, slots=True)
class NewClient:
    """A client to be written, with the key that makes the next import of the same row a no-op."""

    line: int
    key: str = field(repr=False)
    fields: ClientFields = field(repr=False)
    row: ClientRow = field(repr=False)


@dataclass(frozen=True, slots=True)
class ComparedClients:
    """The clients to write, how many are known already, the bad cells and the rows that repeat others."""

    new: tuple[NewClient, ...]
    known: int
    bad: tuple[BadCell, ...]
    left_out: tuple[BadCell, ...]


def compare_clients(r: Reading, rows: Iterable[ClientRow], columns: Columns, keys: KnownKeys) -> ComparedClients:
    """Tell new clients from known ones. Reads nothing but what it is given, so it may run off the event loop."""
    new: list[NewClient] = []
    bad: list[BadCell] = []
    left_out: list[BadCell] = []
    seen: set[str] = set()
    known = 0
    for row in rows:
        key = client_key(row)
        if _is_known(r, row, key, keys):
            known += 1
        elif key in seen:
            left_out.append(BadCell(row.line, _name_header(columns), Reason.TWICE_IN_FILE))
        else:
            seen.add(key)
            made = _checked(row, columns, key, r.now.date())
            if isinstance(made, BadCell):
                bad.append(made)
            else:
                new.append(made)
    return ComparedClients(tuple(new), known, tuple(bad), tuple(left_out))


def client_key(row: ClientRow) -> str:
    """What a client is known by in another import: the number there, else the name with birth date or first contact."""
    person = row.person
    if person.record_number is not None:
        return f"client number {person.record_number.casefold()}"
    apart = person.birth_date or next(iter((*row.phones, *row.emails)), "")
    return f"client {squeezed(person.first)} {squeezed(person.last)} {apart}".casefold()


async def write_clients(tx: Tx, clients: Sequence[NewClient], options: Options) -> None:
    """Write clients with their contact points, search words and the consents they gave before."""
    rows: list[Row] = []
    points: list[Row] = []
    words: list[Row] = []
    consents: list[Row] = []
    for client in clients:
        client_id = tx.new_id()
        row = edits.client_row(tx, client_id, client.fields, import_key=client.key)
        row["state"] = "archived" if client.row.archived else "active"
        rows.append(row)
        mine = _contact_rows(tx, row, client.row)
        points += mine
        words += edits.word_rows(tx, client_id, client.fields, client.row.phones)
        consents += _consent_rows(tx, mine, client.row, options)
        tx.note("client.imported", "client", client_id, contacts=len(mine))
    await edits.insert_rows(tx, rows, points, words)
    await import_store.insert_consents(tx, consents)


def _is_known(r: Reading, row: ClientRow, key: str, keys: KnownKeys) -> bool:
    number = row.person.record_number
    if number is not None and r.vault.blind(r.practice_id, "record", number.casefold()) in keys.record_numbers:
        return True
    return r.vault.blind(r.practice_id, "import", key) in keys.imported


def _checked(row: ClientRow, columns: Columns, key: str, today: date) -> NewClient | BadCell:
    person = row.person
    given = ClientFields(
        first=person.first,
        last=person.last,
        preferred=row.preferred,
        birth_date=person.birth_date,
        record_number=person.record_number,
        language=row.language,
        zone=row.zone,
        payer=row.payer,
    )
    try:
        return NewClient(row.line, key, checked(given, today), row)
    except Invalid as refusal:
        # The cells were read already; what is left are names made of nothing visible and the like.
        column = _FIELDS.get(refusal.field or "", Field.LAST_NAME)
        header = columns.header(column) if column in columns.at else _name_header(columns)
        return BadCell(row.line, header, Reason.EMPTY)


def _contact_rows(tx: Tx, client: Row, row: ClientRow) -> list[Row]:
    box = tx.vault.box(client["data_key"])
    values = [("phone", value) for value in row.phones] + [("email", value) for value in row.emails]
    points: dict[bytes, Row] = {}
    for rank, (kind, value) in enumerate(values):
        point = edits.contact_row(tx, box, tx.new_id(), client["id"], kind, value, rank=rank)
        points.setdefault(point["value_ix"], point)  # two spellings of one address are one contact point
    return list(points.values())


def _consent_rows(tx: Tx, points: Sequence[Row], row: ClientRow, options: Options) -> list[Row]:
    """Consent to reminders at the first phone and the first address.

    For waitlist offers nothing is taken over: what a client agreed to elsewhere was not that.
    """
    rows: list[Row] = []
    for kind, channel, told in (("phone", SMS, row.text_ok), ("email", EMAIL, row.email_ok)):
        point = next((one for one in points if one["kind"] == kind), None)
        if point is not None and (channel in options.agreed if told is None else told):
            rows.append(_consent_row(tx, point, channel, "import_attested" if told is None else "import_column"))
    return rows


def _consent_row(tx: Tx, point: Row, channel: str, wording: str) -> Row:
    return {
        "practice_id": tx.practice_id,
        "id": tx.new_id(),
        "contact_point_id": point["id"],
        "channel": channel,
        "purpose": "reminders",
        "granted": True,
        "wording": wording,
        "how": "import",
        "by_id": tx.actor.id,
        "language": None,
        "at": tx.now,
    }


def _name_header(columns: Columns) -> str:
    return columns.header(Field.FULL_NAME if Field.FULL_NAME in columns.at else Field.LAST_NAME)
