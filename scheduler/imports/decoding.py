"""From the bytes of a file to records with true line numbers.

Here live encodings, separators and quotes. What the columns mean is columns.py's, what a cell means values.py's.

The one invariant: a record is never silently lost or glued to another one. A quote that is not closed is an
error with its line, not a very long cell.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

MAX_BYTES: Final = 100 * 1024 * 1024
DELIMITERS: Final = (",", ";", "\t")
SAMPLE: Final = 50_000
SAMPLE_LINES: Final = 20
_QUOTED: Final = re.compile(r'"(?:[^"]|"")*"')
_SEP_LINE: Final = re.compile(r"\Asep=(.)\r?\n", re.IGNORECASE)
_ZIP_START: Final = b"PK\x03\x04"
_OLD_EXCEL_START: Final = b"\xd0\xcf\x11\xe0"
_UNREADABLE: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


class Encoding(StrEnum):
    """How the bytes were read."""

    UTF_8 = "UTF-8"
    UTF_8_BOM = "UTF-8 with BOM"
    UTF_16 = "UTF-16"
    WINDOWS_1252 = "Windows-1252"


class Unreadable(StrEnum):
    """Why a file cannot be read at all."""

    EMPTY = "empty"
    TOO_LARGE = "too_large"
    SPREADSHEET = "spreadsheet"
    NOT_TEXT = "not_text"
    QUOTES = "quotes"


class UnreadableFileError(ValueError):
    """The file cannot be read; `why` says what is wrong, `line` where (1-based), when that is known.

    The message names neither file nor content.
    """

    def __init__(self, why: Unreadable, line: int | None = None) -> None:
        super().__init__(why.value if line is None else f"{why.value} line={line}")
        self.why = why
        self.line = line


@dataclass(frozen=True, slots=True)
class Text:
    """The decoded text of a file; `skip_lines` lines in front of it were taken away and still count."""

    content: str = field(repr=False)
    encoding: Encoding
    delimiter: str
    skip_lines: int

    @property
    def lines(self) -> int:
        """How many lines the file has, for a progress bar."""
        return self.content.count("\n") + self.skip_lines + 1


@dataclass(frozen=True, slots=True)
class Record:
    """One record: the line it begins on (1-based, as an editor counts) and its cells."""

    line: int
    cells: list[str] = field(repr=False)


def decode(raw: bytes) -> Text:
    """The text of a file.

    UTF-8 is tried first, with or without a byte order mark; UTF-16 only with its mark (a spreadsheet's "Unicode
    text"); what is none of these is Windows-1252, if every byte has a meaning there. Raises
    UnreadableFileError.
    """
    _refuse_unusable(raw)
    content, encoding = _decoded(raw)
    if _UNREADABLE.search(content):
        raise UnreadableFileError(Unreadable.NOT_TEXT)
    if not content.strip():
        raise UnreadableFileError(Unreadable.EMPTY)
    sep = _SEP_LINE.match(content)
    if sep and sep.group(1) in DELIMITERS:
        return Text(content[sep.end() :], encoding, sep.group(1), 1)
    return Text(content, encoding, _delimiter(content), 0)


def records(text: Text) -> Iterator[Record]:
    """The records of the text, empty ones left out, cells without surrounding blanks.

    Raises UnreadableFileError with the line where a record with broken quotes begins.
    """
    reader = csv.reader(io.StringIO(text.content, newline=""), delimiter=text.delimiter, strict=True)
    line = text.skip_lines + 1
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            raise UnreadableFileError(Unreadable.QUOTES, line) from None
        cells = [cell.strip() for cell in row]
        if any(cells):
            yield Record(line, cells)
        line = text.skip_lines + reader.line_num + 1


def _refuse_unusable(raw: bytes) -> None:
    if len(raw) > MAX_BYTES:
        raise UnreadableFileError(Unreadable.TOO_LARGE)
    if raw.startswith((_ZIP_START, _OLD_EXCEL_START)):
        raise UnreadableFileError(Unreadable.SPREADSHEET)


def _decoded(raw: bytes) -> tuple[str, Encoding]:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _strictly(raw, "utf-16"), Encoding.UTF_16
    try:
        content = raw.decode("utf-8")
    except UnicodeDecodeError:
        return _strictly(raw, "cp1252"), Encoding.WINDOWS_1252
    if content.startswith("\ufeff"):
        return content[1:], Encoding.UTF_8_BOM
    return content, Encoding.UTF_8


def _strictly(raw: bytes, codec: str) -> str:
    try:
        return raw.decode(codec)
    except UnicodeDecodeError:
        raise UnreadableFileError(Unreadable.NOT_TEXT) from None


def _delimiter(content: str) -> str:
    # Every record has the same number of separators, and text between them has not: the candidate whose most
    # frequent count is shared by most of the first lines wins. What stands in quotes does not vote, and title
    # lines have no count at all.
    sample = [line for line in _QUOTED.sub("", content[:SAMPLE]).splitlines()[:SAMPLE_LINES] if line.strip()]

    def agreement(delimiter: str) -> tuple[int, int]:
        counts = Counter(line.count(delimiter) for line in sample if delimiter in line)
        return max(((lines, count) for count, lines in counts.items()), default=(0, 0))

    return max(DELIMITERS, key=agreement)
