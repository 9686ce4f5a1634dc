"""The bare client: aiohttp alone posting the same forms to the same carrier, with no record behind it. The measure.

A hundred keep-alive connections, the loop and the parser aiohttp comes with, one task per connection, plain
`session.post` and `answer.json()`. `--tuned` is the same on uvloop. Invariant: neither handicapped nor helped; it is
run in a process of its own, in the same minute as what it is compared with.
"""

import argparse
import asyncio
import json
import resource
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

import aiohttp
import uvloop

from scheduler.core.clock import SystemClock

CREATED = 201
ACCOUNT = "AC" + "0" * 32
TEXT = (
    "Bench Office: your visit is Tue Mar 10, 10:00 AM. Reply C to confirm, N if you cannot come."
    " https://example.org/v/0123456789abcdefghijkl or 202-555-0198. STOP to end"
)


@dataclass(frozen=True, slots=True)
class Posted:
    """How many texts were posted, in how many seconds, and the processor time of the client."""

    count: int
    seconds: float
    cpu_seconds: float
    rate: float


async def post_all(carrier: str, count: int, connections: int) -> Posted:
    """Post `count` texts over so many connections."""
    clock = SystemClock()
    url = f"{carrier.rstrip('/')}/api.twilio.com/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    numbers = iter(range(count))
    timeout = aiohttp.ClientTimeout(total=8)
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=connections),
        headers={"Authorization": aiohttp.encode_basic_auth(ACCOUNT, "secret")},
        timeout=timeout,
    ) as session:
        await asyncio.gather(*(_post(session, url, iter([-1])) for _ in range(connections)))  # opens the connections
        started, cpu = clock.monotonic(), _cpu()
        await asyncio.gather(*(_post(session, url, numbers) for _ in range(connections)))
        seconds, used = clock.monotonic() - started, _cpu() - cpu
    return Posted(count, seconds, used, count / seconds)


async def _post(session: aiohttp.ClientSession, url: str, numbers: Iterator[int]) -> None:
    for number in numbers:
        async with session.post(url, data=form(number)) as answer:
            made = await answer.json()
            if answer.status != CREATED or not made["sid"]:
                raise RuntimeError("carrier_refused")


def form(number: int) -> dict[str, str]:
    """The fields our channel posts."""
    return {
        "To": f"+1202555{number % 10_000:04d}",
        "StatusCallback": f"https://example.org/twilio/{0:032x}/status?m={number + 1:032x}&a=1",
        "ValidityPeriod": "28800",
        "From": "+12025550199",
        "Body": TEXT,
    }


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it: `python -m bot.bench.bare http://127.0.0.1:8027 --messages 10000`; prints JSON."""
    parser = argparse.ArgumentParser(description="aiohttp alone, for comparison.")
    parser.add_argument("carrier")
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--connections", type=int, default=100)
    parser.add_argument("--tuned", action="store_true")
    given = parser.parse_args(arguments)
    run = uvloop.run if given.tuned else asyncio.run
    posted = run(post_all(given.carrier, given.messages, given.connections))
    sys.stdout.write(json.dumps(asdict(posted)) + "\n")


if __name__ == "__main__":
    main()
