"""The values of understanding a reply: what was asked, what it may mean, and why we think so.

Data only. The one invariant: nothing here holds a word the client wrote; `why` names rules and entries of our own word
lists. It still tells what kind of thing was said, so it is guarded like the message.
"""

from dataclasses import dataclass
from enum import StrEnum


class IntentKind(StrEnum):
    """What a reply can mean; `OTHER` is everything a person should read.

    `UNCLEAR_CHOICE` answers our question without naming a choice ("ok" to three times, a number that was not
    offered), so the question is put again.
    """

    STOP = "stop"
    START = "start"
    HELP = "help"
    VISIT_OR_STOP = "visit_or_stop"
    CRISIS = "crisis"
    WRONG_NUMBER = "wrong_number"
    CONFIRM = "confirm"
    RESCHEDULE = "reschedule"
    CANNOT_COME = "cannot_come"
    LATE = "late"
    UNSURE = "unsure"
    CHOOSE = "choose"
    UNCLEAR_CHOICE = "unclear_choice"
    NONE_OF_THESE = "none_of_these"
    KEEP = "keep"
    TAKE = "take"
    PASS = "pass"  # noqa: S105 -- the verb, not a secret
    UNDO = "undo"
    THANKS = "thanks"
    QUESTION = "question"
    OTHER = "other"


class Question(StrEnum):
    """What was last asked of a number."""

    NOTHING = "nothing"
    REMINDER = "reminder"
    OFFER = "offer"
    TIMES = "times"
    WHICH_VISIT = "which_visit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The open question of a number, as far as reading its reply needs it.

    `options` counts the numbered choices of `TIMES` and `WHICH_VISIT`; `visits` the visits a reminder may mean.
    `opted_out` matters because YES then starts texts again.
    """

    question: Question = Question.NOTHING
    options: int = 0
    visits: int = 1
    opted_out: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One meaning.

    `number` is a choice or a visit's number, `every` means all of them, `minutes` how late, `word` the keyword of a
    STOP, START or HELP as a carrier would see it.
    """

    kind: IntentKind
    number: int | None = None
    every: bool = False
    minutes: int | None = None
    word: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """Every meaning found, the most pressing first, never empty.

    `CRISIS` comes first whenever it is there and never hides the rest. `CANNOT_COME` with `RESCHEDULE` means: not this
    time, another one please. `leftover` says that part of the message was not understood, so a person should read it
    even when something was done. `why` names the rules that spoke, in the order they did. `leaning` is what a message
    of nothing sure most likely means (proposals.py): it may be asked about and never acted upon.
    """

    intents: tuple[Intent, ...]
    why: tuple[str, ...]
    leftover: bool = False
    leaning: IntentKind | None = None

    @property
    def kinds(self) -> tuple[IntentKind, ...]:
        """The kinds alone, in order."""
        return tuple(intent.kind for intent in self.intents)

    def get(self, kind: IntentKind) -> Intent | None:
        """The first intent of `kind`, if any."""
        return next((intent for intent in self.intents if intent.kind is kind), None)
