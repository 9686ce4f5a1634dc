"""R3: every client of a practice takes one offered time at once, half by link, half by a signed text; many rounds.

In every second round the program is killed while they do and started anew, and whoever got no answer asks again, as
phones and the carrier do. Pass, in each round: exactly one winner, one booking, and everybody else told once. The
losers' word is counted from the winner's commit to the commit of theirs.

That the race is there at all is shown with the locks off by tests/waitlist/test_claims.py; that a second winner would
be seen here, by the judge's own test in test_small.py.
"""

import asyncio
import random
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
from sqlalchemy import func, select

from bot.bench import children
from bot.bench.practice import SENDER, BenchPractice, phone_of
from scheduler import tables
from scheduler.core.actor import OPERATOR
from tests.experiments.report import Asked, Found, spread
from tests.load.bench_claim import offer_to_all
from tests.load.signed import Post, inbound
from tests.load.stage import practice_in, settings_of
from tests.rig.databases import Databases
from tests.rig.process import free_port

ROUNDS: Final = 4
PATIENCE: Final = 240.0
KILLED_AFTER: Final = (0.05, 1.5)
"""Seconds after the first claim, in the rounds with a kill."""


@dataclass
class Seen:
    """What the rounds came to."""

    winners: list[int] = field(default_factory=list)
    booked: list[int] = field(default_factory=list)
    told: list[int] = field(default_factory=list)
    held: int = 0
    killed: int = 0
    asked_again: int = 0
    links: list[float] = field(default_factory=list)
    links_killed: list[float] = field(default_factory=list)
    losers: list[float] = field(default_factory=list)


async def run(asked: Asked, databases: Databases, *, rounds: int = ROUNDS) -> Found:
    """Perform it once; the size is the number of clients in each round."""
    seen, chance = Seen(), random.Random(asked.seed)
    url = await databases.empty(asked.engine)
    began = time.monotonic()
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stillon-claims-")))
        practice = await stack.enter_async_context(practice_in(url, folder))
        carrier = await stack.enter_async_context(children.carrier())
        await practice.add_due(asked.size)
        program = Program(url, folder, carrier, practice)
        await program.start()
        try:
            for number in range(rounds):
                await _round(program, asked.size, number, chance if number % 2 else None, seen)
        finally:
            await program.stop()
    return judge(asked, seen, rounds, time.monotonic() - began)


class Program:
    """The program as one process, which may be killed and started anew at the same address."""

    def __init__(self, database: str, folder: Path, carrier: str, practice: BenchPractice) -> None:
        self.practice = practice
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.webhook = f"{self.url}/twilio/{practice.id}/inbound"
        self._settings = settings_of(database, folder, carrier, self.port)
        self._running = AsyncExitStack()
        self.process: Any = None

    async def start(self) -> None:
        """Until it takes requests."""
        self._running = AsyncExitStack()
        program = children.child("bot.bench.worker", "--web", "--beat", settings=self._settings, told=True)
        self.process = await self._running.enter_async_context(program)
        await children.said(self.process)
        await children.tell(self.process, "go")
        await children.said(self.process)

    async def stop(self) -> None:
        """Kill it, as a power cut would."""
        await self._running.aclose()


async def _round(program: Program, clients: int, number: int, chance: random.Random | None, seen: Seen) -> None:
    """One time for all. With `chance` the program is killed at some moment, and everybody asks until answered."""
    practice = program.practice
    async with practice.record.write(practice.id, OPERATOR) as tx:
        opening_id, tokens = await offer_to_all(tx, practice, clients, days=5 + number)
    texts = [
        inbound(program.webhook, number * clients + each, phone_of(each), "YES", SENDER)
        for each in range(1, clients, 2)
    ]
    links = seen.links if chance is None else seen.links_killed
    claims = asyncio.gather(_claim_all(program, tokens, texts, links, seen))
    if chance is not None:
        await asyncio.sleep(chance.uniform(*KILLED_AFTER))
        await program.stop()
        seen.killed += 1
        await program.start()
    await claims
    await _until_told(practice, opening_id, clients)
    await _count(practice, opening_id, seen)


