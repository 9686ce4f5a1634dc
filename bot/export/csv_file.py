"""Tables as CSV that opens well in spreadsheets and cannot run anything there. Pure.

Words that a spreadsheet would take for a formula get an apostrophe in front; numbers are given as numbers and stay
plain, so that a negative amount can still be summed. UTF-8 with a mark, every cell quoted, lines ended by CRLF: what
the spreadsheets of both worlds read without asking. Invariant: no text cell begins as a formula does.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Final

Cell = str | int | Decimal | None
CONTENT_TYPE: Final = "text/csv"
BYTE_ORDER_MARK: Final = "\ufeff"
# The full-width forms are read as their ASCII twins by spreadsheets set to East Asian languages.
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_CONTROL_STARTS: Final = ("\t", "\r", "\n")


def csv_file(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> bytes:
    """The whole file. Rows may be shorter than the header, never longer.

    Raises:
        ValueError: a row has more cells than there are columns.
    """
    out = io.StringIO()
    writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([guarded(name) for name in header])
    for row in rows:
        if len(row) > len(header):
            raise ValueError("row_too_long")
        writer.writerow([guarded(cell) for cell in row])
    return (BYTE_ORDER_MARK + out.getvalue()).encode()


def guarded(cell: Cell) -> str:
    """A cell as it is written: text that looks like a formula is made plain text, numbers are left alone."""
    if cell is None:
        return ""
    if not isinstance(cell, str):
        return str(cell)
    bare = cell.lstrip(" \u00a0")
    risky = bare.startswith(_FORMULA_STARTS) or cell.startswith(_CONTROL_STARTS)
    return f"'{cell}" if risky else cell
