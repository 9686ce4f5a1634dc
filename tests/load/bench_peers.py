"""The same texts to the same carrier through well-known queues, beside ours and aiohttp alone; PostgreSQL for all.

The queues do less: they load a text, post it and record the outcome. Ours also checks, words, paces and audits.
"""

import argparse
import asyncio
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from bot.bench import children, dispatch
from bot.bench.figures import medians, save
from bot.bench.server_cpu import used_by_tree
from tests.load.databases import server
from tests.rig.postgres import Postgres

OUT = Path("build/bench")
ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / "build" / "peers" / "bin" / "python"
PEERS = ("pgqueuer", "procrastinate", "apscheduler")
SECONDS = 120


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--messages", type=int, default=3_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--peers", default=",".join(PEERS))


def run(given: argparse.Namespace) -> None:
    if not PYTHON.exists():
        raise SystemExit("the queues are not installed: make bench-peers does that")
    told: dict[str, list[dict[str, Any]]] = {}
    with server() as postgres:
        for number in range(given.repeats):
            for name, figures in asyncio.run(_round(postgres, number, given.messages, given.peers.split(","))).items():
                told.setdefault(name, []).append(figures)
    middle = {name: medians(rounds) for name, rounds in told.items()}
    for name, each in middle.items():
        print(
            f"{name:14} {each['rate']:7,.0f}/s  ratio to aiohttp alone {each['ratio']:.2f}"
            f"  (by processor time {each['cpu_ratio']:.2f})  {each['cpu_per_thousand']:.2f} CPU s per 1,000"
        )
    save(OUT / "peers.json", {"benchmark": "peers", "messages": given.messages, "median": middle, "rounds": told})


async def _round(postgres: Postgres, number: int, count: int, peers: list[str]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    async with children.carrier() as carrier:
        for peer in peers:
            url = await postgres.create(f"{peer}_{number}")
            bare = await children.bare(carrier, count)
            await children.ledger(carrier, forget=True)
            before = used_by_tree(postmaster(postgres))
            done = await asyncio.to_thread(_peer, peer, url, carrier, count)
            cpu = done["cpu_seconds"] + used_by_tree(postmaster(postgres)) - before
            taken = await children.ledger(carrier)
            assert taken is not None
            assert taken["references"] == taken["accepted"] == count, (peer, taken)
            await postgres.drop(f"{peer}_{number}")
            found[peer] = {
                **done,
                "ratio": done["rate"] / bare["rate"],
                "cpu_ratio": bare["cpu_seconds"] / cpu,
                "cpu_per_thousand": 1000 * cpu / count,
            }
        url = await postgres.create(f"stillon_{number}")
        told = await dispatch.run(
            messages=count,
            pending=[0],
            repeats=1,
            carrier=carrier,
            latency_ms=0.0,
            database=url,
            really=False,
            say=lambda _line: None,
        )
        found["stillon"] = told["sizes"][0]["median"]
        await postgres.drop(f"stillon_{number}")
    return found


def postmaster(postgres: Postgres) -> int:
    return int((postgres.home / "data" / "postmaster.pid").read_text().split()[0])


def _peer(peer: str, url: str, carrier: str, count: int) -> dict[str, float]:
    done = subprocess.run(
        [PYTHON, "-m", f"tests.load.peers.with_{peer}", url, carrier, str(count)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{peer}: {done.stderr[-2000:]}")
    figures: dict[str, float] = json.loads(done.stdout.strip().splitlines()[-1])
    return figures
