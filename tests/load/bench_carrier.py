"""Is the benchmark's own carrier ever the bottleneck? Its processor time for a text, and its rate with two clients."""

import argparse
import asyncio
from pathlib import Path
from typing import Any

from bot.bench import children
from bot.bench.figures import medians, save

OUT = Path("build/bench")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)


def run(given: argparse.Namespace) -> None:
    told = asyncio.run(_measure(given.messages, given.repeats))
    save(OUT / "carrier.json", {"benchmark": "carrier", **told})
    for name, value in told["median"].items():
        print(f"{name:32} {value:,.1f}")


async def _measure(count: int, repeats: int) -> dict[str, Any]:
    async with children.carrier() as carrier:
        rounds = [await _round(carrier, count) for _ in range(repeats)]
    return {"messages": count, "median": medians(rounds), "rounds": rounds}


async def _round(carrier: str, count: int) -> dict[str, float]:
    before = await _cpu(carrier)
    one = await children.bare(carrier, count)
    after_one = await _cpu(carrier)
    tuned = await children.bare(carrier, count, tuned=True)
    two = await asyncio.gather(children.bare(carrier, count, tuned=True), children.bare(carrier, count, tuned=True))
    return {
        "bare_rate": one["rate"],
        "bare_tuned_rate": tuned["rate"],
        "two_tuned_clients_rate": sum(each["rate"] for each in two),
        "bare_cpu_us_per_text": 1e6 * one["cpu_seconds"] / count,
        "bare_tuned_cpu_us_per_text": 1e6 * tuned["cpu_seconds"] / count,
        "carrier_cpu_us_per_text": 1e6 * (after_one - before) / count,
    }


async def _cpu(carrier: str) -> float:
    told = await children.ledger(carrier)
    assert told is not None
    return told["cpu_seconds"]
