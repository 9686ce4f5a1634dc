"""Whether the words around an act unmake it: denied, supposed, wished, somebody else's, or long past.

"Cancel my appointment" asks for something; "you can't just cancel my appointment", "my boss says to cancel my
appointment" and "last week I had to cancel my appointment" do not. The one invariant: an act that is framed so is never
acted upon; it may only be asked about.
"""

from typing import Final

from messages.intents.lexicon import PHRASES

_FRAMES_OF_TEXTS: Final = (("frames",), ("frames_after",))
_FRAMES: Final = (("frames", "frames_of_visits"), ("frames_after", "frames_after_visits"))
_BRIDGE: Final = frozenset(PHRASES["bridge"].by_word)
_NEGATING: Final = frozenset(PHRASES["negating"].by_word)
# "No, I'm coming" is written without its comma; "no confirmo" is a denial.
_NO: Final = "no"
_SPANISH: Final = "es."
# A frame reaches across so many words that only lead over to what it frames: "he said that I really ...".
_MOST_BRIDGED: Final = 6


def said(group: str, line: str, *, of_texts: bool = False) -> str | None:
    """The name of an entry of `group` that stands in `line` (spaces around each token) without a frame, or None.

    `of_texts`: the act is about the texts themselves. Those end by any reasonable wording (rules.md B1), so that "can
    you stop" and "you keep texting me" frame nothing there; a denial, a condition and another's words still do.
    """
    for name, start, end in PHRASES[group].found(line):
        act = line[start:end].split()
        if not _denied(line[:start].split(), act, name, of_texts) and not _framed(line, start, end, of_texts):
            return name
    return None


def _denied(before: list[str], act: list[str], name: str, of_texts: bool) -> bool:
    last = before[-1] if before else ""
    if last == _NO and (of_texts or not name.startswith(_SPANISH)):
        return False
    return last in _NEGATING and not _NEGATING & set(act)


def _framed(line: str, start: int, end: int, of_texts: bool) -> bool:
    before, behind = _FRAMES_OF_TEXTS if of_texts else _FRAMES
    if any(PHRASES[group].first(line[end - 1 :]) for group in behind):
        return True
    words = line[:start].split()
    for _ in range(_MOST_BRIDGED):
        left = f" {' '.join(words)} "
        if any(PHRASES[group].first(left) for group in before):
            return True
        if not words or words.pop() not in _BRIDGE:
            return False
    return False
