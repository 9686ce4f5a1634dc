"""The measured side, in a process of its own: the product's worker as `stillon work` runs it, started on a word.

Everything is wired as in the real program; only when to begin and when to stop comes from the benchmark, a line each
on the standard input: `go` starts a worker, `halt` stops it and answers with what the process has used meanwhile.
`--web` answers pages and webhooks besides, as `stillon serve` does; `--beat` watches the loop.
Invariant: nothing of the worker is replaced or left out.
"""

import asyncio
import json
import resource
import sys
from contextlib import AsyncExitStack
from importlib import import_module
from pathlib import Path

from bot import event_loop
from bot.bench.heartbeat import Heartbeat
from bot.people_first import PeopleFirst
from bot.running import serving, working
from bot.settings import load
from bot.wiring import Program, open_program
from scheduler.core import log
from scheduler.core.clock import SystemClock

READY = "ready"


async def run() -> None:
    """Do as told until the input ends."""
    settings = load()
    log.configure(level=settings.log_level)
    program = await open_program(settings, SystemClock())
    words, people = await _words(), PeopleFirst()
    async with AsyncExitStack() as stack:
        stack.push_async_callback(program.close)
        if "--web" in sys.argv:
            create_app = import_module("bot.app").create_app  # a worker alone knows no pages
            pages = create_app(settings, program.record, people=people)
            await stack.enter_async_context(serving(pages, settings.host, settings.port))
        _say({"state": READY})
        while await _next(words) == "go":
            await _work(program, words, people)


async def _work(program: Program, words: asyncio.StreamReader, people: PeopleFirst) -> None:
    used, heart = _cpu(), Heartbeat()
    beating = asyncio.create_task(heart.beat()) if "--beat" in sys.argv else None
    async with working(program, people):
        _say({"state": "working"})
        await _next(words)
        spent = _cpu() - used
    told = {} if beating is None else heart.told()
    if beating is not None:
        beating.cancel()
    _say({"state": "halted", "cpu_seconds": spent, **told, **_memory()})


async def _words() -> asyncio.StreamReader:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    return reader


async def _next(words: asyncio.StreamReader) -> str:
    return (await words.readline()).decode().strip()


def _say(what: dict[str, object]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _memory() -> dict[str, float]:
    """Resident memory now and at its highest, in megabytes; empty where the system does not tell."""
    status = Path("/proc/self/status")
    if not status.exists():
        return {}
    lines = dict(line.split(":", 1) for line in status.read_text().splitlines() if ":" in line)
    return {key: int(lines[name].split()[0]) / 1024 for key, name in (("rss_mb", "VmRSS"), ("peak_mb", "VmHWM"))}


if __name__ == "__main__":
    event_loop.run(run())
