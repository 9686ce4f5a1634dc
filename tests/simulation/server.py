"""PostgreSQL in a simulated week: a real server, questions that are counted, and time that stands still meanwhile.

Statements of different transactions truly overlap here, so races and locks are the server's own; in exchange a seed
is not lived in exactly the same order twice. Invariant: no simulated time passes while an answer is expected.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import asyncpg
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from scheduler.core.engine import Engines
from tests.simulation.engines import Disturbance, disturbed, hand_over
from tests.simulation.loop import VirtualLoop

_ASKS: Final = frozenset(
    {"query", "prepare", "bind", "bind_execute", "bind_execute_many", "execute", "close_statement", "close"}
)
POOL: Final = 20


def open_postgresql(url: str, disturb: Disturbance) -> tuple[Engines, AsyncEngine]:
    """Engines as scheduler/core/engine.py sets them up, and one more that nothing disturbs, for looking."""
    hand_over(disturb)
    writer, reader, looking = (_engine(url, POOL // 2), _engine(url, POOL // 2), _engine(url, 2))
    disturbed(writer, reads=False)
    disturbed(reader, reads=True)
    return Engines(writer, reader), looking


def _engine(url: str, size: int) -> AsyncEngine:
    parsed = make_url(url)
    where = {"host": parsed.query["host"], "port": int(str(parsed.query["port"]))}

    async def connect() -> Any:
        return await _counted(
            lambda: asyncpg.connect(
                user=parsed.username,
                database=parsed.database,
                connection_class=_Connection,
                server_settings={"timezone": "UTC"},
                **where,
            )
        )

    return create_async_engine(
        parsed.set(drivername="postgresql+asyncpg", query={}),
        async_creator=connect,
        hide_parameters=True,
        pool_size=size,
        max_overflow=0,
        pool_timeout=3600,
    )


async def _counted(ask: Callable[[], Awaitable[Any]]) -> Any:
    loop = asyncio.get_running_loop()
    if not isinstance(loop, VirtualLoop):
        return await ask()
    loop.answers_expected += 1
    try:
        return await ask()
    finally:
        loop.answers_expected -= 1


class _Protocol:
    """asyncpg's protocol; whatever asks the server is counted while it waits."""

    def __init__(self, real: Any) -> None:
        self._real = real

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._real, name)
        if name not in _ASKS:
            return found

        async def ask(*given: Any, **named: Any) -> Any:
            return await _counted(lambda: found(*given, **named))

        return ask


class _Connection(asyncpg.Connection):  # type: ignore[type-arg,misc]
    """asyncpg's connection over a counted protocol."""

    def __init__(self, protocol: Any, *given: Any, **named: Any) -> None:
        super().__init__(_Protocol(protocol), *given, **named)
