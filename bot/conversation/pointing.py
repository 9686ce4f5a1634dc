"""Which of some offered times a few words point at: "the last one", "the earliest", "the Wednesday one". Pure.

Asked only where no number was given and no hour was named. Invariant: words that fit two of the times, or that turn
something down, point at none.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from typing import Final

from messages.intents.days import named_days
from messages.intents.normalise import normalise

_MOST_WORDS: Final = 6
_THREE: Final = 3
_NOT_ONE: Final = frozenset(
    {"not", "no", "none", "neither", "except", "but", "dont", "cant", "or", "o", "ni", "ninguno", "menos"}
)


def _first(_starts: Sequence[datetime]) -> int:
    return 0


def _last(starts: Sequence[datetime]) -> int:
    return len(starts) - 1


def _middle(starts: Sequence[datetime]) -> int | None:
    return 1 if len(starts) == _THREE else None


def _earliest(starts: Sequence[datetime]) -> int:
    return min(range(len(starts)), key=starts.__getitem__)


def _latest(starts: Sequence[datetime]) -> int:
    return max(range(len(starts)), key=starts.__getitem__)


_PLACES: Final[Mapping[str, Callable[[Sequence[datetime]], int | None]]] = MappingProxyType(
    {
        **dict.fromkeys(("last", "ultima", "ultimo"), _last),
        **dict.fromkeys(("middle", "medio"), _middle),
        **dict.fromkeys(("earliest", "soonest"), _earliest),
        "latest": _latest,
        **dict.fromkeys(("any", "either", "whichever", "whatever", "cualquiera"), _first),
    }
)


def pointed_at(text: str, starts: Sequence[datetime]) -> int | None:
    """The place of the one time that is meant among these local ones, in the order they were shown; None if unsure.

    "Any of them" is the first of them, which is the nearest to what was wished for.
    """
    tokens = normalise(text).tokens
    if not starts or len(tokens) > _MOST_WORDS or not _NOT_ONE.isdisjoint(tokens):
        return None
    places = {rule(starts) for word, rule in _PLACES.items() if word in tokens}
    if places:
        return places.pop() if len(places) == 1 else None
    weekdays = named_days(text).weekdays
    on_them = [place for place, start in enumerate(starts) if start.weekday() in weekdays]
    return on_them[0] if len(weekdays) == 1 and len(on_them) == 1 else None
