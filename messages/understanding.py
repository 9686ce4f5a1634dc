"""What a text means, all of it: intents, distress, and the times it speaks of. The conversation's one entrance.

Intents alone are read in `intents/`, times alone in `when/`; here they are weighed together. Pure and deterministic,
a few milliseconds. The one invariant: `ask` is true whenever acting would be a guess.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from messages.intents import Asked, Intent, IntentKind, Reading, only_about_times, read
from messages.intents.core import core_language, times_beside
from messages.intents.proposals import DOUBTED
from messages.when import When, read_plain, read_when

_UNDONE_IN_DISTRESS: Final = frozenset(
    {IntentKind.CANNOT_COME, IntentKind.RESCHEDULE, IntentKind.PASS, IntentKind.TAKE, IntentKind.CHOOSE}
)
_UNSURE: Final = frozenset({IntentKind.OTHER, IntentKind.UNSURE, IntentKind.UNCLEAR_CHOICE, IntentKind.VISIT_OR_STOP})
_OF_ONE_TIME: Final = frozenset({IntentKind.CONFIRM, IntentKind.CANNOT_COME, IntentKind.TAKE, IntentKind.PASS})
# A text with no more words than this beside its time is about that time.
_FEW_WORDS: Final = 3


@dataclass(frozen=True, slots=True)
class Understanding:
    """The reading of a text with the times it names. `ask`: one short question is better than any act."""

    reading: Reading
    when: When
    ask: bool

    @property
    def crisis(self) -> bool:
        """Whether there is a sign of distress or danger; it never hides the other meanings."""
        return IntentKind.CRISIS in self.reading.kinds


def understand(
    text: str,
    *,
    asked: Asked,
    language: str,
    now: datetime,
    zone: ZoneInfo,
    bookable: Sequence[datetime] = (),
) -> Understanding:
    """What `text` means as an answer to `asked`.

    `now` is aware; times are read and returned on the clock of `zone`. `language` (any tag) decides only what words
    leave open, such as the order of day and month. `bookable` are times that are open or were offered, by which a bare
    "3" or "the 12th" may be told.
    """
    reading = read(text, asked=asked, language=language)
    local = now.astimezone(zone)
    when = read_when(text, now=local, language=language, bookable=[each.astimezone(zone) for each in bookable])
    core = core_language(text, language)
    if core is not None:
        when = _when_elsewhere(text, core, when, local)
        reading, when = _with_its_time(reading, when, text, core, local)
    reading = _as_wish(reading, when, plain=core is not None or _is_wish(text, reading))
    others = [kind for kind in reading.kinds if kind is not IntentKind.CRISIS]
    unsure = bool(others) and (others[0] in _UNSURE or DOUBTED in reading.why or _takes_back_in_words(reading))
    times_open = when.ask and (not others or others[0] in _UNSURE | {IntentKind.RESCHEDULE})
    return Understanding(reading, when, ask=unsure or times_open or _leaves_acts_to_a_person(reading))


def _takes_back_in_words(reading: Reading) -> bool:
    """“Oops, meant for my sister”: what it takes back, if anything, is known to who knows what was done."""
    return IntentKind.UNDO in reading.kinds and reading.leftover


def _leaves_acts_to_a_person(reading: Reading) -> bool:
    """What somebody in distress wants done to a visit is asked by a person, whatever their words are."""
    return reading.kinds[0] is IntentKind.CRISIS and bool(_UNDONE_IN_DISTRESS & set(reading.kinds))


def _when_elsewhere(text: str, language: str, when: When, local: datetime) -> When:
    """The time in one of the six further languages, where all of the text is understood.

    Hours look alike everywhere, but beside a day that was not read "10h" is no 10:00 of any day: then it is asked.
    """
    plain = read_plain(text, language, now=local)
    if plain.spans or not when.spans:
        return plain if plain.spans else when
    return When(ask=True, rest=when.rest, why=("when.other_language",))


def _with_its_time(reading: Reading, when: When, text: str, language: str, local: datetime) -> tuple[Reading, When]:
    """A yes or a no of one of the six with the day or the hour it names, which is compared with the visit's.

    Where that is not read, nobody knows whether it is the visit's: then it is asked.
    """
    times = times_beside(text, language) if f"{language}.{reading.kinds[-1]}" in reading.why else ""
    if not times or not _OF_ONE_TIME & set(reading.kinds) or IntentKind.LATE in reading.kinds:
        return reading, when
    plain = read_plain(times, language, now=local)
    if plain.spans:
        return reading, plain
    other = tuple(intent for intent in reading.intents if intent.kind not in _OF_ONE_TIME)
    asked = (*other, Intent(kind=IntentKind.OTHER))
    return replace(reading, intents=asked, leftover=True, leaning=reading.kinds[-1]), plain


def _as_wish(reading: Reading, when: When, *, plain: bool) -> Reading:
    """A text that is nothing but a time wishes for it: proposing open times harms nobody."""
    alone = when.rest <= _FEW_WORDS if when.spans else when.ask and not when.rest
    if reading.kinds != (IntentKind.OTHER,) or not alone or _says_otherwise(reading) or not plain:
        return reading
    wish = (Intent(kind=IntentKind.RESCHEDULE),)
    return replace(reading, intents=wish, why=("when.alone", *reading.why), leaning=None)


def _is_wish(text: str, reading: Reading) -> bool:
    return only_about_times(text) or reading.leaning is IntentKind.RESCHEDULE


def _says_otherwise(reading: Reading) -> bool:
    """“I'll let you know tonight” says when they answer, a reaction repeats our time, and a doubt stays a doubt."""
    doubted = DOUBTED in reading.why and reading.leaning is not IntentKind.RESCHEDULE
    return doubted or any(
        rule.partition(":")[0].endswith(".defer") or rule.startswith("reaction.") for rule in reading.why
    )
