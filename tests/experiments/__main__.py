"""The experiments of docs/experiments.md, each with real processes, real HTTP and a real database.

    python -m tests.experiments R1 --seeds 5 --engine postgresql --size 10000      (make experiment R=R1 SEEDS=5)
    python -m tests.experiments R3 --size 1000 --rounds 200                        (make experiment R=R3 ROUNDS=200)

Prints a line for each run and writes a JSON file for it to build/experiments. Invariant: the exit code is 1 if
anything that was found is not as it must be.
"""

import argparse
import asyncio
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.experiments import (
    claim_race,
    clock_jumps,
    crash_sends,
    database_restarts,
    disk_full,
    edit_race,
    inbound_gap,
    partitions,
    shared_work,
    status_order,
    stop_race,
)
from tests.experiments.report import Asked, Found, line, write
from tests.rig.databases import ENGINES, Databases

Run = Callable[[Asked, Databases], Awaitable[Found]]


@dataclass(frozen=True, slots=True)
class Experiment:
    """How it is performed, its size unless asked otherwise, and the engines it is about."""

    run: Run
    size: int
    engines: tuple[str, ...] = ENGINES


EXPERIMENTS: Final = {
    "R1": Experiment(crash_sends.run, 10_000),
    "R3": Experiment(claim_race.run, 1_000),
    "R6": Experiment(stop_race.run, 1_000),
    "R8": Experiment(clock_jumps.run, 400),
    "R9": Experiment(database_restarts.run, 60, ("postgresql",)),
    "R10": Experiment(partitions.zombies, 20),
    "R10HOSTS": Experiment(partitions.two_machines, 3_000, ("postgresql",)),
    "SCALE": Experiment(shared_work.run, 800, ("postgresql",)),
    "R23": Experiment(status_order.run, 500),
    "R24": Experiment(inbound_gap.run, 500),
    "R25": Experiment(disk_full.run, 5, ("sqlite",)),
    "R26": Experiment(edit_race.run, 1_000),
}


async def perform(
    name: str, seeds: range, engines: tuple[str, ...], size: int | None, rounds: int | None = None
) -> bool:
    """Every run that was asked for; tells whether all is well."""
    experiment = EXPERIMENTS[name]
    well = True
    with tempfile.TemporaryDirectory(prefix="stillon-experiments-") as folder:
        databases = Databases(Path(folder))
        try:
            for engine in [each for each in experiment.engines if each in engines]:
                for seed in seeds:
                    asked = Asked(engine=engine, seed=seed, size=size or experiment.size, rounds=rounds)
                    found = await experiment.run(asked, databases)
                    write(name, asked, found)
                    print(line(name, asked, found), flush=True)
                    well = well and found.is_well
        finally:
            databases.close()
    return well


def main() -> int:
    """The command line."""
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("name", choices=EXPERIMENTS)
    options.add_argument("--seeds", type=int, default=1)
    options.add_argument("--first", type=int, default=1)
    options.add_argument("--engine", choices=("both", *ENGINES), default="both")
    options.add_argument("--size", type=int)
    options.add_argument("--rounds", type=int, help="of R3; else as many as it has by itself")
    given = options.parse_args()
    engines = ENGINES if given.engine == "both" else (given.engine,)
    seeds = range(given.first, given.first + given.seeds)
    return 0 if asyncio.run(perform(given.name, seeds, engines, given.size, given.rounds)) else 1


if __name__ == "__main__":
    sys.exit(main())
