"""R25: the disk that holds database, write-ahead log, spool and logs is full, again and again, and then has room again.

A small file system of its own in memory, filled to the last byte at moments of chance while staff write, texts leave
and replies come in. Needs root. Pass: no acknowledged write and no text answered with 2xx is missing, the database is
whole, refusals are clean (503, never 500), nothing is lost or sent twice, and all goes on within 10 s of there being
room, with nobody's help.
"""

import asyncio
import random
import sqlite3
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
from sqlalchemy import select

from scheduler import tables
from scheduler.actions.clients import add_client
from scheduler.core.actor import OPERATOR
from scheduler.core.errors import StillonError
from scheduler.core.record import Record
from scheduler.people.client_fields import ClientFields
from tests.experiments.crash_sends import judge_sends
from tests.experiments.edit_race import office
from tests.experiments.house import Plan
from tests.experiments.report import Asked, Found, spread
from tests.experiments.stage import SHORT, Stage, on_stage, poll
from tests.rig.databases import Databases

MEGABYTES: Final = 96
TEXTS_EACH: Final = 60
BEFORE: Final = (1.0, 3.0)
FULL_FOR: Final = 5.0
AGAIN_WITHIN: Final = 10.0
ROOM_AGAIN: Final = 60.0


@dataclass
class Seen:
    """What was tried from outside, and what came of it."""

    written: list[str] = field(default_factory=list)
    wrote_at: float = 0.0
    refused: int = 0
    unforeseen: Counter[str] = field(default_factory=Counter)
    answered: dict[str, int] = field(default_factory=dict)
    answered_at: float = 0.0
    again_after: list[float] = field(default_factory=list)
    sent_while_full: int = 0
    over: bool = False


async def run(asked: Asked, _databases: Databases) -> Found:
    """Perform it once; the size is how often the disk is full."""
    with tempfile.TemporaryDirectory(prefix="stillon-disk-") as folder:
        try:
            with _small_disk(Path(folder)) as disk:
                databases = Databases(disk)
                try:
                    plan = Plan(clients=asked.size * TEXTS_EACH)
                    settings: dict[str, Any] = {**SHORT, "spool_dir": disk / "spool"}
                    async with on_stage("sqlite", plan, databases, **settings) as stage:
                        return await _perform(asked, stage, disk)
                finally:
                    databases.close()
        except PermissionError as why:
            return Found(counts={"skipped": f"a file system of its own needs root: {why}"})


@contextmanager
def _small_disk(folder: Path) -> Iterator[Path]:
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={MEGABYTES}m", "tmpfs", str(folder)],
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise PermissionError(done.stderr.strip())
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=False)


async def _perform(asked: Asked, stage: Stage, disk: Path) -> Found:
    stage.nursery.folder = disk  # so that its log is on the full disk, too
    await stage.open_carrier({"seed": asked.seed})
    server = stage.start("serve")
    await stage.until_up(server)
    seen = Seen()
    async with office(stage) as record, aiohttp.ClientSession() as session:
        busy = [asyncio.create_task(_write(record, stage, seen)), asyncio.create_task(_talk(stage, session, seen))]
        for _ in range(asked.size):
            await _fill_and_make_room(stage, disk, seen, random.Random(asked.seed))
        seen.over = True
        await asyncio.gather(*busy)
    states = await stage.until_decided(120)
    kept = {sid for sid, status in seen.answered.items() if status == 200}
    await poll(lambda: _all_came_in(stage, kept), ROOM_AGAIN, every=0.5)
    still_up = server.is_running
    await asyncio.to_thread(server.stop)
    return await _judge(stage, seen, states, kept, still_up=still_up)


