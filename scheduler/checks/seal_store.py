"""Promise 4: what is sealed opens with the key ring at hand, and look-ups agree with what is sealed.

Every data key is unwrapped; of the fields the newest rows of each table are opened. Invariant: nothing opened here
leaves this module.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Column, Select, Table, and_, select

from scheduler import tables
from scheduler.checks.finding import Finding
from scheduler.core.errors import Misconfigured
from scheduler.core.record import Reading
from scheduler.core.vault import Box, Where

SAMPLE: Final = 200
# Sealed under the client's key; everything else that is sealed is under the practice's.
_OF_CLIENTS: Final = (tables.client, tables.contact_point, tables.participation, tables.fee_entry)
_OF_THE_PRACTICE: Final = (tables.inbound, tables.message, tables.user_account)


async def findings(r: Reading) -> list[Finding]:
    """Keys that do not unwrap, fields that do not open, and look-ups that would miss."""
    boxes, found = await _boxes(r)
    for table in (*_OF_CLIENTS, *_OF_THE_PRACTICE):
        for row in (await r.conn.execute(_newest(r, table))).mappings():
            box = boxes.get(row["client_key"] if table in _OF_CLIENTS else r.practice_id)
            if box is not None:
                found += [Finding(code, table.name, row["id"]) for code in _wrong(r, box, table, row)]
    return found


async def _boxes(r: Reading) -> tuple[dict[str, Box], list[Finding]]:
    """The box of each client and, under the practice's id, the practice's own."""
    boxes: dict[str, Box] = {}
    found: list[Finding] = []
    c, p = tables.client.c, tables.practice.c
    queries = (
        ("practice", select(p.id, p.data_key).where(p.id == r.practice_id)),
        ("client", select(c.id, c.data_key).where(c.practice_id == r.practice_id)),
    )
    for table, query in queries:
        for row in await r.conn.execute(query):
            try:
                boxes[row.id] = r.vault.box(row.data_key)
            except Misconfigured:
                found.append(Finding("data_key_lost", table, row.id))
    return boxes, found


def _newest(r: Reading, table: Table) -> Select[Any]:
    t, c = table.c, tables.client.c
    query = select(table)
    if table is tables.client:
        query = query.add_columns(c.id.label("client_key"))
    elif table in _OF_CLIENTS:
        query = query.add_columns(c.id.label("client_key")).join(
            tables.client, and_(c.practice_id == t.practice_id, c.id == t.client_id)
        )
    return query.where(t.practice_id == r.practice_id).order_by(t.id.desc()).limit(SAMPLE)


def _wrong(r: Reading, box: Box, table: Table, row: Mapping[Any, Any]) -> Iterable[str]:
    opened: dict[str, str] = {}
    for column in _sealed(table):
        if row[column.name] is None:
            continue
        try:
            opened[column.name] = box.open(Where(r.practice_id, table.name, row["id"], column.name), row[column.name])
        except Misconfigured:
            yield "does_not_open"
    if not _findable(r, table, row, opened):
        yield "index_does_not_match"


def _sealed(table: Table) -> Iterator[Column[Any]]:
    return (column for column in table.c if column.name.endswith("_ct"))


def _findable(r: Reading, table: Table, row: Mapping[Any, Any], opened: Mapping[str, str]) -> bool:
    if table is tables.contact_point and "value_ct" in opened:
        wanted = r.vault.blind(r.practice_id, row["kind"], opened["value_ct"].casefold())
        return bool(wanted == row["value_ix"])
    if table is tables.client and "record_number_ct" in opened:
        wanted = r.vault.blind(r.practice_id, "record", opened["record_number_ct"].casefold())
        return bool(wanted == row["record_number_ix"])
    if table is tables.client and "name_ct" in opened:
        return isinstance(json.loads(opened["name_ct"]), list)
    return True
