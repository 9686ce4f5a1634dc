"""Times in sentences: "tmrw @ 3", "next tues after 4", "cualquier tarde menos el jueves". Pure: words in, spans out."""

from messages.when.plain_forms import read_plain
from messages.when.reader import read_when
from messages.when.reading import Grain, Span, SpanKind, When

__all__ = ["Grain", "Span", "SpanKind", "When", "read_plain", "read_when"]
