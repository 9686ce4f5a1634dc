"""Reads short answers by letter and number: C, R, N, "2", "2C", "the second one", "both".

These are the answers our texts ask for, so they are read before free sentences and only as a whole message. The one
invariant: a number outside what was offered is never a choice.
"""

import re
from typing import Final

from messages.intents.lexicon import (
    CHOICE_ALL,
    CHOICE_AROUND,
    CHOICE_BEFORE,
    CHOICE_JOINING,
    CHOICE_LETTERS,
    CHOICE_NUMBERS,
    CHOICE_ORDINALS,
    CHOICE_POINTING,
    CHOICE_POLITE,
    PHRASES,
)
from messages.intents.normalise import EMOJI_KIND, EMOJI_OTHER, EMOJI_YES, Text, plain
from messages.intents.reading import Asked, Intent, IntentKind, Question, Reading

CODES: Final = {
    "c": IntentKind.CONFIRM,
    "r": IntentKind.RESCHEDULE,
    "n": IntentKind.CANNOT_COME,
    "l": IntentKind.LATE,
    "u": IntentKind.UNDO,
    "a": IntentKind.TAKE,
    "p": IntentKind.PASS,
}
# A message of more pairs than this is not an answer to our question.
_MOST_PAIRS: Final = 9
_MOST_WORDS: Final = 30
# "C for change": what the letter stands for is theirs to say.
_EXPLAINING: Final = frozenset({"for", "as", "means", "is", "de", "como"})
_FEW_WORDS: Final = 4
_NUMBERED: Final = frozenset({Question.TIMES, Question.WHICH_VISIT})
_PAIR: Final = re.compile(r"(\d)([crnl])|([crnl])(\d)")

_LATE_BY: Final = re.compile(r"(\d{1,2})(?: ?(?:m|min|mins|minutes|minutos))?")

# "A las 2", "at 2": one of the offered times perhaps, by its hour and not by its number.
_AN_HOUR: Final = re.compile(r" (?:a las?|at) \w+ ")

_CONFIRM_NUMBER: Final = 1
_CHANGE_NUMBER: Final = 2


def read_choice(text: Text, asked: Asked) -> Reading | None:
    """The reading of a message that is an answer by letter or number, or None."""
    if len(text.typed) > _MOST_WORDS:
        return None
    typed = [token for token in map(plain, text.typed) if token not in {EMOJI_KIND, EMOJI_OTHER, EMOJI_YES}]
    if not typed or any(sentence.asks for sentence in text.sentences):
        return None
    contrary = _contrary(typed)
    letter = _code(typed) or _code_at_the_end(text)
    return _pairs(typed, asked) or _every(typed, asked) or contrary or letter or _number(typed, asked, text)


def leading_code(text: Text) -> IntentKind | None:
    """The code a sentence starts with when it is clearly a code: a capital alone, or a letter and a pause.

    "N my kid is sick", "R - can we do Friday", "c, thanks"; not "a friend", not "R U open", not shouting.
    """
    if len(text.typed) < 2 or not text.sentences:  # noqa: PLR2004 -- one token is a whole-message code
        return None
    first, rest = text.typed[0], text.typed[1:]
    kind = CODES.get(plain(first))
    if kind is None or kind in {IntentKind.TAKE, IntentKind.PASS, IntentKind.UNDO}:
        return None
    # The letter must have survived the mending of spellings ("c u" is "see you").
    sentence = text.sentences[0]
    if not sentence.tokens or sentence.tokens[0] != plain(first):
        return None
    if plain(rest[0]) in _EXPLAINING:
        return None
    pauses = 1 in sentence.breaks or len(sentence.tokens) == 1
    capital = first.isupper() and any(letter.islower() for word in rest for letter in word)
    return kind if pauses or (capital and not sentence.asks) else None


