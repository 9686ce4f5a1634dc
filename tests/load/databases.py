"""Databases for benchmarks: a file in a temporary folder, and a PostgreSQL server that flushes as in earnest.

Tests may run without flushing; a figure may not. Invariant: every commit waits for the disk, on both engines.
"""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from tests.rig.postgres import Postgres, launch

DURABLE = ("max_connections=60", "shared_buffers=256MB", "max_wal_size=2GB")
_numbers = count(1)


@contextmanager
def server(*more: str) -> Iterator[Postgres]:
    """A PostgreSQL server of our own.

    Raises:
        PostgresMissing: none starts on this machine.
    """
    running = launch((*DURABLE, *more))
    try:
        yield running
    finally:
        running.erase()


@contextmanager
def empty(engine: str, *more: str) -> Iterator[str]:
    """The URL of an empty database on either engine; `more` are settings of PostgreSQL."""
    if engine == "sqlite":
        with tempfile.TemporaryDirectory(prefix="stillon-load-") as folder:
            yield f"sqlite:///{Path(folder) / 'load.db'}"
    else:
        with server(*more) as running:
            yield asyncio.run(running.create(f"load_{next(_numbers)}"))
