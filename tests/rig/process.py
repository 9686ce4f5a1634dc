"""Real `stillon` processes for tests: started on free ports of this machine, watched, and killed when need be.

Invariant: only processes started here are ever signalled, and all of them are gone when the test ends.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READY_SECONDS = 30.0


class NotReady(Exception):
    """A process ended or stayed silent; the text holds the end of its log."""


def free_port() -> int:
    """A port of the loopback interface that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Running:
    """One process and the file that has all it said."""

    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    folder: Path
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def start(self) -> None:
        """Start, or start again after an end; the log goes on in the same file."""
        with self.log.open("ab") as out:
            self._process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.environment, cwd=self.folder
            )

    @property
    def pid(self) -> int:
        """The id of the running process."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process is not None and self._process.poll() is None

    def said(self) -> str:
        """Everything it has printed and logged so far."""
        return self.log.read_text(encoding="utf-8", errors="replace") if self.log.exists() else ""

    def until(self, ready: Callable[[], bool], *, seconds: float = READY_SECONDS) -> None:
        """Poll until `ready` says yes.

        Raises:
            NotReady: the process ended, or the time is over.
        """
        give_up = time.monotonic() + seconds
        while not ready():
            if not self.is_running or time.monotonic() > give_up:
                state = "still runs" if self.is_running else "has ended"
                raise NotReady(f"{' '.join(self.command[-2:])} {state}: {self.said()[-2000:]}")
            time.sleep(0.02)

    def until_answers(self, port: int, path: str = "/", *, seconds: float = READY_SECONDS) -> None:
        """Poll until it answers HTTP on that port with anything but a server error."""
        self.until(lambda: answers(port, path), seconds=seconds)

    def kill(self) -> None:
        """End it at once, as a power cut would (SIGKILL)."""
        self._send(signal.SIGKILL)

    def freeze(self) -> None:
        """Stop it from running without ending it (SIGSTOP)."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on (SIGCONT)."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def stop(self, *, seconds: float = 15.0) -> int:
        """Ask it to end (SIGTERM) and return its exit code; killed if it takes longer than `seconds`."""
        return self._send(signal.SIGTERM, seconds)

    def wait(self, *, seconds: float = READY_SECONDS) -> int:
        """Wait for its own end and return its exit code."""
        assert self._process is not None
        return self._process.wait(timeout=seconds)

    def _send(self, how: signal.Signals, seconds: float = 15.0) -> int:
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(how)
        try:
            return self._process.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()


class Processes:
    """Starts `stillon` commands and ends them all with the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Running] = []

    def stillon(self, *arguments: str, **settings: str | int | float | Path) -> Running:
        """Start `stillon ARGUMENTS` with settings such as `database_url=...`; relative paths are below `folder`."""
        return self.python("-m", "bot.cli", *arguments, **settings)

    def python(self, *arguments: str, **settings: str | int | float | Path) -> Running:
        """Start this Python with other arguments, from the same sources."""
        # Settings of the machine are left out, so that a developer's own STILLON_ names change nothing here.
        environment = {name: value for name, value in os.environ.items() if not name.startswith("STILLON_")}
        environment |= {"PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
        environment |= {f"STILLON_{name.upper()}": str(value) for name, value in settings.items()}
        log = self.folder / f"process_{len(self.started) + 1}.log"
        running = Running((sys.executable, *arguments), environment, log, self.folder)
        running.start()
        self.started.append(running)
        return running

    def close(self) -> None:
        """End all that still run."""
        for running in self.started:
            if running.is_running:
                running.kill()

    def said(self) -> str:
        """Everything that all of them have printed and logged."""
        return "\n".join(running.said() for running in self.started)


def answers(port: int, path: str = "/") -> bool:
    """Whether something on that port of this machine answers HTTP without a server error."""
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
