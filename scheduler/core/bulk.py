"""Writing many rows with one statement, in the form each engine takes fastest.

For the few places where rows come by the hundred and each microsecond is paid by every message: claims, outcomes,
links, audit entries. SQLite gets one prepared statement and a list of tuples, PostgreSQL one statement over arrays
(`unnest`); the SQL is built from the table's own columns, once. Everything else uses SQLAlchemy's own statements.
Invariant: names come from `scheduler/tables.py` and from literals in our stores, never from data; values are bound.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    Boolean,
    Column,
    ColumnElement,
    Date,
    Integer,
    LargeBinary,
    String,
    Table,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from scheduler.tables import UtcTime

Row = Sequence[Any]
_Encode = Callable[[Any], Any]


def any_of(conn: AsyncConnection, column: Column[str], values: Sequence[str]) -> ColumnElement[bool]:
    """That a text column has one of these values: one parameter however many, so that one statement serves all."""
    sqlite = conn.dialect.name == "sqlite"
    return _any(column, listed(values, sqlite=sqlite), sqlite=sqlite)


def among(column: Column[str], name: str, *, sqlite: bool) -> ColumnElement[bool]:
    """The same for a statement that is built once: its parameter `name` is given as `listed` values."""
    return _any(column, bindparam(name), sqlite=sqlite)


def listed(values: Sequence[str], *, sqlite: bool) -> str | list[str]:
    """Values in the form one parameter takes."""
    return json.dumps(list(values)) if sqlite else list(values)


def one_of(column: ColumnElement[str], words: Iterable[str]) -> ColumnElement[bool]:
    """That a column has one of these words of ours, written into the statement: nothing is filled in at each run.

    Raises:
        ValueError: one of them is not a plain word.
    """
    named = sorted(str(word) for word in words)
    if not all(word.isidentifier() for word in named):
        raise ValueError("not_a_word")
    return column.in_([literal_column(f"'{word}'") for word in named])


def _any(column: Column[str], given: Any, *, sqlite: bool) -> ColumnElement[bool]:
    if sqlite:
        return column.in_(select(func.json_each(given).table_valued("value").c.value))
    return column == func.any(cast(given, ARRAY(String)))


def _of(column: Column[Any], names: dict[type, str], otherwise: str) -> str:
    return next((name for kind, name in names.items() if isinstance(column.type, kind)), otherwise)


_POSTGRES: dict[type, str] = {
    UtcTime: "timestamptz",
    Integer: "integer",
    LargeBinary: "bytea",
    Boolean: "boolean",
    Date: "date",
}


def _stored_instant(value: datetime | None) -> str | None:
    return None if value is None else _text_of(value.astimezone(UTC))


@lru_cache(maxsize=1024)
def _text_of(utc: datetime) -> str:
    # As SQLAlchemy's own type stores it: text order is time order.
    return utc.replace(tzinfo=None).isoformat(" ", "microseconds")


def _json(value: Any) -> str | None:
    return None if value is None else json.dumps(value)


@dataclass(frozen=True)
class Insert:
    """Inserts rows into a table; a row is a tuple of values in the order of `columns`.

    Of the columns named in `encoded`, values come as the JSON text that is stored. `once`: rows that collide with a
    unique key are passed over.
    """

    table: Table
    columns: tuple[str, ...]
    encoded: tuple[str, ...] = ()
    once: bool = False

    async def run(self, conn: AsyncConnection, rows: Sequence[Row]) -> int:
        """Insert them all, or raise what the database refuses them with; returns how many were inserted."""
        if not rows:
            return 0
        if conn.dialect.name == "sqlite":
            done = await conn.exec_driver_sql(self._sqlite, _encoded(self._encoders_sqlite, rows))
        else:
            done = await conn.exec_driver_sql(self._postgresql, _arrays(self._encoders_postgresql, rows))
        return int(done.rowcount)

    @property
    def _passing_over(self) -> str:
        return " ON CONFLICT DO NOTHING" if self.once else ""

    @cached_property
    def _of_columns(self) -> tuple[Column[Any], ...]:
        return tuple(self.table.c[name] for name in self.columns)

    @cached_property
    def _encoders_sqlite(self) -> tuple[_Encode | None, ...]:
        return self._without_encoded(_encoders(self._of_columns, sqlite=True))

    @cached_property
    def _encoders_postgresql(self) -> tuple[_Encode | None, ...]:
        return self._without_encoded(_encoders(self._of_columns, sqlite=False))

    def _without_encoded(self, encoders: tuple[_Encode | None, ...]) -> tuple[_Encode | None, ...]:
        return tuple(None if name in self.encoded else each for name, each in zip(self.columns, encoders, strict=True))

    @cached_property
    def _sqlite(self) -> str:
        marks = ", ".join("?" * len(self.columns))
        return f"INSERT INTO {self.table.name} ({', '.join(self.columns)}) VALUES ({marks}){self._passing_over}"

    @cached_property
    def _postgresql(self) -> str:
        values = ", ".join(f"new.{column.name}{_cast(column)}" for column in self._of_columns)
        return (
            f"INSERT INTO {self.table.name} ({', '.join(self.columns)}) "
            f"SELECT {values} FROM {_unnest(self._of_columns)} AS new({', '.join(self.columns)}){self._passing_over}"
        )


@dataclass(frozen=True)
class Update:
    """Changes rows of one practice by their ids.

    A row is a tuple (id, then the values of `each` in order); `same` are columns that get one value for all rows.
    `where` is a further condition in SQL; rows that do not meet it are left alone.
    """

    table: Table
    each: tuple[str, ...]
    same: tuple[str, ...] = ()
    where: str = "TRUE"

    async def run(self, conn: AsyncConnection, practice_id: str, rows: Sequence[Row], same: Row = ()) -> int:
        """Change them; returns how many were changed."""
        if not rows:
            return 0
        if conn.dialect.name == "sqlite":
            fixed = tuple(_encode(self._encoders(sqlite=True)[1], same))
            encoded = _encoded(self._encoders(sqlite=True)[0], [(*row[1:], row[0]) for row in rows])
            done = await conn.exec_driver_sql(self._sqlite, [(*fixed, practice_id, *row) for row in encoded])
        else:
            arrays = _arrays(self._encoders(sqlite=False)[0], [(*row[1:], row[0]) for row in rows])
            fixed = tuple(_encode(self._encoders(sqlite=False)[1], same))
            done = await conn.exec_driver_sql(self._postgresql, (*fixed, practice_id, *arrays))
        return int(done.rowcount)

    def _encoders(self, *, sqlite: bool) -> tuple[tuple[_Encode | None, ...], tuple[_Encode | None, ...]]:
        return self._for_sqlite if sqlite else self._for_postgresql

    @cached_property
    def _for_sqlite(self) -> tuple[tuple[_Encode | None, ...], tuple[_Encode | None, ...]]:
        return _encoders(self._varying, sqlite=True), _encoders(self._fixed, sqlite=True)

    @cached_property
    def _for_postgresql(self) -> tuple[tuple[_Encode | None, ...], tuple[_Encode | None, ...]]:
        return _encoders(self._varying, sqlite=False), _encoders(self._fixed, sqlite=False)

    @cached_property
    def _varying(self) -> tuple[Column[Any], ...]:
        return tuple(self.table.c[name] for name in (*self.each, "id"))

    @cached_property
    def _fixed(self) -> tuple[Column[Any], ...]:
        return tuple(self.table.c[name] for name in self.same)

    @cached_property
    def _sqlite(self) -> str:
        # SQLite's numbered parameters keep the order of the tuple independent of the order in the statement.
        first = len(self.same) + 2
        sets = [f"{name} = ?{number}" for number, name in enumerate(self.same, start=1)]
        sets += [f"{name} = ?{number}" for number, name in enumerate(self.each, start=first)]
        return (
            f"UPDATE {self.table.name} SET {', '.join(sets)} "
            f"WHERE practice_id = ?{first - 1} AND id = ?{first + len(self.each)} AND {self.where}"
        )

    @cached_property
    def _postgresql(self) -> str:
        first = len(self.same) + 2
        sets = [
            f"{column.name} = ${number}::{_postgres_type(column)}{_cast(column)}"
            for number, column in enumerate(self._fixed, start=1)
        ]
        sets += [f"{column.name} = new.to_{column.name}{_cast(column)}" for column in self._varying[:-1]]
        names = ", ".join(f"to_{column.name}" for column in self._varying)  # so that `where` can mean but the table's
        return (
            f"UPDATE {self.table.name} SET {', '.join(sets)} "
            f"FROM {_unnest(self._varying, first)} AS new({names}) "
            f"WHERE {self.table.name}.practice_id = ${first - 1} AND {self.table.name}.id = new.to_id AND {self.where}"
        )


def _encoders(columns: Sequence[Column[Any]], *, sqlite: bool) -> tuple[_Encode | None, ...]:
    return tuple(_encoder(column, sqlite=sqlite) for column in columns)


def _encoder(column: Column[Any], *, sqlite: bool) -> _Encode | None:
    if isinstance(column.type, JSON):
        return _json
    return _stored_instant if sqlite and isinstance(column.type, UtcTime) else None


def _encode(encoders: Sequence[_Encode | None], row: Row) -> list[Any]:
    return [value if encode is None else encode(value) for encode, value in zip(encoders, row, strict=True)]


def _encoded(encoders: Sequence[_Encode | None], rows: Sequence[Row]) -> list[Row]:
    """Rows as the driver takes them; columns that need no encoding are not touched."""
    coded = [(place, encode) for place, encode in enumerate(encoders) if encode is not None]
    if not coded:
        return list(rows)
    made: list[Row] = []
    for row in rows:
        values = list(row)
        for place, encode in coded:
            values[place] = encode(values[place])
        made.append(tuple(values))
    return made


def _arrays(encoders: Sequence[_Encode | None], rows: Sequence[Row]) -> tuple[list[Any], ...]:
    return tuple(map(list, zip(*_encoded(encoders, rows), strict=True)))


def _postgres_type(column: Column[Any]) -> str:
    return _of(column, _POSTGRES, "text")


def _cast(column: Column[Any]) -> str:
    return "::json" if isinstance(column.type, JSON) else ""


def _unnest(columns: Sequence[Column[Any]], first: int = 1) -> str:
    arrays = (f"${number}::{_postgres_type(column)}[]" for number, column in enumerate(columns, start=first))
    return f"unnest({', '.join(arrays)})"
