"""Records of a file read as rows.

Here live the readings of whole rows, and the readings of cells that look into other packages (phones,
addresses, zones).

The one invariant: every record below the header comes out exactly once, as a row, as bad cells or as passed
over, with the line it begins on.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from scheduler.calendar.wallclock import MINUTES_PER_DAY, UnknownZoneError, is_gap, minute_of_day, to_utc, zone_of
from scheduler.imports.cells import Cells
from scheduler.imports.columns import Columns, Field, FileKind, squeezed
from scheduler.imports.decoding import Record
from scheduler.imports.reasons import Bad, Reason
from scheduler.imports.rows import AppointmentRow, BadRow, ClientRow, Habits, HoursRow, PassedOver, Person
from scheduler.imports.values import (
    LONGEST_MINUTES,
    Moment,
    read_birth_date,
    read_date,
    read_minutes,
    read_moment,
    read_time_range,
    split_name,
)
from scheduler.imports.words import (
    Status,
    read_archived,
    read_language,
    read_payer,
    read_status,
    read_weekdays,
    read_yes_no,
)
from scheduler.people.client_fields import LONGEST_NAME, LONGEST_RECORD_NUMBER
from scheduler.people.mail_address import NotAnAddress, parse_mail_address
from scheduler.people.phone import NotAPhone, parse_phone

_TOTAL: Final = re.compile(r"(?:grand |sub)?totals?\b[\s:=\d.,]*$", re.IGNORECASE)


class RowReader:
    """Reads the records of one file. Equal phone cells are parsed once."""

    def __init__(self, columns: Columns, habits: Habits) -> None:
        self._columns = columns
        self._habits = habits
        self._phones: dict[str, str | Bad] = {}

    def client(self, record: Record) -> ClientRow | BadRow:
        """The record as a client."""
        cells = Cells(record, self._columns)
        if _is_total(record):
            cells.refuse(Field.FIRST_NAME if cells.has(Field.FIRST_NAME) else Field.FULL_NAME, Reason.TOTAL_LINE)
        phones = self._phones_of(cells)
        row = ClientRow(
            line=record.line,
            person=self._person(cells),
            preferred=cells.text(Field.PREFERRED_NAME) or None,
            phones=phones,
            emails=_emails(cells),
            language=read_language(cells.text(Field.LANGUAGE)),
            zone=_zone(cells),
            payer=read_payer(cells.text(Field.PAYER)),
            archived=cells.read(Field.CLIENT_STATUS, read_archived, otherwise=False),
            text_ok=_permission(cells, Field.TEXT_OK),
            email_ok=_permission(cells, Field.EMAIL_OK),
        )
        return cells.bad() or row

    def appointment(self, record: Record) -> AppointmentRow | BadRow | PassedOver:
        """The record as one client's appointment."""
        cells = Cells(record, self._columns)
        status = self._status(cells)
        if status in (Status.MOVED, Status.DELETED) or cells.read(Field.IS_BREAK, read_yes_no, otherwise=False):
            return PassedOver(record.line)
        location = cells.name(Field.LOCATION)
        zone = self._habits.zone_at(location)
        starts_at, ends_at = self._times(cells, zone)
        row = AppointmentRow(
            line=record.line,
            source_id=cells.text(Field.SOURCE_ID) or None,
            person=self._person(cells),
            clinician=cells.name(Field.CLINICIAN, needed=True) or "",
            service=cells.name(Field.SERVICE),
            location=location,
            starts_at=starts_at,
            ends_at=ends_at,
            status=status,
            booked_at=self._stamp(cells, Field.BOOKED_AT, zone),
            cancelled_at=self._stamp(cells, Field.CANCELLED_AT, zone),
        )
        return cells.bad() or row

    def hours(self, record: Record) -> HoursRow | BadRow:
        """The record as weekly hours or as one day that differs."""
        cells = Cells(record, self._columns)
        day = cells.read(Field.DATE, lambda text: read_date(text, self._habits.order), otherwise=None)
        weekdays: tuple[int, ...] = ()
        if day is None:
            weekdays = cells.read(Field.WEEKDAY, read_weekdays, otherwise=(), needed=True)
        closed = cells.read(Field.OPEN_OR_CLOSED, _closed, otherwise=False)
        start, end = _minutes(cells, whole_day=closed)
        row = HoursRow(
            line=record.line,
            clinician=cells.name(Field.CLINICIAN, needed=True) or "",
            location=cells.name(Field.LOCATION),
            weekdays=weekdays,
            day=day,
            closed=closed,
            start_minute=start,
            end_minute=end,
            valid_from=cells.read(Field.VALID_FROM, self._date, otherwise=None),
            valid_until=cells.read(Field.VALID_UNTIL, self._date, otherwise=None),
        )
        if closed and day is None:
            cells.refuse(Field.DATE, Reason.EMPTY)
        return cells.bad() or row

    def _date(self, text: str) -> date | Bad:
        return read_date(text, self._habits.order)

    def _person(self, cells: Cells) -> Person:
        first, last = cells.text(Field.FIRST_NAME), cells.text(Field.LAST_NAME)
        if not (first or last):
            first, last = split_name(cells.text(Field.FULL_NAME))
        number = cells.text(Field.RECORD_NUMBER) or None
        name_field = Field.FULL_NAME if Field.FULL_NAME in self._columns.at else Field.LAST_NAME
        if not (first or last) and (number is None or self._columns.kind is FileKind.CLIENTS):
            cells.refuse(name_field, Reason.EMPTY)
        if max(len(first), len(last), len(cells.text(Field.PREFERRED_NAME))) > LONGEST_NAME:
            cells.refuse(name_field, Reason.TOO_MANY_CHARACTERS)
        if number is not None and len(number) > LONGEST_RECORD_NUMBER:
            cells.refuse(Field.RECORD_NUMBER, Reason.TOO_MANY_CHARACTERS)
        born = cells.read(
            Field.BIRTH_DATE,
            lambda text: read_birth_date(text, self._habits.order, self._habits.today),
            otherwise=None,
        )
        return Person(number, first, last, born)

    def _phones_of(self, cells: Cells) -> tuple[str, ...]:
        found: list[str] = []
        for name in (Field.MOBILE_PHONE, Field.PHONE, Field.HOME_PHONE, Field.WORK_PHONE):
            number = cells.read(name, self._phone, otherwise=None)
            if number is not None and number not in found:
                found.append(number)
        return tuple(found)

    def _phone(self, text: str) -> str | Bad:
        if text not in self._phones:
            self._phones[text] = _read_phone(text, self._habits.region)
        return self._phones[text]

    def _status(self, cells: Cells) -> Status:
        status = cells.read(Field.STATUS, read_status, otherwise=Status.BOOKED)
        # Jane tells some outcomes by a time stamp beside the state.
        if status in (Status.BOOKED, Status.DELETED):
            if cells.text(Field.MISSED_AT):
                return Status.MISSED
            if cells.text(Field.CANCELLED_AT):
                return Status.CANCELLED
            if cells.text(Field.ARRIVED_AT):
                return Status.ATTENDED
        return status

    def _times(self, cells: Cells, zone: ZoneInfo) -> tuple[datetime, datetime | None]:
        """Start and end; after a refused cell any instant will do, since the row is not used."""
        moment, upto = self._start(cells)
        if moment is None:
            return _NEVER, None
        if moment.day is None or moment.at is None:
            cells.refuse(Field.DATE if moment.day is None else Field.START, Reason.EMPTY)
            return _NEVER, None
        local = datetime.combine(moment.day, moment.at)
        if moment.instant is None and is_gap(local, zone):
            cells.refuse(Field.START if Field.START in self._columns.at else Field.DATE, Reason.CLOCK_GAP)
        starts_at = moment.instant or to_utc(local, zone)
        return starts_at, self._end(cells, zone, moment.day, starts_at, upto)

    def _start(self, cells: Cells) -> tuple[Moment | None, time | None]:
        """The start with day and time together, and the end's time where one cell gives a range."""
        order = self._habits.order
        day = cells.read(Field.DATE, lambda text: read_moment(text, order), otherwise=None)
        upto: time | None = None

        def read_start(text: str) -> Moment | Bad:
            nonlocal upto
            moment = read_moment(text, order)
            span = read_time_range(text) if isinstance(moment, Bad) else moment
            if isinstance(span, tuple):
                upto = span[1]
                return Moment(None, span[0])
            return moment

        start = cells.read(Field.START, read_start, otherwise=None)
        if cells.refused:
            return None, None
        if start is None or (start.at is None and day is not None and day.at is not None):
            return day or Moment(None, None), None
        if start.day is None and day is not None:
            return Moment(day.day, start.at), upto
        return start, upto

    def _end(self, cells: Cells, zone: ZoneInfo, day: date, starts_at: datetime, upto: time | None) -> datetime | None:
        end = cells.read(Field.END, lambda text: read_moment(text, self._habits.order), otherwise=None)
        minutes = cells.read(Field.DURATION, read_minutes, otherwise=None)
        at = end.at if end is not None else upto
        if end is not None and end.instant is not None:
            ends_at = end.instant
        elif at is not None:
            ends_at = to_utc(datetime.combine((end.day if end else None) or day, at), zone)
        else:
            return None if minutes is None else starts_at + timedelta(minutes=minutes)
        if ends_at <= starts_at:
            cells.refuse(Field.END if Field.END in self._columns.at else Field.START, Reason.END_BEFORE_START)
        elif ends_at - starts_at > timedelta(minutes=LONGEST_MINUTES):
            cells.refuse(Field.END, Reason.TOO_LONG)
        return ends_at

    def _stamp(self, cells: Cells, name: Field, zone: ZoneInfo) -> datetime | None:
        moment = cells.read(name, lambda text: read_moment(text, self._habits.order), otherwise=None)
        if moment is None or moment.day is None:
            return None
        return moment.instant or to_utc(datetime.combine(moment.day, moment.at or time()), zone)


