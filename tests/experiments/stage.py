"""What an experiment acts with: one database, one carrier with its ledger, and the product's processes in between.

Invariant: everything started here listens on this machine only, and has ended when the stage is left.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
from sqlalchemy import Select, case, func, select

from bot.sandbox.config import SandboxConfig
from scheduler import tables
from scheduler.core.record import Record
from tests.experiments.forks import Fork, Nursery
from tests.experiments.house import House, Plan, furnish, open_record
from tests.rig.databases import Databases
from tests.rig.process import ROOT, Processes, Running, answers, free_port

KEPT = ROOT / "build" / "experiments" / "houses"
PATIENCE = 60.0
SOON = timedelta(minutes=15)
UNDECIDED = frozenset({"pending", "intent", "unknown"})
WORKING = "Stillon is working."
# Legal times, shorter than the usual ones: what is settled in half a minute in production is settled here in eight
# seconds. The carrier is given three to answer, since it shares two cores with everything else. Where processes die
# or freeze, so that claims must run out, they run out after five.
SHORT = {"http_timeout_seconds": 3, "lease_seconds": 10, "settle_seconds": 8}
BRIEF = {**SHORT, "lease_seconds": 5}


@dataclass(frozen=True, slots=True)
class Accepted:
    """A text in the carrier's ledger. `started` is when the first byte of its request came, on the wall clock."""

    message_id: str
    sid: str
    to: str
    body: str
    started: float
    arrived: float
    attempt: int


@dataclass
class Stage:
    """One run's processes; see `on_stage`."""

    engine: str
    url: str
    house: House
    processes: Processes
    nursery: Nursery
    databases: Databases
    settings: dict[str, Any] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    carrier_port: int = field(default_factory=free_port)
    carrier: Running | None = None

    def __post_init__(self) -> None:
        account = SandboxConfig()
        keyring = self.processes.folder / "keyring.json"
        self.settings = {
            "database_url": self.url,
            "keyring": keyring,
            "public_url": f"http://127.0.0.1:{self.port}",
            "port": self.port,
            "twilio_account_sid": account.account_sid,
            "twilio_auth_token": account.auth_token,
            "twilio_api_base": f"http://127.0.0.1:{self.carrier_port}",
            "log_level": "WARNING",
            **self.settings,
        }

    # --- the carrier -------------------------------------------------------------------------------------------

    @property
    def ledger(self) -> Path:
        """The file of accepted texts."""
        return self.processes.folder / "ledger.jsonl"

    async def open_carrier(self, faults: Mapping[str, Any] | None = None, **changes: Any) -> None:
        """Start the carrier; texts to the practice are posted to where its pages will be."""
        inbound = f"http://127.0.0.1:{self.port}/twilio/{self.house.practice_id}/inbound"
        config = SandboxConfig.model_validate(
            {
                "senders": [{"number": self.house.sender, "inbound_url": inbound}],
                "pace": {"queued": 0.02, "sending": 0.02, "sent": 0.05},
                "callback_on": ["sent", "delivered", "undelivered", "failed"],
                "faults": dict(faults or {}),
                **changes,
            }
        )
        file = self.processes.folder / "carrier.json"
        file.write_text(config.model_dump_json(), encoding="utf-8")
        port = str(self.carrier_port)
        self.carrier = self.processes.stillon(
            "sandbox", "--config", str(file), "--port", port, "--ledger", str(self.ledger)
        )
        await asyncio.to_thread(
            self.carrier.until, lambda: answers(self.carrier_port, "/control/clock"), seconds=PATIENCE
        )

    def accepted(self) -> list[Accepted]:
        """Every text the carrier has accepted so far."""
        if not self.ledger.exists():
            return []
        return [_accepted(json.loads(line)) for line in self.ledger.read_text(encoding="utf-8").splitlines()]

    def accepted_count(self) -> int:
        """How many texts it has accepted so far."""
        return self.ledger.read_bytes().count(b"\n") if self.ledger.exists() else 0

    async def say(self, session: aiohttp.ClientSession, phone: str, body: str, *, wait: bool = True) -> dict[str, Any]:
        """Have a phone send a text to the practice; what its webhook did with it, if it is waited for."""
        order = {"phone": phone, "to": self.house.sender, "body": body, "wait": wait}
        url = f"http://127.0.0.1:{self.carrier_port}/control/inbound"
        async with session.post(url, json=order) as answer:
            told: dict[str, Any] = await answer.json()
            return told

    # --- the product -------------------------------------------------------------------------------------------

    def start(self, command: str, **changes: Any) -> Fork:
        """A process of the product, started and not waited for."""
        return self.nursery.fork(command, self.settings | changes)

    async def until_up(self, *forks: Fork, seconds: float = PATIENCE) -> None:
        """Wait until they serve, or work."""
        for fork in forks:
            if fork.command == "work":
                await until(lambda fork=fork: WORKING in fork.said(), seconds, fork)  # type: ignore[misc]  # bound above
            else:
                await until(lambda: answers(self.port, "/health"), seconds, fork)

    async def cast(self, workers: int = 4) -> list[Fork]:
        """The usual processes, up: one on SQLite; on PostgreSQL pages and so many workers."""
        commands = ["serve"] if self.engine == "sqlite" else ["web", *["work"] * workers]
        forks = [self.start(command) for command in commands]
        await self.until_up(*forks)
        return forks

    async def check(self) -> str:
        """What `stillon check` objects to; nothing when all is well."""
        running = self.processes.stillon("check", **self.settings)
        code = await asyncio.to_thread(running.wait, seconds=300)
        return "" if code == 0 else running.said()[-2000:]

    # --- the record, from outside ------------------------------------------------------------------------------

    @asynccontextmanager
    async def record(self) -> AsyncIterator[Record]:
        """The record, opened apart from the product's processes."""
        record = open_record(self.url, self.house.ring, datetime.now(UTC))
        try:
            yield record
        finally:
            await record.close()

    async def rows(self, wanted: Select[Any]) -> list[Any]:
        """What a query finds."""
        async with self.record() as record, record.read(self.house.practice_id) as r:
            return list(await r.conn.execute(wanted))

    async def states(self) -> dict[str, int]:
        """How many messages are in each state; what is not due within minutes counts as `planned`."""
        c = tables.message.c
        later = datetime.now(UTC) + SOON
        state = case(((c.state == "pending") & (c.due_at > later), "planned"), else_=c.state).label("now")
        return {row[0]: int(row[1]) for row in await self.rows(select(state, func.count()).group_by(state))}

    async def until_decided(self, seconds: float) -> dict[str, int]:
        """Wait until every message is decided, at most so long."""
        states: dict[str, int] = {}

        async def decided() -> bool:
            states.clear()
            states.update(await self.states())
            return not UNDECIDED & states.keys()

        await poll(decided, seconds, every=0.5)
        return states


