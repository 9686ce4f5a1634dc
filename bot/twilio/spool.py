"""What the carrier posted while the record was away, sealed in files on this machine until it is back.

One file a post, written, flushed to the disk and then named, so that a file with a name is whole. Names tell when, not
who. The content is AES-256-GCM under a key of the key ring and opens under its own name only. The number and size of
files is bounded: what does not fit is refused, and the carrier's list is read later (gap_repair.py). Putting it into
the record is drain.py's. Invariant: a post that was kept is not lost by a crash, and is readable by nobody with the
disk alone.
"""

import asyncio
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

from scheduler.core.errors import Misconfigured, Unavailable
from scheduler.core.log import get_logger
from scheduler.core.vault import Box, Vault, Where

log = get_logger(__name__)

SUFFIX: Final = ".sealed"
DRAFT: Final = ".draft"
DAMAGED: Final = "damaged"
LONGEST_SPOOL: Final = 20_000
"""Files; at two kilobytes each a spool stays under 40 megabytes. A practice's day has some hundred texts."""
_OWNER_ONLY: Final = 0o700
_OWNER_WRITES: Final = 0o600


@dataclass(frozen=True, slots=True)
class Kept:
    """One post. `kind` is inbound or status; `fields` as the webhook understood them."""

    name: str
    practice_id: str
    kind: str
    at: datetime
    fields: Mapping[str, Any] = field(repr=False)


class Spool:
    """The files of one folder. Every process that answers webhooks has a folder of its own or shares it; both work."""

    def __init__(self, folder: Path, vault: Vault, *, longest: int = LONGEST_SPOOL) -> None:
        self._folder = folder
        self._box = Box(vault.spool_key)
        self._longest = longest
        self._count = count()  # keeps the order of posts of one millisecond

    async def keep(self, practice_id: str, kind: str, fields: Mapping[str, Any], at: datetime) -> None:
        """Keep a post; when this returns it is on the disk.

        Raises:
            Unavailable: `spool_full`, by our own bound or the disk's, or the folder cannot be written.
        """
        name = f"{int(at.timestamp() * 1000):014d}-{next(self._count):06d}-{secrets.token_hex(8)}{SUFFIX}"
        told = json.dumps({"practice": practice_id, "kind": kind, "at": at.isoformat(), "fields": dict(fields)})
        try:
            await asyncio.to_thread(self._write, name, self._box.seal(_where(name), told))
        except OSError as error:
            log.exception("spool.cannot_keep", error=type(error).__name__)
            raise Unavailable("spool_full") from None

    def is_empty(self) -> bool:
        """Whether nothing waits; quick, for asking every second."""
        return not self._names()

    async def read(self) -> tuple[tuple[Kept, ...], int]:
        """All that waits, the oldest first, and how many files were damaged and have been put aside."""
        return await asyncio.to_thread(self._read)

    async def forget(self, names: Iterable[str]) -> None:
        """Delete what is in the record now."""
        await asyncio.to_thread(self._each, tuple(names), Path.unlink)

    async def put_aside(self, names: Iterable[str]) -> None:
        """Keep files that cannot be put into the record where they are not tried again."""
        await asyncio.to_thread(self._each, tuple(names), self._aside)

    # --- in a thread of its own -------------------------------------------------------------------------------------

    def _write(self, name: str, sealed: bytes) -> None:
        self._folder.mkdir(mode=_OWNER_ONLY, parents=True, exist_ok=True)
        if len(self._names()) >= self._longest:
            raise OSError("spool_is_long_enough")
        draft = self._folder / (name + DRAFT)
        try:
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_WRITES)
            with os.fdopen(descriptor, "wb") as out:
                out.write(sealed)
                out.flush()
                os.fsync(out.fileno())
            draft.replace(self._folder / name)
        except OSError:
            draft.unlink(missing_ok=True)
            raise
        _flush(self._folder)

    def _read(self) -> tuple[tuple[Kept, ...], int]:
        found: list[Kept] = []
        damaged = 0
        for name in sorted(self._names()):
            try:
                found.append(self._opened(name))
            except FileNotFoundError:
                continue  # another process has it
            except (OSError, ValueError, KeyError, TypeError, Misconfigured):
                self._aside(self._folder / name)
                damaged += 1
        return tuple(found), damaged

    def _opened(self, name: str) -> Kept:
        told = json.loads(self._box.open(_where(name), (self._folder / name).read_bytes()))
        at = datetime.fromisoformat(told["at"])
        return Kept(name, str(told["practice"]), str(told["kind"]), at, dict(told["fields"]))

    def _each(self, names: Iterable[str], act: Any) -> None:
        for name in names:
            with suppress(FileNotFoundError):  # another process was quicker
                act(self._folder / name)
        _flush(self._folder)

    def _aside(self, file: Path) -> None:
        aside = self._folder / DAMAGED
        aside.mkdir(mode=_OWNER_ONLY, exist_ok=True)
        with suppress(FileNotFoundError):  # another process was quicker
            file.replace(aside / file.name)

    def _names(self) -> list[str]:
        try:
            return [each.name for each in self._folder.iterdir() if each.name.endswith(SUFFIX)]
        except (FileNotFoundError, NotADirectoryError):
            return []


def _where(name: str) -> Where:
    return Where("", "spool", name, "post")


def _flush(folder: Path) -> None:
    """Make names durable, too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
