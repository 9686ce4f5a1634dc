"""What an act is about: the visit, or something else that is named behind it.

"Cancel my ride", "can't do the stairs", "I won't be able to pay" are no word about coming. The one invariant: an act
whose object is no word for a visit, its time or its place is never acted upon; it may only be asked about.
"""

from typing import Final

from messages.intents.lexicon import PHRASES


def _words(group: str) -> frozenset[str]:
    return frozenset(PHRASES[group].by_word)


_OWNING: Final = _words("owning")
_LEADING: Final = _words("leading_to")
_VISITS: Final = _words("visit_words")
_QUALIFYING: Final = _words("visit_qualifiers")
_NO_NOUNS: Final = _words("no_nouns")
_ABLE: Final = _words("able")
_COMING: Final = _words("coming_verbs")
_TAKING: Final = _words("takes_object")
_TAKING_BARE: Final = _words("takes_bare_noun")
_POINTING: Final = frozenset({"this", "that", "it", "any", "all", "both"})
_IN: Final = " in "
_ARTICLES: Final = frozenset({"a", "an"})
_ELSEWHERE: Final = _words("elsewhere")
# Who says so many words before the noun speaks of something else.
_MOST_QUALIFIERS: Final = 4
_INFINITIVES: Final = ("ar", "er", "ir", "rla", "rlo", "rme", "rnos", "rle", "rlas", "rlos")


def is_of_something_else(line: str, start: int, end: int) -> bool:
    """Whether what stands behind the act in `line[start:end]` says that it is not about coming to a visit."""
    act, behind = line[start:end].split(), line[end - 1 :].split()
    if act[-2:] == ["able", "to"]:
        act, behind = act[:-1], ["to", *behind]
    if act[-1] in _ABLE:
        return _does_something_else(behind)
    if act[-1] in _OWNING:
        return _is_something_else(behind)
    if behind[:1] and (behind[0] in _ELSEWHERE or (act[-1] in _TAKING_BARE and _is_a_noun(behind))):
        return True
    leads = act[-1] in _LEADING | _TAKING
    named = behind if leads or not behind or behind[0] not in _LEADING else behind[1:]
    led_to = (leads or named is not behind) and bool(named) and named[0] in _OWNING
    return led_to and _is_something_else(named[1:])


def is_in_another_place(line: str, end: int) -> bool:
    """Whether the act that ends there says "in" a place that is none of ours: "I'll be in Ohio"."""
    if not line[:end].endswith(_IN):
        return False
    behind = line[end - 1 :].split()
    return _is_a_noun(behind[1:] if behind[:1] and behind[0] in _ARTICLES else behind)


def _is_something_else(named: list[str]) -> bool:
    """Whether a noun behind "my", "the", "la" is none for a visit: "my next session" is, "my pizza tomorrow" is not."""
    for word in named[:_MOST_QUALIFIERS]:
        if word in _VISITS or word[0].isdecimal() or word in _NO_NOUNS:
            return False
        if word not in _QUALIFYING:
            return True
    return False


def _does_something_else(named: list[str]) -> bool:
    """“Able to pay", "poder pagar": what they can or cannot do is not to come."""
    if named[:1] == ["to"]:
        does = named[1:2] and named[1] in _TAKING_BARE and _is_a_noun(named[2:])
        return bool(does or (named[1:2] and named[1] not in _COMING))
    return bool(named) and named[0].endswith(_INFINITIVES) and named[0] not in _COMING


def _is_a_noun(named: list[str]) -> bool:
    """Whether what follows "skip", "do" or "in" names something that is no visit, time or place of ours."""
    word = named[0] if named else "it"
    return not (word in _VISITS | _QUALIFYING | _NO_NOUNS | _OWNING | _POINTING or word[0].isdecimal())