async def poll(ready: Callable[[], Awaitable[bool]], seconds: float, *, every: float = 0.05) -> bool:
    """Ask again and again, at most so long; whether it ever said yes."""
    give_up = time.monotonic() + seconds
    while True:
        if await ready():
            return True
        if time.monotonic() > give_up:
            return False
        await asyncio.sleep(every)


async def until(ready: Callable[[], bool], seconds: float, fork: Fork | None = None) -> None:
    """Poll beside the loop.

    Raises:
        TimeoutError: it did not come; with the end of the log.
    """
    give_up = time.monotonic() + seconds
    while not await asyncio.to_thread(ready):
        if time.monotonic() > give_up or (fork is not None and not fork.is_running):
            raise TimeoutError(fork.said()[-1500:] if fork else "not_in_time")
        await asyncio.sleep(0.02)


@asynccontextmanager
async def on_stage(engine: str, wanted: Plan, databases: Databases, **settings: Any) -> AsyncIterator[Stage]:
    """A stage with the practice in a fresh database; everything has ended when it is left."""
    with tempfile.TemporaryDirectory(prefix="stillon-experiment-") as name:
        folder = Path(name)
        url = await databases.migrated(engine)
        house = await furnish(url, KEPT, wanted)
        (folder / "keyring.json").write_bytes(house.keyring)
        processes, nursery = Processes(folder), Nursery(folder)
        stage = Stage(engine, url, house, processes, nursery, databases, settings)
        try:
            yield stage
        finally:
            nursery.close()
            processes.close()
            await databases.drop(url)


def _accepted(entry: dict[str, Any]) -> Accepted:
    params = entry["params"]
    query = parse_qs(urlsplit(params.get("StatusCallback", "")).query)
    return Accepted(
        message_id=query.get("m", [""])[0],
        sid=entry["sid"],
        to=params["To"],
        body=params["Body"],
        started=datetime.fromisoformat(entry["at"]).timestamp() - (entry["accepted"] - entry["arrived"]),
        arrived=entry["arrived"],
        attempt=int(query.get("a", ["0"])[0]),
    )
