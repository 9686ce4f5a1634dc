"""Which touches a visit gets and when each is due: a pure function of the visit and a policy version.

Here lives the arithmetic. The due times are raw: shifting them out of the night is done by the messages
package just before sending, from the client's zone of that day. Consent is looked at here only to choose
channels; it is checked again when a touch is sent.

The one invariant: the same inputs give the same plan, so re-planning after a move or an edit never invents a
second touch.

The rules, in order:

1. A touch in days is due on the calendar day that many days before the visit's local day, at its wall-clock
   minute; a touch in hours that many elapsed hours before the start.
2. A touch whose channel the client has not agreed to travels by the client's first agreed channel; with none,
   there is no plan.
3. A touch that would come less than 15 minutes before the start, or after it, is left out.
4. A touch due less than 15 minutes after the booking was made (or before it) is missed. However many are
   missed, at most one notice with the key "booked" takes their place, due at the booking, over the channel of
   the last touch missed. Callers that only carry old bookings over (an import) switch the notice off.
5. Of two touches on one channel that are less than two hours apart only the later one remains; it is
   unconditional if either of them was.
6. A touch is useful until an hour before the start, or, if it is due in the last two hours, until halfway to
   the start.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from scheduler.calendar.wallclock import days_before
from scheduler.reminders.policy import BOOKED_KEY, Channel, Days, Policy, Touch, TouchKind

JUST_BOOKED: Final = timedelta(minutes=15)
TOO_CLOSE_TO_START: Final = timedelta(minutes=15)
NEAR: Final = timedelta(hours=2)
USEFUL_BEFORE_START: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PlannedTouch:
    """One touch to come. `due_at` and `useful_until` are aware UTC; after the latter it must not leave any more."""

    key: str
    channel: Channel
    kind: TouchKind
    due_at: datetime
    useful_until: datetime
    only_if_unconfirmed: bool


def plan(
    policy: Policy,
    *,
    starts_at: datetime,
    zone: ZoneInfo,
    booked_at: datetime,
    channels: Sequence[Channel],
    booked_notice: bool = True,
) -> tuple[PlannedTouch, ...]:
    """The touches of a visit in order of their due time, by the rules of this module.

    `starts_at` and `booked_at` are aware UTC; `booked_at` is when this time was agreed, so a moved visit
    passes the moment of the move. `channels` are those the client agreed to for reminders, in the order they
    prefer. `zone` is the client's.
    """
    if not channels or booked_at >= starts_at:
        return ()
    coming: list[PlannedTouch] = []
    missed: list[PlannedTouch] = []
    for touch in policy.touches:
        planned = _planned(touch, starts_at, zone, channels)
        if planned.due_at > starts_at - TOO_CLOSE_TO_START:
            continue
        (missed if planned.due_at < booked_at + JUST_BOOKED else coming).append(planned)
    if missed and booked_notice and booked_at <= starts_at - TOO_CLOSE_TO_START:
        coming.append(_notice(missed, starts_at, booked_at))
    return _merged(sorted(coming, key=_order))


def _planned(touch: Touch, starts_at: datetime, zone: ZoneInfo, channels: Sequence[Channel]) -> PlannedTouch:
    offset = touch.offset
    if isinstance(offset, Days):
        due_at = days_before(starts_at, offset.n, offset.at_minute, zone)
    else:
        due_at = starts_at - timedelta(hours=offset.n)
    return PlannedTouch(
        key=touch.key,
        channel=touch.channel if touch.channel in channels else channels[0],
        kind=touch.kind,
        due_at=due_at,
        useful_until=_useful_until(due_at, starts_at),
        only_if_unconfirmed=touch.only_if_unconfirmed,
    )


def _notice(missed: Sequence[PlannedTouch], starts_at: datetime, booked_at: datetime) -> PlannedTouch:
    last = max(missed, key=_order)
    return PlannedTouch(
        key=BOOKED_KEY,
        channel=last.channel,
        kind=TouchKind.BOOKED,
        due_at=booked_at,
        useful_until=_useful_until(booked_at, starts_at),
        only_if_unconfirmed=False,
    )


def _useful_until(due_at: datetime, starts_at: datetime) -> datetime:
    return max(starts_at - USEFUL_BEFORE_START, due_at + (starts_at - due_at) / 2)


def _merged(touches: Sequence[PlannedTouch]) -> tuple[PlannedTouch, ...]:
    kept: list[PlannedTouch] = []
    for touch in reversed(touches):
        at = next((i for i, later in enumerate(kept) if _is_near(touch, later)), None)
        if at is None:
            kept.append(touch)
        elif kept[at].only_if_unconfirmed and not touch.only_if_unconfirmed:
            kept[at] = replace(kept[at], only_if_unconfirmed=False)
    return tuple(sorted(kept, key=_order))


def _is_near(touch: PlannedTouch, later: PlannedTouch) -> bool:
    return touch.channel is later.channel and later.due_at - touch.due_at < NEAR


def _order(touch: PlannedTouch) -> tuple[datetime, str]:
    return (touch.due_at, touch.key)
