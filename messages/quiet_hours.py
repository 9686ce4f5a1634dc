"""When texts nobody asked for may leave, by state, with the day a rule holds from. Pure data and look-ups.

Sources: rules.md B1 (state windows for solicitations; sources disagree on some, the narrower is kept); 47 CFR
64.1200(c)(1) for the country. Reminders are no solicitations; a practice may keep them to the same hours. Invariant: a
rule can only narrow what the practice allows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from messages.send_rules import SendWindow
from scheduler.people.store import Practice

Hours = tuple[int, int]
"""Minutes after local midnight, from up to until."""

EVERY_DAY: Final = range(7)
_SATURDAY, _SUNDAY = 5, 6


@dataclass(frozen=True, slots=True)
class Rule:
    """The hours of a place on each weekday (Monday first) from a day on."""

    country: str
    subdivision: str | None
    since: date
    week: tuple[Hours, ...]


def _hours(start: int, end: int) -> Hours:
    return (start * 60, end * 60)


def _same(start: int, end: int) -> tuple[Hours, ...]:
    return tuple(_hours(start, end) for _ in EVERY_DAY)


def _with(week: tuple[Hours, ...], changed: Mapping[int, Hours]) -> tuple[Hours, ...]:
    return tuple(changed.get(day, week[day]) for day in EVERY_DAY)


_LONG_AGO: Final = date(1991, 12, 20)  # the Telephone Consumer Protection Act
_READ: Final = date(2026, 4, 8)  # the newest of the sources; older than that we do not claim to know
RULES: Final = (
    Rule("US", None, _LONG_AGO, _same(8, 21)),
    *(Rule("US", state, _READ, _same(8, 20)) for state in ("FL", "MD", "MS", "NJ", "OK", "AL", "LA", "MA", "WA")),
    *(Rule("US", state, _READ, _same(9, 21)) for state in ("CA", "IL", "MI", "MN")),
    Rule("US", "CT", _READ, _same(9, 20)),
    Rule("US", "KY", _READ, _same(10, 21)),
    Rule("US", "TX", _READ, _with(_same(9, 21), {_SUNDAY: _hours(12, 21)})),
    Rule("US", "RI", _READ, _with(_same(9, 18), {_SATURDAY: _hours(10, 17), _SUNDAY: _hours(10, 17)})),
)


def hours_of(country: str, subdivision: str | None, day: date) -> tuple[Hours, ...] | None:
    """The hours of each weekday that hold on a day; the country's where the state has none, None where neither has."""
    for place in (subdivision, None) if subdivision else (None,):
        known = [rule for rule in RULES if (rule.country, rule.subdivision) == (country, place) and rule.since <= day]
        if known:
            return max(known, key=lambda rule: rule.since).week
    return None


def window_of(
    practice: Practice, zone: str, day: date, *, unasked: bool, own: tuple[int | None, int | None] = (None, None)
) -> SendWindow:
    """When something may leave: the practice's hours, the client's own wish, and for what is `unasked` the law's.

    The law's hours are kept once a practice has said in which state it is, or that reminders keep to them too. A wish
    that leaves nothing of the practice's hours is not followed; a person settled it (bot/conversation/hours_wished.py).
    """
    kept = (unasked and practice.subdivision is not None) or practice.strict_hours
    week = hours_of(practice.region, practice.subdivision, day) if kept else None
    start = max(practice.send_from_minute, own[0] or 0)
    end = min(practice.send_until_minute, own[1] or practice.send_until_minute)
    if end <= start:
        start, end = practice.send_from_minute, practice.send_until_minute
    return SendWindow(zones=(zone,), start_minute=start, end_minute=end, week=week or ())
