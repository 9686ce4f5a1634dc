"""Which column of a file means what: plain names, and those that SimplePractice, TherapyNotes and Jane export.

Here live the names. Reading cells is values.py's.

The one invariant: a field is taken from one column that is named in the answer, or it is reported as missing or
ambiguous; nothing is guessed from the cells.

Sources of the names: SimplePractice's appointment status report ("Date of Service", "Client", "Clinician",
"Billing Code") and client list; TherapyNotes' billing transactions ("Date", "Clinician Name", "First Name",
"DOB", "Service Code"); Jane's appointment export ("start_at", "patient_guid", "treatment_name",
"staff_member_name", "state", "no_show_at").
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class FileKind(StrEnum):
    """What a file holds."""

    CLIENTS = "clients"
    APPOINTMENTS = "appointments"
    AVAILABILITY = "availability"


class Product(StrEnum):
    """Which program a file seems to come from; said to the person who imports, nothing depends on it."""

    SIMPLEPRACTICE = "SimplePractice"
    THERAPYNOTES = "TherapyNotes"
    JANE = "Jane"
    PLAIN = "plain"


class Field(StrEnum):
    """What a column may stand for."""

    RECORD_NUMBER = "record_number"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    FULL_NAME = "full_name"
    PREFERRED_NAME = "preferred_name"
    BIRTH_DATE = "birth_date"
    MOBILE_PHONE = "mobile_phone"
    PHONE = "phone"
    HOME_PHONE = "home_phone"
    WORK_PHONE = "work_phone"
    EMAIL = "email"
    LANGUAGE = "language"
    TIME_ZONE = "time_zone"
    PAYER = "payer"
    CLIENT_STATUS = "client_status"
    TEXT_OK = "text_ok"
    EMAIL_OK = "email_ok"
    SOURCE_ID = "source_id"
    CLINICIAN = "clinician"
    SERVICE = "service"
    LOCATION = "location"
    DATE = "date"
    START = "start"
    END = "end"
    DURATION = "duration"
    STATUS = "status"
    BOOKED_AT = "booked_at"
    CANCELLED_AT = "cancelled_at"
    MISSED_AT = "missed_at"
    ARRIVED_AT = "arrived_at"
    IS_BREAK = "is_break"
    WEEKDAY = "weekday"
    VALID_FROM = "valid_from"
    VALID_UNTIL = "valid_until"
    OPEN_OR_CLOSED = "open_or_closed"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a file: the position of each field found, the headers as written, and the headers not used."""

    kind: FileKind
    product: Product
    header_line: int
    at: Mapping[Field, int]
    headers: tuple[str, ...]
    ignored: tuple[str, ...]

    def header(self, name: Field) -> str:
        """The header of a field's column as it is written in the file, or the field's own name when it has none."""
        return self.headers[self.at[name]] if name in self.at else name.value


@dataclass(frozen=True, slots=True)
class Missing:
    """A field the file must have. `any_of` lists names that would have been understood."""

    field: Field
    any_of: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """Two columns that mean the same equally well; `headers` are as written in the file."""

    field: Field
    headers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HeaderProblems:
    """The file's first line does not say what is needed."""

    kind: FileKind
    missing: tuple[Missing, ...]
    ambiguous: tuple[Ambiguous, ...]


_PERSON: Final[dict[Field, tuple[str, ...]]] = {
    Field.RECORD_NUMBER: (
        "record number", "client id", "patient id", "client number", "patient number", "patient guid", "chart number",
        "mrn", "client external id", "account number", "client identifier",
    ),
    Field.FIRST_NAME: (
        "first name", "legal first name", "client first name", "patient first name", "given name", "forename", "first",
        "firstname",
    ),
    Field.LAST_NAME: (
        "last name", "legal last name", "client last name", "patient last name", "surname", "family name", "last",
    ),
    Field.FULL_NAME: ("client name", "patient name", "full name", "client", "patient", "name", "attendee"),
    Field.PREFERRED_NAME: (
        "preferred name", "preferred first name", "patient preferred name", "what name do they go by", "goes by",
        "nickname", "known as",
    ),
    Field.BIRTH_DATE: (
        "date of birth", "birth date", "birthdate", "dob", "client dob", "patient dob", "birthday", "d o b",
        "client date of birth", "patient date of birth",
    ),
}  # fmt: skip

