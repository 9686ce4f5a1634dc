"""Processes of the product that start at once: forked from one that has already imported everything.

A process that is killed every 300 ms would otherwise spend its life importing; how long a cold start takes is measured
apart. Each is a real process with its own loop, connections and environment, and a kill is a real SIGKILL.

    python -m tests.experiments.forks      reads orders on stdin, one JSON a line, and answers each with one

Invariant: only children of this module are signalled, and none is reaped before it was asked after, so that a number
of a process is never another's; all of them end with their parent.
"""

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from tests.rig.process import ROOT

_PR_SET_PDEATHSIG = 1
COMMANDS = ("serve", "web", "work")


@dataclass
class Fork:
    """One process, or its place: after `kill` it can be started again."""

    nursery: "Nursery"
    command: str
    settings: dict[str, str]
    log: Path
    pid: int = 0
    started: float = 0.0

    def start(self) -> None:
        """Start it; what it says goes to the end of its log."""
        order = {"do": "start", "command": self.command, "settings": self.settings, "log": str(self.log)}
        self.pid = int(self.nursery.ask(order)["pid"])
        self.started = time.monotonic()

    def kill(self) -> None:
        """End it at once (SIGKILL) and wait until it is gone."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to end (SIGTERM) and wait; killed after 20 seconds."""
        self._end(signal.SIGTERM)

    def freeze(self) -> None:
        """Stop it from running (SIGSTOP)."""
        self.nursery.ask({"do": "signal", "pid": self.pid, "signal": int(signal.SIGSTOP)})

    def thaw(self) -> None:
        """Let it go on (SIGCONT)."""
        self.nursery.ask({"do": "signal", "pid": self.pid, "signal": int(signal.SIGCONT)})

    @property
    def is_running(self) -> bool:
        """Whether it has not ended by itself."""
        return self.pid != 0 and bool(self.nursery.ask({"do": "look", "pid": self.pid})["running"])

    def said(self) -> str:
        """Everything it has printed and logged."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def _end(self, how: signal.Signals) -> None:
        if self.pid:
            self.nursery.ask({"do": "end", "pid": self.pid, "signal": int(how)})
            self.pid = 0


class Nursery:
    """Where forks come from: one process of ours that has imported the product.

    `within` is written before its command line, to have it run elsewhere, in a namespace.
    """

    def __init__(self, folder: Path, within: tuple[str, ...] = ()) -> None:
        self.folder = folder
        self.forks: list[Fork] = []
        environment = {name: value for name, value in os.environ.items() if not name.startswith("STILLON_")}
        self._process = subprocess.Popen(
            [*within, sys.executable, "-m", "tests.experiments.forks"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=ROOT,
            env=environment | {"PYTHONPATH": str(ROOT)},
            text=True,
        )
        self.ask({"do": "look", "pid": 0})  # answered when everything is imported

    def fork(self, command: str, settings: dict[str, Any]) -> Fork:
        """A process of the product (`serve`, `web` or `work`), started."""
        named = {f"STILLON_{name.upper()}": str(value) for name, value in settings.items()}
        fork = Fork(self, command, named, self.folder / f"fork_{len(self.forks) + 1}.log")
        fork.start()
        self.forks.append(fork)
        return fork

    def ask(self, order: dict[str, Any]) -> dict[str, Any]:
        """Give one order and take its answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        """End all of them."""
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):
            for fork in self.forks:
                fork.kill()
            self._process.stdin.close()
        self.forks.clear()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()


class _Parent:
    """The forking side."""

    def __init__(self) -> None:
        self._ended: set[int] = set()

    def obey(self, order: dict[str, Any]) -> dict[str, Any]:
        match order["do"]:
            case "start":
                return {"pid": _fork(order)}
            case "end":
                self._end(order["pid"], order["signal"])
                return {}
            case "signal":
                if not self._is_gone(order["pid"]):
                    os.kill(order["pid"], order["signal"])
                return {}
            case _:
                return {"running": order["pid"] != 0 and not self._is_gone(order["pid"])}

    def _is_gone(self, pid: int) -> bool:
        if pid not in self._ended and os.waitpid(pid, os.WNOHANG)[0]:
            self._ended.add(pid)
        return pid in self._ended

    def _end(self, pid: int, how: int) -> None:
        give_up = time.monotonic() + 20
        if not self._is_gone(pid):
            os.kill(pid, how)
        while not self._is_gone(pid):
            if how != signal.SIGKILL and time.monotonic() > give_up:
                os.kill(pid, signal.SIGKILL)
            select.select([], [], [], 0.002)  # time.sleep fails under libfaketime


def _fork(order: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        code = _live(order)
    finally:
        os._exit(code)


def _live(order: dict[str, Any]) -> int:
    """Become the command, as `stillon COMMAND` would."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    out = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    quiet = os.open(os.devnull, os.O_RDONLY)
    for mine, its in ((quiet, 0), (out, 1), (out, 2)):
        os.dup2(mine, its)
    os.chdir(Path(order["log"]).parent)
    os.environ.update(order["settings"])
    sys.stdout, sys.stderr = _text(1), _text(2)
    from bot.cli import app  # imported long ago, see `main`

    try:
        app([order["command"]], standalone_mode=True)
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


def _text(number: int) -> TextIO:
    return os.fdopen(number, "w", buffering=1, encoding="utf-8")


def main() -> None:
    """Import the product, then obey until stdin ends."""
    import bot.commands.serve
    import bot.commands.work  # noqa: F401 -- imported for the children

    parent = _Parent()
    for line in sys.stdin:
        sys.stdout.write(json.dumps(parent.obey(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
