"""How fast what is due leaves: the whole product against aiohttp alone, both within the same minute.

One round: the bare client posts N texts to the carrier; then N reminders come due in the record and the product's
worker sends them, timed from its start until the last outcome is committed. The record is asked afterwards whether
each was intended, sent and entered once, and the light carrier whether each came once. Invariant: a round in which
anything is missing or twice has no figures; it fails.
"""

import asyncio
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import urlsplit

from bot.bench import children, fill_store
from bot.bench.figures import medians
from bot.bench.past import SetBack
from bot.bench.practice import BenchPractice, set_up
from bot.bench.server_cpu import used_by_server
from bot.wiring import subscriptions
from scheduler.core import schema
from scheduler.core.engine import open_engines
from scheduler.core.errors import Misconfigured, StillonError
from scheduler.core.keys import KeyRing, new_ring, save_ring
from scheduler.core.record import Record
from scheduler.core.vault import Vault

WARM_UP: Final = 300
LOOK_SECONDS: Final = 0.02
PATIENCE_SECONDS: Final = 600.0
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
Say = Callable[[str], None]


class NotProven(StillonError):
    """Something was lost, came twice, or is not in the record: there is no figure to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure. `pending` sizes are filled up one after the other; `account` is whose account is used."""

    messages: int
    pending: Sequence[int]
    repeats: int
    carrier: str
    latency_ms: float
    account: tuple[str, str] = ("AC" + "0" * 32, "benchmark-token")


@asynccontextmanager
async def empty_database(url: str | None) -> AsyncIterator[str]:
    """The given database if it is empty, or a file that is removed afterwards.

    Raises:
        Misconfigured: database_not_empty.
    """
    if url is None:
        with TemporaryDirectory(prefix="stillon-bench-") as folder:
            yield f"sqlite:///{folder}/bench.db"
        return
    engines = open_engines(url)
    try:
        if await fill_store.has_tables(engines):
            raise Misconfigured("database_not_empty")
    finally:
        await engines.close()
    yield url


def check_carrier(url: str, *, really: bool) -> None:
    """Pass a carrier on this machine, or one of one's own elsewhere if that is really meant; never a phone company.

    The account and the numbers of a benchmark are invented: a phone company would refuse each text, and be bothered.

    Raises:
        Misconfigured: carrier_not_here or carrier_is_real.
    """
    host = (urlsplit(url).hostname or "").rstrip(".")
    if f".{host}".endswith(".twilio.com"):
        raise Misconfigured("carrier_is_real")
    if host not in LOOPBACK and not really:
        raise Misconfigured("carrier_not_here")


async def measure(url: str, plan: Plan, say: Say) -> list[dict[str, Any]]:
    """All sizes and repeats over a database; one result for each size, with its rounds.

    Raises:
        NotProven: see the module.
    """
    await schema.migrate(url)
    ring = new_ring()
    with TemporaryDirectory(prefix="stillon-bench-keys-") as folder:
        keyring = Path(folder) / "keyring.json"
        save_ring(ring, keyring)
        async with _opened(url, ring) as practice:
            await practice.add_due(WARM_UP)
            async with children.child("bot.bench.worker", settings=_settings(url, keyring, plan), told=True) as worker:
                await children.said(worker)
                await _dispatch(practice, worker, plan, WARM_UP)
                return [await _size(practice, worker, plan, size, say) for size in plan.pending]


async def _size(practice: BenchPractice, worker: Process, plan: Plan, pending: int, say: Say) -> dict[str, Any]:
    await practice.add_pending(pending)
    rounds = []
    for number in range(plan.repeats):
        await practice.add_due(plan.messages)
        bare = await children.bare(plan.carrier, plan.messages)
        done = await _dispatch(practice, worker, plan, plan.messages)
        rounds.append(_compared(plan, bare, done))
        say(f"pending {pending:>9,}  round {number + 1}: {_line(rounds[-1])}")
    middle = medians(rounds)
    say(f"pending {pending:>9,}  median:  {_line(middle)}")
    return {"pending": pending, "median": middle, "rounds": rounds}


def _line(told: Mapping[str, Any]) -> str:
    return (
        f"{told['rate']:>7,.0f}/s, bare {told['bare_rate']:>7,.0f}/s, ratio {told['ratio']:.2f}"
        f" (by processor time {told['cpu_ratio']:.2f}), {told['cpu_per_thousand']:.2f} CPU s per 1,000,"
        f" {told.get('rss_mb', 0):.0f} MB"
    )


