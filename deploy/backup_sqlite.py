"""Copy a running Stillon's SQLite database: consistent, checked, and in place only when complete.

    python3 backup_sqlite.py /var/lib/stillon/stillon.db /backups/stillon-2026-11-21.db

Needs nothing but Python. The copy holds names and numbers only as ciphertext; the key ring is not part of it and must
be kept somewhere else. Invariant: the target is absent or whole, never half of a backup.
"""

import sqlite3
import sys
from contextlib import closing
from pathlib import Path


def back_up(source: Path, target: Path) -> int:
    """Write the copy and return its size in bytes.

    Raises:
        FileNotFoundError: there is no such database.
        FileExistsError: the target is there already; a backup is never overwritten.
        sqlite3.DatabaseError: the copy is not sound.
    """
    if not source.is_file():
        raise FileNotFoundError(f"there is no database {source}")
    if target.exists():
        raise FileExistsError(f"{target} is there already; name another file")
    draft = target.with_name(target.name + ".part")
    try:
        _copy(source, draft)
        draft.rename(target)
    finally:
        draft.unlink(missing_ok=True)
    return target.stat().st_size


def _copy(source: Path, draft: Path) -> None:
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    reading = sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)
    with closing(reading) as live, closing(sqlite3.connect(draft)) as copy:
        live.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")
        verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        raise sqlite3.DatabaseError("the copy is not sound")


def main(arguments: list[str]) -> int:
    """Back up and say so; exit code 1 and a reason when it did not work."""
    try:
        source, target = map(Path, arguments)
    except ValueError:
        sys.stderr.write("usage: backup_sqlite.py DATABASE TARGET\n")
        return 2
    try:
        size = back_up(source, target)
    except (OSError, sqlite3.DatabaseError) as error:
        sys.stderr.write(f"No backup was made: {error}\n")
        return 1
    sys.stdout.write(f"{size} bytes\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
