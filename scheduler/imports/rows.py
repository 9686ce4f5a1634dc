"""Rows of a file as frozen values: clients, appointments and hours, or the cells that stand in the way.

Here live the values only; row_reader.py makes them. Nothing is looked up in the record: that a clinician of
this name exists is found out by whoever imports.

The one invariant: personal fields are kept out of `repr`, so a row in a log line or an error names its line and
no more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from scheduler.imports.columns import squeezed
from scheduler.imports.reasons import BadCell
from scheduler.imports.values import DateOrder
from scheduler.imports.words import Status


@dataclass(frozen=True, slots=True)
class Habits:
    """How the practice writes: order of day and month, region for phone numbers, zone, zones of locations, and today.

    `location_zones` goes by the squeezed name of a location (columns.squeezed); times at other places are in `zone`.
    """

    order: DateOrder
    region: str
    zone: ZoneInfo
    location_zones: Mapping[str, ZoneInfo]
    today: date

    def zone_at(self, location: str | None) -> ZoneInfo:
        """The zone in which times at a location are written."""
        return self.zone if location is None else self.location_zones.get(squeezed(location), self.zone)


@dataclass(frozen=True, slots=True)
class Person:
    """Who a row is about, as far as the row says: at least a number or a name."""

    record_number: str | None = field(repr=False)
    first: str = field(repr=False)
    last: str = field(repr=False)
    birth_date: date | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class ClientRow:
    """A client. Phones are E.164 in the order they should be tried; `payer` is self, insurance, medicare or medicaid.

    `text_ok` and `email_ok` are None when the file has no such column.
    """

    line: int
    person: Person = field(repr=False)
    preferred: str | None = field(repr=False)
    phones: tuple[str, ...] = field(repr=False)
    emails: tuple[str, ...] = field(repr=False)
    language: str | None
    zone: str | None
    payer: str
    archived: bool
    text_ok: bool | None
    email_ok: bool | None


@dataclass(frozen=True, slots=True)
class AppointmentRow:
    """One client's appointment. Instants are UTC; `ends_at` is None when the service's length decides."""

    line: int
    source_id: str | None = field(repr=False)
    person: Person = field(repr=False)
    clinician: str
    service: str | None
    location: str | None
    starts_at: datetime
    ends_at: datetime | None
    status: Status
    booked_at: datetime | None
    cancelled_at: datetime | None


@dataclass(frozen=True, slots=True)
class HoursRow:
    """Weekly hours (`weekdays`) or one day that differs (`day`, `closed`), in wall-clock minutes after midnight."""

    line: int
    clinician: str
    location: str | None
    weekdays: tuple[int, ...]
    day: date | None
    closed: bool
    start_minute: int
    end_minute: int
    valid_from: date | None
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class BadRow:
    """A record that cannot be used, with every cell that is wrong."""

    line: int
    cells: tuple[BadCell, ...]


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A record that is no appointment: a clinician's break, or one the other program moved or deleted."""

    line: int
