"""The shape of the program: who may import whom, and that no dependency can take the place of a package of ours."""

import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests.rig.process import ROOT

OURS = ("bot", "waitlist", "messages", "scheduler", "migrations")

BREACHES = {
    "a lower package imports a higher one": ("scheduler/fees/rules.py", "import messages.kinds", "layers"),
    "words reach the database": ("messages/kinds.py", "import sqlalchemy", "words"),
    "words reach it by a detour": ("messages/render.py", "import scheduler.people.store", "words"),
    "a rule asks the clock": ("scheduler/reminders/planner.py", "import scheduler.core.clock", "pure"),
    "a rule reads the record": ("waitlist/matching.py", "import scheduler.core.record", "pure"),
    "another module uses the carrier's SDK": ("messages/send_rules.py", "import twilio.rest", "twilio"),
    "another module uses the timer library": ("bot/settings.py", "import apscheduler", "ticker"),
}


def lint_imports(where: Path) -> subprocess.CompletedProcess[str]:
    """The contracts of pyproject.toml, checked on the sources at `where`."""
    command = [Path(sys.executable).parent / "lint-imports", "--no-logo", "--no-cache"]
    environment = {"PATH": "", "PYTHONPATH": str(where), "COLUMNS": "200"}
    return subprocess.run(command, cwd=where, capture_output=True, text=True, check=False, env=environment)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    there = tmp_path_factory.mktemp("sources")
    for name in OURS:
        shutil.copytree(ROOT / name, there / name, ignore=shutil.ignore_patterns("__pycache__", "static"))
    shutil.copy(ROOT / "pyproject.toml", there)
    return there


@pytest.mark.parametrize("breach", BREACHES)
def test_a_breach_of_a_contract_is_found(copy: Path, breach: str):
    file, line, contract = BREACHES[breach]
    original = (copy / file).read_text()
    (copy / file).write_text(f"{original}\n{line}\n")
    try:
        done = lint_imports(copy)
    finally:
        (copy / file).write_text(original)
    broken = re.findall(r"^ ?(\w+): .* BROKEN", done.stdout, re.MULTILINE)
    assert contract in broken, done.stdout + done.stderr


def test_no_dependency_installs_a_package_of_our_names():
    installed = packages_distributions()
    for name in OURS:
        assert set(installed.get(name, ["stillon"])) == {"stillon"}, name


def test_our_packages_come_from_this_tree():
    for name in OURS:
        module = __import__(name)
        assert module.__file__ is not None
        assert Path(module.__file__).is_relative_to(ROOT)


def test_the_wheel_carries_all_of_them():
    pyproject = (ROOT / "pyproject.toml").read_text()
    wheel = next(line for line in pyproject.splitlines() if line.startswith('packages = ["bot"'))
    assert all(f'"{name}"' in wheel for name in OURS)
