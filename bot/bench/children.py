"""Processes a benchmark starts: the light carrier, the bare client, the worker. All are gone when it ends.

Invariant: only processes started here are ever signalled.
"""

import asyncio
import json
import os
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bot.bench import carrier as light_carrier
from scheduler.core.errors import Misconfigured

ROOT = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def child(
    module: str, *arguments: str, settings: Mapping[str, str] | None = None, told: bool = False
) -> AsyncIterator[Process]:
    """A Python process of ours with only these settings; `told`: it reads from us."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        *arguments,
        stdin=PIPE if told else DEVNULL,
        stdout=PIPE,
        env=_environment(settings),
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


@asynccontextmanager
async def carrier(latency_ms: float = 0.0) -> AsyncIterator[str]:
    """A light carrier; gives its address."""
    async with child(light_carrier.__name__, "--latency-ms", str(latency_ms)) as process:
        line = await _line(process)
        yield f"http://127.0.0.1:{line.rsplit(' ', 1)[1]}"


async def bare(carrier_url: str, count: int, *, tuned: bool = False) -> dict[str, float]:
    """What the bare client needs for so many texts."""
    more = ("--tuned",) if tuned else ()
    async with child("bot.bench.bare", carrier_url, "--messages", str(count), *more) as process:
        told: dict[str, float] = json.loads(await _line(process))
        return told


async def said(process: Process) -> dict[str, Any]:
    """The next line of a child that speaks JSON."""
    found: dict[str, Any] = json.loads(await _line(process))
    return found


async def tell(process: Process, word: str) -> None:
    """A line for a child that reads."""
    if process.stdin is None:
        raise Misconfigured("child_does_not_read")
    process.stdin.write(f"{word}\n".encode())
    await process.stdin.drain()


async def ledger(carrier_url: str, *, forget: bool = False) -> dict[str, float] | None:
    """What the light carrier counted; None of another one, which has no such page."""
    return await _asked(carrier_url, "POST", "/forget") if forget else await _asked(carrier_url, "GET", "/ledger")


async def arrivals(carrier_url: str) -> dict[str, float]:
    """When each text came to the light carrier, by its message id."""
    return await _asked(carrier_url, "GET", "/arrivals") or {}


async def _asked(carrier_url: str, method: str, path: str) -> dict[str, float] | None:
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
        session.request(method, carrier_url + path) as answer,
    ):
        if answer.status != 200:  # noqa: PLR2004 -- what HTTP calls fine
            return None
        found: dict[str, float] = await answer.json()
        return found


async def _line(process: Process) -> str:
    if process.stdout is None:
        raise Misconfigured("child_does_not_speak")
    line = await process.stdout.readline()
    if not line:
        raise Misconfigured("child_ended")
    return line.decode().strip()


def _environment(settings: Mapping[str, str] | None) -> dict[str, str]:
    # Settings of the machine are left out, so that nobody's own practice is ever reached.
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STILLON_")}  # noqa: TID251 -- handed on, not read
    return {**kept, "PYTHONPATH": str(ROOT), **(settings or {})}
