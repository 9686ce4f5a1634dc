"""`python -m tests.simulation.mutants`: plants each mistake of mutations.py and says in which week it was found."""

import argparse
import json
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from tests.simulation.lives import live, prepare, template_in
from tests.simulation.mutations import MUTATIONS
from tests.simulation.week import Size


@dataclass(frozen=True, slots=True)
class Hunt:
    """A mistake, and how it was found; `promise` is None when it was not."""

    name: str
    weeks: int
    promise: str | None


def hunt(number: int, *, template: Path, seeds: int, size: Size) -> Hunt:
    """Live weeks with a mistake until one breaks a promise."""
    mutation = MUTATIONS[number]
    with mutation.planted():
        for seed in range(1, seeds + 1):
            outcome = live(seed, template=template, size=size)
            if outcome.violations:
                return Hunt(mutation.name, seed, outcome.violations[0].promise)
    return Hunt(mutation.name, seeds, None)


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="simulate-mutations", description="Does the simulation find planted mistakes?"
    )
    parser.add_argument("--seeds", type=int, default=10, help="how many weeks at most for each")
    parser.add_argument("--workers", type=int, default=1, help="how many processes")
    parser.add_argument("--days", type=float, default=3.0)
    parser.add_argument("--clients", type=int, default=10)
    parser.add_argument("--only", default="", help="only those whose name has this in it")
    given = parser.parse_args()
    prepare()
    numbers = [number for number, each in enumerate(MUTATIONS) if given.only in each.name]
    with tempfile.TemporaryDirectory() as folder:
        run = partial(
            hunt,
            template=template_in(Path(folder)),
            seeds=given.seeds,
            size=Size(days=given.days, clients=given.clients),
        )
        if given.workers > 1:
            with ProcessPoolExecutor(given.workers, initializer=prepare) as pool:
                hunts = list(pool.map(run, numbers))
        else:
            hunts = []
            for number in numbers:
                hunts.append(run(number))
                print(hunts[-1], file=sys.stderr, flush=True)
    caught = [each for each in hunts if each.promise is not None]
    found = [{"mistake": each.name, "week": each.weeks, "promise": each.promise} for each in hunts]
    print(json.dumps({"planted": len(hunts), "caught": len(caught), "mistakes": found}, indent=1))
    return 0 if len(caught) == len(hunts) else 1


if __name__ == "__main__":
    sys.exit(main())
