"""What time is it in the demo, and how is it moved?

The service owns the demo's time; this asks it to move and then follows. Invariant: the carrier's clock has the offset
the service last answered with, so that both date their texts alike.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from bot.sandbox.carrier import Carrier

_PATIENCE_SECONDS = 30
_FRESH_FOR_SECONDS = 4
_PAGE_WAITS_SECONDS = 0.5
_OK = 200
_STAND_STILL = {"advance_seconds": 0}

NOT_ANSWERING = "The service is not answering. Time stands as it was."
HELD = "Reminders are held in the console. None leaves until somebody lets them."
NOT_UNDERSTOOD = "The service did not move its time."


@dataclass(frozen=True, slots=True)
class DemoTime:
    """What is known of the demo's time; `next_event` is an ISO instant or None when nothing is due."""

    next_event: str | None = None
    trouble: str | None = None


class Demo:
    """The service's clock, seen from here. Without a control address there is nothing to move."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier
        self._one_at_a_time = asyncio.Lock()
        self._session: aiohttp.ClientSession | None = None
        self._asked_at: float | None = None
        self._refreshing: asyncio.Task[DemoTime] | None = None
        self.time = DemoTime()

    @property
    def enabled(self) -> bool:
        """Is there a service whose time can be moved?"""
        return self._carrier.config.demo_control_url is not None

    def open(self) -> None:
        """Make ready to ask; needs a running loop."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=_PATIENCE_SECONDS))

    async def close(self) -> None:
        """Drop the connection."""
        if self._refreshing is not None:
            self._refreshing.cancel()
            await asyncio.gather(self._refreshing, return_exceptions=True)
        if self._session is not None:
            await self._session.close()

    async def refresh(self) -> None:
        """Learn the time and the next event, unless that was done a moment ago.

        Waits for a short while only: a frozen service must not freeze the page of phones with it.
        """
        now = self._carrier.clock.monotonic()
        fresh = self._asked_at is not None and now - self._asked_at < _FRESH_FOR_SECONDS
        if self.enabled and not fresh and not self._one_at_a_time.locked():
            self._refreshing = asyncio.create_task(self.move({"advance_seconds": 0}))
            await asyncio.wait({self._refreshing}, timeout=_PAGE_WAITS_SECONDS)

    async def move(self, order: dict[str, Any]) -> DemoTime:
        """Ask the service to move its time by this order, and follow it.

        The service sends what has fallen due before it answers, so the carrier goes ahead to where that will be:
        otherwise a reminder of ten o'clock would be dated with the time before the jump.
        """
        async with self._one_at_a_time:
            if "jump" in order:
                self._follow(await self._ask(_STAND_STILL))
            clock = self._carrier.clock
            stood = clock.offset
            clock.offset += self._step(order)
            self._follow(await self._ask(order), stood)
            if clock.offset != stood:
                self._carrier.texts.changed()
        return self.time

    def _follow(self, answer: dict[str, Any] | str, stood: timedelta | None = None) -> None:
        """Take over what the service said; when it said nothing, the clock stands where it `stood`."""
        clock = self._carrier.clock
        before = (self.time, clock.offset)
        self._asked_at = clock.monotonic()
        if isinstance(answer, str):
            self.time = replace(self.time, trouble=answer)
            clock.offset = clock.offset if stood is None else stood
        else:
            self.time = DemoTime(next_event=answer.get("next"), trouble=HELD if answer.get("held") else None)
            clock.offset = timedelta(seconds=float(answer["offset_seconds"]))
        if before != (self.time, clock.offset):
            self._carrier.texts.changed()

    def _step(self, order: dict[str, Any]) -> timedelta:
        """How far an order is going to move time, as far as can be told from here."""
        if "jump" not in order:
            return timedelta(seconds=float(order.get("advance_seconds", 0)))
        if self.time.next_event is None:
            return timedelta(0)
        return max(timedelta(0), datetime.fromisoformat(self.time.next_event) - self._carrier.clock.now())

    async def _ask(self, order: dict[str, Any]) -> dict[str, Any] | str:
        config = self._carrier.config
        if self._session is None or config.demo_control_url is None:
            return NOT_ANSWERING
        headers = {"X-Demo-Secret": config.demo_secret or ""}
        try:
            async with self._session.post(config.demo_control_url, json=order, headers=headers) as response:
                answer = await response.json() if response.status == _OK else None
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return NOT_ANSWERING
        return answer if isinstance(answer, dict) and "offset_seconds" in answer else NOT_UNDERSTOOD
