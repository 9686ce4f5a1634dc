"""The loop of commands that answer JSON lines: each line is read, answered and flushed before the next is read.

Invariant: a bad line is answered by an error object with its id where it has one, and the rest goes on.
"""

import json
import sys
from collections.abc import Callable
from typing import Any

Answer = Callable[[dict[str, Any]], dict[str, Any]]


class BadLineError(Exception):
    """A line asks for something that cannot be answered; the sentence says what, never what the line said."""


def answer_lines(answer: Answer) -> None:
    """Answer every line of standard input until it ends."""
    for raw in sys.stdin.buffer:
        if raw.strip():
            sys.stdout.buffer.write(json.dumps(_answered(raw, answer), ensure_ascii=False).encode() + b"\n")
            sys.stdout.buffer.flush()


def _answered(raw: bytes, answer: Answer) -> dict[str, Any]:
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return {"id": None, "error": "This line is not JSON in UTF-8."}
    if not isinstance(line, dict):
        return {"id": None, "error": "This line is not a JSON object."}
    name = line["id"] if isinstance(line.get("id"), str | int | float) else None
    try:
        return {"id": name, **answer(line)}
    except BadLineError as bad:
        return {"id": name, "error": str(bad)}


def words_of(line: dict[str, Any]) -> str:
    """The line's `text`. Lone halves of surrogate pairs, which JSON can carry and nothing else can, become U+FFFD.

    Raises:
        BadLineError: there is none, or it is no string.
    """
    text = line.get("text")
    if not isinstance(text, str):
        raise BadLineError("“text” is missing or is not a string.")
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
