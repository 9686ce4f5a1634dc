"""Which days a reply speaks of: "see you Thursday", "can't tomorrow", "no puedo el martes".

Only to notice that somebody has another day in mind than the visit's; nothing is booked by these words. The one
invariant: a message that names no day may speak of any.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from messages.intents.normalise import normalise

_WEEKDAYS: Final = {
    word: day
    for day, words in enumerate(
        (
            ("monday", "lunes"),
            ("tuesday", "martes"),
            ("wednesday", "miercoles"),
            ("thursday", "jueves"),
            ("friday", "viernes"),
            ("saturday", "sabado"),
            ("sunday", "domingo"),
        )
    )
    for word in words
}
# "Mañana" is also the morning, after these words.
_OF_THE: Final = frozenset({"la", "esta", "cada", "por"})
# Before this hour people still say "tomorrow" of the day that has just begun.
_NIGHT_ENDS: Final = 4


@dataclass(frozen=True, slots=True)
class NamedDays:
    """Weekdays (Monday is 0), and whether tomorrow is named. "Today" is said of too many things to count."""

    weekdays: frozenset[int]
    tomorrow: bool

    def may_mean(self, visit: datetime, written: datetime) -> bool:
        """Whether the message can be about a visit at this wall-clock time, written at that one, same zone."""
        if not self.weekdays and not self.tomorrow:
            return True
        nights = {written.date() + timedelta(days=1)}
        if written.hour < _NIGHT_ENDS:
            nights.add(written.date())
        return visit.weekday() in self.weekdays or (self.tomorrow and visit.date() in nights)


def named_days(text: str) -> NamedDays:
    """The days `text` names, in its own words only."""
    tokens = normalise(text).tokens
    pairs = tuple(zip(("", *tokens), tokens, strict=False))
    weekdays = frozenset(_WEEKDAYS[token] for token in tokens if token in _WEEKDAYS)
    tomorrow = any(now == "tomorrow" or (now == "manana" and before not in _OF_THE) for before, now in pairs)
    return NamedDays(weekdays, tomorrow)