_NEVER: Final = to_utc(datetime.combine(date(1970, 1, 1), time()), ZoneInfo("UTC"))
_PHONE_REASONS: Final = {
    "has_extension": Reason.PHONE_EXTENSION,
    "not_assigned": Reason.PHONE_NOT_ASSIGNED,
}


def _read_phone(text: str, region: str) -> str | Bad:
    bare = text.lstrip("'").removesuffix(".0")
    if "e+" in bare.casefold():
        return Bad(Reason.SPREADSHEET_NUMBER)
    found = parse_phone(bare, region)
    return Bad(_PHONE_REASONS.get(found.reason, Reason.NOT_A_PHONE)) if isinstance(found, NotAPhone) else found


def _emails(cells: Cells) -> tuple[str, ...]:
    def read(text: str) -> tuple[str, ...] | Bad:
        found: list[str] = []
        for part in text.replace(";", ",").split(","):
            address = parse_mail_address(part)
            if isinstance(address, NotAnAddress):
                return Bad(Reason.NOT_AN_EMAIL)
            if address not in found:
                found.append(address)
        return tuple(found)

    nobody: tuple[str, ...] = ()
    return cells.read(Field.EMAIL, read, otherwise=nobody)


def _zone(cells: Cells) -> str | None:
    def read(text: str) -> str | Bad:
        try:
            return zone_of(text).key
        except UnknownZoneError:
            return Bad(Reason.UNKNOWN_ZONE)

    return cells.read(Field.TIME_ZONE, read, otherwise=None)


