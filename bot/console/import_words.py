"""What the import page says: kinds of files, columns, and how a trial or an import ended. Pure.

Invariant: a sentence counts rows, it never repeats what a cell held.
"""

from typing import Final

from bot.console.import_desk import Stage
from scheduler.imports.columns import FileKind
from scheduler.imports.report import Options, Report

KIND_WORDS: Final = {
    FileKind.CLIENTS: "Clients",
    FileKind.APPOINTMENTS: "Visits",
    FileKind.AVAILABILITY: "Working hours",
}
ROW_WORDS: Final = {
    FileKind.CLIENTS: ("client", "clients"),
    FileKind.APPOINTMENTS: ("visit", "visits"),
    FileKind.AVAILABILITY: ("row of hours", "rows of hours"),
}
NEXT_STEP: Final = {
    FileKind.CLIENTS: "Next, bring their visits.",
    FileKind.APPOINTMENTS: "Reminders for visits to come are planned; nobody is texted about the import itself.",
    FileKind.AVAILABILITY: "Free times follow these hours from now on.",
}
FIELD_WORDS: Final = {
    "record_number": "client's number",
    "first_name": "first name",
    "last_name": "last name",
    "full_name": "name",
    "mobile_phone": "mobile phone",
    "home_phone": "home phone",
    "work_phone": "work phone",
    "text_ok": "agreed to texts",
    "email_ok": "agreed to emails",
    "source_id": "number of the visit",
    "start": "start",
    "end": "end",
    "booked_at": "booked on",
    "cancelled_at": "cancelled on",
    "missed_at": "missed on",
    "open_or_closed": "open or closed",
}
"""Fields whose own name says too little."""


def summary(stage: Stage, report: Report, options: Options) -> str:
    """How it ended, or would end, in a sentence."""
    if report.source is None:
        return report.problem or "The file was not understood. Nothing was changed."
    one, many = ROW_WORDS[report.source.kind]
    if stage is Stage.TRIED:
        return _tried(report, one, many)
    if not report.succeeded:
        return report.problem or "Nothing was changed."
    if not report.new:
        return f"Nothing changed: {_count(report.known, one, many)} of this file {_were(report.known)} on file already."
    skipped = (
        f" {_count(report.bad_rows, 'row', 'rows')} with mistakes left out." if options.skip_bad and report.bad else ""
    )
    return f"Imported {_count(report.new, one, many)}.{_known(report)}{skipped}"


def _tried(report: Report, one: str, many: str) -> str:
    if not report.new and not report.bad:
        return f"Nothing would change: {_all_known(report, one, many)}"
    return f"{_count(report.new, one, many)} would be new.{_known(report)}"


def _all_known(report: Report, one: str, many: str) -> str:
    return f"{_count(report.known, one, many)} of this file {_were(report.known)} on file already."


def _known(report: Report) -> str:
    return f" {report.known:,} {_were(report.known)} on file already." if report.known else ""


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def _were(number: int) -> str:
    return "was" if number == 1 else "were"
