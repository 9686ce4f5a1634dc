"""How a practice wants its waitlist run: what a turn is worth, how many are asked at once, and its limits. Pure.

Here live the terms and their bounds. A policy is never changed: a practice that wants other terms makes a new version
(actions/save_policy.py), and each offer can be explained by the one it was made under. Invariant: every term is a
whole number or a word, so that a page, a file and a text can say the same.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from scheduler.core.errors import Invalid


class Mode(StrEnum):
    """How many are asked at once: as many as the pace allows, one after another, or everybody who fits."""

    WAVES = "waves"
    ONE = "one"
    EVERYBODY = "everybody"


class Accept(StrEnum):
    """What a yes leads to: the time is booked, staff approve it first, or the client is asked to call."""

    AUTO = "auto"
    APPROVE = "approve"
    CALL = "call"


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """What counts for a turn, in days of waiting: every point is worth one day.

    `waited`: for each day since joining. `unasked`: for each day since the last offer (since joining, if there was
    none), and more than the first, so that asking goes round. `lost`: for each offer that somebody else's act ended,
    and five times that for a yes that came second.
    `silent`: taken off for each of the last offers that ran out without an answer, four at the most: who does not
    answer is asked less often, but still asked. `urgency`: for each step that staff put somebody forward. `fit`: when
    they named one clinician and some hours only, and the time is just that; half of it for one of both.
    """

    waited: int = 3
    unasked: int = 8
    lost: int = 8
    silent: int = 16
    urgency: int = 100
    fit: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """One version of the terms.

    `fill_within_minutes` and `fill_chance_percent`: waves are sized so that a time is taken within so many minutes
    with at least this chance. `disappointed_percent`: but never so large that more than so many people per hundred
    filled times are expected to say yes too late. `stop_before_minutes`: nobody is asked nearer to the visit.
    `offers_a_day`: the most one person may leave unanswered on one day, whatever the caps on texts allow; the last of
    them is kept for a time within a day, and nobody is made more than twice as many. `quiet_after`: who leaves so many
    offers in a row unanswered is asked once whether they still wait, instead of further offers; 0, never, as standard,
    because it saves texts and costs filled times (docs/waitlist.md). After
    `quiet_days` without an answer staff are told that the entry rests. `refit`: 1, a time that nobody takes who waits
    for its service is put up for another service that fits into it; 0, it is not. `near_mode`: how many are asked
    when the visit is less than `near_hours` away; none, as standard. `ask_after_missed`: after so many visits of a
    weekly time missed in a row staff are asked whether to keep it for who has it; 0, never. `desk_days` (bit 0 is
    Monday), `desk_from_minute` and `desk_until_minute`: when the front desk can settle a yes, where `accept` leaves
    that to people.
    """

    version: int = 0
    mode: Mode = Mode.WAVES
    accept: Accept = Accept.AUTO
    fill_within_minutes: int = 15
    fill_chance_percent: int = 80
    disappointed_percent: int = 20
    stop_before_minutes: int = 30
    offers_a_day: int = 3
    quiet_after: int = 0
    quiet_days: int = 7
    refit: int = 1
    near_hours: int = 0
    near_mode: Mode = Mode.EVERYBODY
    ask_after_missed: int = 2
    desk_days: int = 0b0011111
    desk_from_minute: int = 9 * 60
    desk_until_minute: int = 17 * 60
    weights: Weights = field(default_factory=Weights)

    def mode_at(self, lead: timedelta) -> Mode:
        """How many are asked at once, so long before the visit."""
        return self.near_mode if lead < timedelta(hours=self.near_hours) else self.mode

    def is_silent(self, unanswered: int) -> bool:
        """Whether somebody who left so many offers in a row unanswered is asked whether they still wait."""
        return 0 < self.quiet_after <= unanswered

    def terms(self) -> dict[str, Any]:
        """As it is stored; the version is a column of its own."""
        return {name: value for name, value in asdict(self).items() if name != "version"}


STANDARD: Final = Policy()
"""What holds until a practice says otherwise."""

_NOT_NUMBERS: Final = frozenset({"mode", "near_mode", "accept", "weights"})

BOUNDS: Final[Mapping[str, tuple[int, int]]] = {
    "fill_within_minutes": (5, 24 * 60),
    "fill_chance_percent": (10, 99),
    "disappointed_percent": (1, 100),
    "stop_before_minutes": (30, 48 * 60),
    "offers_a_day": (1, 20),
    "quiet_after": (0, 50),
    "quiet_days": (1, 60),
    "refit": (0, 1),
    "near_hours": (0, 48),
    "ask_after_missed": (0, 12),
    "desk_days": (1, 127),
    "desk_from_minute": (0, 24 * 60),
    "desk_until_minute": (0, 24 * 60),
    "waited": (0, 100),
    "unasked": (0, 100),
    "lost": (0, 100),
    "silent": (0, 100),
    "urgency": (0, 365),
    "fit": (0, 100),
}


def policy_of(terms: Mapping[str, Any], version: int) -> Policy:
    """The policy that was stored as these terms; what an older version did not know yet has its standard value.

    Raises:
        Invalid: a term is out of its bounds or not known; `field` says which.
    """
    known = {each.name for each in fields(Policy)} - {"version"}
    for name in terms:
        if name not in known:
            raise Invalid("term_not_known", field=name)
    given = {name: value for name, value in terms.items() if name not in _NOT_NUMBERS}
    weights = Weights(**dict(terms.get("weights", {})))
    for name, value in (*given.items(), *asdict(weights).items()):
        low, high = BOUNDS[name]
        if not low <= value <= high:
            raise Invalid("out_of_bounds", field=name)
    made = Policy(
        version=version,
        mode=Mode(terms.get("mode", STANDARD.mode)),
        near_mode=Mode(terms.get("near_mode", STANDARD.near_mode)),
        accept=Accept(terms.get("accept", STANDARD.accept)),
        weights=weights,
        **given,
    )
    if made.desk_from_minute >= made.desk_until_minute:
        raise Invalid("out_of_bounds", field="desk_until_minute")
    return made