_CLIENTS: Final[dict[Field, tuple[str, ...]]] = {
    **_PERSON,
    Field.RECORD_NUMBER: (*_PERSON[Field.RECORD_NUMBER], "id", "guid", "number"),
    Field.MOBILE_PHONE: (
        "mobile phone", "mobile", "cell phone", "cell", "mobile number", "mobile phone number", "cell phone number",
        "phone mobile", "text number",
    ),
    Field.PHONE: (
        "phone", "phone number", "telephone", "primary phone", "main phone", "contact number", "phone 1", "tel",
        "client phone", "patient phone", "contact phone",
    ),
    Field.HOME_PHONE: ("home phone", "phone home", "home phone number", "home"),
    Field.WORK_PHONE: ("work phone", "phone work", "work phone number", "business phone"),
    Field.EMAIL: (
        "email", "email address", "e mail", "e mail address", "primary email", "client email", "patient email",
        "contact email", "email 1",
    ),
    Field.LANGUAGE: ("language", "preferred language", "primary language"),
    Field.TIME_ZONE: ("time zone", "timezone", "client time zone"),
    Field.PAYER: ("payer", "billing type", "billing method", "payment type", "payer type", "primary insurance",
                  "primary insurer name", "insurance"),
    Field.CLIENT_STATUS: ("status", "client status", "patient status", "active", "state of client"),
    Field.TEXT_OK: (
        "text ok", "text reminders", "sms consent", "sms ok", "text consent", "consent to text", "sms reminders",
        "text message reminders", "text permission",
    ),
    Field.EMAIL_OK: ("email ok", "email reminders", "email consent", "consent to email", "email permission"),
}  # fmt: skip

_TIMES: Final[dict[Field, tuple[str, ...]]] = {
    Field.START: (
        "start", "start time", "start at", "starts at", "appointment start", "appointment start time", "appointment at",
        "begin", "from", "time", "appointment time", "scheduled start time",
    ),
    Field.END: (
        "end", "end time", "end at", "ends at", "appointment end", "appointment end time", "to", "until",
        "scheduled end time", "finish",
    ),
    Field.CLINICIAN: (
        "clinician", "clinician name", "provider", "provider name", "practitioner", "practitioner name", "therapist",
        "therapist name", "staff member", "staff member name", "staff name", "rendering provider", "staff",
    ),
    Field.LOCATION: ("location", "location name", "office", "clinic", "place of service", "site", "facility"),
}  # fmt: skip

_APPOINTMENTS: Final[dict[Field, tuple[str, ...]]] = {
    **_PERSON,
    **_TIMES,
    Field.SOURCE_ID: ("appointment id", "id", "appointment number", "booking id", "event id"),
    Field.DATE: (
        "date", "date of service", "appointment date", "service date", "session date", "dos", "day", "start date",
        "visit date",
    ),
    Field.DURATION: ("duration", "minutes", "duration minutes", "length", "duration min", "session length"),
    Field.SERVICE: (
        "service", "service name", "appointment type", "treatment", "treatment name", "visit type", "session type",
        "service code", "billing code", "cpt code", "cpt", "service description",
    ),
    Field.STATUS: (
        "status", "appointment status", "attendance", "attendance status", "state", "show status", "outcome",
    ),
    Field.BOOKED_AT: ("booked at", "booked on", "created at", "date created", "date booked"),
    Field.CANCELLED_AT: ("cancelled at", "canceled at", "cancellation date", "date cancelled", "date canceled"),
    Field.MISSED_AT: ("no show at",),
    Field.ARRIVED_AT: ("arrived at", "checked in at"),
    Field.IS_BREAK: ("break",),
}  # fmt: skip

_AVAILABILITY: Final[dict[Field, tuple[str, ...]]] = {
    **_TIMES,
    Field.WEEKDAY: ("weekday", "day of week", "day", "days", "weekdays"),
    Field.DATE: ("date", "exception date", "on"),
    Field.OPEN_OR_CLOSED: ("open or closed", "open", "closed", "type", "kind", "exception"),
    Field.VALID_FROM: ("valid from", "effective from", "start date", "from date", "effective date"),
    Field.VALID_UNTIL: ("valid until", "valid to", "effective until", "end date", "until date"),
}  # fmt: skip

NAMES: Final[dict[FileKind, dict[Field, tuple[str, ...]]]] = {
    FileKind.CLIENTS: _CLIENTS,
    FileKind.APPOINTMENTS: _APPOINTMENTS,
    FileKind.AVAILABILITY: _AVAILABILITY,
}

