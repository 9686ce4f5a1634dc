"""What survives a restart of the carrier, when it is asked to remember?

A file of JSON lines, one per change; the last word about a thing counts. It is rewritten without history at each
start, which also forgets redacted bodies. Invariant: a torn last line (a kill mid-write) costs that line alone.
"""

import json
import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Line = tuple[str, Any]


class Journal:
    """Appends changes; without a path it forgets them at once."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: int | None = None

    def read(self) -> Iterator[Line]:
        """The lines of earlier runs, oldest first; unreadable ones are skipped."""
        if self._path is None or not self._path.exists():
            return
        for raw in self._path.read_bytes().splitlines():
            try:
                kind, value = json.loads(raw)
            except ValueError:
                continue
            yield kind, value

    def begin(self, lines: Iterable[Line]) -> None:
        """Replace the file by these lines, atomically, and go on appending to it."""
        if self._path is None:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._path.with_suffix(".new")
        self._file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
        os.write(self._file, b"".join(_encoded(kind, value) for kind, value in lines))
        fresh.replace(self._path)

    def note(self, kind: str, value: Any) -> None:
        """Append one change."""
        if self._file is not None:
            os.write(self._file, _encoded(kind, value))

    @property
    def kept(self) -> bool:
        """Is anything remembered at all?"""
        return self._path is not None

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None


def _encoded(kind: str, value: Any) -> bytes:
    return json.dumps([kind, value]).encode() + b"\n"
