"""Writing clients, their contact points and the words they are found by. Called by actions and imports only.

Here fields are sealed and blind-indexed. Checking them is client_fields.py's, deciding is the actions'. The row
makers are separate from the inserts so that an import can write thousands of rows in one statement.
Invariant: a client's words always say what the client's row and contact points say (`reindex` after every edit).
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select, update

from scheduler import tables
from scheduler.core.record import Reading, Tx
from scheduler.core.vault import Box, Where
from scheduler.people import store
from scheduler.people.client_fields import ClientFields
from scheduler.people.search_words import words_of

Row = dict[str, Any]


def client_row(tx: Tx, client_id: str, given: ClientFields, *, import_key: str | None = None) -> Row:
    """A new client's row, sealed under a data key of its own. `given` has been checked."""
    data_key = tx.vault.new_data_key()
    return {
        "practice_id": tx.practice_id,
        "id": client_id,
        "data_key": data_key,
        "import_key_ix": None if import_key is None else tx.vault.blind(tx.practice_id, "import", import_key),
        "state": "active",
        "created_at": tx.now,
        **_sealed(tx, tx.vault.box(data_key), client_id, given),
    }


def contact_row(tx: Tx, box: Box, contact_point_id: str, client_id: str, kind: str, value: str, **more: Any) -> Row:
    """A new contact point's row. `value` is E.164 or a checked mail address; `more` sets role, rank, verified_at."""
    where = Where(tx.practice_id, "contact_point", contact_point_id, "value_ct")
    return {
        "practice_id": tx.practice_id,
        "id": contact_point_id,
        "client_id": client_id,
        "kind": kind,
        "role": "client",
        "value_ct": box.seal(where, value),
        "value_ix": value_ix(tx, kind, value),
        "state": "active",
        "rank": 0,
        "verified_at": None,
        "created_at": tx.now,
        **more,
    }


def word_rows(tx: Tx, client_id: str, given: ClientFields, phones: Iterable[str]) -> list[Row]:
    """The search words of a client, blind-indexed."""
    names = (given.first, given.last, given.preferred or "")
    words = words_of(names, given.birth_date, phones, given.record_number)
    return [
        {
            "practice_id": tx.practice_id,
            "client_id": client_id,
            "word_ix": tx.vault.blind(tx.practice_id, "word", word),
        }
        for word in sorted(words)
    ]


def value_ix(r: Reading, kind: str, value: str) -> bytes:
    """The blind index of a contact point: E.164 for a phone, the casefolded address for mail."""
    return r.vault.blind(r.practice_id, kind, value.casefold())


async def insert_rows(tx: Tx, clients: Sequence[Row], contacts: Sequence[Row], words: Sequence[Row]) -> None:
    """Write what the row makers made, in the order the references need."""
    if clients:
        await tx.conn.execute(insert(tables.client), clients)
    if contacts:
        await tx.conn.execute(insert(tables.contact_point), contacts)
    if words:
        await tx.conn.execute(insert(tables.client_word), words)


async def update_client(tx: Tx, client_id: str, given: ClientFields) -> None:
    """Seal the edited fields anew; an unchanged field gets a new ciphertext too, which tells nothing."""
    box = await store.box_of_client(tx, client_id)
    await tx.conn.execute(_the_client(tx, client_id).values(**_sealed(tx, box, client_id, given)))


async def set_client_state(tx: Tx, client_id: str, origin: str, target: str) -> bool:
    """Change active to archived or back; False when the client is not in `origin`."""
    changed = _the_client(tx, client_id).where(tables.client.c.state == origin).values(state=target)
    return (await tx.conn.execute(changed)).rowcount == 1


async def reindex(tx: Tx, client_id: str) -> None:
    """Write the client's search words anew from what is stored now."""
    found = await store.client(tx, client_id)
    if found is None:
        return
    points = await store.contact_points(tx, client_id)
    phones = [point.value for point in points if point.kind == "phone"]
    c = tables.client_word.c
    await tx.conn.execute(delete(tables.client_word).where(c.practice_id == tx.practice_id, c.client_id == client_id))
    await insert_rows(tx, (), (), word_rows(tx, client_id, fields_of(found), phones))


def fields_of(found: store.Client) -> ClientFields:
    """The editable fields of a client as they are."""
    return ClientFields(
        first=found.first,
        last=found.last,
        preferred=found.preferred,
        birth_date=found.birth_date,
        record_number=found.record_number,
        language=found.language,
        zone=found.zone,
        payer=found.payer,
    )


async def set_contact(tx: Tx, contact_point_id: str, origin: str, values: Mapping[str, Any]) -> bool:
    """Change a contact point that is in state `origin`; False when it is not."""
    c = tables.contact_point.c
    changed = update(tables.contact_point).where(
        c.practice_id == tx.practice_id, c.id == contact_point_id, c.state == origin
    )
    return (await tx.conn.execute(changed.values(**values))).rowcount == 1


async def withdraw_consents(
    tx: Tx, contact_point_id: str, *, wording: str, how: str
) -> tuple[tuple[str, str, str], ...]:
    """Add a withdrawal for whatever is granted to a contact point now; returns their ids, channels and purposes."""
    in_force = await store.consents(tx, (contact_point_id,))
    rows = [
        {
            "practice_id": tx.practice_id,
            "id": tx.new_id(),
            "contact_point_id": contact_point_id,
            "channel": row.channel,
            "purpose": row.purpose,
            "granted": False,
            "wording": wording,
            "how": how,
            "by_id": tx.actor.id,
            "language": row.language,
            "at": tx.now,
        }
        for row in in_force.values()
        if row.granted
    ]
    if rows:
        await tx.conn.execute(insert(tables.consent), rows)
    return tuple((str(row["id"]), str(row["channel"]), str(row["purpose"])) for row in rows)


async def has_visits_ahead(tx: Tx, client_id: str) -> bool:
    """Whether the client is expected at a visit that has not begun."""
    p, a = tables.participation.c, tables.appointment.c
    ahead = select(p.id).where(
        p.practice_id == tx.practice_id,
        p.client_id == client_id,
        p.state.in_(("booked", "confirmed")),
        a.practice_id == p.practice_id,
        a.id == p.appointment_id,
        a.starts_at > tx.now,
    )
    return (await tx.conn.execute(ahead.limit(1))).first() is not None


def _the_client(tx: Tx, client_id: str) -> Any:
    c = tables.client.c
    return update(tables.client).where(c.practice_id == tx.practice_id, c.id == client_id)


def _sealed(tx: Tx, box: Box, client_id: str, given: ClientFields) -> Row:
    def seal(column: str, text: str | None) -> bytes | None:
        return None if text is None else box.seal(Where(tx.practice_id, "client", client_id, column), text)

    number = given.record_number
    return {
        "name_ct": seal("name_ct", json.dumps([given.first, given.last])),
        "preferred_name_ct": seal("preferred_name_ct", given.preferred),
        "birth_date_ct": seal("birth_date_ct", given.birth_date.isoformat() if given.birth_date else None),
        "record_number_ct": seal("record_number_ct", number),
        "record_number_ix": number and tx.vault.blind(tx.practice_id, "record", number.casefold()),
        "language": given.language,
        "zone": given.zone,
        "payer": given.payer,
    }
