"""Reads free sentences about a visit: coming, not coming, another time, late, unsure, thanks, a question.

Each sentence is cut where a thought turns ("yes but ..."), each clause is looked at on its own, and the findings are
then weighed against one another. The one invariant: thanks, questions, conditions and half promises never confirm or
cancel; whatever is not surely understood is OTHER and goes to a person.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from messages.intents.choices import leading_code
from messages.intents.framing import said, speaks_of_it
from messages.intents.lexicon import PHRASES
from messages.intents.normalise import Sentence, Text
from messages.intents.objects import is_of_something_else
from messages.intents.reading import Asked, Intent, IntentKind, Question, Reading

_MINUTES: Final = re.compile(r"(?<= )(\d{1,3})(?= (?:minutes|m) )|(?<= late )(\d{1,2})(?= $)|(?<= )(\d{1,2})(?= late )")
_LONGEST_LATE: Final = 180
_SPOKEN: Final = {
    word: minutes
    for minutes, words in (
        (5, "five cinco"),
        (10, "ten diez"),
        (15, "fifteen quince"),
        (20, "twenty veinte"),
        (25, "veinticinco"),
        (30, "thirty treinta"),
        (40, "forty cuarenta"),
        (45, "cuarentaicinco"),
    )
    for word in words.split()
}
_IN_WORDS: Final = re.compile(rf"(?<= )({'|'.join(_SPOKEN)})(?= (?:minutes|minutos|min) )")
_COVERING: Final = ("hedge_exempt", "confirm_weak", "confirm_strong", "late", "thanks", "filler")
# After a first yes these begin what is said besides: "yes and can my daughter come".
_BESIDES: Final = frozenset(
    {"and", "also", "y", "can", "could", "do", "does", "is", "are", "what", "where", "how", "who", "when"}
    | {"donde", "puedo", "puede", "que", "cuando", "como"}
)
# What follows these takes something away from the yes before: "ok but my car won't start".
_LIMITS_IT: Final = frozenset(
    {"but", "however", "although", "though", "tho", "except", "unfortunately", "pero", "aunque", "excepto"}
)
# An open-ended answer of so few words is about the visit whatever it says; a longer one must name coming.
_SHORT: Final = 4
_SENTENCE: Final = 16
# "My last meeting ran over, on the way now": whoever explains so much while they are under way is late.
_EXPLANATION: Final = 2


@dataclass(slots=True)
class _Findings:
    """What the clauses showed: kinds with the rule that found each, and how much was left unread."""

    why: dict[IntentKind, str] = field(default_factory=dict)
    hedge: str | None = None
    defer: str | None = None
    weak_yes: str | None = None
    greeting: str | None = None
    minutes: int | None = None
    unread: bool = False
    asked: bool = False  # a question stands before
    framed: bool = False  # not coming was spoken of, by another, in the past, as what is not so

    def add(self, kind: IntentKind, rule: str | None) -> bool:
        """Notes `kind` the first time a rule finds it; says whether there was a rule."""
        if rule is not None:
            self.why.setdefault(kind, rule)
        return rule is not None


def read_sentences(text: Text, asked: Asked) -> Reading:
    """The reading of a message of free words; never empty, OTHER when nothing is sure."""
    found = _Findings(hedge=_hedge(text.whole.line), defer=PHRASES["defer"].first(text.whole.line))
    code = leading_code(text)
    for clause in _clauses(text):
        _read_clause(clause, asked, found)
    if code is not None:
        # A code we asked for outweighs a hedge in the explanation after it.
        found.hedge = None
        found.why.pop(IntentKind.UNSURE, None)
        found.add(code, "code.leading")
    return _weigh(found, text, asked)


def _clauses(text: Text) -> Iterator[Sentence]:
    """Sentences cut at turning words and at a pause after a first "yes"."""
    for sentence in text.sentences:
        start = 0
        for at, token in enumerate(sentence.tokens):
            if at > start and PHRASES["turn"].first(f" {token} "):
                yield _part(sentence, start, at)
                start = at + 1
            elif at == start + 1 and (at in sentence.breaks or token in _BESIDES) and _is_yes(sentence.tokens[start]):
                yield Sentence(sentence.tokens[start:at])
                start = at
        if start < len(sentence.tokens):
            yield _part(sentence, start, len(sentence.tokens))


def _part(sentence: Sentence, start: int, end: int) -> Sentence:
    breaks = frozenset(at - start for at in sentence.breaks if start < at < end)
    return Sentence(sentence.tokens[start:end], breaks, sentence.asks)


def _is_yes(token: str) -> bool:
    return PHRASES["yes_word"].first(f" {token} ") is not None


def _read_clause(clause: Sentence, asked: Asked, found: _Findings) -> None:
    line = clause.line
    question = _question(clause)
    found.asked = found.asked or question is not None
    seen = [
        _reschedule(line, found),
        _late(line, found, asks=question is not None),
        _cannot(clause, asked, found),
        question is None and _confirm(clause, found),
        question is None and _weak_yes(line, found),
    ]
    if question is not None and not any(seen):
        found.add(IntentKind.QUESTION, question)
    elif not any(seen) and not _bare(line, asked, found):
        found.unread = True


def _question(clause: Sentence) -> str | None:
    return "question.mark" if clause.asks else PHRASES["question"].first(PHRASES["question_exempt"].erase(clause.line))


def _hedge(line: str) -> str | None:
    return PHRASES["hedge"].first(PHRASES["hedge_exempt"].erase(line))


def _reschedule(line: str, found: _Findings) -> bool:
    left = PHRASES["reschedule_exempt"].erase(line)
    unsuited = PHRASES["does_not_suit"].first(PHRASES["suits_exempt"].erase(left))
    moves = PHRASES["reschedule"].found(left)
    wanted = next((name for name, start, end in moves if not is_of_something_else(left, start, end)), None)
    return found.add(IntentKind.RESCHEDULE, wanted or unsuited)


def _late(line: str, found: _Findings, *, asks: bool) -> bool:
    rule = PHRASES["late"].first(PHRASES["late_exempt"].erase(line))
    if rule is not None and found.minutes is None:
        found.minutes = _minutes(line)
    if rule is not None and asks:
        found.add(IntentKind.QUESTION, "question.late")
    return found.add(IntentKind.LATE, rule)


def _minutes(line: str) -> int | None:
    match = _MINUTES.search(line)
    if match is None:
        spoken = _IN_WORDS.search(line)
        return _SPOKEN[spoken.group()] if spoken is not None else None
    value = int(next(group for group in match.groups() if group))
    return value if 0 < value <= _LONGEST_LATE else None


def _cannot(clause: Sentence, asked: Asked, found: _Findings) -> bool:
    """Each stretch between commas speaks for itself: "can't make it, can we do Thursday?" is a statement first."""
    cuts = [0, *sorted(clause.breaks), len(clause.tokens)]
    parts = [_part(clause, start, end) for start, end in pairwise(cuts) if start < end]
    hedge = _hedge(clause.line)
    limits = asked.question is not Question.OFFER  # "not that early" is a no to one
    seen = [_cannot_part(part, found, hedge, last=part is parts[-1], limits=limits) for part in parts]
    return any(seen)


def _cannot_part(part: Sentence, found: _Findings, hedge: str | None, *, last: bool, limits: bool) -> bool:
    line = PHRASES["cannot_exempt"].erase(part.line)
    if PHRASES["cannot"].first(line) is None:
        return False
    if hedge is not None:
        return found.add(IntentKind.UNSURE, hedge)
    if (part.asks and last) or PHRASES["question"].first(part.line):
        return found.add(IntentKind.QUESTION, "question.cannot")
    limited = PHRASES["only_how"].first(line)
    if limited is not None and limits:
        return found.add(IntentKind.UNSURE, limited)
    rule = said("cannot", line)
    found.framed = found.framed or (rule is None and speaks_of_it("cannot", line))
    return found.add(IntentKind.CANNOT_COME, rule)


def _confirm(clause: Sentence, found: _Findings) -> bool:
    line = PHRASES["confirm_exempt"].erase(clause.line)
    parts = [PHRASES["confirm_exempt"].erase(part.line) for part in clause.parts()]
    if not any(PHRASES["confirm_strong"].first(part) is not None for part in (line, *parts)):
        return False
    if found.hedge is not None:
        return found.add(IntentKind.UNSURE, found.hedge)
    rule = next(filter(None, (said("confirm_strong", part) for part in parts)), None) or said("confirm_strong", line)
    if rule is None:
        return False
    rest = PHRASES["confirm_strong"].erase(line)
    for group in ("late_exempt", "cannot_exempt", "filler"):
        rest = PHRASES[group].erase(rest)
    if found.defer is not None or PHRASES["negator"].first(rest):
        return False
    return found.add(IntentKind.CONFIRM, rule)


def _weak_yes(line: str, found: _Findings) -> bool:
    rule = said("confirm_weak", PHRASES["yes_exempt"].erase(line))
    if rule is None or found.hedge or found.defer or not _covered(line, *_COVERING):
        return False
    found.weak_yes = found.weak_yes or rule
    return True


def _bare(line: str, asked: Asked, found: _Findings) -> bool:
    """Clauses that are nothing but a no, a wish to change, a greeting, or thanks."""
    weak_no = said("refuse_weak", line)
    if weak_no and _covered(line, "refuse_weak", "filler", "thanks") and not (found.hedge or found.defer):
        return _weak_no(line, asked, found, weak_no)
    weak_change = PHRASES["reschedule_weak"].first(line)
    if weak_change and _covered(line, "reschedule_weak", "filler"):
        return found.add(IntentKind.RESCHEDULE, weak_change)
    courtesy = PHRASES["courtesy"].first(line)
    if courtesy and _covered(line, "courtesy", "thanks", "filler", "greeting"):
        return found.add(IntentKind.THANKS, courtesy)
    if not _covered(line, "thanks", "filler"):
        return False
    if _covered(line, "greeting") and not PHRASES["thanks"].first(PHRASES["greeting"].erase(line)):
        found.greeting = found.greeting or PHRASES["greeting"].first(line)
        return True
    return found.add(IntentKind.THANKS, PHRASES["thanks"].first(line) or PHRASES["filler"].first(line))


def _weak_no(line: str, asked: Asked, found: _Findings, rule: str) -> bool:
    """A no among small words means what was asked, unless the small words say the contrary: "no, I'll be there"."""
    if asked.question is not Question.REMINDER or found.asked:  # "Do I want to? No." answers themselves
        return found.add(IntentKind.OTHER, rule)
    contrary = PHRASES["refuse_not_with"].first(PHRASES["refuse_weak"].erase(line))
    return found.add(IntentKind.UNSURE, contrary) or found.add(IntentKind.CANNOT_COME, rule)


def _covered(line: str, *groups: str) -> bool:
    """Whether nothing is left of `line` once these phrases and the small words are gone."""
    left = line
    for group in groups:
        left = PHRASES[group].erase(left)
    return not PHRASES["glue"].erase(left).strip()


def _weigh(found: _Findings, text: Text, asked: Asked) -> Reading:
    _settle_weak_yes(found, asked)
    contrary = _contradicted(found, text.whole.line)
    if contrary is not None:
        # Two plain statements that cannot both be true: a person asks.
        for kind in _YES_AND_NO:
            found.why.pop(kind, None)
        found.add(IntentKind.UNSURE, contrary)
    if IntentKind.CONFIRM in found.why:
        _settle_yes(found, text)
    if found.hedge is not None and not found.why and _about_coming(text, asked):
        found.add(IntentKind.UNSURE, found.hedge)
    trouble = "framed" if found.framed else PHRASES["trouble"].first(text.whole.line)
    if trouble is not None and not found.why and asked.question is Question.REMINDER:
        found.add(IntentKind.UNSURE, trouble)
    for stronger, weaker in _OUTWEIGHS:
        if stronger in found.why:
            for kind in weaker:
                found.why.pop(kind, None)
    intents = tuple(_intent(kind, found) for kind in _ORDER if kind in found.why)
    if not intents or (found.unread and set(found.why) == {IntentKind.THANKS}):
        rule = found.hedge or found.defer or found.greeting or "nothing_sure"
        return Reading((Intent(kind=IntentKind.OTHER),), (rule,), leftover=True)
    return Reading(intents, tuple(found.why[intent.kind] for intent in intents), leftover=found.unread)


def _contradicted(found: _Findings, line: str) -> str | None:
    """Why a yes or a no cannot be trusted: both are there, it is taken back or meant for another, or is of a part."""
    said = _YES_AND_NO & set(found.why)
    if said == _YES_AND_NO:
        return "weigh.contradiction"
    if not said:
        return None
    beside = PHRASES["cannot"].erase(line) if IntentKind.CANNOT_COME in said else " "
    of_others = _corrected(line) or PHRASES["to_another"].first(line)
    return of_others or PHRASES["stands"].first(beside)


def _corrected(line: str) -> str | None:
    """What takes back a word before it; at the beginning it takes back an earlier message, and this one counts."""
    found = PHRASES["corrects"].found(line)
    return next((name for name, start, _ in found if PHRASES["filler"].erase(line[:start]).strip()), None)


def _settle_yes(found: _Findings, text: Text) -> None:
    """Takes back a yes that was none."""
    if _names_cancelling(text):
        del found.why[IntentKind.CONFIRM]
        found.add(IntentKind.UNSURE, "weigh.names_cancelling")
    elif found.why[IntentKind.CONFIRM] == found.weak_yes and found.unread and _LIMITS_IT & set(text.tokens):
        del found.why[IntentKind.CONFIRM]
        found.add(IntentKind.UNSURE, "weigh.yes_but")
    elif _takes_back(found, text):
        rule = found.why.pop(IntentKind.CONFIRM)
        if IntentKind.QUESTION not in found.why:
            found.add(IntentKind.LATE, rule)


def _names_cancelling(text: Text) -> bool:
    """“Yes. I mean yes cancel”: the word that nothing else in the message explains."""
    left = PHRASES["cannot_exempt"].erase(text.whole.line).split()
    return any(
        word.startswith("cancel") and PHRASES["negating"].first(f" {before} ") is None
        for before, word in pairwise(("", *left))
    )


def _takes_back(found: _Findings, text: Text) -> bool:
    """Whether what looked like a yes is none: it only says that they have set out late, or asks about cancelling."""
    if found.why.get(IntentKind.QUESTION) == "question.cannot":
        return True
    left = PHRASES["under_way"].erase(text.whole.line)
    if IntentKind.LATE in found.why:
        left = PHRASES["coming_late"].erase(left)
    explained = left != text.whole.line and len(_small_words_gone(left)) >= _EXPLANATION
    said = PHRASES["confirm_strong"].first(left) or PHRASES["confirm_weak"].first(left)
    # "Ya" is a yes in one language and "already" in the other.
    yes = found.weak_yes is not None and text.tokens[0] != "ya"
    coded = found.why[IntentKind.CONFIRM] == "code.leading"
    late = IntentKind.LATE in found.why or explained
    return late and said is None and not yes and not coded


def _small_words_gone(line: str) -> list[str]:
    return PHRASES["glue"].erase(PHRASES["thanks"].erase(PHRASES["filler"].erase(line))).split()


def _about_coming(text: Text, asked: Asked) -> bool:
    """Whether an open-ended message is an answer to a reminder: short, or about coming."""
    if asked.question is not Question.REMINDER or any(sentence.asks for sentence in text.sentences):
        return False
    length = len(text.tokens)
    return length <= _SHORT or (length <= _SENTENCE and PHRASES["coming"].first(text.whole.line) is not None)


def _settle_weak_yes(found: _Findings, asked: Asked) -> None:
    """A bare yes means what was asked; with nothing asked it is only a kind word."""
    if found.weak_yes is None or {IntentKind.CANNOT_COME, IntentKind.UNSURE} & set(found.why):
        return
    if asked.question is Question.TIMES and asked.options == 1:
        found.add(IntentKind.CHOOSE, found.weak_yes)
    elif asked.question in {Question.TIMES, Question.OFFER}:
        found.add(IntentKind.UNCLEAR_CHOICE, found.weak_yes)
    elif asked.question is Question.NOTHING and "confirm" not in re.split(r"\W", found.weak_yes):
        found.add(IntentKind.THANKS, found.weak_yes)
    else:
        found.add(IntentKind.CONFIRM, found.weak_yes)


_YES_AND_NO: Final = frozenset({IntentKind.CONFIRM, IntentKind.CANNOT_COME})
_OUTWEIGHS: Final = (
    (IntentKind.CANNOT_COME, (IntentKind.LATE, IntentKind.UNSURE, IntentKind.THANKS)),
    (
        IntentKind.RESCHEDULE,
        (IntentKind.CONFIRM, IntentKind.LATE, IntentKind.UNSURE, IntentKind.QUESTION, IntentKind.THANKS),
    ),
    (IntentKind.UNSURE, (IntentKind.CONFIRM, IntentKind.LATE, IntentKind.THANKS)),
    (IntentKind.CONFIRM, (IntentKind.THANKS, IntentKind.OTHER)),
    (IntentKind.LATE, (IntentKind.THANKS, IntentKind.OTHER)),
    (IntentKind.QUESTION, (IntentKind.THANKS, IntentKind.OTHER)),
)
_ORDER: Final = (
    IntentKind.CANNOT_COME,
    IntentKind.RESCHEDULE,
    IntentKind.UNSURE,
    IntentKind.CONFIRM,
    IntentKind.LATE,
    IntentKind.CHOOSE,
    IntentKind.UNCLEAR_CHOICE,
    IntentKind.QUESTION,
    IntentKind.THANKS,
    IntentKind.OTHER,
)


def _intent(kind: IntentKind, found: _Findings) -> Intent:
    return Intent(
        kind=kind,
        number=1 if kind is IntentKind.CHOOSE else None,
        minutes=found.minutes if kind is IntentKind.LATE else None,
    )
