"""Draws the text of a message from its kind and its safe fields.

Templates come from `catalog/` or from a practice's own `Wordings`; times are drawn by hand-checked patterns, because
the short CLDR forms carry characters that triple the price of a text. The one invariant: only the placeholders listed
here are ever filled, each from one safe field, so a template cannot reach anything else.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from messages.catalog import LEFT_TO_RIGHT, RIGHT_TO_LEFT, language_of, template
from messages.kinds import Channel, Country, Kind, SafeFields
from messages.segments import Segments, segments, sms_text
from messages.times import clock_time, day_name, numbered, short_day, zone_name
from messages.whatsapp import VARIABLES

PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")

Wordings = Mapping[str, Mapping[str, str]]
"""A practice's own words: kind -> language -> template, for texts only; validated when saved (`wording.py`)."""

NO_WORDINGS: Final[Wordings] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Rendered:
    """What leaves: `text` is final (already normalised for its channel); `subject` is set for email alone."""

    text: str
    subject: str | None
    segments: Segments
    variables: tuple[str, ...] = ()
    """What an approved template of WhatsApp is filled with, where there may be one."""


class CannotRenderError(Exception):
    """A caller's mistake: `code` is `fields_missing`, `not_sayable` or `placeholder_unknown`; names only, no values."""

    def __init__(self, code: str, kind: Kind, names: tuple[str, ...] = ()) -> None:
        super().__init__(code, kind.value, *names)
        self.code = code
        self.kind = kind
        self.names = names


def render(
    kind: Kind,
    fields: SafeFields,
    *,
    language: str,
    channel: Channel,
    wordings: Wordings = NO_WORDINGS,
    plain_letters: bool = True,
    toll_free: bool = False,
) -> Rendered:
    """The text of `kind` for `channel` in `language` (any tag; unknown ones read English).

    A practice's own wording wins for texts. `plain_letters` drops accents that GSM-7 lacks, for texts only.
    Raises CannotRenderError when a required field is missing or the kind has no words for the channel.
    """
    lacking = fields.missing(kind)
    if lacking:
        raise CannotRenderError("fields_missing", kind, lacking)
    if channel is Channel.VOICE:
        return _call(kind, fields, language)
    in_texts = channel in {Channel.SMS, Channel.WHATSAPP}
    own = wordings.get(kind, {}).get(language_of(language)) if in_texts else None
    words = own or _words(kind, fields, language, "sms" if in_texts else channel.value)
    if words is None:
        raise CannotRenderError("not_sayable", kind, (channel.value,))
    if channel is Channel.WHATSAPP:
        return _chat(kind, words, fields, language)
    if channel is Channel.SMS:
        text = sms_text(fill(kind, words, fields, language), plain_letters=plain_letters)
        return Rendered(text, None, segments(text, toll_free=toll_free))
    return _email(kind, words, fields, language)


def variant_of(kind: Kind, fields: SafeFields) -> str:
    """Which wording of `kind` these fields ask for; "" is the plain one."""
    choose = _VARIANTS.get(kind)
    return choose(fields) if choose else ""


def fill(kind: Kind, words: str, fields: SafeFields, language: str) -> str:
    """`words` with its placeholders filled; raises CannotRenderError for an unknown one or one without a value."""
    values = {name: _VALUES[name](fields, language) for name in set(PLACEHOLDER.findall(words)) & set(_VALUES)}
    empty = tuple(sorted(name for name in set(PLACEHOLDER.findall(words)) if not values.get(name)))
    if empty:
        raise CannotRenderError("placeholder_unknown", kind, empty)
    return PLACEHOLDER.sub(lambda match: values[match.group(1)] or "", words)


def _words(kind: Kind, fields: SafeFields, language: str, ending: str) -> str | None:
    variant = variant_of(kind, fields)
    exact = template(f"{kind}.{variant}.{ending}", language) if variant else None
    return exact or template(f"{kind}.{ending}", language)


def _call(kind: Kind, fields: SafeFields, language: str) -> Rendered:
    """What a call is about, in one line: what is said in it is worded when somebody answers (bot/twilio/voice.py)."""
    words = _words(kind, fields, language, "subject")
    if words is None:
        raise CannotRenderError("not_sayable", kind, (Channel.VOICE.value,))
    text = fill(kind, words, fields, language)
    return Rendered(text, "", segments(text))


def _chat(kind: Kind, words: str, fields: SafeFields, language: str) -> Rendered:
    """The words of a text with every letter they are written with, and what a template would be filled with."""
    text = sms_text(fill(kind, words, fields, language), plain_letters=False)
    variables = tuple(fill(kind, f"{{{name}}}", fields, language) for name in VARIABLES.get(kind, ()))
    return Rendered(text, None, segments(text), variables)


def _email(kind: Kind, words: str, fields: SafeFields, language: str) -> Rendered:
    text = fill(kind, words, fields, language)
    footer = template("footer.email", language)
    if fields.stop_link and footer:
        text = f"{text}\n\n{fill(kind, footer, fields, language)}"
    subject = _words(kind, fields, language, "subject")
    if subject is None:
        raise CannotRenderError("not_sayable", kind, ("subject",))
    return Rendered(text, fill(kind, subject, fields, language), segments(text))


