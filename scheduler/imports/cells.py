"""The cells of one record by field, read through a reading, with a list of what was refused.

Here lives the bookkeeping; what a cell means is values.py's and words.py's.

The one invariant: a cell that was refused is on the list with its line and header, and its place is taken by a
harmless value.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from scheduler.imports.columns import Columns, Field
from scheduler.imports.decoding import Record
from scheduler.imports.reasons import Bad, BadCell, Reason
from scheduler.imports.rows import BadRow

MAX_NAME: Final = 120
_T = TypeVar("_T")


class Cells:
    """The cells of one record by field, and what is wrong with them."""

    __slots__ = ("_cells", "_columns", "_line", "refused")

    def __init__(self, record: Record, columns: Columns) -> None:
        self._cells = record.cells
        self._columns = columns
        self._line = record.line
        self.refused: list[BadCell] = []
        if any(record.cells[len(columns.headers) :]):
            self.refused.append(BadCell(record.line, columns.headers[-1], Reason.TOO_MANY_CELLS))

    def has(self, name: Field) -> bool:
        """Whether the file has a column for a field."""
        return name in self._columns.at

    def text(self, name: Field) -> str:
        """The cell of a field, or nothing where column or cell are not there."""
        at = self._columns.at.get(name)
        return self._cells[at] if at is not None and at < len(self._cells) else ""

    def read(self, name: Field, reading: Callable[[str], _T | Bad], *, otherwise: _T, needed: bool = False) -> _T:
        """A cell through its reading; `otherwise` for an empty or a refused one."""
        text = self.text(name)
        if not text:
            if needed:
                self.refuse(name, Reason.EMPTY)
            return otherwise
        found = reading(text)
        if isinstance(found, Bad):
            self.refuse(name, found.reason)
            return otherwise
        return found

    def name(self, name: Field, *, needed: bool = False) -> str | None:
        """A name of clinician, service or place, inner blanks evened out."""
        text = " ".join(self.text(name).split())
        if len(text) > MAX_NAME:
            self.refuse(name, Reason.TOO_MANY_CHARACTERS)
        if needed and not text:
            self.refuse(name, Reason.EMPTY)
        return text or None

    def refuse(self, name: Field, reason: Reason) -> None:
        """Note that a field's cell cannot be used."""
        self.refused.append(BadCell(self._line, self._columns.header(name), reason))

    def bad(self) -> BadRow | None:
        """The bad row, if anything was refused; its cells in the order of the file's columns."""
        if not self.refused:
            return None
        place = {header: at for at, header in enumerate(self._columns.headers)}
        return BadRow(self._line, tuple(sorted(self.refused, key=lambda cell: place.get(cell.column, len(place)))))
