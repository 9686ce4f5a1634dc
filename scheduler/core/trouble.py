"""What a database's refusal means, in our own errors: away, busy, or something an operator has to mend.

Invariant: what is raised here carries a code only. A driver's own text may hold a row or an address, and is dropped.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import asyncpg
from sqlalchemy.exc import DBAPIError

from scheduler.core.errors import Misconfigured, StillonError, Unavailable

BUSY_STATES: Final = frozenset({"40001", "40P01", "55P03"})  # serialization, deadlock, lock not available
AWAY_CLASSES: Final = frozenset({"08", "53", "57"})  # connection, resources such as a full disk, shutting down
REFUSED_CLASSES: Final = frozenset({"28", "3D"})  # user or password, no database of that name
REFUSED_STATE: Final = "42501"  # a right that the user lacks
AWAY_ON_SQLITE: Final = ("disk is full", "disk I/O error", "unable to open database file")
READ_ONLY_ON_SQLITE: Final = ("readonly database",)
DAMAGED_ON_SQLITE: Final = ("file is not a database", "disk image is malformed")


@contextmanager
def trouble_told() -> Iterator[None]:
    """Turn what a database says when it cannot be used, or when transactions stood in each other's way, into our error.

    Raises:
        Unavailable: `record_away` or `record_busy`; the transaction was undone, so trying again is safe.
        Misconfigured: `database_refused` (user, password, name or rights), `database_read_only`, `database_damaged`.
    """
    try:
        yield
    except DBAPIError as error:
        state, said = str(getattr(error.orig, "sqlstate", None) or ""), str(error.orig)
        told = Unavailable("record_away") if error.connection_invalidated else _told(state, said)
        if told is None:
            raise
        raise told from None
    except asyncpg.PostgresError as error:  # what the server says while connecting is not wrapped
        told = _told(str(error.sqlstate or ""), "")
        if told is None:
            raise
        raise told from None
    except OSError:  # neither is a server that is not there; a timeout is an OSError, too
        raise Unavailable("record_away") from None


def _told(state: str, said: str) -> StillonError | None:
    if state in BUSY_STATES or "database is locked" in said:
        return Unavailable("record_busy")
    if state[:2] in AWAY_CLASSES or any(each in said for each in AWAY_ON_SQLITE):
        return Unavailable("record_away")
    if state[:2] in REFUSED_CLASSES or state == REFUSED_STATE:
        return Misconfigured("database_refused")
    if any(each in said for each in READ_ONLY_ON_SQLITE):
        return Misconfigured("database_read_only")
    if any(each in said for each in DAMAGED_ON_SQLITE):
        return Misconfigured("database_damaged")
    return None
