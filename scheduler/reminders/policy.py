"""The reminder policy: a versioned list of touches, and its reading from JSON.

Here live the values and their validation. When each touch is due is the planner's; what it says is the
messages package's.

The one invariant: a Policy that exists is valid. It is built by `parse_policy` or fails with every problem
named.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, TypeVar

from scheduler.calendar.wallclock import MINUTES_PER_DAY

MAX_TOUCHES: Final = 10
MAX_DAYS: Final = 60
MAX_HOURS: Final = 14 * 24
BOOKED_KEY: Final = "booked"
_Name = TypeVar("_Name", bound=StrEnum)
_KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,31}")


class Channel(StrEnum):
    """How a touch travels: the channels the messages package can send on."""

    SMS = "sms"
    EMAIL = "email"
    VOICE = "voice"


class TouchKind(StrEnum):
    """What a touch is. The words, and the variant for a confirmed visit, are chosen when it is composed."""

    REMINDER = "reminder"
    BOOKED = "booked"


@dataclass(frozen=True, slots=True)
class Days:
    """So many calendar days before the visit's day, at a wall-clock minute of the client's zone."""

    n: int
    at_minute: int


@dataclass(frozen=True, slots=True)
class Hours:
    """So many elapsed hours before the start."""

    n: int


Offset = Days | Hours


@dataclass(frozen=True, slots=True)
class Touch:
    """One planned contact. `key` names it for ever: edits keep it, so nothing already sent is sent again."""

    key: str
    offset: Offset
    channel: Channel
    kind: TouchKind = TouchKind.REMINDER
    only_if_unconfirmed: bool = False


@dataclass(frozen=True, slots=True)
class Policy:
    """The touches of one version. An empty list is a choice: no reminders."""

    version: int
    touches: tuple[Touch, ...]


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """What is wrong and where, for the person who edits: `where` is like "touches[2].offset.days"."""

    where: str
    what: str


class PolicyInvalidError(ValueError):
    """The JSON is not a policy; `problems` lists everything that is wrong, not only the first."""

    def __init__(self, problems: tuple[PolicyProblem, ...]) -> None:
        super().__init__("; ".join(f"{problem.where}: {problem.what}" for problem in problems))
        self.problems = problems


def to_dict(policy: Policy) -> dict[str, Any]:
    """The policy as JSON values; `parse_policy` reads exactly this back."""
    return {"version": policy.version, "touches": [_touch_dict(touch) for touch in policy.touches]}


def parse_policy(data: object) -> Policy:
    """Read a policy from decoded JSON.

    Raises PolicyInvalidError naming every problem: wrong types, unknown names, numbers out of range, keys
    used twice, two touches on one channel at the same moment.
    """
    reader = _Reader()
    policy = reader.policy(data)
    if policy is None or reader.problems:
        raise PolicyInvalidError(tuple(reader.problems))
    return policy


def _touch_dict(touch: Touch) -> dict[str, Any]:
    offset = (
        {"days": touch.offset.n, "at_minute": touch.offset.at_minute}
        if isinstance(touch.offset, Days)
        else {"hours": touch.offset.n}
    )
    return {
        "key": touch.key,
        "offset": offset,
        "channel": touch.channel.value,
        "kind": touch.kind.value,
        "only_if_unconfirmed": touch.only_if_unconfirmed,
    }


class _Reader:
    """Walks the JSON and collects problems instead of stopping at the first one."""

    def __init__(self) -> None:
        self.problems: list[PolicyProblem] = []

    def policy(self, data: object) -> Policy | None:
        table = self._table(data, "policy", {"version", "touches"})
        if table is None:
            return None
        version = self._number(table.get("version"), "version", 1, 2**31 - 1)
        rows = table.get("touches")
        if not isinstance(rows, list):
            self._problem("touches", "a list of touches is needed (an empty one means no reminders)")
            return None
        if len(rows) > MAX_TOUCHES:
            self._problem("touches", f"at most {MAX_TOUCHES} touches")
        touches = [self._touch(row, f"touches[{index}]") for index, row in enumerate(rows)]
        read = tuple(touch for touch in touches if touch is not None)
        self._check_twice(read)
        return None if version is None else Policy(version, read)

    def _touch(self, row: object, where: str) -> Touch | None:
        table = self._table(row, where, {"key", "offset", "channel", "kind", "only_if_unconfirmed"})
        if table is None:
            return None
        key = self._key(table.get("key"), f"{where}.key")
        offset = self._offset(table.get("offset"), f"{where}.offset")
        channel = self._name(table.get("channel"), f"{where}.channel", Channel)
        kind = self._name(table.get("kind", TouchKind.REMINDER.value), f"{where}.kind", TouchKind)
        quiet = table.get("only_if_unconfirmed", False)
        if not isinstance(quiet, bool):
            self._problem(f"{where}.only_if_unconfirmed", "true or false is needed")
            return None
        if key is None or offset is None or channel is None or kind is None:
            return None
        return Touch(key, offset, channel, kind, quiet)

    def _key(self, value: object, where: str) -> str | None:
        if not isinstance(value, str) or not _KEY.fullmatch(value):
            self._problem(where, "a short name of small letters, digits and _ is needed")
            return None
        if value == BOOKED_KEY:
            self._problem(where, f'"{BOOKED_KEY}" is kept for the notice after booking')
            return None
        return value

    def _offset(self, value: object, where: str) -> Offset | None:
        if isinstance(value, Mapping) and "hours" in value:
            table = self._table(value, where, {"hours"})
            hours = self._number(value["hours"], f"{where}.hours", 1, MAX_HOURS)
            return None if table is None or hours is None else Hours(hours)
        table = self._table(value, where, {"days", "at_minute"})
        if table is None:
            return None
        days = self._number(table.get("days"), f"{where}.days", 0, MAX_DAYS)
        minute = self._number(table.get("at_minute"), f"{where}.at_minute", 0, MINUTES_PER_DAY - 1)
        return None if days is None or minute is None else Days(days, minute)

    def _check_twice(self, touches: tuple[Touch, ...]) -> None:
        keys: set[str] = set()
        moments: set[tuple[Channel, Offset]] = set()
        for touch in touches:
            if touch.key in keys:
                self._problem("touches", f'the key "{touch.key}" is used twice')
            if (touch.channel, touch.offset) in moments:
                self._problem("touches", f'"{touch.key}" repeats the channel and moment of another touch')
            keys.add(touch.key)
            moments.add((touch.channel, touch.offset))

    def _table(self, value: object, where: str, known: set[str]) -> Mapping[str, Any] | None:
        if not isinstance(value, Mapping):
            self._problem(where, "an object is needed")
            return None
        for name in sorted(str(name) for name in value if name not in known):
            self._problem(f"{where}.{name}", "unknown name")
        return value

    def _number(self, value: object, where: str, low: int, high: int) -> int | None:
        # JSON's true is an int to Python; it is not a number to the person who wrote it.
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            self._problem(where, f"a whole number from {low} to {high} is needed")
            return None
        return value

    def _name(self, value: object, where: str, names: type[_Name]) -> _Name | None:
        if value not in [member.value for member in names]:
            self._problem(where, "one of " + ", ".join(member.value for member in names) + " is needed")
            return None
        return names(str(value))

    def _problem(self, where: str, what: str) -> None:
        self.problems.append(PolicyProblem(where, what))
