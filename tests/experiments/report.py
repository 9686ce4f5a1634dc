"""What an experiment found, as one JSON file: enough to compare runs, and to run the same again.

Invariant: a finding that is not well says what was wrong, in counts and ids; never in words of a text.
"""

import json
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests.rig.process import ROOT

FOLDER = ROOT / "build" / "experiments"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is to be done: on which engine, from which seed, how much; and how often, where it goes in rounds."""

    engine: str
    seed: int
    size: int
    rounds: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One run. `wrong` is empty when all is well; `counts` and `seconds` are the measures, `times` their spread."""

    counts: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    times: dict[str, dict[str, float]] = field(default_factory=dict)
    wrong: tuple[str, ...] = ()

    @property
    def is_well(self) -> bool:
        """Whether nothing was wrong."""
        return not self.wrong


def spread(values: Sequence[float]) -> dict[str, float]:
    """How many, the median, the 99th percentile and the largest."""
    if not values:
        return {"count": 0}
    ordered = sorted(values)
    last = len(ordered) - 1
    return {
        "count": len(ordered),
        "p50": round(ordered[round(last * 0.5)], 4),
        "p99": round(ordered[round(last * 0.99)], 4),
        "max": round(ordered[-1], 4),
    }


def write(experiment: str, asked: Asked, found: Found, folder: Path = FOLDER) -> Path:
    """Write the file; a later run of the same replaces it."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{experiment}-{asked.engine}-{asked.size}-{asked.seed}.json"
    told = {
        "experiment": experiment,
        **asdict(asked),
        "commit": commit(),
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "well": found.is_well,
        **asdict(found),
    }
    file.write_text(json.dumps(told, indent=1), encoding="utf-8")
    return file


def line(experiment: str, asked: Asked, found: Found) -> str:
    """The run in one line."""
    state = "well" if found.is_well else "NOT WELL: " + "; ".join(found.wrong)
    numbers = {**found.counts, **{name: f"{value:.1f}s" for name, value in found.seconds.items()}}
    told = ", ".join(f"{name} {value}" for name, value in numbers.items())
    return (
        f"{experiment} {asked.engine} seed {asked.seed} size {asked.size}: {state}; {told}; {json.dumps(found.times)}"
    )


def commit() -> str:
    """The commit of the sources; `+` if they differ from it."""
    said = [
        subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()
        for words in (("rev-parse", "--short", "HEAD"), ("status", "--porcelain", "--untracked-files=no"))
    ]
    return said[0] + ("+" if said[1] else "")
