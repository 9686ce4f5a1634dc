"""From a token to what its page may show, and the frame that every client page shares.

A link is not an identity: whoever holds it sees no more than the text it came in already said, plus what the act
needs. Invariant: every dead state (unknown, expired, revoked, moved, another practice's) is one and the same page.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from aiohttp import web

from bot.links.misses import Misses, asker
from bot.links.nonce import nonce_for
from bot.together import Together
from bot.web import dates
from bot.web.pages import page
from messages import links
from messages.catalog import LANGUAGE_NAMES, RIGHT_TO_LEFT, language_of
from messages.link_store import LinkRow
from messages.times import zone_name
from scheduler.calendar.wallclock import zone_of
from scheduler.core.actor import Actor, ActorKind, Via
from scheduler.core.record import Reading, Record, Tx
from scheduler.people import store as people
from scheduler.people.store import Client, Practice
from waitlist.actions.stay import heard_from

ALL: Final = ""
"""Whose links they are is known only once they are looked up."""
TOGETHER: Final = 100
RECORD = web.AppKey("links_record", Record)
MISSES = web.AppKey("links_misses", Misses)
LANGUAGES = LANGUAGE_NAMES


class Gone(Exception):
    """The link is dead, for whatever reason."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A living link with its reader. `practice_id` is found from the token alone."""

    token: str
    practice_id: str
    link: LinkRow
    practice: Practice
    client: Client

    @property
    def actor(self) -> Actor:
        """Who acts: the client, by a link, as far as a link can tell."""
        return Actor(ActorKind.CLIENT, self.client.id, Via.LINK)

    @property
    def language(self) -> str:
        """The client's language if we have words in it, else the practice's, else English."""
        return language_of(self.client.language or self.practice.language)

    @property
    def zone(self) -> ZoneInfo:
        """The zone times are shown in."""
        return zone_of(self.client.zone or self.practice.zone)

    @property
    def locale(self) -> str:
        """How dates are written: the page's language in the practice's country, where it is one of that country's."""
        return dates.locale_of(self.language, self.practice.region)

    def address(self, *steps: str) -> str:
        """The path of this link's page, or of a step below it."""
        return "/".join((links.path_of(self.token), *steps))


Openings = Together[str, str, Opened | None]
OPENINGS = web.AppKey("links_openings", Openings)


async def open_link(request: web.Request) -> Opened:
    """The link of a request.

    Raises:
        Gone: it is dead, or too many dead ones were tried.
    """
    misses, who = request.app[MISSES], asker(request.remote or "", request.headers.get("X-Forwarded-For", ""))
    if misses.too_many(who):
        raise Gone
    opened = await request.app[OPENINGS].done(ALL, request.match_info["token"])
    if opened is None:
        misses.count(who)
        raise Gone
    return opened


def openings_of(record: Record) -> Openings:
    """Tokens to be opened, those that come together with one look; None for a dead one."""

    async def open_all(_queue: str, tokens: Sequence[str]) -> Sequence[Opened | None]:
        practices = await links.practices_of(record, set(tokens))
        found: dict[str, Opened] = {}
        for practice_id in set(practices.values()):
            theirs = [token for token, owner in practices.items() if owner == practice_id]
            found |= await _open_all(record, practice_id, theirs)
        return [found.get(token) for token in tokens]

    return Together(open_all, most=TOGETHER)


async def _open_all(record: Record, practice_id: str, tokens: Sequence[str]) -> dict[str, Opened]:
    """Those of a practice's links that are alive, with their readers."""
    async with record.read(practice_id) as r:
        alive = await links.look_up_many(r, tokens)
        clients = await people.clients(r, {row.client_id for row in alive.values()})
        practice = await people.practice(r)
    return {
        token: Opened(token, practice_id, row, practice, clients[row.client_id])
        for token, row in alive.items()
        if row.client_id in clients
    }


async def still_alive(r: Reading, opened: Opened) -> None:
    """Look once more, inside the transaction that acts.

    Raises:
        Gone: it died since the page was opened.
    """
    if await links.look_up(r, opened.token) is None:
        raise Gone


@asynccontextmanager
async def acting(request: web.Request, opened: Opened) -> AsyncIterator[Tx]:
    """The transaction of what somebody presses, which shows in the same commit that they are still there.

    Whatever they wait for is taken up again by it, had they gone quiet. Acts that say by themselves whether somebody
    still waits (an offer's, a STOP, words) open their own.

    Raises:
        Gone: as `still_alive`.
    """
    async with request.app[RECORD].write(opened.practice_id, opened.actor) as tx:
        await still_alive(tx, opened)
        yield tx
        await heard_from(tx, (opened.client.id,))


def show(
    request: web.Request, opened: Opened, template: str, context: Mapping[str, Any], *, status: int = 200
) -> web.Response:
    """One client page."""
    now = request.app[RECORD].clock.now()
    frame = {
        "lang": opened.language,
        "turned": opened.language in RIGHT_TO_LEFT,
        "label": opened.practice.label,
        "phone": opened.practice.office_phone,
        "phone_e164": "".join(each for each in opened.practice.office_phone if each.isdigit() or each == "+"),
        "nonce": nonce_for(request.app[RECORD].vault, opened.link.id, now),
        "preferences": "",
        "chat": "",
    }
    return page(request, f"links/{template}.html", {**frame, **context}, status=status)


def gone(request: web.Request) -> web.Response:
    """The page of every dead link."""
    return page(request, "links/gone.html", status=404)


def day_and_time(opened: Opened, instant: datetime, visit_zone: str) -> dict[str, str]:
    """Day, time and, where it differs from the visit's own, the zone: what `when` of the templates takes."""
    there = dates.local(instant, opened.zone)
    differs = there.utcoffset() != dates.local(instant, zone_of(visit_zone)).utcoffset()
    return {
        "day": dates.long_day(there.date(), opened.locale),
        "time": dates.clock_time(instant, opened.zone, opened.locale),
        "zone": zone_name(there) if differs else "",
    }


def in_one_line(opened: Opened, instant: datetime) -> str:
    """Such as "Wed, Sep 30, 12:30 PM"."""
    return dates.moment(instant, opened.zone, opened.locale)
