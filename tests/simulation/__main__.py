"""`python -m tests.simulation --seeds 1000`: lives that many weeks and prints what they came to as JSON."""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from statistics import median

from tests.rig.databases import ENGINES, Databases
from tests.simulation.lives import live, live_on, prepare, template_in
from tests.simulation.week import Outcome, Size


def _many(workers: int, run: Callable[[int], Outcome], seeds: range) -> list[Outcome]:
    if workers == 1:
        return [run(seed) for seed in seeds]
    with ProcessPoolExecutor(workers, initializer=prepare) as pool:
        return list(pool.map(run, seeds))


def main() -> int:
    parser = argparse.ArgumentParser(prog="simulate", description="Simulate practice weeks and assert every promise.")
    parser.add_argument("--seeds", type=int, default=50, help="how many weeks")
    parser.add_argument("--first", type=int, default=1, help="the first seed")
    parser.add_argument("--workers", type=int, default=1, help="how many processes")
    parser.add_argument("--days", type=float, default=7.0, help="how long a week is")
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--engine", choices=ENGINES, default="sqlite", help="one process only on PostgreSQL")
    parser.add_argument("--trace", action="store_true", help="print what happened, line by line")
    given = parser.parse_args()
    prepare()
    size = Size(days=given.days, clients=given.clients)
    seeds = range(given.first, given.first + given.seeds)
    with tempfile.TemporaryDirectory() as folder, closing(Databases(Path(folder))) as databases:
        if given.engine == "postgresql":
            outcomes = [live_on(databases, seed, size=size) for seed in seeds]
        else:
            outcomes = _many(given.workers, partial(live, template=template_in(Path(folder)), size=size), seeds)
    counts: dict[str, int] = {}
    for outcome in outcomes:
        for name, number in outcome.counts.items():
            counts[name] = counts.get(name, 0) + number
        if outcome.violations or given.trace:
            lines = outcome.lines if given.trace else outcome.lines[-40:]
            print(f"seed {outcome.seed}", *lines, sep="\n  ", file=sys.stderr)
    times = sorted(outcome.seconds for outcome in outcomes)
    work = sorted(outcome.cpu_seconds for outcome in outcomes)
    print(
        json.dumps(
            {
                "seeds": len(outcomes),
                "steps": sum(outcome.steps for outcome in outcomes),
                "violations": {
                    outcome.seed: [str(each) for each in outcome.violations]
                    for outcome in outcomes
                    if outcome.violations
                },
                "seconds_per_week": {"median": round(median(times), 2), "worst": round(times[-1], 2)},
                "cpu_seconds_per_week": {"median": round(median(work), 2), "worst": round(work[-1], 2)},
                "slowest": max(outcomes, key=lambda outcome: outcome.cpu_seconds).seed,
                "digests": {outcome.seed: outcome.digest[:12] for outcome in outcomes[:5]},
                "counts": dict(sorted(counts.items())),
            },
            indent=1,
        )
    )
    return 1 if any(outcome.violations for outcome in outcomes) else 0


if __name__ == "__main__":
    sys.exit(main())
