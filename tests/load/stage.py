"""A practice with a running `stillon serve` and a light carrier, for benchmarks that talk to the real program."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

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
from tests.rig.process import answers, free_port

ROOT = Path(__file__).resolve().parents[2]


@dataclass(slots=True)
class Stage:
    """Where everything is. `pid` is the program's."""

    practice: BenchPractice
    carrier: str
    url: str
    pid: int

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
            process = start(database, folder, carrier, port)
            try:
                until = time.monotonic() + 30
                while not await asyncio.to_thread(answers, port):
                    if process.poll() is not None or time.monotonic() > until:
                        raise RuntimeError((folder / "log").read_text()[-2000:])
                    await asyncio.sleep(0.05)
                yield Stage(practice, carrier, f"http://127.0.0.1:{port}", process.pid)
            finally:
                process.terminate()
                await asyncio.to_thread(process.wait, 20)


def start(database: str, folder: Path, carrier: str, port: int, command: str = "serve") -> subprocess.Popen[bytes]:
    """`stillon serve` on a port."""
    settings = {
        "STILLON_DATABASE_URL": database,
        "STILLON_KEYRING": str(folder / "keyring.json"),
        "STILLON_PUBLIC_URL": f"http://127.0.0.1:{port}",
        "STILLON_PORT": str(port),
        "STILLON_TWILIO_ACCOUNT_SID": ACCOUNT,
        "STILLON_TWILIO_AUTH_TOKEN": TOKEN,
        "STILLON_TWILIO_API_BASE": carrier,
        "STILLON_LOG_LEVEL": "WARNING",
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STILLON_")}
    with (folder / "log").open("ab") as out:
        return subprocess.Popen(
            [sys.executable, "-m", "bot.cli", command],
            env={**kept, "PYTHONPATH": str(ROOT), **settings},
            cwd=folder,
            stdout=out,
            stderr=out,
        )


def cpu_of(pid: int) -> float:
    """Processor seconds a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
