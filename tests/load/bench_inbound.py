"""Signed webhook to committed reply at rising load, in one process; its highest rate beside a bare handler.

Open loop: texts are posted at their times whether or not earlier ones are answered. When a reply was committed is read
off the record (PostgreSQL's own commit times; on SQLite by looking every two milliseconds).
"""

import argparse
import asyncio
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import text

from bot.bench.figures import percentile, save
from bot.bench.practice import SENDER, phone_of
from tests.load.databases import empty
from tests.load.signed import Post, inbound
from tests.load.stage import Stage, cpu_of, serving
from tests.rig.process import answers, free_port

OUT = Path("build/bench")
CONNECTIONS = 64
PATIENCE = 60.0
_COMMITTED = """
SELECT i.sid, extract(epoch FROM pg_xact_commit_timestamp(m.xmin)), extract(epoch FROM pg_xact_commit_timestamp(i.xmin))
FROM inbound i LEFT JOIN message m ON m.practice_id = i.practice_id AND m.inbound_id = i.id WHERE i.state = 'handled'
"""


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rates", default="50,100,200,400")
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--burst", type=int, default=1_500, help="texts posted as fast as they are taken")
    parser.add_argument("--engines", default="sqlite,postgresql")


def run(given: argparse.Namespace) -> None:
    rates = [int(each) for each in given.rates.split(",")]
    for engine in given.engines.split(","):
        with empty(engine, "track_commit_timestamp=on") as url:
            told = asyncio.run(_measure(url, rates, given.seconds, given.burst))
        save(OUT / f"inbound-{engine}.json", {"benchmark": "inbound", "engine": engine, **told})
        for each in told["rates"]:
            print(
                f"{engine:10} {each['rate']:>4}/s  answered p50 {each['answered_p50_ms']:.1f} p99"
                f" {each['answered_p99_ms']:.1f} ms  reply committed p50 {each['committed_p50_ms']:.1f} p99"
                f" {each['committed_p99_ms']:.1f} ms  {each['cpu_ms']:.2f} CPU ms a text"
            )
        print(
            f"{engine:10} at most {told['highest_rate']:.0f}/s with replies, {told['webhook_rate']:.0f}/s taken in;"
            f" signature only {told['bare_rate']:.0f}/s; ratio {told['ratio']:.2f}"
        )


@dataclass
class Posts:
    """Texts and when each was due to be posted, answered, and its reply committed (seconds since the epoch)."""

    texts: list[Post]
    due: dict[str, float] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)
    committed: dict[str, float] = field(default_factory=dict)


async def _measure(url: str, rates: list[int], seconds: float, burst: int) -> dict[str, Any]:
    numbers = iter(range(10_000_000))
    clients = 200 + int(sum(rates) * seconds) + burst
    async with (
        serving(url, clients) as stage,
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=PATIENCE)
        ) as session,
    ):
        watch = Watch(stage, url)
        await _paced(stage, session, watch, _texts(stage, numbers, 200), 50)  # warm
        done = [
            await _paced(stage, session, watch, _texts(stage, numbers, int(rate * seconds)), rate) for rate in rates
        ]
        fast = await _burst(stage, session, watch, _texts(stage, numbers, burst))
        halted = await stage.halt()
    bare = await _bare(burst)
    return {"rates": done, **fast, **halted, "bare_rate": bare, "ratio": fast["highest_rate"] / bare}


def _texts(stage: Stage, numbers: Iterable[int], count: int) -> list[Post]:
    taken = [next(iter(numbers)) for _ in range(count)]
    return [inbound(stage.webhook, number, phone_of(number), "C", SENDER) for number in taken]


async def _paced(
    stage: Stage, session: aiohttp.ClientSession, watch: "Watch", texts: list[Post], rate: int
) -> dict[str, Any]:
    posts = Posts(texts)
    begin, cpu = time.time() + 0.2, cpu_of(stage.pid)
    looking = watch.start(posts)
    tasks = []
    for number, post in enumerate(texts):
        at = begin + number / rate
        posts.due[post.sid] = at
        await asyncio.sleep(max(0.0, at - time.time()))
        tasks.append(asyncio.create_task(_post(session, stage.webhook, post, posts)))
    await asyncio.gather(*tasks)
    await watch.until_all(posts, looking)
    answered = [posts.answered[sid] - at for sid, at in posts.due.items()]
    committed = [posts.committed[sid] - at for sid, at in posts.due.items()]
    return {
        "rate": rate,
        "count": len(texts),
        **_spread("answered", answered),
        **_spread("committed", committed),
        "cpu_ms": 1000 * (cpu_of(stage.pid) - cpu) / len(texts),
    }


