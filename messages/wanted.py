"""Which touches a visit should have: the policy's, over the channels the client agreed to, inside the send window.

The arithmetic is the scheduler's (reminders/planner.py), what to change because of it reconcile.py's. Invariant: only
reading happens here, so that a policy can be looked at before it is in force.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from messages.kinds import Channel, Kind, Purpose
from messages.quiet_hours import window_of
from messages.recipients import Reachable, planned_as, reachable
from messages.reconcile import WantedTouch
from messages.send_rules import SendWindow, window_shift
from scheduler.appointments.states import ParticipationState
from scheduler.appointments.store import Visit
from scheduler.calendar.wallclock import zone_of
from scheduler.core.record import Reading
from scheduler.people import store as people
from scheduler.people.store import Client, Practice
from scheduler.reminders import policy as policies
from scheduler.reminders import store as reminders
from scheduler.reminders.planner import NEAR, PlannedTouch, plan
from scheduler.reminders.policy import Policy


@dataclass(frozen=True, slots=True)
class Setting:
    """What planning looks at besides the visit: the same for all visits of one call."""

    policy: Policy
    practice: Practice
    clients: Mapping[str, Client]
    reach: Mapping[str, Reachable]
    today: date

    def zone(self, client_id: str) -> str:
        """The client's zone."""
        return self.clients[client_id].zone or self.practice.zone

    def window(self, client_id: str) -> SendWindow:
        """When something may leave for the client."""
        client = self.clients[client_id]
        own = (client.from_minute, client.until_minute)
        return window_of(self.practice, self.zone(client_id), self.today, unasked=False, own=own)


async def setting_of(r: Reading, client_ids: set[str], policy: Policy | None = None) -> Setting:
    """The setting of some clients, by the policy in force or another one."""
    return Setting(
        policy=policy or await reminders.policy_in_force(r),
        practice=await people.practice(r),
        clients=await people.clients(r, client_ids),
        reach=await reachable(r, client_ids, Purpose.REMINDERS),
        today=r.now.date(),
    )


def wanted_touches(
    r: Reading, setting: Setting, visit: Visit, agreed_at: datetime, *, booked_notice: bool
) -> tuple[WantedTouch, ...]:
    """The touches a visit should have, each at its time inside the send window."""
    reach = setting.reach.get(visit.client_id, {})
    planned = plan(
        setting.policy,
        starts_at=visit.starts_at,
        zone=_zone(setting, visit),
        booked_at=agreed_at,
        channels=list(dict.fromkeys(policies.Channel(planned_as(channel).value) for channel in reach)),
        booked_notice=booked_notice,
    )
    confirmed = visit.state is ParticipationState.CONFIRMED
    needed = [touch for touch in planned if not (touch.only_if_unconfirmed and confirmed)]
    window = setting.window(visit.client_id)
    return _spread([_placed(touch, reach, window, agreed_at, r.now) for touch in needed])


def _zone(setting: Setting, visit: Visit) -> ZoneInfo:
    return zone_of(setting.zone(visit.client_id))


def _placed(
    touch: PlannedTouch, reach: Reachable, window: SendWindow, agreed_at: datetime, now: datetime
) -> WantedTouch:
    """The touch inside the send window. One whose time has passed keeps it, so that it is known as passed."""
    wanted = Channel(touch.channel.value)
    channel, point = next((way, point) for way, point in reach.items() if planned_as(way) is wanted)
    due_at: datetime | None = touch.due_at
    if touch.due_at >= now:
        earliest = max(agreed_at, now)
        due_at = window_shift(touch.due_at, window=window, not_before=earliest, not_after=touch.useful_until)
    return WantedTouch(
        key=touch.key,
        kind=Kind(touch.kind.value),
        channel=channel,
        contact_point_id=point.id,
        address_ix=point.value_ix,
        due_at=due_at,
        useful_until=touch.useful_until,
        only_if_unconfirmed=touch.only_if_unconfirmed,
    )


def _spread(touches: Sequence[WantedTouch]) -> tuple[WantedTouch, ...]:
    """Without touches that the window pushed against a later one on the same channel: the later one says it all."""
    kept: list[WantedTouch] = []
    for touch in reversed(touches):
        if not any(_crowds(touch, later) for later in kept):
            kept.append(touch)
    return tuple(reversed(kept))


def _crowds(touch: WantedTouch, later: WantedTouch) -> bool:
    if touch.due_at is None or later.due_at is None or touch.channel is not later.channel:
        return False
    return abs(later.due_at - touch.due_at) < NEAR
