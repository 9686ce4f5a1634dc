"""When an automated message may leave: send window, caps, usefulness, and the gate in its fixed order.

Pure functions of values; nothing here reads a record, a setting or a clock. Instants are aware UTC, minutes of a day
are wall-clock minutes in a client's zone. The one invariant: `gate` says Allowed only when every check, in the order
below, passes at the very instant `now` it was given.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from messages.kinds import Channel, Kind, MessageClass, Purpose, VisitNeed, traits

DEFAULT_START_MINUTE: Final = 8 * 60
DEFAULT_END_MINUTE: Final = 20 * 60
DEFAULT_DAILY_CAP: Final = 1
DEFAULT_WEEKLY_CAP: Final = 3

_MINUTE: Final = timedelta(minutes=1)
_DAY: Final = timedelta(days=1)
# A text moved to the evening before leaves this many minutes before the window closes, so that a queue of them has
# time to drain inside it.
DRAIN_MINUTES: Final = 15
# A window opens every day, so two days each way hold the nearest opening; the third covers zones that skip a date.
_SEARCH_DAYS: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SendWindow:
    """Allowed minutes of the day `[start_minute, end_minute)`, wall-clock, in every one of `zones` at once.

    `week`, if given, narrows them on each weekday, Monday first: the law of some states is another one on Sundays.
    Several zones are given when a client's own zone is not known and the number could be in any of them.
    """

    zones: tuple[str, ...]
    start_minute: int = DEFAULT_START_MINUTE
    end_minute: int = DEFAULT_END_MINUTE
    week: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if not self.zones or not 0 <= self.start_minute < self.end_minute <= 24 * 60:
            raise ValueError("send_window_invalid")

    def is_open(self, instant: datetime) -> bool:
        """Whether `instant` falls in the window in all its zones."""
        return all(self._is_open_in(instant, zone) for zone in self.zones)

    def minutes_on(self, weekday: int) -> tuple[int, int]:
        """The allowed minutes of a weekday; Monday is 0."""
        if not self.week:
            return self.start_minute, self.end_minute
        start, end = self.week[weekday]
        return max(self.start_minute, start), min(self.end_minute, end)

    def _is_open_in(self, instant: datetime, zone: str) -> bool:
        start, end = (
            self.minutes_on(instant.astimezone(ZoneInfo(zone)).weekday())
            if self.week
            else (
                self.start_minute,
                self.end_minute,
            )
        )
        return start <= _minute_of_day(instant, zone) < end


def window_shift(due: datetime, *, window: SendWindow, not_before: datetime, not_after: datetime) -> datetime | None:
    """The best instant for a message due at `due`.

    `due` itself when the window is open then; else the last stretch of the window before it (fifteen minutes before
    closing, or its opening when it is shorter); else, when that is before `not_before`, the first open instant after
    `not_before`. None when nothing lies within `[not_before, not_after]`. Moving earlier first is what keeps a
    reminder ahead of a fee deadline. Source: rules.md B1, "a reminder due in quiet hours".
    """
    wanted = max(due, not_before)
    if window.is_open(wanted):
        return wanted if wanted <= not_after else None
    stretches = _open_stretches(window, wanted)
    earlier = [stretch for stretch in stretches if stretch[1] <= wanted]
    if earlier:
        start, end = earlier[-1]
        last = max(start, end - DRAIN_MINUTES * _MINUTE)
        if not_before <= last <= not_after:
            return last
        if last < not_before < end and not_before <= not_after:
            return not_before
    later = next((start for start, _ in stretches if start > wanted), None)
    return later if later is not None and later <= not_after else None


def next_open(instant: datetime, window: SendWindow) -> datetime | None:
    """The first instant at or after `instant` at which `window` is open; None when its zones never agree."""
    if window.is_open(instant):
        return instant
    return next((start for start, _ in _open_stretches(window, instant) if start > instant), None)


def within_caps(sent: Collection[datetime], *, now: datetime, zone: str, daily: int, weekly: int) -> bool:
    """Whether one more capped message may leave at `now`.

    A day is a local date of `zone`; a week is today and the six dates before it, so no seven days in a row ever
    hold more than `weekly`. Instants after `now` (a clock that ran ahead) count as today.
    """
    if not sent:
        return daily > 0 and weekly > 0
    today = now.astimezone(ZoneInfo(zone)).date()
    dates = [min(instant.astimezone(ZoneInfo(zone)).date(), today) for instant in sent]
    this_week = sum(1 for day in dates if day > today - timedelta(days=7))
    return dates.count(today) < daily and this_week < weekly


class _Anchor(StrEnum):
    START = "start"
    DEADLINE = "deadline"
    CAUSE = "cause"


# Minutes from the anchor; negative is before it. Reminders: "until 1 h before" (reliability.md section 3). The one
# confirmation of an opt-out is presumed lawful for five minutes (47 CFR 64.1200(a)(12)).
_USEFUL: Final[dict[Kind, tuple[_Anchor, int]]] = {
    Kind.BOOKED: (_Anchor.START, 0),
    Kind.REMINDER: (_Anchor.START, -60),
    Kind.REMINDER_CONFIRMED: (_Anchor.START, -60),
    Kind.CLINICIAN_CANCELLED: (_Anchor.START, 0),
    Kind.RESCHEDULED_BY_STAFF: (_Anchor.START, 0),
    Kind.OFFER: (_Anchor.DEADLINE, -5),
    Kind.OFFER_WON: (_Anchor.START, 0),
    Kind.TIMES_OFFERED: (_Anchor.DEADLINE, -1),
    Kind.STOP_CONFIRMED: (_Anchor.CAUSE, 5),
    Kind.OPT_OUT_BY_LINK: (_Anchor.CAUSE, 5),
    Kind.CRISIS_NOTICE: (_Anchor.CAUSE, 24 * 60),
}
_USEFUL_BY_CLASS: Final[dict[MessageClass, int]] = {
    MessageClass.TOUCH: 24 * 60,
    MessageClass.OFFER: 60,
    MessageClass.REPLY: 2 * 60,
    MessageClass.NOTICE: 24 * 60,
    MessageClass.ALERT: 7 * 24 * 60,
}


def useful_until(
    kind: Kind, *, caused_at: datetime, starts_at: datetime | None = None, deadline: datetime | None = None
) -> datetime:
    """The last instant (UTC) at which sending `kind` still helps.

    `caused_at` is when the reason for it arose (a reply came in, staff cancelled); `starts_at` the visit's start,
    for a cancellation that of the cancelled visit, for a move the earlier of both; `deadline` the end of a hold.
    An anchor that is not given falls back to the class's span after the cause. A planned touch carries the planner's
    own, finer value instead.
    """
    anchor, minutes = _USEFUL.get(kind, (_Anchor.CAUSE, _USEFUL_BY_CLASS[traits(kind).message_class]))
    instants = {_Anchor.START: starts_at, _Anchor.DEADLINE: deadline, _Anchor.CAUSE: caused_at}
    instant = instants[anchor]
    if instant is None:
        instant, minutes = caused_at, _USEFUL_BY_CLASS[traits(kind).message_class]
    return instant.astimezone(UTC) + timedelta(minutes=minutes)


class Refusal(StrEnum):
    """Why a message may not leave, in the order in which the gate asks."""

    VISIT_NOT_ACTIVE = "visit_not_active"
    VISIT_NOT_CANCELLED = "visit_not_cancelled"
    SUPERSEDED = "superseded"
    ALREADY_CONFIRMED = "already_confirmed"
    OFFER_CLOSED = "offer_closed"
    RECIPIENT_CHANGED = "recipient_changed"
    NO_CONSENT = "no_consent"
    OPTED_OUT = "opted_out"
    CLIENT_PREFERENCE = "client_preference"
    NUMBER_INVALID = "number_invalid"
    NUMBER_QUARANTINED = "number_quarantined"
    OUTSIDE_WINDOW = "outside_window"
    OVER_CAP = "over_cap"
    TEXT_UNSAFE = "text_unsafe"
    NO_TEMPLATE = "no_template"
    SENDER_UNREGISTERED = "sender_unregistered"
    TOO_LATE = "too_late"


class ContactState(StrEnum):
    """What is known of a contact point; `UNVERIFIED` may be written to, the others not."""

    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    INVALID = "invalid"
    QUARANTINED = "quarantined"


class SendFacts(NamedTuple):
    """Everything the gate looks at, read in the transaction that would write the intent.

    `visit_active` and `offer_open` are None when the message is about no visit or offer. `consented` is for this
    channel and this kind's purpose. `preference_allows` is the client's own say (no texts, other number, own hours).
    `sent` are the instants of capped messages to this contact point in the last eight days. `text_safe` is the last
    lint of the rendered text; `sayable` is False where a channel takes approved templates only and there is none.
    `window` is None only for a practice-less alert.
    """

    kind: Kind
    channel: Channel
    now: datetime
    useful_until: datetime
    visit_active: bool | None = None
    revision_current: bool = True
    visit_confirmed: bool = False
    only_if_unconfirmed: bool = False
    offer_open: bool | None = None
    recipient_current: bool = True
    consented: bool = False
    opted_out: bool = False
    preference_allows: bool = True
    contact_state: ContactState = ContactState.VERIFIED
    window: SendWindow | None = None
    zone: str = "UTC"
    sent: Sequence[datetime] = ()
    daily_cap: int = DEFAULT_DAILY_CAP
    weekly_cap: int = DEFAULT_WEEKLY_CAP
    text_safe: bool = True
    sayable: bool = True
    sender_registered: bool = True


@dataclass(frozen=True, slots=True)
class Allowed:
    """Every check passed."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The message must not leave, now or later; `reason` is recorded on its row."""

    reason: Refusal


