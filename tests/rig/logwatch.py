"""Reads the log of the whole suite as an operator would get it, and finds people in it.

Every record of every logger goes through the program's own formatter, at DEBUG, as in a noisy production. After each
test the new lines, the output of its child processes and what it printed are searched; a hit fails that very test.
"""

import io
import logging
from collections.abc import Iterable

from scheduler.core import log as rules
from tests.rig.canary import Hit, Scanner, corpus, words


class LogWatch(logging.Handler):
    """A handler on the root logger that keeps formatted lines until they are searched."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(rules.formatter())
        self._lines = io.StringIO()
        self._scanner = Scanner(words(corpus()))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the line."""
        self._lines.write(self.format(record) + "\n")

    def leaks(self, also: Iterable[str] = ()) -> list[Hit]:
        """People in the lines since the last call, and in the texts given with it."""
        text = "\n".join((self._lines.getvalue(), *also))
        self._lines.seek(0)
        self._lines.truncate()
        return self._scanner.find(text)

    def install(self) -> None:
        """Listen to every logger, whatever its level, as production does with STILLON_LOG_LEVEL=DEBUG."""
        root = logging.getLogger()
        root.addHandler(self)
        root.setLevel(logging.DEBUG)
        rules.quieten()
        rules.bind_structlog()
