"""Living weeks outside pytest: each on a copy of one migrated database, with the product's log kept quiet."""

import asyncio
import gc
import logging
import shutil
import tempfile
from pathlib import Path

from scheduler.core.log import bind_structlog, quieten
from scheduler.core.schema import migrate
from tests.rig.databases import Databases
from tests.simulation.week import Outcome, Size, Week


def prepare() -> None:
    """Once in a process: errors go to whoever listens, nothing is printed, and garbage is looked for seldom."""
    gc.set_threshold(100_000, 20, 50)
    logging.basicConfig(handlers=[logging.NullHandler()], level=logging.ERROR)
    bind_structlog()
    quieten()


def template_in(folder: Path) -> Path:
    """A migrated database to copy."""
    file = folder / "template.db"
    asyncio.run(migrate(f"sqlite:///{file}"))
    return file


def live(seed: int, *, template: Path, size: Size) -> Outcome:
    """One week, on a SQLite database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "week.db"
        shutil.copyfile(template, file)
        return Week(seed, file, size).run()


def live_on(databases: Databases, seed: int, *, size: Size) -> Outcome:
    """One week, on a PostgreSQL database of its own."""
    url = asyncio.run(databases.migrated("postgresql"))
    try:
        return Week(seed, url, size).run()
    finally:
        asyncio.run(databases.drop(url))
