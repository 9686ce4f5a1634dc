"""A file opened: bytes in, its columns and an iterator of rows out.

Here decoding, header and rows are put together. The one invariant: rows are read one after another, so a file
of a hundred thousand lines costs its text in memory and little more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain, islice
from typing import Final

from scheduler.imports.columns import Columns, FileKind, HeaderProblems, guess_kind, recognise, recognised_count
from scheduler.imports.decoding import Record, Text, Unreadable, UnreadableFileError, decode, records
from scheduler.imports.row_reader import RowReader
from scheduler.imports.rows import AppointmentRow, BadRow, ClientRow, Habits, HoursRow, PassedOver

TITLE_LINES: Final = 10
Row = ClientRow | AppointmentRow | HoursRow | BadRow | PassedOver


@dataclass(frozen=True, slots=True)
class Opened:
    """A file whose header was understood; `lines` is its length for a progress bar."""

    columns: Columns
    encoding: str
    delimiter: str
    lines: int
    _text: Text = field(repr=False)

    def rows(self, habits: Habits) -> Iterator[Row]:
        """Every record below the header as a row, bad cells, or something to pass over.

        Raises UnreadableFileError in the middle of a file whose quotes are broken.
        """
        reader = RowReader(self.columns, habits)
        read = {
            FileKind.CLIENTS: reader.client,
            FileKind.APPOINTMENTS: reader.appointment,
            FileKind.AVAILABILITY: reader.hours,
        }[self.columns.kind]
        below = (record for record in records(self._text) if record.line > self.columns.header_line)
        return (read(record) for record in below)


def open_file(raw: bytes, kind: FileKind) -> Opened | HeaderProblems:
    """Open a file as being of this kind, or say which columns it lacks.

    The header may stand under a few lines of title. Raises UnreadableFileError.
    """
    text = decode(raw)
    header = _header(text, kind)
    columns = recognise(header.cells, kind, header.line)
    if isinstance(columns, HeaderProblems):
        return columns
    return Opened(columns, text.encoding.value, text.delimiter, text.lines, text)


def kind_of(raw: bytes) -> FileKind | None:
    """What a file holds, judged by its header; None when it could be nothing we know. Raises UnreadableFileError."""
    text = decode(raw)
    guesses = (guess_kind(record.cells) for record in islice(records(text), TITLE_LINES))
    return next((kind for kind in guesses if kind is not None), None)


def _header(text: Text, kind: FileKind) -> Record:
    found = records(text)
    first = next(found, None)
    if first is None:
        raise UnreadableFileError(Unreadable.EMPTY)
    # The line that names most fields is the header; on a tie the first, so that a client called "Home" changes nothing.
    return max(chain([first], islice(found, TITLE_LINES - 1)), key=lambda record: recognised_count(record.cells, kind))