def _compared(plan: Plan, bare: Mapping[str, float], done: Mapping[str, Any]) -> dict[str, Any]:
    """A round's figures. `cpu_ratio`, the bare client's processor time over all of ours, holds on a busy machine."""
    rate = plan.messages / done["seconds"]
    cpu = done["cpu_seconds"] + (done["server_cpu_seconds"] or 0.0)
    ceiling = {"ceiling_ratio": rate * plan.latency_ms / 1000 / 100} if plan.latency_ms else {}
    return {
        **done,
        "rate": rate,
        "bare_rate": bare["rate"],
        "bare_cpu_seconds": bare["cpu_seconds"],
        "ratio": rate / bare["rate"],
        "cpu_ratio": bare["cpu_seconds"] / cpu,
        "cpu_per_thousand": 1000 * cpu / plan.messages,
        **ceiling,
    }


async def _dispatch(practice: BenchPractice, worker: Process, plan: Plan, count: int) -> dict[str, Any]:
    """Have the worker send what is due; its time, its cost, and the proof."""
    record, clock = practice.record, practice.clock
    await children.ledger(plan.carrier, forget=True)
    due_before = clock.now()
    server, used = await _server_cpu(practice)
    started = clock.monotonic()
    await children.tell(worker, "go")
    await children.said(worker)
    while True:
        async with record.read(practice.id) as r:
            if await fill_store.is_done(r, due_before):
                break
        if clock.monotonic() - started > PATIENCE_SECONDS:
            raise NotProven("never_done")
        await clock.sleep(LOOK_SECONDS)
    seconds = clock.monotonic() - started
    await children.tell(worker, "halt")
    told = await children.said(worker)
    now_used = used_by_server(server)
    await _prove(practice, plan, count, due_before)
    return {
        **{name: value for name, value in told.items() if name != "state"},
        "seconds": seconds,
        "server_cpu_seconds": None if used is None or now_used is None else now_used - used,
    }


async def _server_cpu(practice: BenchPractice) -> tuple[int | None, float | None]:
    async with practice.record.read(practice.id) as r:
        server = await fill_store.server_process(r)
    return server, used_by_server(server)


async def _prove(practice: BenchPractice, plan: Plan, count: int, due_before: Any) -> None:
    async with practice.record.read(practice.id) as r:
        proof = await fill_store.proof(r, due_before)
    if not proof.all_sent_once(practice.clients):
        raise NotProven("record_disagrees", expected=practice.clients, sent=proof.sent, sids=proof.sids)
    taken = await children.ledger(plan.carrier)
    if taken is not None and not (taken["accepted"] == taken["references"] == count):
        raise NotProven("carrier_disagrees", expected=count, accepted=int(taken["accepted"]), twice=int(taken["twice"]))


@asynccontextmanager
async def _opened(url: str, ring: KeyRing) -> AsyncIterator[BenchPractice]:
    clock = SetBack()
    record = Record(open_engines(url), clock, Vault(ring), subscriptions=subscriptions())
    try:
        yield await set_up(record, clock)
    finally:
        await record.close()


def _settings(url: str, keyring: Path, plan: Plan) -> dict[str, str]:
    account, token = plan.account
    return {
        "STILLON_DATABASE_URL": url,
        "STILLON_KEYRING": str(keyring),
        "STILLON_TWILIO_ACCOUNT_SID": account,
        "STILLON_TWILIO_AUTH_TOKEN": token,
        "STILLON_TWILIO_API_BASE": plan.carrier,
        "STILLON_LOG_LEVEL": "WARNING",
    }


async def run(
    *,
    messages: int,
    pending: Sequence[int],
    repeats: int,
    carrier: str | None,
    latency_ms: float,
    database: str | None,
    really: bool,
    say: Say,
) -> dict[str, Any]:
    """The whole benchmark; starts a light carrier if none is named.

    Raises:
        Misconfigured: database_not_empty, carrier_not_here or carrier_is_real.
        NotProven: see the module.
    """
    if carrier is not None:
        check_carrier(carrier, really=really)
    async with empty_database(database) as url, _carrier(carrier, latency_ms) as address:
        plan = Plan(messages=messages, pending=pending, repeats=repeats, carrier=address, latency_ms=latency_ms)
        sizes = await measure(url, plan, say)
    engine = urlsplit(url).scheme.partition("+")[0]
    return {
        "benchmark": "dispatch",
        "engine": engine,
        "messages": messages,
        "latency_ms": latency_ms,
        "connections": 100,
        "sizes": sizes,
    }


@asynccontextmanager
async def _carrier(given: str | None, latency_ms: float) -> AsyncIterator[str]:
    if given is not None:
        yield given.rstrip("/")
        return
    async with children.carrier(latency_ms) as started:
        yield started


def run_now(**given: Any) -> dict[str, Any]:
    """`run`, in a loop of its own."""
    return asyncio.run(run(**given))