def _spread(name: str, values: list[float]) -> dict[str, float]:
    return {f"{name}_p{int(100 * share)}_ms": 1000 * percentile(values, share) for share in (0.5, 0.99)}


async def _burst(stage: Stage, session: aiohttp.ClientSession, watch: "Watch", texts: list[Post]) -> dict[str, float]:
    """As fast as they are taken: the rate until the last is answered, and until the last reply is committed."""
    posts = Posts(texts)
    looking = watch.start(posts)
    begin = time.time()
    await _as_fast_as_taken(session, stage.webhook, posts)
    taken = time.time() - begin
    await watch.until_all(posts, looking)
    whole = max(posts.committed.values()) - begin
    return {"webhook_rate": len(texts) / taken, "highest_rate": len(texts) / whole}


async def _bare(count: int) -> float:
    port = free_port()
    url = f"http://127.0.0.1:{port}/twilio/{'0' * 32}/inbound"
    process = subprocess.Popen([sys.executable, "-m", "tests.load.signature_only", str(port)], stdout=subprocess.PIPE)
    try:
        await asyncio.to_thread(lambda: process.stdout and process.stdout.readline())
        assert answers(port)
        async with aiohttp.ClientSession() as session:
            for number in (100, count):
                posts = Posts([inbound(url, n, phone_of(n), "C", SENDER) for n in range(number)])
                begin = time.time()
                await _as_fast_as_taken(session, url, posts)
            return count / (time.time() - begin)
    finally:
        process.terminate()
        process.wait(10)


async def _as_fast_as_taken(session: aiohttp.ClientSession, url: str, posts: Posts) -> None:
    left = iter(posts.texts)

    async def one() -> None:
        for post in left:
            await _post(session, url, post, posts)

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))


async def _post(session: aiohttp.ClientSession, url: str, post: Post, posts: Posts) -> None:
    async with session.post(url, data=post.fields, headers=post.headers) as answer:
        assert answer.status == 200, answer.status
        await answer.read()
    posts.answered[post.sid] = time.time()


class Watch:
    """Notices when replies are committed."""

    def __init__(self, stage: Stage, url: str) -> None:
        self._stage = stage
        self._file = url.removeprefix("sqlite:///") if url.startswith("sqlite") else None
        self._row = 0

    def start(self, posts: Posts) -> asyncio.Task[None] | None:
        if self._file is None:
            return None
        return asyncio.create_task(self._look(posts))

    async def _look(self, posts: Posts) -> None:
        """Replies are new rows of `message`, and rows have growing numbers."""
        wanted = {post.sid for post in posts.texts}
        connection = sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, isolation_level=None)
        version = -1
        while len(posts.committed) < len(posts.texts):
            await asyncio.sleep(0.002)
            now_version = connection.execute("PRAGMA data_version").fetchone()[0]
            if now_version == version:
                continue
            version = now_version
            found = connection.execute(
                "SELECT m.rowid, i.sid FROM message m JOIN inbound i ON i.id = m.inbound_id"
                " AND i.practice_id = m.practice_id WHERE m.rowid > ? ORDER BY m.rowid",
                (self._row,),
            ).fetchall()
            at = time.time()
            for row, sid in found:
                self._row = row
                if sid in wanted:
                    posts.committed.setdefault(sid, at)
        connection.close()

    async def until_all(self, posts: Posts, looking: asyncio.Task[None] | None) -> None:
        """Wait until all replies are committed, and know when each was."""
        async with asyncio.timeout(PATIENCE):
            if looking is not None:
                await looking
                return
            wanted = {post.sid for post in posts.texts}
            while len(posts.committed) < len(wanted):
                await asyncio.sleep(0.2)
                async with self._stage.practice.record.read("") as r:
                    for sid, _, at in await r.conn.execute(text(_COMMITTED)):
                        if sid in wanted:
                            posts.committed[sid] = float(at)
