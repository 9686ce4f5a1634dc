"""Many texts, a carrier that misbehaves, and processes that are killed again and again: is anything lost or sent twice?

    python -m tests.flows.kill_nine --messages 1000 --seeds 5 --report build/kill-nine.json     (make kill-nine)

The carrier's ledger is the truth: it has a line for everything that was accepted, whatever was answered. Here lives
the run and its judgement; tests/flows/test_kill_nine.py has a small one of each. Invariant: the moments of the kills
and the faults come from the seed.
"""

import argparse
import asyncio
import json
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sqlalchemy import func, select

from bot.sandbox.config import SandboxConfig
from scheduler import tables
from scheduler.core.keys import KeyRing, new_ring, save_ring
from tests.flows.due_texts import SENDER, DueTexts, make_due, open_record
from tests.rig.databases import ENGINES, Databases
from tests.rig.process import Processes, Running, answers, free_port

FAULTS: dict[str, Any] = {
    "refused": 0.02,
    "rate_limited": 0.02,
    "retry_after_seconds": 1,
    "error_before": 0.02,
    "error_after": 0.04,
    "reset_after": 0.04,
    "hang_after": 0.02,
    "hang_seconds": 20,
    "not_json": 0.02,
    "read_error": 0.05,
    "list_lag_seconds": (0, 4),
    "callback_lost": 0.2,
    "callback_doubled": 0.2,
    "callback_reordered": 0.2,
    "callback_held_seconds": 2,
    "callback_early": 0.1,
}
# The shortest times that are legal: what is settled in half a minute in production is settled here in six seconds.
TIMES = {"http_timeout_seconds": 1, "lease_seconds": 4, "settle_seconds": 6}
UNDECIDED = frozenset({"pending", "intent", "unknown"})
PATIENCE = 240.0
WORKING = "Stillon is working."
WHILE_STARTING = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What is done: `kills` processes are killed, each within `longest_life` seconds of being up."""

    engine: str
    messages: int
    seed: int
    kills: int
    longest_life: float = 1.0
    faults: Mapping[str, Any] = field(default_factory=lambda: FAULTS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What came of it. All is well when nothing is lost, twice, strange or undecided and the check passed."""

    engine: str
    seed: int
    messages: int
    accepted: int
    kills: int
    seconds: float
    states: dict[str, int]
    attempts: dict[int, int]
    lost: list[str]
    twice: list[str]
    strange: list[str]
    check: str

    @property
    def is_well(self) -> bool:
        """Each message was accepted exactly once, is known to be sent, and the record keeps its promises."""
        wrong = self.lost or self.twice or self.strange or self.check
        return not wrong and self.states == {"sent": self.messages}


def accepted_messages(ledger: Path) -> Counter[str]:
    """How often the carrier accepted each message, by the id in its callback address."""
    found: Counter[str] = Counter()
    for line in ledger.read_text(encoding="utf-8").splitlines() if ledger.exists() else ():
        address = json.loads(line)["params"]["StatusCallback"]
        found[parse_qs(urlsplit(address).query)["m"][0]] += 1
    return found


def judge(wanted: Iterable[str], accepted: Mapping[str, int]) -> tuple[list[str], list[str], list[str]]:
    """Messages that were lost, accepted more than once, and accepted though nobody wanted them."""
    known = set(wanted)
    return (
        sorted(known - accepted.keys()),
        sorted(each for each, times in accepted.items() if times > 1),
        sorted(accepted.keys() - known),
    )


@dataclass
class Part:
    """A process of the product that dies and comes back. `port` is None for one that serves nothing."""

    running: Running
    port: int | None
    _heard: int = 0

    async def until_up(self) -> None:
        """Wait until it serves, or works."""
        if self.port is None:
            await until(self.running, lambda: WORKING in self.running.said()[self._heard :])
        else:
            port = self.port
            await until(self.running, lambda: answers(port, "/health"))

    def die_and_come_back(self) -> None:
        """Killed as by a power cut, and started again at once."""
        self.running.kill()
        self._heard = len(self.running.said())
        self.running.start()


class Stage:
    """The processes of one run over one database."""

    def __init__(self, processes: Processes, url: str, ring: KeyRing, keyring: Path) -> None:
        self._processes = processes
        self._url = url
        self._ring = ring
        self._keyring = keyring
        self._port, self._carrier_port = free_port(), free_port()
        self.ledger = processes.folder / f"ledger_{self._port}.jsonl"

    async def carrier(self, faults: Mapping[str, Any], seed: int) -> Running:
        """A running carrier with a ledger."""
        config = SandboxConfig.model_validate(
            {
                "senders": [{"number": SENDER}],
                "pace": {"queued": 0.05, "sending": 0.1, "sent": 0.2},
                "faults": {**faults, "seed": seed},
            }
        )
        file = self.ledger.with_suffix(".config")
        file.write_text(config.model_dump_json(), encoding="utf-8")
        port = self._carrier_port
        options = ("--config", str(file), "--port", str(port), "--ledger", str(self.ledger))
        running = self._processes.stillon("sandbox", *options)
        await until(running, lambda: answers(port, "/control/clock"))
        return running

    def start(self, *command: str) -> Running:
        """A process of the product, not waited for."""
        return self._processes.stillon(*command, **self._settings)

    def parts(self, engine: str, program: str | None) -> list[Part]:
        """One process on SQLite; on PostgreSQL pages and two workers, any of which may be killed.

        A program is run in their place: one that does wrong on purpose.
        """
        if program is not None:
            return [Part(self._processes.python("-c", program, **self._settings), self._port)]
        if engine == "sqlite":
            return [Part(self.start("serve"), self._port)]
        return [Part(self.start("web"), self._port), Part(self.start("work"), None), Part(self.start("work"), None)]

    async def check(self) -> str:
        """What `stillon check` objects to; nothing when all is well."""
        running = self.start("check")
        code = await asyncio.to_thread(running.wait, seconds=PATIENCE)
        return "" if code == 0 else running.said()

    async def count(self, practice_id: str, column: Any) -> dict[Any, int]:
        """How many messages have each value of a column, read from outside."""
        record = open_record(self._url, self._ring, datetime.now(UTC))
        try:
            async with record.read(practice_id) as r:
                wanted = select(column, func.count()).where(tables.message.c.practice_id == practice_id)
                return {row[0]: int(row[1]) for row in await r.conn.execute(wanted.group_by(column))}
        finally:
            await record.close()

    @property
    def _settings(self) -> dict[str, Any]:
        account = SandboxConfig()
        return {
            "database_url": self._url,
            "keyring": self._keyring,
            "public_url": f"http://127.0.0.1:{self._port}",
            "port": self._port,
            "twilio_account_sid": account.account_sid,
            "twilio_auth_token": account.auth_token,
            "twilio_api_base": f"http://127.0.0.1:{self._carrier_port}",
            "log_level": "WARNING",
            **TIMES,
        }


