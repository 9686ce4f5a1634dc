"""Reads replies in French, Portuguese, Vietnamese, Chinese, Tagalog and Arabic.

English and Spanish are read by `scheduling.py` and its neighbours. Here a text is cut into the phrases of our tables
and the rest (`core_words.py`). The one invariant: a text confirms, cancels, takes or passes only if every word of it
is accounted for and none denies, doubts, supposes or asks; whoever says more is asked about what it leans to.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from messages.intents.core_words import LANGUAGES, Told, told, told_by_phrases
from messages.intents.reading import Asked, Intent, IntentKind, Question, Reading

_SCRIPTS: Final = (("zh", "\u3400", "\u9fff"), ("ar", "\u0600", "\u06ff"))
_ALIASES: Final = {"fil": "tl"}
_UNMAKING: Final = frozenset({"negators", "frames", "no"})
"""Words that take back what stands in the same clause: "don't cancel", "he says to cancel", "ayaw ko mag-cancel"."""
_REASONS: Final = "reasons"
_DOUBTS: Final = frozenset({"negators", "frames", "asking", "question", "hedge", "soft", _REASONS})
"""Words beside which nothing is acted upon; a reason may stand beside a no."""
_FEW_WORDS: Final = 1
_PLACES: Final = ("first", "second", "third", "fourth")


def core_language(text: str, tag: str) -> str | None:
    """Which of our six a text is in: by its letters, by what is on file, or by a phrase that only one of them has."""
    for language, first, last in _SCRIPTS:
        if any(first <= letter <= last for letter in text):
            return language
    base = tag.replace("_", "-").split("-")[0].casefold()
    base = _ALIASES.get(base, base)
    if base in LANGUAGES:
        return base
    found = told_by_phrases(text)
    return next(iter(found)) if len(found) == 1 else None


def read_core(text: str, language: str, asked: Asked) -> Reading | None:
    """The reading of a message in one of the six; None when no word of it belongs to that language."""
    said = told(text, language)
    if not said.own:
        return None
    found = _of_texts(said) or _ANSWERS.get(asked.question, _to_reminder)(said, asked)
    return found.reading(language)


def times_beside(text: str, language: str) -> str:
    """The words about days and hours in a text of which nothing is left over; empty when there are none."""
    said = told(text, language)
    return said.times if said.is_whole else ""


@dataclass(frozen=True, slots=True)
class _Meant:
    """What a text means: `kinds` surely, or a question about what it leans to."""

    kinds: tuple[IntentKind, ...] = (IntentKind.OTHER,)
    number: int | None = None
    leaning: IntentKind | None = None
    leftover: bool = False

    def reading(self, language: str) -> Reading:
        intents = tuple(
            Intent(kind=kind, number=self.number, word="STOP" if kind is IntentKind.STOP else None)
            for kind in self.kinds
        )
        why = tuple(f"{language}.{kind}" for kind in self.kinds)
        return Reading(intents, why, leftover=self.leftover, leaning=self.leaning)


def _sure(*kinds: IntentKind, number: int | None = None) -> _Meant:
    return _Meant(kinds, number)


def _leans(kind: IntentKind | None) -> _Meant:
    return _Meant(leaning=kind, leftover=True)


def _plainly(said: Told, group: str) -> bool:
    """Whether a clause says what the group means, in several words or in nothing else, and nothing in it unmakes it."""
    return any(
        group in clause.groups and not clause.groups & _UNMAKING and (group in clause.firm or not clause.unknown)
        for clause in said.clauses
    )


def _is_sure(said: Told, *, beside: str = "") -> bool:
    """Whether nothing is left over and nothing but what may stand `beside` leaves it open."""
    return said.is_whole and not said.asks and not (said.groups & _DOUBTS) - {beside}


def _of_texts(said: Told) -> _Meant | None:
    """An end of texts and a wrong number, whatever was asked: in words that mean it anywhere, or alone in the text."""
    for group, kind in (("stop", IntentKind.STOP), ("wrong", IntentKind.WRONG_NUMBER)):
        if _plainly(said, group) or (f"{group}_alone" in said.groups and _is_sure(said)):
            return _sure(kind)
        if group in said.groups:
            return _leans(kind)
    return None


def _to_reminder(said: Told, asked: Asked) -> _Meant:
    return _wish(said) or _yes_or_no(said, asked)


def _wish(said: Told) -> _Meant | None:
    """What is wished of a visit, and doubts and questions about it."""
    groups = said.groups
    cancels = "cancel" in groups
    if _plainly(said, "reschedule"):
        return _sure(*((IntentKind.CANNOT_COME,) if cancels and _is_sure(said) else ()), IntentKind.RESCHEDULE)
    if "hedge" in groups:
        return _sure(IntentKind.UNSURE)
    if _plainly(said, "late") and not cancels:
        comes = _is_sure(said) and groups & {"yes", "confirm"}
        return _sure(*((IntentKind.CONFIRM,) if comes else ()), IntentKind.LATE)
    if cancels:
        return _cancels(said)
    if "late" in groups or "reschedule" in groups:
        return _leans(IntentKind.LATE if "late" in groups else IntentKind.RESCHEDULE)
    return _sure(IntentKind.QUESTION) if said.asks or groups & {"question", "asking"} else None


def _cancels(said: Told) -> _Meant:
    if said.groups & {"yes", "confirm", "late"}:
        return _Meant((IntentKind.UNSURE,), leftover=True)
    sure = _is_sure(said, beside=_REASONS) and _plainly(said, "cancel")
    return _sure(IntentKind.CANNOT_COME) if sure else _leans(IntentKind.CANNOT_COME)


def _yes_or_no(said: Told, asked: Asked) -> _Meant:
    groups = said.groups
    if "confirm" in groups:
        return _sure(IntentKind.CONFIRM) if _is_sure(said) and "no" not in groups else _leans(IntentKind.CONFIRM)
    if groups.isdisjoint({"yes", "no", "soft"}):
        return _thanks(said)
    if asked.question is not Question.REMINDER:
        return _sure(IntentKind.THANKS) if _is_sure(said) and "no" not in groups else _leans(None)
    kind = IntentKind.CANNOT_COME if "no" in groups else IntentKind.CONFIRM
    if _is_sure(said) and not {"yes", "no"} <= groups and ("no" not in groups or _is_short(said)):
        return _sure(kind)
    return _leans(kind if _stands_apart(said) else None)


def _is_short(said: Told) -> bool:
    """Whether a no is all a clause says: "no, thank you", not "that is not my hour"."""
    return all(clause.free <= _FEW_WORDS for clause in said.clauses if "no" in clause.groups)


def _stands_apart(said: Told) -> bool:
    """Whether a yes or a no is a clause of its own, or a but follows: not "so tired", where 好 is a yes."""
    answers = [clause for clause in said.clauses if clause.groups & {"yes", "no", "soft"}]
    return any(not clause.unknown or "frames" in clause.groups for clause in answers)


def _thanks(said: Told) -> _Meant:
    return _sure(IntentKind.THANKS) if "thanks" in said.groups and _is_sure(said) else _leans(None)


def _to_offer(said: Told, _asked: Asked) -> _Meant:
    """A free time is taken or passed on; words about the visit they have are for a person."""
    groups = said.groups
    takes, passes = groups & {"yes", "confirm", "take", "soft"}, groups & {"no", "cancel", "pass", "none"}
    if (said.asks or groups & {"question", "asking"}) and not passes:
        return _sure(IntentKind.QUESTION)
    if not takes and not passes:
        return _thanks(said)
    kind = IntentKind.PASS if passes else IntentKind.TAKE
    denied = any({"no", "cancel"} <= clause.groups for clause in said.clauses)
    if (takes and passes) or denied or groups & {"reschedule", "late", "hedge"}:
        return _leans(None)
    return _sure(kind) if _is_sure(said) and ("no" not in groups or _is_short(said)) else _leans(kind)


def _to_choices(said: Told, asked: Asked) -> _Meant:
    """One of the numbered choices by its number or its place, or none of them; a bare yes chooses none."""
    groups, numbers = said.groups, _numbers(said)
    if _is_sure(said) and len(numbers) == 1 and groups.isdisjoint({"no", "none", "cancel", "reschedule", "late"}):
        return _sure(IntentKind.CHOOSE, number=numbers[0]) if numbers[0] <= asked.options else _UNCLEAR
    if _plainly(said, "none") or (groups & {"no", "pass"} and _is_sure(said) and not numbers):
        return _sure(IntentKind.NONE_OF_THESE)
    if groups & {"yes", "take", "confirm", *_PLACES} or numbers:
        only = groups.isdisjoint(_PLACES) and not numbers and asked.options == 1
        return _sure(IntentKind.CHOOSE, number=1) if only and _is_sure(said) else _UNCLEAR
    return _wish(said) or _thanks(said)


def _numbers(said: Told) -> list[int]:
    typed = [int(word) for word in said.times.split() if word.isdecimal() and len(word) == 1]
    return [*typed, *(number for number, place in enumerate(_PLACES, 1) if place in said.groups)]


_UNCLEAR: Final = _Meant((IntentKind.UNCLEAR_CHOICE,), leftover=True)
_ANSWERS: Final[Mapping[Question, Callable[[Told, Asked], _Meant]]] = {
    Question.OFFER: _to_offer,
    Question.TIMES: _to_choices,
    Question.WHICH_VISIT: _to_choices,
}
