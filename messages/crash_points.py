"""Named places at which a process may die, so that tests can make it die there.

`reach` does nothing unless a test has installed a hook. Invariant: the names below are exactly those the code
reaches (a test reads the sources), so a new place cannot go untested.
"""

from collections.abc import Callable
from typing import Final

CRASH_POINTS: Final = (
    "claim.rows_chosen",
    "claim.intents_written",
    "transmit.intents_committed",
    "transmit.before_post",
    "transmit.after_post",
    "transmit.outcomes_written",
    "transmit.outcomes_committed",
    "settle.expired_marked",
    "settle.before_look",
    "settle.after_look",
    "settle.settled",
    "undeliverable.learnt",
    "undeliverable.followed_up",
    "overdue.handed_on",
    "callback.recorded",
    "stop.recorded",
    "stop.acknowledged",
    "inbound.stored",
    "inbound.handled",
    "gap.listed",
    "gap.stored",
    "gap.committed",
    "spool.kept",
    "spool.stored",
    "spool.committed",
    "spool.forgotten",
    "redact.before_erasing",
    "redact.erased",
    "redact.written",
    "offer.claimed",
    "alert.queued",
)

Hook = Callable[[str], None]
_hook: Hook | None = None


def reach(name: str) -> None:
    """Say that a place has been reached."""
    if _hook is not None:
        _hook(name)


def install(hook: Hook | None) -> None:
    """Have a hook called at every place with its name; None takes it away. For tests only."""
    global _hook  # noqa: PLW0603 -- one process, one hook; passing it through every call would burden all readers
    _hook = hook