async def perform(run: Run, stage: Stage, due: DueTexts, program: str | None = None) -> Verdict:
    """Start everything, kill and restart until the kills are used up, wait for the end, and judge."""
    began = time.monotonic()
    carrier = await stage.carrier(run.faults, run.seed)
    acting = stage.parts(run.engine, program)
    for part in acting:
        await part.until_up()
    kills = await _kill(run, stage, due, acting)
    states = await _until_decided(stage, due, acting)
    await asyncio.sleep(1)  # a text too many would leave now
    for part in acting:
        await asyncio.to_thread(part.running.stop)
    carrier.kill()
    accepted = accepted_messages(stage.ledger)
    lost, twice, strange = judge(due.message_ids, accepted)
    return Verdict(
        engine=run.engine,
        seed=run.seed,
        messages=len(due.message_ids),
        accepted=accepted.total(),
        kills=kills,
        seconds=round(time.monotonic() - began, 1),
        states=states,
        attempts=await stage.count(due.practice_id, tables.message.c.attempt),
        lost=lost,
        twice=twice,
        strange=strange,
        check=await stage.check(),
    )


async def _kill(run: Run, stage: Stage, due: DueTexts, acting: list[Part]) -> int:
    """Kill one after another, now and then while it is still starting; returns how many."""
    chance = random.Random(run.seed)
    kills = 0
    while kills < run.kills and UNDECIDED & (await stage.count(due.practice_id, tables.message.c.state)).keys():
        part = chance.choice(acting)
        await asyncio.sleep(chance.uniform(0.05, run.longest_life))
        part.die_and_come_back()
        kills += 1
        if chance.random() >= WHILE_STARTING:
            await part.until_up()
    for part in acting:
        await part.until_up()
    return kills


async def _until_decided(stage: Stage, due: DueTexts, acting: list[Part]) -> dict[str, int]:
    give_up = time.monotonic() + PATIENCE
    while UNDECIDED & (states := await stage.count(due.practice_id, tables.message.c.state)).keys():
        if time.monotonic() > give_up or not all(part.running.is_running for part in acting):
            break
        await asyncio.sleep(0.2)
    return states


async def until(running: Running, ready: Callable[[], bool]) -> None:
    """Poll beside the loop until `ready`; raises NotReady with the end of the log."""
    await asyncio.to_thread(running.until, ready, seconds=PATIENCE)


async def _one(run: Run, databases: Databases, folder: Path) -> Verdict:
    folder.mkdir()
    ring, keyring = new_ring(), folder / "keyring.json"
    save_ring(ring, keyring)
    url = await databases.migrated(run.engine)
    processes = Processes(folder)
    try:
        return await perform(run, Stage(processes, url, ring, keyring), await make_due(url, ring, run.messages))
    finally:
        processes.close()
        await databases.drop(url)


async def _all(messages: int, seeds: Iterable[int], kills: int) -> list[Verdict]:
    verdicts = []
    with tempfile.TemporaryDirectory(prefix="stillon-kill-nine-") as folder:
        databases = Databases(Path(folder))
        try:
            for seed in seeds:
                for engine in ENGINES:
                    run = Run(engine=engine, messages=messages, seed=seed, kills=kills)
                    verdicts.append(await _one(run, databases, Path(folder) / f"{engine}_{seed}"))
                    print(_line(verdicts[-1]), flush=True)
        finally:
            databases.close()
    return verdicts


def _line(verdict: Verdict) -> str:
    state = "well" if verdict.is_well else "NOT WELL"
    return (
        f"{verdict.engine} seed {verdict.seed}: {state}; {verdict.messages} messages, {verdict.accepted} accepted,"
        f" {verdict.kills} kills, {verdict.seconds} s, lost {len(verdict.lost)}, twice {len(verdict.twice)}"
    )


def main() -> int:
    """The command line: prints a line for each run, writes the report, returns 1 if anything is not well."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=1000)
    options.add_argument("--seeds", type=int, default=5)
    options.add_argument("--kills", type=int, default=15)
    options.add_argument("--report", type=Path, default=Path("build/kill-nine.json"))
    given = options.parse_args()
    verdicts = asyncio.run(_all(given.messages, range(1, given.seeds + 1), given.kills))
    given.report.parent.mkdir(parents=True, exist_ok=True)
    given.report.write_text(json.dumps([asdict(each) for each in verdicts], indent=1), encoding="utf-8")
    print(f"The report: {given.report}")
    return 0 if all(each.is_well for each in verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
