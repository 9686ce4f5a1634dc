"""Whether the words around an act unmake it: denied, supposed, wished, somebody else's, long past, of something else.

"Cancel my appointment" asks for something; "you can't just cancel my appointment", "my boss says to cancel my
appointment" and "last week I had to cancel my appointment" do not. The one invariant: an act that is framed so is never
acted upon; it may only be asked about.
"""

from typing import Final

from messages.intents.lexicon import PHRASES
from messages.intents.objects import is_in_another_place, is_of_something_else

_Frames = tuple[tuple[str, ...], tuple[str, ...]]
"""Groups of what stands before an act, and behind it."""

_FRAMES_OF_TEXTS: Final = (("frames",), ("frames_after",))
_FRAMES: Final = (("frames", "frames_of_visits"), ("frames_after", "frames_after_visits"))
_COMING: Final = "confirm_strong"
_OF_A_VISIT: Final = frozenset({"cannot", _COMING})
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
    frames = _FRAMES_OF_TEXTS if of_texts else _FRAMES
    for name, start, end in PHRASES[group].found(line):
        spanish = name.startswith(_SPANISH) and not of_texts
        denied = _denied(line[:start], line[start:end].split(), spanish=spanish)
        elsewhere = group in _OF_A_VISIT and is_of_something_else(line, start, end)
        elsewhere = elsewhere or (group == _COMING and is_in_another_place(line, end))
        if not denied and not elsewhere and not _framed(line, start, end, frames):
            return name
    return None


def speaks_of_it(group: str, line: str) -> bool:
    """Whether an entry that stands in `line`, framed or not, is about a visit and not about something else."""
    return any(not is_of_something_else(line, start, end) for _, start, end in PHRASES[group].found(line))


def _denied(before: str, act: list[str], *, spanish: bool) -> bool:
    last = before.split()[-1:]
    if last == [_NO] and not spanish:
        return False
    return not _NEGATING.isdisjoint(last) and _NEGATING.isdisjoint(act)


def _framed(line: str, start: int, end: int, frames: _Frames) -> bool:
    before, behind = frames
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
