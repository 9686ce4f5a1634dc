"""Whether the daily and weekly caps leave room for an offer to a number.

The gate refuses what is over the caps when it is sent (messages/send_rules.py); asking before the offer is made keeps
time from being held for somebody who is not texted. An offer that was answered counts for neither of the two.
Invariant: an offer never takes the place of a reminder that is planned for the same day.
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from messages.send_rules import within_caps
from scheduler.core.record import Reading
from scheduler.people.store import Practice
from waitlist import reach_store
from waitlist.reach_store import Instants

_LOOK_BACK: Final = timedelta(days=8)


async def texts_of(r: Reading, numbers: Collection[bytes]) -> dict[bytes, list[Instants]]:
    """The capped texts of the last days and the planned ones, by number; to be asked for many at once."""
    return await reach_store.capped_texts(r, numbers, r.now - _LOOK_BACK) if numbers else {}


def has_room(texts: Collection[Instants], practice: Practice, zone: str, now: datetime) -> bool:
    """Whether one more capped text fits today and this week, local dates of `zone`; today's reminders go first."""
    info = ZoneInfo(zone)
    today = now.astimezone(info).date()
    left = [text.at for text in texts if not text.planned]
    planned = [text.at for text in texts if text.planned]
    due_today = [max(at, now) for at in planned if at.astimezone(info).date() <= today]
    return within_caps([*left, *due_today], now=now, zone=zone, daily=practice.daily_cap, weekly=practice.weekly_cap)
