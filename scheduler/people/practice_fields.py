"""What may be written about a practice, its places, people and services, tidied and checked. Pure.

Whether a label is neutral enough is the caller's to judge (messages lint); here only its shape is.
Invariant: what passes here can be planned, sent and shown with: zones exist, windows open before they close.
"""

import re
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from scheduler.calendar.wallclock import MINUTES_PER_DAY
from scheduler.core.errors import Invalid
from scheduler.people.client_fields import check_zone
from scheduler.people.mail_address import NotAnAddress, parse_mail_address
from scheduler.people.phone import NotAPhone, known_region, parse_phone

LONGEST_LABEL: Final = 20
LONGEST_NAME: Final = 120
STOP_MODES: Final = frozenset({"carrier", "ours"})
SMALLEST_GROUP: Final = 3
"""Of fewer nobody is a stranger to the others: a free place in a couple's hour is nobody else's."""
MODALITIES: Final = frozenset({"in_person", "telehealth"})
CODE_FAMILIES: Final = frozenset({"psychotherapy", "timed_15", "untimed", "none"})
CRISIS_COUNTRIES: Final = frozenset({"US", "CA", "GB", "IE", "AU", "NZ"})
SHORTEST_WINDOW: Final = 120
_E164: Final = re.compile(r"\+[1-9]\d{6,14}")
_PRINTED_PHONE: Final = re.compile(r"\+?[\d ().-]{3,19}\d")
_LOCALE: Final = re.compile(r"[a-z]{2,3}_[A-Z]{2}")
_CURRENCY: Final = re.compile(r"[A-Z]{3}")
_SUBDIVISION: Final = re.compile(r"[A-Z]{2,3}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}")


@dataclass(frozen=True, slots=True)
class PracticeFields:
    """All that is editable of a practice; see scheduler/tables.py for what each column means.

    Minutes are after local midnight. The defaults are those of a practice in the US: texts between 8:00 and
    20:00, at most one a day and three a week that nobody asked for (47 CFR 64.1200(a)(9)(iv)), three minutes to
    take a mistaken cancellation back, half an hour to answer an offer, late within 24 hours.
    """

    name: str
    label: str
    office_phone: str
    sender: str
    zone: str
    email_from: str | None = None
    locale: str = "en_US"
    region: str = "US"
    currency: str = "USD"
    language: str = "en"
    send_from_minute: int = 8 * 60
    send_until_minute: int = 20 * 60
    daily_cap: int = 1
    weekly_cap: int = 3
    opening_grace_minutes: int = 3
    offer_hold_minutes: int = 30
    late_cancel_hours: int = 24
    stop_mode: str = "carrier"
    plain_letters: bool = True
    crisis_country: str = "US"
    alert_email: str | None = None
    alert_phone: str | None = None
    second_email: str | None = None
    second_phone: str | None = None
    subdivision: str | None = None
    strict_hours: bool = False
    follow_ups: bool = False

    def changed_from(self, before: "PracticeFields") -> tuple[str, ...]:
        """The names of the fields that differ."""
        return tuple(f.name for f in fields(self) if getattr(self, f.name) != getattr(before, f.name))


@dataclass(frozen=True, slots=True)
class ServiceFields:
    """All that is editable of a service. Durations in minutes, the fee in minor currency units.

    `offers_seats`: a place that becomes free goes to the waitlist; for open groups, never for couples or families.
    """

    name: str
    duration_minutes: int
    buffer_before_minutes: int = 0
    buffer_after_minutes: int = 0
    capacity: int = 1
    modality: str = "in_person"
    fee_minor: int = 0
    code_family: str = "none"
    active: bool = True
    offers_seats: bool = False


_RANGES: Final[dict[str, tuple[int, int]]] = {
    "send_from_minute": (0, MINUTES_PER_DAY),
    "send_until_minute": (0, MINUTES_PER_DAY),
    "daily_cap": (1, 20),
    "weekly_cap": (1, 50),
    "opening_grace_minutes": (0, 120),
    "offer_hold_minutes": (5, 24 * 60),
    "late_cancel_hours": (0, 14 * 24),
}
_SERVICE_RANGES: Final[dict[str, tuple[int, int]]] = {
    "duration_minutes": (5, 12 * 60),
    "buffer_before_minutes": (0, 120),
    "buffer_after_minutes": (0, 120),
    "capacity": (1, 50),
    "fee_minor": (0, 10_000_000),
}


