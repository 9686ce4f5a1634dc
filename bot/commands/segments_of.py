"""`stillon segments`: how many segments does a text take? JSON lines in, JSON lines out.

Each line is {"id", "text", "smart"}; each answer {"id", "encoding", "segments", "text"}. `smart` applies the carrier's
own replacement of look-alikes first, and `text` is what would then be sent. Invariant: it counts as the carrier does.
"""

from typing import Any, Final

from bot.commands.json_lines import BadLineError, answer_lines, words_of
from messages.segments import Encoding, smart_encoded
from messages.segments import segments as segments_in

_NAMES: Final = {Encoding.GSM7: "GSM-7", Encoding.UCS2: "UCS-2"}


def segments() -> None:
    """Count the segments of texts, given as JSON lines on standard input."""
    answer_lines(_count)


def _count(line: dict[str, Any]) -> dict[str, Any]:
    smart = line.get("smart", False)
    if not isinstance(smart, bool):
        raise BadLineError("“smart” must be true or false.")
    text = smart_encoded(words_of(line)) if smart else words_of(line)
    counted = segments_in(text)
    return {"encoding": _NAMES[counted.encoding], "segments": counted.count, "text": text}
