"""Why a cell or a row was refused, and how that is said to the person who imports.

Here live the reasons and their words. The one invariant: a reason never repeats what the cell held, so a report
may be shown, printed and kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Reason(StrEnum):
    """Why a cell or row cannot be used. The words for people are in reasons.py."""

    EMPTY = "empty"
    NOT_A_DATE = "not_a_date"
    NO_SUCH_DATE = "no_such_date"
    BIRTH_IN_FUTURE = "birth_in_future"
    BIRTH_TOO_LONG_AGO = "birth_too_long_ago"
    NOT_A_TIME = "not_a_time"
    TIME_WITHOUT_HALF = "time_without_half"
    CLOCK_GAP = "clock_gap"
    END_BEFORE_START = "end_before_start"
    TOO_LONG = "too_long"
    NOT_A_NUMBER = "not_a_number"
    NOT_A_PHONE = "not_a_phone"
    PHONE_EXTENSION = "phone_extension"
    PHONE_NOT_ASSIGNED = "phone_not_assigned"
    SPREADSHEET_NUMBER = "spreadsheet_number"
    NOT_AN_EMAIL = "not_an_email"
    UNKNOWN_STATUS = "unknown_status"
    UNKNOWN_ZONE = "unknown_zone"
    NOT_YES_OR_NO = "not_yes_or_no"
    NOT_A_WEEKDAY = "not_a_weekday"
    TOO_MANY_CELLS = "too_many_cells"
    TOTAL_LINE = "total_line"
    TOO_MANY_CHARACTERS = "too_many_characters"
    UNKNOWN_CLINICIAN = "unknown_clinician"
    UNKNOWN_LOCATION = "unknown_location"
    UNKNOWN_SERVICE = "unknown_service"
    UNKNOWN_CLIENT = "unknown_client"
    SEVERAL_CLIENTS = "several_clients"
    TWICE_IN_FILE = "twice_in_file"
    OVERLAP = "overlap"
    OVERLAP_IN_FILE = "overlap_in_file"
    GROUP_TOO_LARGE = "group_too_large"


@dataclass(frozen=True, slots=True)
class Bad:
    """The reason a text was refused; never the text."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class BadCell:
    """One refused cell: the line its row begins on, the column's header as written in the file, and why."""

    line: int
    column: str
    reason: Reason

    @property
    def words(self) -> str:
        """The reason as a sentence for the person who imports."""
        return WORDS[self.reason]


WORDS: Final[Mapping[Reason, str]] = {
    Reason.EMPTY: "is empty, but needed",
    Reason.NOT_A_DATE: "is not a date or time we can read",
    Reason.NO_SUCH_DATE: "is a date that does not exist in your order of day and month",
    Reason.BIRTH_IN_FUTURE: "is a birth date in the future",
    Reason.BIRTH_TOO_LONG_AGO: "is a birth date more than 120 years ago",
    Reason.NOT_A_TIME: "is not a time we can read",
    Reason.TIME_WITHOUT_HALF: "needs minutes, or AM or PM",
    Reason.CLOCK_GAP: "is a time the clock skips on that day (daylight saving begins)",
    Reason.END_BEFORE_START: "ends before it starts",
    Reason.TOO_LONG: "is longer than twelve hours, or no time at all",
    Reason.NOT_A_NUMBER: "is not a number of minutes",
    Reason.NOT_A_PHONE: "is not a phone number",
    Reason.PHONE_EXTENSION: "has an extension, which cannot get texts",
    Reason.PHONE_NOT_ASSIGNED: "is not a number that exists",
    Reason.SPREADSHEET_NUMBER: "was changed by a spreadsheet into a number like 2.03E+09",
    Reason.NOT_AN_EMAIL: "is not an email address",
    Reason.UNKNOWN_STATUS: "is a status we do not know",
    Reason.UNKNOWN_ZONE: "is not a time zone such as America/New_York",
    Reason.NOT_YES_OR_NO: "should say yes or no",
    Reason.NOT_A_WEEKDAY: "is not a day of the week",
    Reason.TOTAL_LINE: "is a total under the list, not a client; take that line out",
    Reason.TOO_MANY_CELLS: "has more cells than there are columns",
    Reason.TOO_MANY_CHARACTERS: "is longer than this field can be",
    Reason.UNKNOWN_CLINICIAN: "names nobody on your list of clinicians",
    Reason.UNKNOWN_LOCATION: "names no location of yours",
    Reason.UNKNOWN_SERVICE: "names no service of yours",
    Reason.UNKNOWN_CLIENT: "names no client of yours; import clients first",
    Reason.SEVERAL_CLIENTS: "fits several clients; a record number or birth date would tell them apart",
    Reason.TWICE_IN_FILE: "is in this file twice",
    Reason.OVERLAP: "overlaps another appointment of the same clinician",
    Reason.OVERLAP_IN_FILE: "overlaps another line of this file",
    Reason.GROUP_TOO_LARGE: "has more clients at one time than the service has places",
}
