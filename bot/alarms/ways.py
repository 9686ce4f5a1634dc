"""The second path: how an alarm leaves without the outbox, the worker and the carrier it may be about.

By mail straight to the server, by POST to an address of the operator's, and the ping whose absence an outside monitor
notices. Each makes one attempt and says whether it went. Invariant: what leaves holds codes, counts and times only.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import aiohttp

from bot.alarms import alarm_words
from bot.alarms.conditions import Alarm
from bot.alarms.repeat import Tell
from messages.channels.base import Accepted, Outgoing
from messages.channels.smtp import SmtpChannel
from scheduler.core.ids import MakeId
from scheduler.core.log import get_logger

log = get_logger(__name__)

OK = range(200, 300)
LONGEST_WAIT_SECONDS = 600


class Listener(Protocol):
    """One who is told."""

    def concerns(self, alarm: Alarm) -> bool:
        """Whether this is for them."""
        ...

    async def tell(self, tell: Tell, at: datetime) -> bool:
        """Tell them; False when that did not work. Never raises for what the network does."""
        ...


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A person, by mail. `practice_id` None: the operator, who hears of everything."""

    address: str
    practice_id: str | None
    smtp: SmtpChannel
    console: str
    make_id: MakeId

    def concerns(self, alarm: Alarm) -> bool:
        """A practice hears of itself and of what is wrong with the installation."""
        return self.practice_id is None or alarm.practice_id in {None, self.practice_id}

    async def tell(self, tell: Tell, at: datetime) -> bool:
        """One mail."""
        outgoing = Outgoing(
            reference=self.make_id(at),
            attempt=1,
            sender="",
            to=self.address,
            text=alarm_words.text(tell, self.console),
            subject=alarm_words.subject(tell),
            valid_seconds=LONGEST_WAIT_SECONDS,
        )
        outcome = await self.smtp.send(outgoing)
        if not isinstance(outcome, Accepted):
            log.error("alarm.not_mailed", outcome=type(outcome).__name__)
        return isinstance(outcome, Accepted)


@dataclass(frozen=True, slots=True)
class Webhook:
    """A program of the operator's."""

    url: str
    session: aiohttp.ClientSession

    def concerns(self, _alarm: Alarm) -> bool:
        """It hears of everything."""
        return True

    async def tell(self, tell: Tell, at: datetime) -> bool:
        """One POST of JSON."""
        order = {
            "program": "stillon",
            "event": "all_clear" if tell.all_clear else "alarm",
            "at": at.isoformat(timespec="seconds"),
            "lasts_seconds": round(tell.lasts),
            "alarms": [_plain(each) for each in tell.alarms],
        }
        return await _posted(self.session, self.url, "webhook", order)


async def ping(session: aiohttp.ClientSession, url: str) -> bool:
    """The sign of life for an outside monitor."""
    return await _posted(session, url, "monitor", {"program": "stillon", "event": "alive"})


async def _posted(session: aiohttp.ClientSession, url: str, whose: str, order: object) -> bool:
    try:
        async with session.post(url, json=order, allow_redirects=False) as answer:
            if answer.status in OK:
                return True
            log.error("alarm.not_posted", where=whose, http_status=answer.status)
    except (aiohttp.ClientError, OSError, ValueError) as error:
        log.warning("alarm.not_posted", where=whose, error=type(error).__name__)
    return False


def _plain(alarm: Alarm) -> dict[str, str | int]:
    named = {"code": alarm.code.value, "practice": alarm.practice_id, "detail": alarm.detail, "count": alarm.count}
    return {name: value for name, value in named.items() if value is not None}
