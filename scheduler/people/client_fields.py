"""What may be written about a client, tidied and checked before it is sealed. Pure.

Invariant: what `checked` returns can be stored, found again and shown as it is: trimmed, composed Unicode, no control
characters, a zone and payer the rest of the program knows.
"""

import re
import unicodedata
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Final

from scheduler.calendar.wallclock import UnknownZoneError, zone_of
from scheduler.core.errors import Invalid

PAYERS: Final = frozenset({"self", "insurance", "medicare", "medicaid"})
LONGEST_NAME: Final = 80
LONGEST_RECORD_NUMBER: Final = 40
OLDEST_BIRTH: Final = date(1890, 1, 1)
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(?:[-_][A-Z]{2})?")


@dataclass(frozen=True, slots=True)
class ClientFields:
    """All that is editable of a client. None: not known, or as the practice has it (language, zone)."""

    first: str = field(repr=False)
    last: str = field(repr=False)
    preferred: str | None = field(default=None, repr=False)
    birth_date: date | None = field(default=None, repr=False)
    record_number: str | None = field(default=None, repr=False)
    language: str | None = None
    zone: str | None = None
    payer: str = "self"

    def changed_from(self, before: "ClientFields") -> tuple[str, ...]:
        """The names of the fields that differ, in the order of the class."""
        names = (each.name for each in fields(self))
        return tuple(name for name in names if getattr(self, name) != getattr(before, name))


def checked(given: ClientFields, today: date) -> ClientFields:
    """The fields, tidied.

    Raises:
        Invalid: name_needed, name_too_long, record_number_too_long, birth_date_impossible, payer_unknown,
            language_unknown or zone_unknown; `field` names the field of ClientFields.
    """
    tidy = replace(
        given,
        first=_tidied(given.first),
        last=_tidied(given.last),
        preferred=_tidied(given.preferred or "") or None,
        record_number=_tidied(given.record_number or "") or None,
        language=given.language or None,
        zone=given.zone or None,
    )
    _check_names(tidy)
    if tidy.birth_date is not None and not OLDEST_BIRTH <= tidy.birth_date <= today:
        raise Invalid("birth_date_impossible", field="birth_date")
    if tidy.payer not in PAYERS:
        raise Invalid("payer_unknown", field="payer")
    if tidy.language is not None and not _LANGUAGE.fullmatch(tidy.language):
        raise Invalid("language_unknown", field="language")
    if tidy.zone is not None:
        check_zone(tidy.zone)
    return tidy


def check_zone(name: str) -> None:
    """Pass only an IANA zone.

    Raises:
        Invalid: zone_unknown.
    """
    try:
        zone_of(name)
    except UnknownZoneError:
        raise Invalid("zone_unknown", field="zone") from None


def _check_names(tidy: ClientFields) -> None:
    if not (tidy.first or tidy.last):
        raise Invalid("name_needed", field="first")
    for name in ("first", "last", "preferred"):
        if len(getattr(tidy, name) or "") > LONGEST_NAME:
            raise Invalid("name_too_long", field=name)
    if len(tidy.record_number or "") > LONGEST_RECORD_NUMBER:
        raise Invalid("record_number_too_long", field="record_number")


def _tidied(text: str) -> str:
    composed = unicodedata.normalize("NFC", text)
    # Category C holds control and invisible direction characters: they would let a name reorder the page around it.
    visible = "".join(c if unicodedata.category(c)[0] != "C" else " " for c in composed)
    return " ".join(visible.split())
