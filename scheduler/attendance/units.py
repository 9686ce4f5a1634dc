"""Minutes of a session turned into suggested codes and 15-minute units.

Here live the time rules, as numbers and short labels of our own; the CPT code set is the American Medical
Association's and its descriptors are not shipped. A suggestion always carries its range and its reason, and a
person decides.

The one invariant: psychotherapy codes are ranges, one code and one unit a day. Unit counting exists for
15-minute code families only, and no function here counts units of 9083x.

Sources: Medicare contractor article 00026768 and APA Services for psychotherapy; Medicare Claims Processing
Manual chapter 5, 20.2 for timed units; the 2024 office-visit rule (minutes met or exceeded, no midpoint).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class CodeFamily(StrEnum):
    """Which table of minutes a service's codes follow."""

    PSYCHOTHERAPY = "psychotherapy"
    PSYCHOTHERAPY_ADD_ON = "psychotherapy_add_on"
    FAMILY_WITHOUT_CLIENT = "family_without_client"
    FAMILY_WITH_CLIENT = "family_with_client"
    CRISIS = "crisis"
    OFFICE_NEW = "office_new"
    OFFICE_ESTABLISHED = "office_established"


class UnitRule(StrEnum):
    """How a payer counts 15-minute units."""

    CMS = "cms"
    EIGHTS = "eights"
    EXACT = "exact"


@dataclass(frozen=True, slots=True)
class Band:
    """A code and the minutes it stands for, both ends included; `high` is None when open-ended."""

    code: str
    low: int
    high: int | None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A code to consider, its range in minutes, add-on codes with their count, and the reason for staff."""

    code: str
    low: int
    high: int | None
    why: str
    add_ons: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class TooShort:
    """No code of the family covers so few minutes; `needed` minutes would be the least."""

    needed: int


BANDS: Final[dict[CodeFamily, tuple[Band, ...]]] = {
    CodeFamily.PSYCHOTHERAPY: (Band("90832", 16, 37), Band("90834", 38, 52), Band("90837", 53, None)),
    CodeFamily.PSYCHOTHERAPY_ADD_ON: (
        Band("90833", 16, 37),
        Band("90836", 38, 52),
        Band("90838", 53, None),
    ),
    CodeFamily.FAMILY_WITHOUT_CLIENT: (Band("90846", 26, None),),
    CodeFamily.FAMILY_WITH_CLIENT: (Band("90847", 26, None),),
    CodeFamily.CRISIS: (Band("90839", 30, None),),
    CodeFamily.OFFICE_NEW: (
        Band("99202", 15, 29),
        Band("99203", 30, 44),
        Band("99204", 45, 59),
        Band("99205", 60, None),
    ),
    CodeFamily.OFFICE_ESTABLISHED: (
        Band("99212", 10, 19),
        Band("99213", 20, 29),
        Band("99214", 30, 39),
        Band("99215", 40, None),
    ),
}

CRISIS_FIRST_MINUTES: Final = 74
CRISIS_STEP_MINUTES: Final = 30
CRISIS_ADD_ON: Final = "90840"
UNIT_MINUTES: Final = 15
UNIT_THRESHOLD: Final = 8


def suggest_code(family: CodeFamily, minutes: int) -> Suggestion | TooShort:
    """The code of the family whose range holds this many whole minutes of the session.

    Minutes are those between start and stop, not rounded: times that always end in 0 or 5 draw an auditor's
    eye. Raises ValueError for negative minutes.
    """
    if minutes < 0:
        raise ValueError("minutes must not be negative")
    bands = BANDS[family]
    band = next((b for b in reversed(bands) if b.low <= minutes), None)
    if band is None:
        return TooShort(bands[0].low)
    reach = f"{band.low} minutes or more" if band.high is None else f"{band.low} to {band.high} minutes"
    why = f"{minutes} minutes: {band.code} covers {reach}"
    return Suggestion(band.code, band.low, band.high, why, _crisis_add_ons(family, minutes))


def timed_units(minutes_per_service: Sequence[int], rule: UnitRule) -> tuple[int, ...]:
    """Units of each 15-minute service of one day, in the order given.

    CMS: the total decides (8 to 22 minutes one, 23 to 37 two, ...); whole quarters of an hour go to their
    service first, the rest to the services with most minutes left over, the earlier one on a tie. Eights:
    each service on its own, a unit once more than half of it is done. Exact: each service on its own, full
    quarters only.
    """
    if any(minutes < 0 for minutes in minutes_per_service):
        raise ValueError("minutes must not be negative")
    if rule is UnitRule.EXACT:
        return tuple(minutes // UNIT_MINUTES for minutes in minutes_per_service)
    if rule is UnitRule.EIGHTS:
        return tuple(_rounded_units(minutes) for minutes in minutes_per_service)
    return _cms_units(minutes_per_service)


def _cms_units(minutes_per_service: Sequence[int]) -> tuple[int, ...]:
    units = [minutes // UNIT_MINUTES for minutes in minutes_per_service]
    spare = _rounded_units(sum(minutes_per_service)) - sum(units)
    by_leftover = sorted(range(len(units)), key=lambda index: -(minutes_per_service[index] % UNIT_MINUTES))
    for index in by_leftover[:spare]:
        units[index] += 1
    return tuple(units)


def _rounded_units(minutes: int) -> int:
    return (minutes + UNIT_MINUTES - UNIT_THRESHOLD) // UNIT_MINUTES


def _crisis_add_ons(family: CodeFamily, minutes: int) -> tuple[tuple[str, int], ...]:
    if family is not CodeFamily.CRISIS or minutes <= CRISIS_FIRST_MINUTES:
        return ()
    # 75 to 104 minutes are one further block: each block counts from its first minute on.
    blocks = -(-(minutes - CRISIS_FIRST_MINUTES) // CRISIS_STEP_MINUTES)
    return ((CRISIS_ADD_ON, blocks),)
