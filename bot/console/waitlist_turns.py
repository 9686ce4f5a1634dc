"""Who is asked next about one freed time and why, and why others are not: a piece of the board, and a page of its own.

It is worked out when somebody wants to know, since that takes a look at everybody who waits. Invariant: an opening is
reached like the clinician it belongs to.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from aiohttp import web

from bot.console.book_of_names import names
from bot.console.desk import actor_of, reading, show
from bot.console.turn_words import in_words
from bot.console.wish_words import MISFITS, sort_of
from scheduler import access, tables
from scheduler.core.errors import NotFound
from scheduler.core.record import Reading
from scheduler.people import store as people
from waitlist import candidates, entry_store, opening_store
from waitlist.entry_store import Entry
from waitlist.matching import Misfit, Ranked
from waitlist.opening_store import Opening, OpeningKind

WRITE: Final = "waitlist.write"
PLACE: Final = "/console/waitlist"
NAMED: Final = 12
"""So many are named where a reason, or a place in the row, is that of many."""


@dataclass(frozen=True, slots=True)
class Named:
    """Somebody who waits, with the facts that decide their turn where it is about that."""

    who: str
    why: str
    entry_id: str


@dataclass(frozen=True, slots=True)
class PassedOver:
    """Those a freed time is not for, for one reason. `more`: so many besides the ones that are named."""

    why: str
    who: tuple[Named, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Turns:
    """Who would be asked next (`later`: so many after those), and why the others are not."""

    next: tuple[Named, ...]
    later: int
    passed_over: tuple[PassedOver, ...]


async def show_turns(request: web.Request) -> web.Response:
    """The turns about one opening."""
    key = request.match_info["opening"]
    async with reading(request) as r:
        await access.thing(r, actor_of(request), tables.opening, key, WRITE)
        opening = await opening_store.opening_by_id(r, key)
        if opening is None:
            raise NotFound("opening", opening=key)
        book = await names(r)
        context = {
            "opening": opening,
            "what": [book.service(opening.service_id), book.clinician(opening.clinician_id), sort_of(opening)],
            "turns": await _turns(r, opening),
            "back": PLACE,
        }
    return await show(request, "console/waitlist_turns.html", context, part="console/_waitlist_turns.html")


async def _turns(r: Reading, opening: Opening) -> Turns:
    if opening.kind is OpeningKind.INSTEAD or opening.state not in opening_store.UNSETTLED:
        return Turns((), 0, ())
    everybody = await entry_store.entries(r)
    by_id = {entry.id: entry for entry in everybody}
    ranked = [each for each in await candidates.in_order(r, opening) if each.entry_id in by_id]
    groups = _groups(await candidates.misfits(r, opening, everybody), by_id)
    shown = [by_id[each.entry_id] for each in ranked[:NAMED]]
    shown += [each for group in groups.values() for each in group[:NAMED]]
    who = {each.id: each.display for each in (await people.clients(r, {each.client_id for each in shown})).values()}
    return Turns(
        tuple(_next(each, by_id[each.entry_id], who, r) for each in ranked[:NAMED]),
        max(0, len(ranked) - NAMED),
        tuple(
            PassedOver(
                MISFITS[misfit],
                tuple(Named(who.get(each.client_id, ""), "", each.id) for each in group[:NAMED]),
                max(0, len(group) - NAMED),
            )
            for misfit, group in groups.items()
        ),
    )


def _next(ranked: Ranked, entry: Entry, who: Mapping[str, str], r: Reading) -> Named:
    return Named(who.get(entry.client_id, ""), in_words(ranked, r.now), entry.id)


def _groups(misfits: Mapping[str, Misfit], by_id: Mapping[str, Entry]) -> dict[Misfit, Sequence[Entry]]:
    """The others by the reason, in the order in which the rules ask; who was asked is shown on the board."""
    found: dict[Misfit, list[Entry]] = {misfit: [] for misfit in MISFITS if misfit is not Misfit.ASKED_ALREADY}
    for entry_id, misfit in misfits.items():
        if misfit in found and entry_id in by_id:
            found[misfit].append(by_id[entry_id])
    return {misfit: entries for misfit, entries in found.items() if entries}


def install_turns(app: web.Application) -> None:
    """Add the route."""
    app.router.add_get("/console/openings/{opening:[0-9a-f]{32}}/turns", show_turns, name="opening.turns")
