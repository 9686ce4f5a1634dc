"""WhatsApp: when free words may be said there, and which approved template says a message otherwise. Pure.

Free words are taken only within 24 hours of the client's own last message there; before and after it a template that
was approved beforehand speaks, with nothing in it but times and a link (rules.md A4 63016, A7). Waitlist offers pass
for marketing there and are not made that way. Invariant: a template's variables are times and a link, in the order
given here, whatever words it was registered with.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from messages.catalog import language_of
from messages.kinds import Kind

PREFIX: Final = "whatsapp:"
WINDOW: Final = timedelta(hours=24)
_VISIT: Final = ("date", "time", "link")
VARIABLES: Final[Mapping[Kind, tuple[str, ...]]] = MappingProxyType(
    {
        Kind.REMINDER: _VISIT,
        Kind.REMINDER_CONFIRMED: _VISIT,
        Kind.BOOKED: _VISIT,
        Kind.CLINICIAN_CANCELLED: _VISIT,
        Kind.RESCHEDULED_BY_STAFF: ("other_date", "other_time", *_VISIT),
    }
)
"""What may be said outside the window, and the fields of its template: the first is {{1}}."""
_CONTENT_SID: Final = re.compile(r"HX[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Terms:
    """From which number a practice writes, and its approved templates by kind and language."""

    number: str
    templates: Mapping[tuple[Kind, str], str]


def is_content_sid(text: str) -> bool:
    """Whether this is the carrier's id of a template."""
    return _CONTENT_SID.fullmatch(text) is not None


def is_open(heard_at: datetime | None, now: datetime) -> bool:
    """Whether free words are taken: the client wrote there less than 24 hours ago."""
    return heard_at is not None and now - heard_at < WINDOW


def template_for(terms: Terms, kind: Kind, language: str) -> str | None:
    """The approved template of a kind in a language (any tag); None when there is none."""
    return terms.templates.get((kind, language_of(language)))


def content_variables(values: Sequence[str]) -> str:
    """The values of a template's variables as the carrier takes them: JSON by number."""
    return json.dumps({str(number): value for number, value in enumerate(values, start=1)}, ensure_ascii=False)


def to_register(kind: Kind, words: str, *, label: str, office_phone: str) -> str:
    """The words to have approved: what never changes written out, times and link as numbered variables."""
    numbers = {name: f"{{{{{number}}}}}" for number, name in enumerate(VARIABLES[kind], start=1)}
    plain = {"label": label, "office_phone": office_phone}
    return re.sub(r"\{([a-z_]+)\}", lambda found: {**numbers, **plain}.get(found.group(1), found.group(0)), words)
