"""How the invented people answer an offer: whether, how soon, and whether they notice that it is gone. Pure.

Here live the parameters, each with where it comes from. What somebody would say about a time is drawn from the seed,
the person and the time alone, so it is the same whichever policy asks them, and the oracle can know it.
Invariant: nothing here knows of policies, offers of others, or the record.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from math import exp
from statistics import NormalDist
from typing import Final

_NORMAL: Final = NormalDist()


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """The parameters. Shares are of one, times are minutes."""

    yes: float = 0.17
    """Chance that an ordinary offer gets a yes, before the factors below; set so that all offers of a simulated year
    together are taken about as often as in JMIR 2020 e16451 (8.3 %) and JMIR 2024 e52071 (11 %); SOURCES has more."""
    no: float = 0.20
    """Chance of a spoken no. With the yeses, about a third answer at all (1-800 Notify, 40,000 texts)."""
    quiet: float = 0.55
    """Share of people who hardly ever answer, and by what factor: 45.4 % of waitlisted visits had at least one answer
    to 4.4 offers each (Health Serv Insights 2025, 1,019,698 offers); this split gives 52 %."""
    quiet_factor: float = 0.1
    near_factor: float = 0.5
    """Less than four hours ahead. Assumed."""
    day_factor: float = 0.85
    """Less than a day ahead. Assumed."""
    named_factor: float = 1.2
    """For a clinician they named; the same again for hours they named. Assumed."""
    in_hand: float = 0.5
    """Share of answers given with the phone in hand, at the median after 3.6 minutes (J Diabetes Sci Technol
    2011;5:1246), and otherwise after 90: together 62 % within 45 minutes, where 60 % of 278 were counted (SH22021)."""
    in_hand_minutes: float = 3.6
    later_minutes: float = 90.0
    spread: float = 1.0
    """Standard deviation of the logarithm of both. Assumed."""
    answering_minutes: float = 1.5
    """From having read an offer to having answered it, at the median. Assumed; nothing said meanwhile stops them."""
    heedless: float = 0.05
    """Share of those who find offer and word that it is gone side by side, and say yes all the same. Assumed."""
    still_yes: float = 0.35
    still_no: float = 0.10
    """Chances that an ordinary person says that they still wait, or no longer do, when asked after several offers
    without an answer; who hardly ever answers offers hardly answers this either, by the same factor. Assumed."""
    notice_seconds: float = 10.0
    """How long a text takes to the phone. Assumed."""


SOURCES: Final = (
    "JMIR 2020 e16451: 177,311 offers, 8.3 % accepted",
    "JMIR 2024 e52071: 60,660 offers for 21,978 openings, 11 % accepted, 30 % of openings filled",
    "Health Serv Insights 2025: 1,019,698 offers for 229,998 visits, 45.4 % answered at least once",
    "1-800 Notify, 40,000 texts: a third answered; by the hour between 24 % and 39 %",
    "Sexual Health 2022 (SH22021): 168 of 278 answers to a text came within 45 minutes",
    "J Diabetes Sci Technol 2011;5:1246: median answer after 3.6 minutes",
)

HOURS: Final = {14: 0.73, 15: 1.18, 17: 1.12}
"""How answers vary by the hour, against a third: 24 % at two, 39 % at three, 37 % at five (1-800 Notify)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offered:
    """What matters to somebody about an offer. `named`: how many of clinician and hours they had asked for."""

    person: int
    opening: str
    asked_at: datetime
    starts_at: datetime
    local_hour: int
    named: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What they would say, if the time were still free: when they read it, and when their answer arrives.

    `heedless`: they would say it although told that the time is gone, unless they had read it before.
    """

    yes: bool
    read_at: datetime
    at: datetime
    heedless: bool


def answer(behaviour: Behaviour, seed: int, offered: Offered) -> Answer | None:
    """What a person says to an offer; None: nothing."""
    says, *draws = _draws(f"{seed}:{offered.person}:{offered.opening}")
    yes = _chance_of_yes(behaviour, seed, offered)
    if says >= yes + behaviour.no * _eagerness(behaviour, seed, offered.person):
        return None
    return _answered(behaviour, offered.asked_at, draws, yes=says < yes)


def says_still(behaviour: Behaviour, seed: int, person: int, asked_at: datetime) -> Answer | None:
    """What a person says when asked whether they still wait; None: nothing."""
    says, *draws = _draws(f"{seed}:{person}:still:{asked_at.isoformat()}")
    eagerness = _eagerness(behaviour, seed, person)
    yes = min(0.9, behaviour.still_yes * eagerness)
    if says >= min(0.98, yes + behaviour.still_no * eagerness):
        return None
    return _answered(behaviour, asked_at + timedelta(seconds=behaviour.notice_seconds), draws, yes=says < yes)


def _answered(behaviour: Behaviour, asked_at: datetime, draws: Sequence[float], *, yes: bool) -> Answer:
    when, how_long, thinking, heed = draws
    median = behaviour.in_hand_minutes if when < behaviour.in_hand else behaviour.later_minutes
    minutes = median * exp(behaviour.spread * _NORMAL.inv_cdf(how_long))
    answering = min(minutes / 2, behaviour.answering_minutes * exp(0.6 * _NORMAL.inv_cdf(thinking)))
    at = asked_at + timedelta(minutes=minutes)
    return Answer(yes, at - timedelta(minutes=answering), at, heed < behaviour.heedless)


def _chance_of_yes(behaviour: Behaviour, seed: int, offered: Offered) -> float:
    lead = offered.starts_at - offered.asked_at
    chance = behaviour.yes * _eagerness(behaviour, seed, offered.person) * HOURS.get(offered.local_hour, 1.0)
    if lead < timedelta(hours=4):
        chance *= behaviour.near_factor
    elif lead < timedelta(days=1):
        chance *= behaviour.day_factor
    return min(0.9, chance * behaviour.named_factor**offered.named)


@lru_cache(maxsize=20_000)
def _eagerness(behaviour: Behaviour, seed: int, person: int) -> float:
    """By what factor a person answers more or less than others; one, on the average of all who join."""
    (quiet, *_) = _draws(f"{seed}:{person}")
    if quiet < behaviour.quiet:
        return behaviour.quiet_factor
    return (1 - behaviour.quiet * behaviour.quiet_factor) / (1 - behaviour.quiet)


def _draws(key: str) -> tuple[float, ...]:
    """Five numbers between nothing and one, the same for the same key."""
    digest = blake2b(key.encode(), digest_size=20).digest()
    return tuple((int.from_bytes(digest[n : n + 4]) + 0.5) / 2**32 for n in range(0, 20, 4))
