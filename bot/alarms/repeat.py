"""When an alarm is told, told again, and when that it is over. Pure but for its own memory, one for each listener.

An alarm is told at once, then after growing pauses for as long as it lasts; what joins it is told at once, too. When
all is well for a while, that is told once. Invariant: nobody is told twice of the same within a pause, and whoever was
told of an alarm is told of its end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bot.alarms.conditions import Alarm

AGAIN_MINUTES: Final = (5, 10, 20, 40, 60)
"""How long after each telling the next follows; from then on the last of these."""
CALM_LOOKS: Final = 3
"""So many looks in a row without it end an alarm: one that flickers is one alarm."""


@dataclass(frozen=True, slots=True)
class Tell:
    """What to tell now, and for how many seconds it has lasted. No alarms: all is well again."""

    alarms: tuple[Alarm, ...]
    lasts: float

    @property
    def all_clear(self) -> bool:
        """Whether this is the end of it."""
        return not self.alarms


class Repeat:
    """Remembers what one listener was told and when."""

    def __init__(self) -> None:
        self._calm: dict[tuple[str, str, str], int] = {}  # looks without it, of what was told and is not over
        self._telling = False
        self._times = 0
        self._next = 0.0
        self._since = 0.0

    def look(self, alarms: Sequence[Alarm], seconds: float) -> Tell | None:
        """What to tell after a look; it counts as told only with `told`."""
        now = {each.key for each in alarms}
        self._calm = {key: 0 if key in now else calm + 1 for key, calm in self._calm.items()}
        self._calm = {key: calm for key, calm in self._calm.items() if calm < CALM_LOOKS}
        if now - self._calm.keys() or (now and seconds >= self._next):
            return Tell(tuple(alarms), seconds - self._since if self._telling else 0.0)
        if self._telling and not self._calm:
            return Tell((), seconds - self._since)
        return None

    def told(self, tell: Tell, seconds: float) -> None:
        """It was told."""
        if tell.all_clear:
            self._telling, self._times = False, 0
            return
        if not self._telling:
            self._telling, self._since = True, seconds
        self._calm |= {each.key: 0 for each in tell.alarms}
        self._next = seconds + 60.0 * AGAIN_MINUTES[min(self._times, len(AGAIN_MINUTES) - 1)]
        self._times += 1