@dataclass(frozen=True, slots=True)
class Postponed:
    """Not now, but still useful at `until` (UTC): the row's due time moves there and the gate asks again."""

    reason: Refusal
    until: datetime


def gate(facts: SendFacts) -> Allowed | Refused | Postponed:
    """Decides one send; the checks and their order are those of rules.md section D.

    Kinds that answer a person skip the window and the caps; staff alerts skip all that concerns a client.
    """
    if traits(facts.kind).purpose is Purpose.STAFF:
        return Refused(Refusal.TOO_LATE) if facts.now > facts.useful_until else Allowed()
    reason = _visit_refusal(facts) or _person_refusal(facts)
    if reason:
        return Refused(reason)
    timing = _timing(facts)
    if timing:
        return timing
    reason = _message_refusal(facts)
    return Refused(reason) if reason else Allowed()


def _visit_refusal(facts: SendFacts) -> Refusal | None:
    kind = traits(facts.kind)
    return _first(
        (kind.visit is VisitNeed.ACTIVE and facts.visit_active is False, Refusal.VISIT_NOT_ACTIVE),
        (kind.visit is VisitNeed.GONE and facts.visit_active is True, Refusal.VISIT_NOT_CANCELLED),
        (kind.visit is not VisitNeed.ANY and not facts.revision_current, Refusal.SUPERSEDED),
        (facts.only_if_unconfirmed and facts.visit_confirmed, Refusal.ALREADY_CONFIRMED),
        (kind.message_class is MessageClass.OFFER and facts.offer_open is False, Refusal.OFFER_CLOSED),
    )