def _permission(cells: Cells, name: Field) -> bool | None:
    if not cells.has(name):
        return None
    return cells.read(name, read_yes_no, otherwise=False)


def _closed(text: str) -> bool | Bad:
    word = squeezed(text)
    if word in ("closed", "off", "away", "vacation", "holiday", "out"):
        return True
    return False if word in ("open", "extra", "weekly", "available", "in") else Bad(Reason.NOT_YES_OR_NO)


def _minutes(cells: Cells, *, whole_day: bool) -> tuple[int, int]:
    if whole_day and not cells.text(Field.START) and not cells.text(Field.END):
        return 0, MINUTES_PER_DAY
    upto: int | None = None

    def read_start(text: str) -> int | Bad:
        nonlocal upto
        span = read_time_range(text)
        if isinstance(span, Bad):
            return span
        upto = None if span[1] is None else _as_end(span[1])
        return _minute(span[0])

    def read_end(text: str) -> int | Bad:
        if squeezed(text) in ("2400", "24", "midnight"):
            return MINUTES_PER_DAY
        span = read_time_range(text)
        return span if isinstance(span, Bad) else _as_end(span[0])

    start = cells.read(Field.START, read_start, otherwise=0, needed=True)
    end = cells.read(Field.END, read_end, otherwise=upto or MINUTES_PER_DAY, needed=upto is None)
    if end <= start:
        cells.refuse(Field.END, Reason.END_BEFORE_START)
    return start, end


def _minute(at: time) -> int:
    return minute_of_day(datetime.combine(date(1970, 1, 1), at))


def _as_end(at: time) -> int:
    # Hours that end at 00:00 end with the day.
    return _minute(at) or MINUTES_PER_DAY


def _is_total(record: Record) -> bool:
    """Whether a record is the sum that some programs write under a list: that word, and at most a number."""
    first, *rest = [cell.strip() for cell in record.cells if cell.strip()] or [""]
    return _TOTAL.match(first) is not None and all(cell.replace(",", "").isdecimal() for cell in rest)
