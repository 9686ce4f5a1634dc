"""What an import was asked to do, and what came of it.

Here live the values that commands and pages show. The one invariant: a report names lines, headers and reasons,
never what a cell held, so it may be printed, logged and kept.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from scheduler.imports.columns import FileKind, HeaderProblems, Product
from scheduler.imports.decoding import Unreadable
from scheduler.imports.reasons import BadCell


class Outcome(StrEnum):
    """How an import ended."""

    IMPORTED = "imported"
    DRY_RUN = "dry_run"
    BAD_ROWS = "bad_rows"
    HEADER = "header"
    UNREADABLE = "unreadable"
    UNKNOWN_KIND = "unknown_kind"


class Phase(StrEnum):
    """What is being done, for a progress bar."""

    READING = "reading"
    WRITING = "writing"


Progress = Callable[[Phase, int, int], None]
"""Told how much of how much is done: lines while reading, rows while writing."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to import.

    `skip_bad` imports the good rows of a file that has bad ones; without it such a file changes nothing.
    `agreed` names the channels (sms, email) on which the person who imports attests that the clients agreed to
    reminders; it counts where the file has no column of its own for it. The defaults stand in for a service or
    location that a row of appointments or hours does not name or that nobody knows. `past_took_place` attests that
    past visits without a status in the file took place; without it they are unmarked, since nothing is ever guessed.
    """

    skip_bad: bool = False
    dry_run: bool = False
    agreed: frozenset[str] = frozenset()
    default_service_id: str | None = None
    default_location_id: str | None = None
    past_took_place: bool = False


@dataclass(frozen=True, slots=True)
class Source:
    """What the file was understood to be."""

    kind: FileKind
    product: Product
    encoding: str
    used: tuple[tuple[str, str], ...]
    ignored: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """The result of one import.

    `new` rows were written (or would be, in a dry run), `known` ones were there already, `passed_over` ones are
    no appointments. `bad` cells stopped the file or were skipped, `left_out` rows clash with others and are
    never imported: overlaps, repetitions.
    """

    outcome: Outcome
    source: Source | None = None
    new: int = 0
    known: int = 0
    passed_over: int = 0
    bad: tuple[BadCell, ...] = ()
    left_out: tuple[BadCell, ...] = ()
    header: HeaderProblems | None = None
    unreadable: Unreadable | None = None
    unreadable_line: int | None = None

    @property
    def bad_rows(self) -> int:
        """How many rows have bad cells."""
        return len({cell.line for cell in self.bad})

    @property
    def problem(self) -> str | None:
        """Why the file as a whole was refused, as sentences for the person who imports; None when it was not."""
        if self.outcome is Outcome.UNREADABLE and self.unreadable is not None:
            where = "" if self.unreadable_line is None else f" (line {self.unreadable_line})"
            return f"{_UNREADABLE[self.unreadable]}{where}. Nothing was imported."
        if self.outcome is Outcome.HEADER and self.header is not None:
            return f"{_header_words(self.header)} Nothing was imported."
        if self.outcome is Outcome.UNKNOWN_KIND:
            return "The first line names no columns we know of clients, appointments or hours. Nothing was imported."
        if self.outcome is Outcome.BAD_ROWS:
            return "Some rows cannot be used, so nothing was imported. Mend them, or import again and skip them."
        return None

    @property
    def succeeded(self) -> bool:
        """Whether the file did, or in earnest would do, what was asked."""
        return self.outcome in (Outcome.IMPORTED, Outcome.DRY_RUN)


_UNREADABLE: Final[Mapping[Unreadable, str]] = {
    Unreadable.EMPTY: "The file is empty",
    Unreadable.TOO_LARGE: "The file is larger than 100 MB",
    Unreadable.SPREADSHEET: "This is a spreadsheet, not a CSV file; open it and save it as CSV",
    Unreadable.NOT_TEXT: "This is not a text file in UTF-8 or Windows-1252",
    Unreadable.QUOTES: "A quotation mark is opened and never closed, or stands in the middle of a cell",
}


def _header_words(header: HeaderProblems) -> str:
    said = [
        f"No column for the {gap.field.value.replace('_', ' ')}: it could be called {_either(gap.any_of)}."
        for gap in header.missing
    ]
    said += [f"Several columns mean the same: {', '.join(clash.headers)}." for clash in header.ambiguous]
    return " ".join(said)


def _either(names: tuple[str, ...]) -> str:
    quoted = [f'"{name.capitalize()}"' for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
