"""The whole product's sending against aiohttp alone, on both engines: at growing numbers of pending, and at 80 ms."""

import argparse
from pathlib import Path

from bot.bench import dispatch
from bot.bench.figures import save
from tests.load.databases import empty

OUT = Path("build/bench")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--pending", default="10000,100000,1000000")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    parser.add_argument("--engines", default="sqlite,postgresql")


def run(given: argparse.Namespace) -> None:
    for engine in given.engines.split(","):
        print(f"{engine}, carrier answers after {given.latency_ms:g} ms")
        with empty(engine) as url:
            told = dispatch.run_now(
                messages=given.messages,
                pending=[int(each) for each in given.pending.split(",")],
                repeats=given.repeats,
                carrier=None,
                latency_ms=given.latency_ms,
                database=url,
                really=False,
                say=print,
            )
        flat = told["sizes"][-1]["median"]["rate"] / told["sizes"][0]["median"]["rate"]
        if len(told["sizes"]) > 1:
            print(f"{engine}: rate at the most pending / at the fewest = {flat:.2f}")
        save(OUT / f"dispatch-{engine}-{given.latency_ms:g}ms.json", told)
