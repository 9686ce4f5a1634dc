"""Texts as clients would read them, with invented times: for the phones on the policy pages. Pure.

The words are rendered by the very module that sends them; the label, phone and link host are the practice's own.
Invariant: nothing here is about a client.
"""

from dataclasses import dataclass, replace
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
SPARED_BY_SHORTENING: Final = 40
"""Characters that a shorter name, address or wording may spare; a text that is longer is meant to be long."""
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
    warning: str = ""


def preview(kind: Kind, language: str, practice: Practice, origin: str, starts_at: datetime, own: Wordings) -> Preview:
    """How a text of this kind reads now, or would read with other wordings. `starts_at` is local to the practice.

    Raises:
        CannotRenderError: the wording has a placeholder nothing fills.
    """
    fields = sample_fields(practice, origin, starts_at)
    drawn = render(
        kind, fields, language=language, channel=Channel.SMS, wordings=own, plain_letters=practice.plain_letters
    )
    found = of_rendered(drawn, language)
    return replace(found, warning=_longest(kind, language, practice, origin, starts_at, own))


def _longest(kind: Kind, language: str, practice: Practice, origin: str, starts_at: datetime, own: Wordings) -> str:
    """What to say when the words and the longest day fit no single text; empty where they do, or never could."""
    year = [starts_at.replace(month=month, day=23, hour=12, minute=30) for month in range(1, 13)]
    sizes = [
        render(
            kind, sample_fields(practice, origin, at), language=language, channel=Channel.SMS, wordings=own,
            plain_letters=practice.plain_letters,
        ).segments
        for at in year
    ]  # fmt: skip
    size = max(sizes, key=lambda each: (each.count, each.units))
    over = size.units - SEGMENT_SIZES[(size.encoding, False)]
    if size.count == 1 or over > SPARED_BY_SHORTENING:
        return ""
    return (
        f"On the longest days this is {size.units} characters and so {size.count} texts, which cost {size.count} times"
        f" as much. Shorter by {over} it is one: in these words, in your short name ({len(practice.label)}) or in the"
        f" address of links ({len(origin.partition('//')[2])})."
    )


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
