"""The work every queue is given: a text is loaded by its id, posted to the carrier, and what came of it is recorded.

Imported by the peers' own environment: nothing of Stillon's, only aiohttp and asyncpg. Each text is posted as the bare
client does it, over a hundred keep-alive connections; none of our checks are asked for.
"""

import argparse
import asyncio
import json
import resource
import sys
import time
from collections.abc import Awaitable, Callable

import aiohttp
import asyncpg

ACCOUNT = "AC" + "0" * 32
CONNECTIONS = 100
BODY = (
    "Bench Office: your visit is Tue Mar 10, 10:00 AM. Reply C to confirm, N if you cannot come."
    " https://example.org/v/0123456789abcdefghijkl or 202-555-0198. STOP to end"
)


class Work:
    def __init__(self, dsn: str, carrier: str, count: int) -> None:
        self.dsn = dsn
        self.count = count
        self.url = f"{carrier}/api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        self.left = count
        self.done = asyncio.Event()

    async def open(self) -> None:
        self.pool = await asyncpg.create_pool(self.dsn, min_size=8, max_size=12)
        await self.pool.execute(
            "CREATE TABLE text (id integer PRIMARY KEY, recipient text, body text, state text, sid text,"
            " sent_at timestamptz)"
        )
        rows = [(n, f"+1202555{n % 10_000:04d}", BODY, "pending") for n in range(1, self.count + 1)]
        await self.pool.executemany("INSERT INTO text (id, recipient, body, state) VALUES ($1, $2, $3, $4)", rows)
        self.session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=CONNECTIONS),
            headers={"Authorization": aiohttp.encode_basic_auth(ACCOUNT, "secret")},
            timeout=aiohttp.ClientTimeout(total=8),
        )

    async def send(self, text_id: int) -> None:
        row = await self.pool.fetchrow("SELECT recipient, body FROM text WHERE id = $1", text_id)
        form = {
            "To": row["recipient"],
            "StatusCallback": f"https://example.org/twilio/{0:032x}/status?m={text_id:032x}&a=1",
            "ValidityPeriod": "28800",
            "From": "+12025550199",
            "Body": row["body"],
        }
        async with self.session.post(self.url, data=form) as answer:
            made = await answer.json()
        await self.pool.execute(
            "UPDATE text SET state = 'sent', sid = $2, sent_at = now() WHERE id = $1", text_id, made["sid"]
        )
        self.left -= 1
        if not self.left:
            self.done.set()

    async def close(self) -> None:
        sent = await self.pool.fetchval("SELECT count(DISTINCT sid) FROM text WHERE state = 'sent'")
        assert sent == self.count, (sent, self.count)
        await self.session.close()
        await self.pool.close()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(prepare: Callable[[Work], Awaitable[Callable[[], Awaitable[None]]]]) -> None:
    """`prepare` fills the queue and returns what runs its worker until `work.done` is set."""
    parser = argparse.ArgumentParser()
    parser.add_argument("dsn")
    parser.add_argument("carrier")
    parser.add_argument("count", type=int)
    given = parser.parse_args()

    async def run() -> None:
        work = Work(given.dsn, given.carrier, given.count)
        await work.open()
        worker = await prepare(work)
        started, cpu = time.monotonic(), _cpu()
        running = asyncio.create_task(worker())
        waiting = asyncio.create_task(work.done.wait())
        await asyncio.wait({running, waiting}, return_when=asyncio.FIRST_COMPLETED)
        if not work.done.is_set():
            await running  # raises what ended it
            await work.done.wait()
        seconds, used = time.monotonic() - started, _cpu() - cpu
        await work.close()
        print(json.dumps({"seconds": seconds, "rate": given.count / seconds, "cpu_seconds": used}), flush=True)
        # The queues' own ways to stop take up to their polling intervals; the figures are in.
        sys.stdout.flush()
        import os

        os._exit(0)

    asyncio.run(run())