def _person_refusal(facts: SendFacts) -> Refusal | None:
    kind = traits(facts.kind)
    quarantined = facts.contact_state is ContactState.QUARANTINED
    return _first(
        (not facts.recipient_current, Refusal.RECIPIENT_CHANGED),
        (kind.purpose is not Purpose.DIRECT_REPLY and not facts.consented, Refusal.NO_CONSENT),
        (facts.opted_out and not kind.answers_opt_out, Refusal.OPTED_OUT),
        (not facts.preference_allows, Refusal.CLIENT_PREFERENCE),
        (facts.contact_state is ContactState.INVALID, Refusal.NUMBER_INVALID),
        (quarantined and not kind.answers_quarantine, Refusal.NUMBER_QUARANTINED),
    )


def _first(*checks: tuple[bool, Refusal]) -> Refusal | None:
    return next((reason for failed, reason in checks if failed), None)


def _timing(facts: SendFacts) -> Refused | Postponed | None:
    kind = traits(facts.kind)
    if kind.windowed and facts.window is not None and not facts.window.is_open(facts.now):
        return _postponed(Refusal.OUTSIDE_WINDOW, next_open(facts.now, facts.window), facts)
    if kind.capped and not _caps_allow(facts, facts.now):
        return _postponed(Refusal.OVER_CAP, _caps_free_at(facts), facts)
    return None