def leading_number(text: Text, asked: Asked) -> Reading | None:
    """A choice with something said after it: "2, thanks. What's the address?"; not "2, if it's with Ana"."""
    if asked.question not in _NUMBERED or not text.sentences:
        return None
    first, line = text.sentences[0], text.whole.line
    pauses = 1 in first.breaks or (len(first.tokens) == 1 and not first.asks)
    numbers = {token for token in text.tokens if token.isdecimal()}
    open_ended = PHRASES["hedge"].first(line) or PHRASES["defer"].first(line) or _turns(text)
    if (
        not pauses
        or open_ended
        or numbers != {first.tokens[0]}
        or int(first.tokens[0]) not in range(1, asked.options + 1)
    ):
        return None
    chosen = Intent(kind=IntentKind.CHOOSE, number=int(first.tokens[0]))
    question = (Intent(kind=IntentKind.QUESTION),) if text.whole.asks else ()
    return Reading((chosen, *question), ("choice.leading_number",), leftover=True)


def points_at_times(text: Text, asked: Asked) -> Reading | None:
    """A few words that mean one of some offered times and do not say which: "the last one", "2pm", "1 or 2"."""
    tokens = text.tokens
    pointing = any(token in CHOICE_POINTING or token[0].isdecimal() for token in tokens)
    open_ended = PHRASES["hedge"].first(text.whole.line) or PHRASES["defer"].first(text.whole.line)
    if asked.question is not Question.TIMES or not pointing or open_ended or len(tokens) > _FEW_WORDS:
        return None
    return _unclear("choice.points_without_number")


def _turns(text: Text) -> bool:
    return any(PHRASES["turn"].first(f" {token} ") for token in text.tokens)


def _code(typed: list[str]) -> Reading | None:
    words = typed[1:] if typed[0] in CHOICE_BEFORE and len(typed) > 1 else typed
    if CHOICE_LETTERS.get(words[0]) == words[-1]:
        words = words[1:]  # "yes c", "no n"
    kind = CODES.get(words[0])
    if kind is None:
        return None
    rest = " ".join(words[1:])
    late = _LATE_BY.fullmatch(rest) if kind is IntentKind.LATE else None
    if late:
        return Reading((Intent(kind=kind, minutes=int(late.group(1))),), ("code:l_minutes",))
    if rest and PHRASES["filler"].erase(f" {rest} ").strip():
        return None
    return Reading((Intent(kind=kind),), (f"code:{words[0]}",))


def _contrary(typed: list[str]) -> Reading | None:
    """“Yes, N", "C n": a letter beside a word or a letter that says the contrary is asked about."""
    said = {CHOICE_LETTERS.get(token, token) for token in typed if token not in CHOICE_POLITE}
    lettered = any(token in {"c", "n"} for token in typed)
    if not lettered or said != {"c", "n"}:
        return None
    neither = (Intent(kind=IntentKind.OTHER),)
    return Reading(neither, ("choice.contrary",), leftover=True, leaning=IntentKind.CONFIRM)


def _code_at_the_end(text: Text) -> Reading | None:
    """“Oh I see. C", "ok then A": one capital letter behind nothing but small words."""
    letter, rest = text.typed[-1], " ".join(text.tokens[:-1])
    kind = CODES.get(letter.casefold())
    shouted = any(word.isupper() for word in text.typed[:-1] if len(word) > 1)
    if kind is None or not letter.isupper() or shouted or text.tokens[-1] != letter.casefold():
        return None
    for group in ("thanks", "filler", "greeting", "confirm_weak", "turn", "glue"):
        rest = PHRASES[group].erase(f" {rest.strip()} ")
    return None if rest.strip() else Reading((Intent(kind=kind),), ("code:at_the_end",))