def _when(part: str, name: str) -> Callable[[SafeFields, str], str | None]:
    def draw(fields: SafeFields, language: str) -> str | None:
        instant: datetime | None = getattr(fields, name)
        if instant is None:
            return None
        if part == "date":
            return short_day(instant, language)
        # One zone name says it for every time of the text.
        zone = f" {zone_name(instant)}" if fields.show_zone and name == "starts_at" else ""
        return clock_time(instant, language) + zone

    return draw


def _deadline(fields: SafeFields, language: str) -> str | None:
    if fields.deadline is None:
        return None
    drawn = clock_time(fields.deadline, language)
    if _same_day(fields.deadline, fields.sent_on):
        return drawn
    return f"{day_name(fields.deadline, language)} {drawn}"


def _same_day(instant: datetime, day: date | None) -> bool:
    return day is None or instant.date() == day


def _options(fields: SafeFields, language: str) -> str | None:
    if not fields.options:
        return None
    drawn = numbered(fields.options, language)
    return f"{drawn} ({zone_name(fields.options[0])})" if fields.show_zone else drawn


def _choices(fields: SafeFields, _language: str) -> str | None:
    many = len(fields.options)
    return None if not many else "1" if many == 1 else f"1-{many}"


def _phone(fields: SafeFields, language: str) -> str | None:
    """The office's phone; among letters that run the other way its groups would be shown in reverse."""
    if not fields.office_phone:
        return None
    return f"{LEFT_TO_RIGHT}{fields.office_phone}" if language_of(language) in RIGHT_TO_LEFT else fields.office_phone


def _plain_value(name: str) -> Callable[[SafeFields, str], str | None]:
    def draw(fields: SafeFields, _language: str) -> str | None:
        value = getattr(fields, name)
        return None if value is None else str(value)

    return draw


_VALUES: Final[Mapping[str, Callable[[SafeFields, str], str | None]]] = MappingProxyType(
    {
        "label": _plain_value("label"),
        "office_phone": _phone,
        "date": _when("date", "starts_at"),
        "time": _when("time", "starts_at"),
        "other_date": _when("date", "other_at"),
        "other_time": _when("time", "other_at"),
        "deadline": _deadline,
        "options": _options,
        "choices": _choices,
        "link": _plain_value("link"),
        "stop_link": _plain_value("stop_link"),
        "count": _plain_value("count"),
        "late_hours": _plain_value("late_hours"),
        "late_minutes": _plain_value("late_minutes"),
        "undo_minutes": _plain_value("undo_minutes"),
    }
)

PLACEHOLDERS: Final = frozenset(_VALUES)

_COUNTRY_VARIANT: Final = {
    Country.US: "us",
    Country.CA: "us",
    Country.GB: "gb",
    Country.AU: "au",
    Country.OTHER: "zz",
}


def _of_lost(fields: SafeFields) -> str:
    """With a time that may be had instead, with the visit that stays, or plain."""
    if fields.deadline and fields.starts_at:
        return "next"
    return "kept" if fields.other_at else ""


def _of_offer(fields: SafeFields) -> str:
    """Of a time that comes round or not; whose the first yes has, or who asks for it and is answered by a person."""
    rhythm = _rhythm(fields)
    if fields.asks:
        return f"{rhythm}_asks" if rhythm else "asks"
    return rhythm or ("first" if fields.several else "")


def _rhythm(fields: SafeFields) -> str:
    """Of a time that comes round: every week, or every so many."""
    return "" if not fields.weekly else "rhythm" if fields.count else "weekly"


_VARIANTS: Final[Mapping[Kind, Callable[[SafeFields], str]]] = MappingProxyType(
    {
        Kind.CONFIRMED: lambda fields: "many" if fields.options else "",
        Kind.CANCELLED: lambda fields: "many" if fields.options else "stays" if fields.other_at else "",
        Kind.TIMES_OFFERED: lambda fields: "stays" if fields.starts_at else "",
        Kind.TIMES_NONE: lambda fields: "stays" if fields.starts_at else "",
        Kind.TIMES_NEAR: lambda fields: "stays" if fields.starts_at else "",
        Kind.NO_VISIT: lambda fields: "book" if fields.count else "",
        Kind.LATE_NOTED: lambda fields: "minutes" if fields.late_minutes else "",
        Kind.UNDONE: lambda fields: "" if fields.starts_at else "released",
        Kind.OFFER: _of_offer,
        Kind.OFFER_WON: lambda fields: _rhythm(fields) or ("moved" if fields.other_at else ""),
        Kind.OFFER_LOST: _of_lost,
        Kind.CLINICIAN_CANCELLED: lambda fields: "series" if fields.weekly else "",
        Kind.RESCHEDULED_BY_STAFF: _rhythm,
        Kind.CRISIS_NOTICE: lambda fields: _COUNTRY_VARIANT[fields.country],
    }
)
