"""A worker that was killed is back at once: it imports what a worker needs, and every command is found by its name."""

import subprocess
import sys

import pytest

from bot.cli import COMMANDS
from tests.rig.process import ROOT

LOADED = "import sys, bot.commands.work; print('\\n'.join(sys.modules))"
NOT_A_WORKERS = ("bot.app", "bot.console", "bot.web.install", "bot.sandbox", "bot.demo")


OFTEN = ("serve", "demo", "understand")
"""Tried at every change; the others among the long tests: each starts an interpreter of its own."""


def test_a_worker_imports_no_pages():
    said = subprocess.run([sys.executable, "-c", LOADED], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    loaded = set(said.split())
    assert "bot.worker" in loaded
    assert loaded.isdisjoint(NOT_A_WORKERS)


@pytest.mark.parametrize(
    "name", [name if name in OFTEN else pytest.param(name, marks=pytest.mark.long) for name in COMMANDS]
)
def test_every_command_is_found_and_only_when_called(name: str):
    program = f"import bot.cli; print(bot.cli.Commands(name='s').get_command(None, {name!r}).name)"
    said = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert said.split() == [name]
