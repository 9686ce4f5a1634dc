"""What a STOP ends and a START begins again, by the day it was said: dated policy data, pure.

The rule that one STOP ends all automated texts and calls of the caller was put off by the FCC, at last to 2027-01-31,
and may be changed again (rules.md B1): then a row is added here, and nothing else. Until then the strictest reading of
what is in force: a STOP to a text ends texts of every purpose, WhatsApp among them; calls and mail are asked about
separately. Mail is under no such rule and has a way out of its own. Invariant: a later row never ends less.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from messages.kinds import Channel, Purpose

EVERYTHING: Final = frozenset({Purpose.REMINDERS, Purpose.WAITLIST})
TEXTS: Final = frozenset({Channel.SMS, Channel.WHATSAPP})
TEXTS_AND_CALLS: Final = TEXTS | {Channel.VOICE}
_US: Final = frozenset({"US"})


@dataclass(frozen=True, slots=True)
class Scope:
    """A rule: from a day on, a STOP heard on one of `heard_on` ends `ends`, for these purposes.

    `countries` are those of the practices it binds, None all; `key` names it on staff's pages.
    """

    key: str
    since: date
    heard_on: frozenset[Channel]
    ends: frozenset[Channel]
    purposes: frozenset[Purpose] = EVERYTHING
    countries: frozenset[str] | None = None


SCOPES: Final = (
    Scope("texts", date.min, TEXTS, TEXTS),
    Scope("calls", date.min, frozenset({Channel.VOICE}), frozenset({Channel.VOICE})),
    Scope("mail", date.min, frozenset({Channel.EMAIL}), frozenset({Channel.EMAIL})),
    # 47 CFR 64.1200(a)(10), revoke-all: delayed to this day; texts and calls alike, whatever they are about.
    Scope("texts_and_calls", date(2027, 1, 31), TEXTS_AND_CALLS, TEXTS_AND_CALLS, countries=_US),
)


def scope_of(heard_on: Channel, said_on: date, country: str, scopes: Collection[Scope] = SCOPES) -> Scope:
    """The rule for a STOP heard on a channel on a day of the practice's calendar: the newest in force there."""
    binding = [
        each
        for each in scopes
        if heard_on in each.heard_on and each.since <= said_on and (each.countries is None or country in each.countries)
    ]
    return max(binding, key=lambda each: each.since)


@dataclass(frozen=True, slots=True)
class Resumption:
    """A rule: from a day on, a START heard on one of `heard_on` takes back what a STOP there ended on `begins`.

    It never takes back a STOP that was said elsewhere: who ends texts and later writes START on WhatsApp is written to
    on WhatsApp alone.
    """

    since: date
    heard_on: frozenset[Channel]
    begins: frozenset[Channel]


# A yes to texts is none to calls (rules.md A5): these begin again by asking for them, whatever a STOP ended.
RESUMPTIONS: Final = (Resumption(date.min, TEXTS, TEXTS),)


def resumed_by(heard_on: Channel, said_on: date, rules: Collection[Resumption] = RESUMPTIONS) -> frozenset[Channel]:
    """The channels a START heard on a channel may begin again, that channel always among them."""
    binding = [each for each in rules if heard_on in each.heard_on and each.since <= said_on]
    newest = max(binding, key=lambda each: each.since, default=None)
    return frozenset({heard_on}) | (newest.begins if newest is not None else frozenset())
