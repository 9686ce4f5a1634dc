"""What did this carrier accept, in truth?

One entry per accepted create, whatever the caller was answered. Invariant: an entry is in the file (if there is one)
before the answer leaves, so that neither a kill here nor a lost answer can hide an acceptance.
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Entry:
    """An accepted create.

    `at` is the carrier's wall clock in UTC; `arrived` and `accepted` are seconds of its monotonic clock, from the
    first byte of the request and at the acceptance; `answer` is what the caller was told (a status, `reset`,
    `late` or `not_json`).
    """

    seq: int
    sid: str
    account_sid: str
    at: str
    arrived: float
    accepted: float
    answer: str
    params: Mapping[str, str]

    @property
    def to(self) -> str:
        """The recipient's number."""
        return self.params.get("To", "")


class Ledger:
    """The acceptances, in order; optionally also appended to a file of JSON lines."""

    def __init__(self, path: Path | None = None) -> None:
        self._entries: list[Entry] = []
        self._file = None if path is None else _opened(path)

    def write(
        self, *, sid: str, account_sid: str, at: datetime, arrived: float, accepted: float, answer: str,
        params: Mapping[str, str],
    ) -> Entry:  # fmt: skip
        """Enter an acceptance; it is with the operating system when this returns."""
        entry = Entry(len(self._entries) + 1, sid, account_sid, at.isoformat(), arrived, accepted, answer, params)
        self._entries.append(entry)
        if self._file is not None:
            os.write(self._file, json.dumps(asdict(entry)).encode() + b"\n")
        return entry

    def restore(self, saved: Mapping[str, Any]) -> None:
        """Take back an entry of an earlier run, without writing it again."""
        self._entries.append(Entry(**saved))

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def find(
        self, *, to: str | None = None, body: str | None = None, callback: str | None = None, since: int = 0
    ) -> Iterator[Entry]:
        """Entries after number `since`, with this To, and Body and StatusCallback containing these words."""
        for entry in self._entries[since:]:
            if (
                (to is None or entry.to == to)
                and (body is None or body in entry.params.get("Body", ""))
                and (callback is None or callback in entry.params.get("StatusCallback", ""))
            ):
                yield entry

    def __len__(self) -> int:
        return len(self._entries)


def _opened(path: Path) -> int:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Unbuffered and appending: each line is one write, whole even when the process dies right after it.
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
