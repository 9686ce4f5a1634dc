"""Reads short answers by letter and number: C, R, N, "2", "2C", "the second one", "both".

These are the answers our texts ask for, so they are read before free sentences and only as a whole message. The one
invariant: a number outside what was offered is never a choice.
"""

import re
from typing import Final

from messages.intents.lexicon import PHRASES
from messages.intents.normalise import EMOJI_OTHER, EMOJI_YES, Text, plain
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
# Words that stand for a code beside a visit's number: "confirm 1 cancel 2".
_CODE_WORDS: Final = {
    "confirm": "c",
    "confirmed": "c",
    "confirmo": "c",
    "yes": "c",
    "yeah": "c",
    "yep": "c",
    "ok": "c",
    "sí": "c",
    "si": "c",
    "cancel": "n",
    "cancelar": "n",
    "cancelo": "n",
    "no": "n",
    "cant": "n",
    "reschedule": "r",
    "change": "r",
    "move": "r",
    "cambiar": "r",
    "late": "l",
    "tarde": "l",
}
_NUMBERS: Final = {
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "first": 1,
    "second": 2,
    "third": 3,
    "fourth": 4,
    "1st": 1,
    "2nd": 2,
    "3rd": 3,
    "4th": 4,
    "uno": 1,
    "dos": 2,
    "tres": 3,
    "cuatro": 4,
    "una": 1,
    "primero": 1,
    "primera": 1,
    "primer": 1,
    "segundo": 2,
    "segunda": 2,
    "tercero": 3,
    "tercera": 3,
    "tercer": 3,
    "cuarto": 4,
    "cuarta": 4,
}
_ALL: Final = frozenset(
    {"both", "all", "ambas", "ambos", "todas", "todos", "las dos", "los dos", "all of them", "both of them"}
)
_AND: Final = frozenset(
    {"and", "y", "e", "also", "to", "for", "number", "visit", "appointment", "the", "la", "el", "option"}
)
# Words that may stand around a choice without changing it.
_AROUND: Final = frozenset(
    "please pls option number numero no opcion choice pick choose time slot slots the la el los las one ones ill i take "
    "want would like works work for me good great perfect fine is best better thanks thank you ok okay yes si sí gracias "
    "por favor lets do with go my prefer would be that a hora quiero prefiero me queda bien sirve tomo escojo elijo it sure "
    "hi hello hola well book perfecto esta cita appointment visit have can make id love will thx ty dr and so much muchas".split()
)
# "1st" of these would be a date or a time of day, not a choice.
_SMALL: Final = 9
_PAIR: Final = re.compile(r"(\d)([crnl])|([crnl])(\d)")

_LATE_BY: Final = re.compile(r"(\d{1,2})(?: ?(?:m|min|mins|minutes|minutos))?")

_CONFIRM_NUMBER: Final = 1
_CHANGE_NUMBER: Final = 2


def read_choice(text: Text, asked: Asked) -> Reading | None:
    """The reading of a message that is an answer by letter or number, or None."""
    typed = [token for token in map(plain, text.typed) if token not in {EMOJI_OTHER, EMOJI_YES}]
    if not typed or any(sentence.asks for sentence in text.sentences):
        return None
    return _pairs(typed, asked) or _every(typed, asked) or _code(typed) or _number(text, typed, asked)


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
    pauses = 1 in sentence.breaks or len(sentence.tokens) == 1
    capital = first.isupper() and any(letter.islower() for word in rest for letter in word)
    return kind if pauses or (capital and not sentence.asks) else None


def _code(typed: list[str]) -> Reading | None:
    words = typed[1:] if typed[0] in {"reply", "answer", "respondo", "text"} and len(typed) > 1 else typed
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


def _pairs(typed: list[str], asked: Asked) -> Reading | None:
    """Visits with letters: "2n", "N 2", "1c 2n", "confirm 1, cancel 2"."""
    letters = "".join(_CODE_WORDS.get(token, token) for token in typed if token not in _AND)
    if len(letters) % 2 or not letters or len(letters) > 2 * _SMALL:
        return None
    parts = [_PAIR.fullmatch(letters[at : at + 2]) for at in range(0, len(letters), 2)]
    intents: list[Intent] = []
    for part in parts:
        if part is None:
            return _everything_with_code(typed)
        if letters == "l8":
            return None
        number, code = int(part.group(1) or part.group(4)), part.group(2) or part.group(3)
        if not 1 <= number <= max(asked.options, asked.visits):
            return _out_of_range()
        intents.append(Intent(kind=CODES[code], number=number))
    return Reading(tuple(intents), ("choice.visit_and_code",))


def _everything_with_code(typed: list[str]) -> Reading | None:
    code = next((_CODE_WORDS.get(token, token) for token in typed if _CODE_WORDS.get(token, token) in "crn"), None)
    others = " ".join(token for token in typed if _CODE_WORDS.get(token, token) != code)
    if code is None or others not in _ALL:
        return None
    return Reading((Intent(kind=CODES[code], every=True),), ("choice.every_and_code",))


def _every(typed: list[str], asked: Asked) -> Reading | None:
    found = _everything_with_code(typed)
    if found is not None:
        return found
    core = " ".join(typed)
    if asked.question is not Question.WHICH_VISIT or core not in _ALL:
        return None
    return Reading((Intent(kind=IntentKind.CHOOSE, every=True),), ("choice.every",))


def _number(text: Text, typed: list[str], asked: Asked) -> Reading | None:
    if asked.question in {Question.NOTHING, Question.OFFER}:
        return None
    numbers = [value for value in map(_value, typed) if value is not None]
    # "The second one" holds two number words, of which "one" only stands for the noun.
    if len(numbers) > 1 and "one" in typed:
        numbers.remove(1)
    if len(numbers) != 1 or any(_value(token) is None and token not in _AROUND for token in typed):
        return None
    return _chosen(numbers[0], asked)


def _value(token: str) -> int | None:
    if token.isdecimal() and len(token) == 1:
        return int(token)
    return _NUMBERS.get(token)


def _chosen(number: int, asked: Asked) -> Reading:
    if asked.question is Question.REMINDER and asked.visits == 1:
        kinds = {_CONFIRM_NUMBER: IntentKind.CONFIRM, _CHANGE_NUMBER: IntentKind.RESCHEDULE}
        kind = kinds.get(number)
        return _out_of_range() if kind is None else Reading((Intent(kind=kind),), (f"choice.number:{number}",))
    if not 1 <= number <= max(asked.options, asked.visits if asked.question is Question.REMINDER else 0):
        return _out_of_range()
    return Reading((Intent(kind=IntentKind.CHOOSE, number=number),), ("choice.number",))


def _out_of_range() -> Reading:
    return Reading((Intent(kind=IntentKind.UNCLEAR_CHOICE),), ("choice.out_of_range",))