# Each line is a list of alternatives, of which one must be wholly there; the first is what a report names as missing.
REQUIRED: Final[dict[FileKind, tuple[tuple[tuple[Field, ...], ...], ...]]] = {
    FileKind.CLIENTS: (((Field.FIRST_NAME, Field.LAST_NAME), (Field.FULL_NAME,)),),
    FileKind.APPOINTMENTS: (
        ((Field.FULL_NAME,), (Field.FIRST_NAME, Field.LAST_NAME), (Field.RECORD_NUMBER,)),
        ((Field.CLINICIAN,),),
        ((Field.START,), (Field.DATE,)),
    ),
    FileKind.AVAILABILITY: (
        ((Field.CLINICIAN,),),
        ((Field.WEEKDAY,), (Field.DATE,)),
        ((Field.START,), (Field.OPEN_OR_CLOSED,)),
        ((Field.END,), (Field.OPEN_OR_CLOSED,)),
    ),
}

_SIGNATURES: Final[tuple[tuple[Product, frozenset[str]], ...]] = (
    (Product.JANE, frozenset({"patientguid"})),
    (Product.JANE, frozenset({"staffmembername", "treatmentname"})),
    (Product.SIMPLEPRACTICE, frozenset({"dateofservice", "client", "clinician"})),
    (Product.SIMPLEPRACTICE, frozenset({"clientid", "whatnamedotheygoby"})),
    (Product.THERAPYNOTES, frozenset({"clinicianname", "servicecode", "dob"})),
    (Product.THERAPYNOTES, frozenset({"patientname", "dob", "mobilephone"})),
)


def squeezed(header: str) -> str:
    """A header reduced to what is compared: letters and digits, no case, no accents, no blanks, no punctuation."""
    plain = unicodedata.normalize("NFKD", header.casefold())
    return "".join(char for char in plain if char.isalnum())


def recognise(headers: Sequence[str], kind: FileKind, header_line: int = 1) -> Columns | HeaderProblems:
    """What the columns of a file of this kind mean.

    When several columns could serve a field, the one named earliest in NAMES is taken ("Mobile phone" before
    "Phone"), and two with the very same name are reported as ambiguous. Columns that mean nothing to us are
    listed as ignored, however often they repeat.
    """
    found, ambiguous = _matched([squeezed(header) for header in headers], headers, kind)
    missing = tuple(_missing(found, kind))
    if missing or ambiguous:
        return HeaderProblems(kind, missing, ambiguous)
    used = set(found.values())
    ignored = tuple(header for at, header in enumerate(headers) if at not in used and header)
    return Columns(kind, _product(headers), header_line, found, tuple(headers), ignored)


def guess_kind(headers: Sequence[str]) -> FileKind | None:
    """What a file holds, judged by its headers alone; None when it could be nothing we know."""
    # Columns that stand there twice are no reason to call a file unknown: they are named once its kind is clear.
    tried = {kind: recognise(headers, kind) for kind in FileKind}
    fits = [kind for kind, found in tried.items() if isinstance(found, Columns) or not found.missing]
    # A file of appointments also has names and so reads as a list of clients; the more demanding kind is the
    # better guess.
    order = (FileKind.APPOINTMENTS, FileKind.AVAILABILITY, FileKind.CLIENTS)
    return next((kind for kind in order if kind in fits), None)


def recognised_count(headers: Sequence[str], kind: FileKind) -> int:
    """How many fields of this kind the headers name; used to find the header line under a title."""
    return len(_matched([squeezed(header) for header in headers], headers, kind)[0])


def _matched(
    names: Sequence[str], headers: Sequence[str], kind: FileKind
) -> tuple[dict[Field, int], tuple[Ambiguous, ...]]:
    found: dict[Field, int] = {}
    ambiguous: list[Ambiguous] = []
    taken: set[int] = set()
    for name, aliases in NAMES[kind].items():
        for alias in aliases:
            at = [i for i, header in enumerate(names) if header == squeezed(alias) and i not in taken]
            if len(at) > 1:
                ambiguous.append(Ambiguous(name, tuple(headers[i] for i in at)))
            if at:
                found[name] = at[0]
                taken.update(at)
                break
    return found, tuple(ambiguous)


def _missing(found: Mapping[Field, int], kind: FileKind) -> list[Missing]:
    gaps = [
        alternatives
        for alternatives in REQUIRED[kind]
        if not any(all(name in found for name in group) for group in alternatives)
    ]
    # Of the alternatives the one with most columns already there is what the person meant.
    nearest = [max(alternatives, key=lambda group: sum(name in found for name in group)) for alternatives in gaps]
    return [Missing(name, NAMES[kind][name][:4]) for group in nearest for name in group if name not in found]


def _product(headers: Sequence[str]) -> Product:
    names = {squeezed(header) for header in headers}
    return next((product for product, signature in _SIGNATURES if signature <= names), Product.PLAIN)