def checked_practice(given: PracticeFields) -> PracticeFields:
    """The fields, tidied.

    Raises:
        Invalid: `field` names the field of PracticeFields; the code says what is wrong with it.
    """
    tidy = replace(
        given,
        name=checked_name(given.name),
        label=" ".join(given.label.split()),
        office_phone=" ".join(given.office_phone.split()),
        email_from=_mail(given.email_from, "email_from"),
        alert_email=_mail(given.alert_email, "alert_email"),
        second_email=_mail(given.second_email, "second_email"),
        alert_phone=_phone(given.alert_phone, "alert_phone", given.region),
        second_phone=_phone(given.second_phone, "second_phone", given.region),
        subdivision=(given.subdivision or "").strip().upper() or None,
    )
    if not 0 < len(tidy.label) <= LONGEST_LABEL:
        raise Invalid("label_length", field="label", longest=LONGEST_LABEL)
    check_zone(tidy.zone)
    _check_words(tidy)
    _check_ranges(tidy, _RANGES)
    if tidy.send_until_minute - tidy.send_from_minute < SHORTEST_WINDOW:
        raise Invalid("send_window_too_short", field="send_until_minute", shortest=SHORTEST_WINDOW)
    if tidy.weekly_cap < tidy.daily_cap:
        raise Invalid("weekly_cap_below_daily", field="weekly_cap")
    return tidy


def checked_service(given: ServiceFields) -> ServiceFields:
    """The fields, tidied.

    Raises:
        Invalid: `field` names the field of ServiceFields.
    """
    tidy = replace(given, name=checked_name(given.name))
    _check_ranges(tidy, _SERVICE_RANGES)
    if tidy.modality not in MODALITIES:
        raise Invalid("modality_unknown", field="modality")
    if tidy.code_family not in CODE_FAMILIES:
        raise Invalid("code_family_unknown", field="code_family")
    if tidy.offers_seats and tidy.capacity < SMALLEST_GROUP:
        raise Invalid("no_group", field="offers_seats", smallest=SMALLEST_GROUP)
    return tidy


def checked_name(name: str) -> str:
    """A name for staff to read, tidied.

    Raises:
        Invalid: name_length.
    """
    tidy = " ".join(name.split())
    if not 0 < len(tidy) <= LONGEST_NAME or not tidy.isprintable():
        raise Invalid("name_length", field="name", longest=LONGEST_NAME)
    return tidy


def _check_words(tidy: PracticeFields) -> None:
    fitting = {
        "office_phone": _PRINTED_PHONE.fullmatch(tidy.office_phone) is not None,
        "sender": _E164.fullmatch(tidy.sender) is not None,
        "locale": _LOCALE.fullmatch(tidy.locale) is not None,
        "region": known_region(tidy.region),
        "currency": _CURRENCY.fullmatch(tidy.currency) is not None,
        "language": _LANGUAGE.fullmatch(tidy.language) is not None,
        "stop_mode": tidy.stop_mode in STOP_MODES,
        "crisis_country": tidy.crisis_country in CRISIS_COUNTRIES,
        "subdivision": tidy.subdivision is None or _SUBDIVISION.fullmatch(tidy.subdivision) is not None,
    }
    for name, fits in fitting.items():
        if not fits:
            raise Invalid(f"{name}_unreadable", field=name)


def _check_ranges(given: Any, ranges: dict[str, tuple[int, int]]) -> None:
    for name, (low, high) in ranges.items():
        if not low <= getattr(given, name) <= high:
            raise Invalid("number_out_of_range", field=name, low=low, high=high)


def _mail(given: str | None, name: str) -> str | None:
    if not given or not given.strip():
        return None
    parsed = parse_mail_address(given)
    if isinstance(parsed, NotAnAddress):
        raise Invalid(f"{name}_unreadable", field=name)
    return parsed


def _phone(given: str | None, name: str, region: str) -> str | None:
    if not given or not given.strip():
        return None
    parsed = parse_phone(given, region)
    if isinstance(parsed, NotAPhone):
        raise Invalid(f"{name}_unreadable", field=name)
    return parsed