def _message_refusal(facts: SendFacts) -> Refusal | None:
    texting_unregistered = facts.channel is Channel.SMS and not facts.sender_registered
    return _first(
        (not facts.text_safe, Refusal.TEXT_UNSAFE),
        (not facts.sayable, Refusal.NO_TEMPLATE),
        (texting_unregistered, Refusal.SENDER_UNREGISTERED),
        (facts.now > facts.useful_until, Refusal.TOO_LATE),
    )


def _postponed(reason: Refusal, until: datetime | None, facts: SendFacts) -> Refused | Postponed:
    if until is None or until > facts.useful_until:
        return Refused(reason)
    return Postponed(reason, until)


def _caps_allow(facts: SendFacts, instant: datetime) -> bool:
    return within_caps(facts.sent, now=instant, zone=facts.zone, daily=facts.daily_cap, weekly=facts.weekly_cap)


def _caps_free_at(facts: SendFacts) -> datetime | None:
    today = facts.now.astimezone(ZoneInfo(facts.zone)).date()
    for days in range(1, 8):
        opening = _local_instant(today + days * _DAY, 0, facts.zone, fold=0)
        if facts.window is not None:
            opening = next_open(opening, facts.window) or opening
        if _caps_allow(facts, opening):
            return opening
    return None


def _minute_of_day(instant: datetime, zone: str) -> int:
    local = instant.astimezone(ZoneInfo(zone))
    return local.hour * 60 + local.minute


def _local_instant(day: date, minute: int, zone: str, *, fold: int) -> datetime:
    wall = datetime.combine(day, time(0)) + timedelta(minutes=minute)
    return wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def _open_stretches(window: SendWindow, around: datetime) -> tuple[tuple[datetime, datetime], ...]:
    """The stretches `[start, end)` of open window near `around`, in order."""
    return _stretches_near(window, tuple(around.astimezone(ZoneInfo(zone)).date() for zone in window.zones))


# A policy edit plans thousands of visits, and those of one day have the same stretches around them.
@lru_cache(maxsize=1024)
def _stretches_near(window: SendWindow, days: tuple[date, ...]) -> tuple[tuple[datetime, datetime], ...]:
    """The stretches near these dates, one for each zone of the window.

    Whether the window is open can only change at its own edges (both readings of a repeated hour) and where a zone
    changes its offset, so testing the instants between those edges finds every stretch exactly.
    """
    by_zone = zip(window.zones, days, strict=True)
    edges = sorted({edge for zone, day in by_zone for edge in _edges(window, zone, day)})
    stretches: list[tuple[datetime, datetime]] = []
    for start, end in pairwise(edges):
        if not window.is_open(start):
            continue
        if stretches and stretches[-1][1] == start:
            stretches[-1] = (stretches[-1][0], end)
        else:
            stretches.append((start, end))
    return tuple(stretches)


def _edges(window: SendWindow, zone: str, centre: date) -> Iterable[datetime]:
    for offset in range(-_SEARCH_DAYS, _SEARCH_DAYS + 1):
        day = centre + offset * _DAY
        for minute in window.minutes_on(day.weekday()):
            yield _local_instant(day, minute, zone, fold=0)
            yield _local_instant(day, minute, zone, fold=1)
        yield from _offset_change(day, zone)


def _offset_change(day: date, zone: str) -> Iterable[datetime]:
    """The instant within local `day` at which `zone` changes its offset, to the minute; at most one."""
    low = _local_instant(day, 0, zone, fold=0)
    high = _local_instant(day + _DAY, 0, zone, fold=0)
    info = ZoneInfo(zone)
    if low.astimezone(info).utcoffset() == high.astimezone(info).utcoffset():
        return
    while high - low > _MINUTE:
        middle = low + (high - low) // 2 // _MINUTE * _MINUTE
        same = middle.astimezone(info).utcoffset() == low.astimezone(info).utcoffset()
        low, high = (middle, high) if same else (low, middle)
    yield high
