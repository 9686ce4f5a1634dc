"""Small practice weeks, one for each seed: whatever goes wrong, no promise is broken.

A failure names its seed; `python -m tests.simulation --first SEED --seeds 1 --days 1 --clients 8 --trace` tells the
whole story again, step for step. The long run, of whole weeks, is `make simulate`.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from shutil import copyfile

import pytest

from tests.rig.databases import Databases
from tests.simulation.mutations import MUTATIONS
from tests.simulation.week import Outcome, Size, Week

# Seconds on a quiet machine; but a machine that runs other things beside is slow in just this sort of work.
pytestmark = pytest.mark.timeout(300)
SMALL = Size(days=1, clients=8)
SHORT = Size(days=1, clients=6)
SEEDS = range(1, 51)
TOGETHER = 5
# Those that show within a small week or two; all of them are hunted by `make simulate-mutations`.
QUICK = (
    "a text is posted without its intent",
    "a lost answer is taken for a refusal",
    "the carrier's list is not asked",
    "STOP is not recorded",
    "the send window is not looked at",
    "a cancellation leaves its texts waiting",
    "holds are not given back",
)
WEEKS_FOR_A_MISTAKE = 6


@pytest.fixture(scope="module")
async def template(databases: Databases) -> Path:
    return Path((await databases.migrated("sqlite")).removeprefix("sqlite:///"))


def lived(seed: int, template: Path, folder: Path, size: Size = SMALL) -> Outcome:
    file = folder / f"week_{seed}.db"
    copyfile(template, file)
    return Week(seed, file, size).run()


@pytest.mark.parametrize("first", SEEDS[::TOGETHER])
def test_no_promise_is_broken(first: int, template: Path, tmp_path: Path) -> None:
    for seed in range(first, first + TOGETHER):
        outcome = lived(seed, template, tmp_path)
        story = "\n".join(("", *map(str, outcome.violations), "", *outcome.lines[-40:]))
        assert not outcome.violations, f"seed {seed}{story}"
        assert outcome.steps > 0


def test_a_seed_is_lived_the_same_way_again(template: Path, tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    one, two = (lived(7, template, folder, SHORT) for folder in folders)
    assert one.lines == two.lines
    assert one.digest == two.digest
    assert lived(8, template, tmp_path, SHORT).digest != one.digest


@pytest.mark.long
def test_a_seed_is_lived_the_same_way_in_another_process(template: Path, tmp_path: Path) -> None:
    """With another order of sets and dictionaries of strings, too."""
    told = []
    for hash_seed in ("1", "2"):
        asked = [sys.executable, "-m", "tests.simulation", "--seeds", "1", "--days", "1", "--clients", "6"]
        answer = subprocess.run(
            asked, env={**os.environ, "PYTHONHASHSEED": hash_seed}, check=True, capture_output=True, text=True
        )
        found = json.loads(answer.stdout)
        told.append((found["digests"], found["steps"], found["counts"]))
    assert told[0] == told[1]


def test_every_mistake_can_still_be_planted_and_is_taken_out_again() -> None:
    assert len({each.name for each in MUTATIONS}) == len(MUTATIONS) >= 40
    assert set(QUICK) <= {each.name for each in MUTATIONS}
    for mutation in MUTATIONS:
        replaced = [(owner, name, getattr(owner, name)) for owner, name, _ in mutation.patches()]
        with mutation.planted():
            assert all(getattr(owner, name) is not real for owner, name, real in replaced), mutation.name
        assert all(getattr(owner, name) is real for owner, name, real in replaced), mutation.name


@pytest.mark.parametrize("name", QUICK)
def test_a_planted_mistake_is_found(name: str, template: Path, tmp_path: Path) -> None:
    (mutation,) = (each for each in MUTATIONS if each.name == name)
    with mutation.planted():
        for seed in range(1, WEEKS_FOR_A_MISTAKE + 1):
            if lived(seed, template, tmp_path).violations:
                return
    pytest.fail("nobody noticed")