async def _fill_and_make_room(stage: Stage, disk: Path, seen: Seen, chance: random.Random) -> None:
    await asyncio.sleep(chance.uniform(*BEFORE))
    ballast = disk / "ballast"
    await asyncio.to_thread(_fill, ballast)
    full = asyncio.create_task(_keep_full(ballast))
    await asyncio.sleep(1)  # what was under way
    before = stage.accepted_count()
    await asyncio.sleep(FULL_FOR)
    seen.sent_while_full += stage.accepted_count() - before
    full.cancel()
    with suppress(asyncio.CancelledError):
        await full
    ballast.unlink()
    room = time.monotonic()

    async def again() -> bool:
        return seen.wrote_at > room and seen.answered_at > room

    await poll(again, ROOM_AGAIN)
    seen.again_after.append(time.monotonic() - room)


def _fill(ballast: Path) -> None:
    with suppress(OSError), ballast.open("ab", buffering=0) as file:
        while True:
            file.write(b"\0" * 65536)
    with suppress(OSError), ballast.open("ab", buffering=0) as file:
        while True:
            file.write(b"\0" * 512)


async def _keep_full(ballast: Path) -> None:
    """What is given back meanwhile, by a log that is folded in, is taken at once."""
    while True:
        await asyncio.to_thread(_fill, ballast)
        await asyncio.sleep(0.1)


async def _write(record: Record, stage: Stage, seen: Seen) -> None:
    while not seen.over:
        began = time.monotonic()
        try:
            async with record.write(stage.house.practice_id, OPERATOR) as tx:
                client_id = await add_client(tx, ClientFields("Someone", "New"))
        except StillonError:
            seen.refused += 1
        except Exception as error:  # noqa: BLE001 -- counted by its type and shown: it should have been one of ours
            seen.unforeseen[type(error).__name__] += 1
        else:
            seen.written.append(client_id)
            seen.wrote_at = began
        await asyncio.sleep(0.1)


async def _talk(stage: Stage, session: aiohttp.ClientSession, seen: Seen) -> None:
    for phone in stage.house.numbers * 50:
        if seen.over:
            return
        began = time.monotonic()
        told = await stage.say(session, phone, "ok")
        seen.answered[told["sid"]] = told["received"]["status"]
        if told["received"]["status"] == 200:
            seen.answered_at = began
        await asyncio.sleep(0.2)


async def _all_came_in(stage: Stage, kept: set[str]) -> bool:
    known = {row[0] for row in await stage.rows(select(tables.inbound.c.sid))}
    return kept <= known


async def _judge(stage: Stage, seen: Seen, states: dict[str, int], kept: set[str], *, still_up: bool) -> Found:
    counts, wrong = await judge_sends(stage, states, stage.house.message_ids, also=None)
    clients = {row[0] for row in await stage.rows(select(tables.client.c.id))}
    texts = {row[0] for row in await stage.rows(select(tables.inbound.c.sid))}
    missing, unheard = len(set(seen.written) - clients), len(kept - texts)
    with sqlite3.connect(stage.url.removeprefix("sqlite:///")) as database:
        whole = database.execute("PRAGMA integrity_check").fetchone()[0]
    statuses = Counter(seen.answered.values())
    counts |= {
        "writes_acknowledged": len(seen.written),
        "writes_refused": seen.refused,
        "acknowledged_and_missing": missing,
        "webhooks": {str(status): number for status, number in statuses.items()},
        "answered_2xx_and_missing": unheard,
        "sent_while_full": seen.sent_while_full,
        "integrity": whole,
        "unforeseen": dict(seen.unforeseen),
    }
    wrong += [
        *([f"{missing} acknowledged writes are missing"] if missing else ()),
        *([f"{unheard} texts answered with 2xx are missing"] if unheard else ()),
        *([f"integrity_check: {whole}"] if whole != "ok" else ()),
        *([f"webhooks answered {dict(statuses)}"] if statuses.keys() - {200, 503} else ()),
        *([f"again only after {max(seen.again_after):.1f} s"] if max(seen.again_after) > AGAIN_WITHIN else ()),
        *([f"unforeseen errors {dict(seen.unforeseen)}"] if seen.unforeseen else ()),
        *(["the process ended"] if not still_up else ()),
    ]
    return Found(counts=counts, times={"again_after": spread(seen.again_after)}, wrong=tuple(wrong))
