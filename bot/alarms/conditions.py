"""What is wrong, judged from what a watch has seen. Pure.

Invariant: an alarm is a code, a count and a practice's id; it never holds anything of a person's.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.alarms.pulse import Lane

WATCH: Final = "watch"
"""The lane of a watch process: it says that it lives, so that others need not tell the same."""
STUCK_TIMES: Final = 6
"""A lane may be silent for so many times longer while another lane of any worker lives: one call may take long."""
CLOCK_OFF_MS: Final = 120_000


class Code(StrEnum):
    """What may be wrong."""

    ENGINE_SILENT = "engine_silent"
    LANE_STUCK = "lane_stuck"
    DATABASE_AWAY = "database_away"
    CARRIER_SILENT = "carrier_silent"
    SENDING_TROUBLE = "sending_trouble"
    SENDING_PAUSED = "sending_paused"
    MESSAGES_WAIT = "messages_wait"
    CLOCK_JUMPED = "clock_jumped"
    CLOCK_OFF = "clock_off"


@dataclass(frozen=True, slots=True)
class Alarm:
    """One thing that is wrong. `practice_id` None: with the installation. `detail` is a code, such as carrier_20003."""

    code: Code
    practice_id: str | None = None
    detail: str | None = None
    count: int | None = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the same alarm as before, however the count changes."""
        return (self.code.value, self.practice_id or "", self.detail or "")


@dataclass(frozen=True, slots=True)
class Trouble:
    """What waits for a person in a practice: the code of the task's key."""

    practice_id: str
    detail: str


@dataclass(frozen=True, slots=True)
class Waits:
    """Due messages that nobody claims: so many of a practice, the oldest for so many seconds."""

    practice_id: str
    count: int
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One look, times in seconds. `clock_off_ms`: the largest difference of a worker's clock from the database's."""

    lanes: Sequence[Lane] = ()
    paused: Collection[Trouble] = ()
    troubles: Collection[Trouble] = ()
    waits: Collection[Waits] = ()
    carrier_silent: float | None = None
    clock_off_ms: int | None = None
    work_expected: bool = True


@dataclass(frozen=True, slots=True)
class Patience:
    """After how many seconds something is wrong. All of them follow from how long the engine may be silent."""

    silence: float = 45.0

    @property
    def overdue(self) -> float:
        """How long a due message may wait unclaimed while workers live."""
        return self.silence * 20 / 3  # five minutes

    @property
    def carrier(self) -> float:
        """How long the carrier may leave everything unanswered."""
        return self.silence * 4 / 3  # one minute

    @property
    def look(self) -> float:
        """How often a watch looks."""
        return self.silence / 9  # five seconds


def judge(seen: Seen, patience: Patience) -> tuple[Alarm, ...]:
    """Everything that is wrong, in a stable order."""
    found = [*_engine(seen, patience), *_clocks(seen), *_carrier(seen, patience)]
    found += [Alarm(Code.SENDING_PAUSED, each.practice_id, each.detail) for each in seen.paused]
    found += [Alarm(Code.SENDING_TROUBLE, each.practice_id, each.detail) for each in seen.troubles]
    found += [
        Alarm(Code.MESSAGES_WAIT, each.practice_id, count=each.count)
        for each in seen.waits
        if each.seconds > patience.overdue
    ]
    return tuple(sorted(found, key=lambda alarm: alarm.key))


def long_gone(lanes: Iterable[Lane], patience: Patience) -> list[tuple[str, str]]:
    """Lanes of workers that died and were replaced: their rows say nothing any more."""
    lanes = tuple(lanes)
    alive = {each.lane for each in lanes if each.silent <= patience.silence}
    return [
        (each.worker, each.lane)
        for each in lanes
        if each.lane in alive and each.silent > patience.silence * STUCK_TIMES
    ]


def _engine(seen: Seen, patience: Patience) -> Iterator[Alarm]:
    """Nobody works; or somebody does, but one lane of work is done by nobody."""
    if not seen.work_expected:
        return
    lanes = [each for each in seen.lanes if each.lane != WATCH]
    if all(each.silent > patience.silence for each in lanes):
        if lanes or any(each.seconds > patience.silence for each in seen.waits):
            yield Alarm(Code.ENGINE_SILENT, count=len({each.worker for each in lanes}))
        return
    for lane in sorted({each.lane for each in lanes}):
        if min(each.silent for each in lanes if each.lane == lane) > patience.silence * STUCK_TIMES:
            yield Alarm(Code.LANE_STUCK, detail=lane)


def _clocks(seen: Seen) -> Iterator[Alarm]:
    if seen.clock_off_ms is not None and abs(seen.clock_off_ms) > CLOCK_OFF_MS:
        yield Alarm(Code.CLOCK_OFF, count=seen.clock_off_ms // 1000)


def _carrier(seen: Seen, patience: Patience) -> Iterator[Alarm]:
    if seen.carrier_silent is not None and seen.carrier_silent > patience.carrier:
        yield Alarm(Code.CARRIER_SILENT)