def _pairs(typed: list[str], asked: Asked) -> Reading | None:
    """Visits with letters: "2n", "N 2", "1c 2n", "confirm 1, cancel 2"."""
    letters = _pieces(typed)
    if len(letters) % 2 or not letters or len(letters) > 2 * _MOST_PAIRS:
        return None
    pairs = range(0, len(letters), 2)
    parts = [part for at in pairs if (part := _PAIR.fullmatch(letters[at : at + 2])) is not None]
    if len(parts) < len(pairs):
        return _everything_with_code(typed)
    intents: list[Intent] = []
    for part in parts:
        if letters == "l8":
            return None
        number, code = int(part.group(1) or part.group(4)), part.group(2) or part.group(3)
        if asked.question is Question.TIMES and code != "c":
            # "No. 2" and "no 2" look the same, and neither may touch the visit they have.
            return _unclear("choice.letter_for_a_time")
        if not 1 <= number <= max(asked.options, asked.visits):
            return None if asked.question is Question.NOTHING else _out_of_range()
        intents.append(Intent(kind=CODES[code], number=number))
    return Reading(tuple(intents), ("choice.visit_and_code",))


def _pieces(typed: list[str]) -> str:
    """The letters and digits a message boils down to, without what may stand around them."""
    ordinals = CHOICE_ORDINALS & set(typed)
    dropped = CHOICE_JOINING | CHOICE_POLITE | ({"one", "ones"} if ordinals else set())
    spoken = (str(CHOICE_NUMBERS[token]) if token in ordinals else token for token in typed if token not in dropped)
    return "".join(CHOICE_LETTERS.get(token, token) for token in spoken)


def _everything_with_code(typed: list[str]) -> Reading | None:
    code = next(
        (CHOICE_LETTERS.get(token, token) for token in typed if CHOICE_LETTERS.get(token, token) in "crn"), None
    )
    rest = (token for token in typed if CHOICE_LETTERS.get(token, token) != code and token not in CHOICE_JOINING)
    others = " ".join(rest)
    if code is None or others not in CHOICE_ALL:
        return None
    return Reading((Intent(kind=CODES[code], every=True),), ("choice.every_and_code",))


def _every(typed: list[str], asked: Asked) -> Reading | None:
    found = _everything_with_code(typed)
    if found is not None:
        return found
    core = " ".join(typed)
    if asked.question is not Question.WHICH_VISIT or core not in CHOICE_ALL:
        return None
    return Reading((Intent(kind=IntentKind.CHOOSE, every=True),), ("choice.every",))


def _number(typed: list[str], asked: Asked, text: Text) -> Reading | None:
    if asked.question in {Question.NOTHING, Question.OFFER}:
        return None
    numbers = [value for value in map(_value, typed) if value is not None]
    # "The second one" holds two number words, of which "one" only stands for the noun.
    if len(numbers) > 1 and "one" in typed:
        numbers.remove(1)
    # "A las dos", "the 2nd": an hour, a day.
    an_hour = asked.question is Question.REMINDER and (
        typed[0] == "a" or (asked.visits == 1 and not CHOICE_ORDINALS.isdisjoint(typed))
    )
    around = CHOICE_AROUND | CHOICE_POLITE
    if an_hour or len(numbers) != 1 or any(_value(token) is None and token not in around for token in typed):
        return None
    if asked.question is Question.TIMES and _AN_HOUR.search(text.whole.line):
        return _unclear("choice.an_hour")
    return _chosen(numbers[0], asked)


def _value(token: str) -> int | None:
    if token.isdecimal() and len(token) == 1:
        return int(token)
    return CHOICE_NUMBERS.get(token)


def _chosen(number: int, asked: Asked) -> Reading:
    if asked.question is Question.REMINDER and asked.visits == 1:
        kinds = {_CONFIRM_NUMBER: IntentKind.CONFIRM, _CHANGE_NUMBER: IntentKind.RESCHEDULE}
        kind = kinds.get(number)
        return _out_of_range() if kind is None else Reading((Intent(kind=kind),), (f"choice.number:{number}",))
    if not 1 <= number <= max(asked.options, asked.visits if asked.question is Question.REMINDER else 0):
        return _out_of_range()
    return Reading((Intent(kind=IntentKind.CHOOSE, number=number),), ("choice.number",))


def _out_of_range() -> Reading:
    return _unclear("choice.out_of_range")


def _unclear(rule: str) -> Reading:
    return Reading((Intent(kind=IntentKind.UNCLEAR_CHOICE),), (rule,))
