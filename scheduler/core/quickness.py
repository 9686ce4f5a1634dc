"""Which statements are known to be quick: so quick that a trip to another thread costs more than they do.

Nothing is assumed of a statement by its looks: it has to have been quick, several times over, where it could hold up
nobody. One that is slow once while others wait is not trusted again for long. Invariant: beginning a transaction is
never quick, since it may wait for a lock.
"""

from typing import Final

QUICK_SECONDS: Final = 0.001
TOO_LONG_SECONDS: Final = 0.004
TIMES: Final = 3
DISTRUSTED_FOR: Final = 50
STATEMENTS: Final = 4_000
"""So many are remembered; then all are forgotten and learnt anew."""
_WAITS: Final = ("BEGIN", "COMMIT", "PRAGMA", "VACUUM", "CREATE", "DROP", "ALTER")


class Quickness:
    """How often each statement has been quick in a row; below zero while it is not trusted."""

    def __init__(self) -> None:
        self._times: dict[str, int] = {}

    def is_known(self, statement: str) -> bool:
        """Whether it may be run where others wait for it."""
        return self._times.get(statement, 0) >= TIMES

    def took(self, statement: str, seconds: float) -> None:
        """It was run where nobody waited, and took so long."""
        if statement.startswith(_WAITS):
            return
        if len(self._times) >= STATEMENTS and statement not in self._times:
            self._times.clear()
        so_far = self._times.get(statement, 0)
        self._times[statement] = so_far + 1 if seconds <= QUICK_SECONDS else min(so_far, 0)

    def took_here(self, statement: str, seconds: float) -> None:
        """It was run where others waited for it, and took so long."""
        if seconds > TOO_LONG_SECONDS:
            self._times[statement] = -DISTRUSTED_FOR