async def _claim_all(
    program: Program, tokens: list[tuple[str, str]], texts: list[Post], links: list[float], seen: Seen
) -> None:
    own = {"Sec-Fetch-Site": "same-origin"}
    timeout = aiohttp.ClientTimeout(total=PATIENCE)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), timeout=timeout) as session:

        async def until_answered(url: str, data: dict[str, str], headers: dict[str, str]) -> float:
            began, first = time.monotonic(), True
            while time.monotonic() - began < PATIENCE:
                try:
                    async with session.post(url, data=data, headers=headers) as answer:
                        await answer.read()
                        if answer.status == 200:
                            return time.monotonic() - began
                except (aiohttp.ClientError, ConnectionError):
                    pass
                seen.asked_again += first
                first = False
                await asyncio.sleep(0.2)
            raise TimeoutError(url.rsplit("/", 1)[1])

        by_link = [until_answered(f"{program.url}/l/{token}/claim", {"nonce": nonce}, own) for token, nonce in tokens]
        by_text = [until_answered(program.webhook, post.fields, post.headers) for post in texts]
        took = await asyncio.gather(*by_link, *by_text)
        links.extend(took[: len(by_link)])


async def _until_told(practice: BenchPractice, opening_id: str, clients: int) -> None:
    until = time.monotonic() + PATIENCE
    while True:
        if len(await _told(practice, opening_id)) >= clients or time.monotonic() > until:
            return
        await asyncio.sleep(0.1)


async def _told(practice: BenchPractice, opening_id: str) -> list[tuple[str, Any]]:
    """Who heard how it ended, and when those words were written."""
    m, f = tables.message, tables.offer
    wanted = (
        select(m.c.kind, m.c.created_at)
        .join(f, (f.c.practice_id == m.c.practice_id) & (f.c.id == m.c.offer_id))
        .where(f.c.opening_id == opening_id, m.c.kind.in_(("offer_won", "offer_lost")))
    )
    async with practice.record.read(practice.id) as r:
        return [(row[0], row[1]) for row in await r.conn.execute(wanted)]


async def _count(practice: BenchPractice, opening_id: str, seen: Seen) -> None:
    f, b, o = tables.offer.c, tables.busy.c, tables.opening.c
    async with practice.record.read(practice.id) as r:
        states = dict(
            (await r.conn.execute(select(f.state, func.count()).where(f.opening_id == opening_id).group_by(f.state)))
            .tuples()
            .all()
        )
        starts_at = (await r.conn.execute(select(o.starts_at).where(o.id == opening_id))).scalar_one()
        taken = select(func.count()).where(
            b.clinician_id == practice.clinician_ids[0], b.starts_at == starts_at, b.appointment_id.is_not(None)
        )
        seen.booked.append((await r.conn.execute(taken)).scalar_one())
    told = await _told(practice, opening_id)
    won_at = min((at for kind, at in told if kind == "offer_won"), default=None)
    seen.losers.extend((at - won_at).total_seconds() for kind, at in told if won_at and kind == "offer_lost")
    seen.winners.append(states.get("claimed", 0))
    seen.held += states.get("held", 0)
    seen.told.append(len(told))


def judge(asked: Asked, seen: Seen, rounds: int, took: float) -> Found:
    """What is wrong, if anything is."""
    wrong = [
        *([f"winners {seen.winners}"] if set(seen.winners) != {1} else ()),
        *([f"bookings {seen.booked}"] if set(seen.booked) != {1} else ()),
        *([f"told {seen.told} of {asked.size}"] if set(seen.told) != {asked.size} else ()),
        *([f"{seen.held} offers still held"] if seen.held else ()),
    ]
    return Found(
        counts={"rounds": rounds, "clients": asked.size, "killed": seen.killed, "asked_again": seen.asked_again},
        seconds={"all": round(took, 1)},
        times={
            "link": spread(seen.links),
            "link_with_kills": spread(seen.links_killed),
            "loser_told_after_winner": spread(seen.losers),
        },
        wrong=tuple(wrong),
    )
