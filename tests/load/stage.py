"""A practice with the program running (web and worker, as `stillon serve`) and a light carrier."""

import os
import tempfile
from asyncio.subprocess import Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.bench import children
from bot.bench.past import SetBack
from bot.bench.practice import BenchPractice, set_up
from bot.wiring import subscriptions
from scheduler.core import schema
from scheduler.core.engine import open_engines
from scheduler.core.keys import new_ring, save_ring
from scheduler.core.record import Record
from scheduler.core.vault import Vault
from tests.load.signed import ACCOUNT, TOKEN
from tests.rig.process import free_port


@dataclass(slots=True)
class Stage:
    """Where everything is. The program runs in `process`, with a heartbeat in its loop (bot/bench/worker.py)."""

    practice: BenchPractice
    carrier: str
    url: str
    process: Process

    @property
    def pid(self) -> int:
        return self.process.pid

    async def halt(self) -> dict[str, Any]:
        """Stop the worker; what the process says of its loop and its memory."""
        await children.tell(self.process, "halt")
        return await children.said(self.process)

    @property
    def webhook(self) -> str:
        return f"{self.url}/twilio/{self.practice.id}/inbound"


@asynccontextmanager
async def practice_in(database: str, folder: Path) -> AsyncIterator[BenchPractice]:
    """A fresh practice in an empty database; its key ring lies in the folder."""
    await schema.migrate(database)
    ring = new_ring()
    save_ring(ring, folder / "keyring.json")
    clock = SetBack()
    record = Record(open_engines(database), clock, Vault(ring), subscriptions=subscriptions())
    try:
        yield await set_up(record, clock)
    finally:
        await record.close()


@asynccontextmanager
async def serving(
    database: str, clients: int, *, later: timedelta = timedelta(days=2), carrier_ms: float = 0.0
) -> AsyncIterator[Stage]:
    """The program at work for a practice with so many clients, each with one visit."""
    with tempfile.TemporaryDirectory(prefix="stillon-stage-") as name:
        folder = Path(name)
        async with practice_in(database, folder) as practice, children.carrier(carrier_ms) as carrier:
            await practice.add_due(clients, later=later)
            port = free_port()
            settings = settings_of(database, folder, carrier, port)
            async with children.child("bot.bench.worker", "--web", "--beat", settings=settings, told=True) as process:
                await children.said(process)
                await children.tell(process, "go")
                await children.said(process)
                yield Stage(practice, carrier, f"http://127.0.0.1:{port}", process)


def settings_of(database: str, folder: Path, carrier: str, port: int) -> dict[str, str]:
    return {
        "STILLON_DATABASE_URL": database,
        "STILLON_KEYRING": str(folder / "keyring.json"),
        "STILLON_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "STILLON_PORT": str(port),
        "STILLON_TWILIO_ACCOUNT_SID": ACCOUNT,
        "STILLON_TWILIO_AUTH_TOKEN": TOKEN,
        "STILLON_TWILIO_API_BASE": carrier,
        "STILLON_LOG_LEVEL": "WARNING",
        "STILLON_SPOOL_DIR": str(folder / "spool"),
    }


def cpu_of(pid: int) -> float:
    """Processor seconds a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
