"""An hour of a busy practice, a million planned texts behind it: does the memory of the program grow?

Web and worker in one process. Every ten seconds reminders come due and clients reply; meanwhile resident memory is
noted once a minute. Growth is told from the minute the caches are full (`--settled`) to the last.
"""

import argparse
import asyncio
from pathlib import Path
from typing import Any

import aiohttp

from bot.bench.figures import save
from bot.bench.practice import SENDER, phone_of
from tests.load.databases import empty
from tests.load.signed import inbound
from tests.load.stage import Stage, serving

OUT = Path("build/bench")
STEP_SECONDS = 10


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--settled", type=int, default=10, help="the minute growth is counted from")
    parser.add_argument("--clients", type=int, default=20_000)
    parser.add_argument("--pending", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=20, help="reminders that come due every ten seconds")
    parser.add_argument("--replies", type=int, default=10, help="texts of clients every ten seconds")
    parser.add_argument("--engines", default="sqlite")


def run(given: argparse.Namespace) -> None:
    for engine in given.engines.split(","):
        with empty(engine) as url:
            told = asyncio.run(_measure(url, given))
        save(OUT / f"soak-{engine}.json", {"benchmark": "soak", "engine": engine, **told})
        print(
            f"{engine:10} {given.minutes} min, {given.pending:,} pending, {told['texts']:,} texts out and in:"
            f" {told['settled_mb']:.1f} MB at minute {given.settled}, {told['last_mb']:.1f} MB at the end,"
            f" growth {told['growth_mb']:+.1f} MB, highest {told['highest_mb']:.1f} MB"
        )


async def _measure(url: str, given: argparse.Namespace) -> dict[str, Any]:
    noted: list[float] = []
    texts = 0
    async with serving(url, given.clients) as stage, aiohttp.ClientSession() as session:
        await stage.practice.add_pending(given.pending)
        for step in range(given.minutes * 60 // STEP_SECONDS):
            waiting = asyncio.create_task(asyncio.sleep(STEP_SECONDS))
            await stage.practice.add_due(given.due)
            await _reply(stage, session, step * given.replies, given.replies)
            texts += given.due + 2 * given.replies
            if step * STEP_SECONDS % 60 == 0:
                noted.append(_resident(stage.pid))
            await waiting
        noted.append(_resident(stage.pid))
    settled = noted[min(given.settled, len(noted) - 1)]
    return {
        "minutes": noted,
        "texts": texts,
        "settled_mb": settled,
        "last_mb": noted[-1],
        "growth_mb": noted[-1] - settled,
        "highest_mb": max(noted),
    }


async def _reply(stage: Stage, session: aiohttp.ClientSession, first: int, count: int) -> None:
    for number in range(first, first + count):
        # Clients that have a visit, in turn; each text is a new one.
        post = inbound(stage.webhook, number, phone_of(number % stage.practice.clients), "C", SENDER)
        async with session.post(stage.webhook, data=post.fields, headers=post.headers) as answer:
            assert answer.status == 200, answer.status


def _resident(pid: int) -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))
