"""Figures of a benchmark: medians of repeats, and a file that says how they came about.

Invariant: a file names its commit, its set-up and every repeat, so that a figure can be traced to a run.
"""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any, Final

from scheduler.core.clock import SystemClock

_ROOT: Final = Path(__file__).resolve().parents[2]


def medians(rounds: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The median of every figure that all rounds have."""
    shared = [name for name in rounds[0] if all(isinstance(each.get(name), int | float) for each in rounds)]
    return {name: float(median(each[name] for each in rounds)) for name in shared}


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so large a share of the values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def machine() -> dict[str, Any]:
    """What it ran on, and how busy that was with other things."""
    return {
        "at": SystemClock().now().isoformat(timespec="seconds"),
        "commit": _commit(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cores": os.cpu_count(),
        "load": [round(each, 2) for each in os.getloadavg()],
    }


def save(path: Path, told: Mapping[str, Any]) -> None:
    """Write a file of figures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({**machine(), **told}, indent=2) + "\n", encoding="utf-8")


def _commit() -> str:
    try:
        found = subprocess.run(  # a fixed command, without a shell
            ["git", "describe", "--always", "--dirty"],  # noqa: S607 -- whichever git the developer uses
            cwd=_ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
    except OSError:
        return "unknown"
    return found.stdout.strip() or "unknown"
