"""Texts as clients would read them, with invented times: for the phones on the policy pages. Pure.

The words are rendered by the very module that sends them; the label, phone and link host are the practice's own.
Invariant: nothing here is about a client.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from markupsafe import Markup

from bot.console import plots
from messages.catalog import template
from messages.kinds import Channel, Country, Kind, SafeFields
from messages.links import path_of
from messages.render import Rendered, Wordings, render, variant_of
from messages.segments import Encoding, Segments
from scheduler.people.store import Practice

SAMPLE_PATH: Final = path_of("4kX9bQ2mT7cR4wZ8yLf5aH")
LANGUAGE_NAMES: Final = {"en": "English", "es": "Spanish"}
SEGMENT_SIZES: Final = {
    (Encoding.GSM7, False): 160,
    (Encoding.GSM7, True): 153,
    (Encoding.UCS2, False): 70,
    (Encoding.UCS2, True): 67,
}
"""Units of one segment by alphabet, and whether there are several."""


@dataclass(frozen=True, slots=True)
class Preview:
    """One text on a phone: its words, what it costs, and in which alphabet."""

    language: str
    text: str
    meter: Markup
    count: int
    alphabet: str


def preview(kind: Kind, language: str, practice: Practice, origin: str, starts_at: datetime, own: Wordings) -> Preview:
    """How a text of this kind reads now, or would read with other wordings. `starts_at` is local to the practice.

    Raises:
        CannotRenderError: the wording has a placeholder nothing fills.
    """
    fields = sample_fields(practice, origin, starts_at)
    drawn = render(
        kind, fields, language=language, channel=Channel.SMS, wordings=own, plain_letters=practice.plain_letters
    )
    return of_rendered(drawn, language)


def of_rendered(drawn: Rendered, language: str) -> Preview:
    """A finished text on a phone."""
    return Preview(
        LANGUAGE_NAMES.get(language, language), drawn.text, meter_of(drawn.segments), drawn.segments.count,
        alphabet_words(drawn.segments),
    )  # fmt: skip


def meter_of(size: Segments) -> Markup:
    """The meter of a text's length."""
    alphabet = "plain" if size.encoding is Encoding.GSM7 else "full"
    return plots.segment_meter(
        size.units, SEGMENT_SIZES[(size.encoding, size.count > 1)], size.count, alphabet=alphabet
    )


def alphabet_words(size: Segments) -> str:
    """The wire alphabet in words, with its name."""
    return "plain letters (GSM-7)" if size.encoding is Encoding.GSM7 else "special letters (UCS-2): twice the price"


def standard_words(kind: Kind, language: str, practice: Practice) -> str:
    """Stillon's own template for a text."""
    variant = variant_of(kind, SafeFields(country=country_of(practice)))
    exact = template(f"{kind}.{variant}.sms", language) if variant else None
    return exact or template(f"{kind}.sms", language) or ""


def country_of(practice: Practice) -> Country:
    """Whose emergency numbers the practice's notices name."""
    return Country(practice.crisis_country) if practice.crisis_country in set(Country) else Country.OTHER


def sample_fields(practice: Practice, origin: str, starts_at: datetime) -> SafeFields:
    """What an ordinary text mentions: a visit, another time, a deadline soon."""
    return SafeFields(
        label=practice.label,
        office_phone=practice.office_phone,
        starts_at=starts_at,
        other_at=starts_at + timedelta(days=5, hours=-4),
        deadline=starts_at - timedelta(days=2, hours=1),
        sent_on=(starts_at - timedelta(days=2)).date(),
        options=(starts_at, starts_at + timedelta(hours=2), starts_at + timedelta(days=1)),
        link=origin + SAMPLE_PATH,
        count=2,
        late_hours=24,
        country=country_of(practice),
    )
