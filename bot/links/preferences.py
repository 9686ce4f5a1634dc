"""How a client wants to be reached, and the way out: language, channel, no more texts.

No reason is asked for (45 CFR 164.522(b) forbids it). Invariant: stopping works on the first try, from a bearer link.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from aiohttp import web

from bot.links.opened import LANGUAGES, RECORD, Gone, Opened, acting, show, still_alive
from bot.links.visit import NOTHING_MORE
from bot.web.readable import posted
from messages import consent, whatsapp_store
from messages.consent import StopSource
from messages.kinds import Channel
from scheduler.actions.clients import edit_client
from scheduler.core.record import Reading, Tx
from scheduler.people import client_edit_store
from scheduler.people import store as people
from scheduler.people.store import ContactPoint

WORDING = "preferences_page"
PURPOSE = "reminders"


async def show_preferences(request: web.Request, opened: Opened) -> web.Response:
    """The present language and channel."""
    async with request.app[RECORD].read(opened.practice_id) as r:
        points = await people.contact_points(r, opened.client.id)
        channel = await _present(r, points)
        possible = await _possible(r, points)
        stopped = await _all_stopped(r, points)
    return show(
        request,
        opened,
        "preferences",
        {
            "languages": LANGUAGES,
            "language": opened.language,
            "channels": [way.value for way in possible],
            "channel": channel.value,
            "action": opened.address("preferences"),
            "stop": "" if stopped else opened.address("stop"),
        },
    )


async def show_stop(request: web.Request, opened: Opened) -> web.Response:
    """One step before texts end."""
    return show(request, opened, "stop", {"action": opened.address("stop"), "keep": opened.address("preferences")})


async def do_save(request: web.Request, opened: Opened) -> web.Response:
    """Keep what was chosen; anything that is not one of the choices changes nothing."""
    form = await posted(request)
    async with acting(request, opened) as tx:
        if form.get("language") in dict(LANGUAGES):
            fields = client_edit_store.fields_of(opened.client)
            await edit_client(tx, opened.client.id, replace(fields, language=str(form["language"])))
        await _choose(tx, opened, str(form.get("channel", "")))
    return show(request, opened, "done", {**NOTHING_MORE, "what": "saved"})


async def do_stop(request: web.Request, opened: Opened) -> web.Response:
    """Opt out the number this link was sent to, or all of the client's numbers where that is not known."""
    async with request.app[RECORD].write(opened.practice_id, opened.actor) as tx:
        await still_alive(tx, opened)
        for point in await _reached_by(tx, opened):
            await consent.stop_contact(tx, point.id, Channel.SMS, StopSource.LINK)
    return show(request, opened, "done", {**NOTHING_MORE, "what": "stopped"})


ACTS = {"preferences": do_save, "stop": do_stop}
VIEWS = {"preferences": show_preferences, "stop": show_stop}


_WAYS: Final = {"phone": (Channel.SMS, Channel.WHATSAPP), "email": (Channel.EMAIL,)}


async def _possible(r: Reading, points: Sequence[ContactPoint]) -> list[Channel]:
    """Texts and mail where there is an address for them; WhatsApp only for who asked the office for it before."""
    kinds = {point.kind for point in points if point.state == "active"}
    asked = Channel.WHATSAPP in await _agreed(r, points) and await whatsapp_store.terms(r) is not None
    ways = [way for kind, ways in _WAYS.items() if kind in kinds for way in ways]
    return [way for way in ways if way is not Channel.WHATSAPP or asked]


async def _agreed(r: Reading, points: Sequence[ContactPoint]) -> set[str]:
    given = await people.consents(r, [point.id for point in points])
    return {channel for (_, channel, purpose), each in given.items() if purpose == PURPOSE and each.granted}


async def _present(r: Reading, points: Sequence[ContactPoint]) -> Channel:
    agreed = await _agreed(r, points)
    if Channel.WHATSAPP in await _possible(r, points):
        return Channel.WHATSAPP
    return Channel.EMAIL if Channel.EMAIL in agreed and Channel.SMS not in agreed else Channel.SMS


async def _all_stopped(r: Reading, points: Sequence[ContactPoint]) -> bool:
    phones = [point for point in points if point.kind == "phone" and point.state == "active"]
    return all([await consent.is_stopped(r, point.value_ix, Channel.SMS) for point in phones])


async def _choose(tx: Tx, opened: Opened, wanted: str) -> None:
    """Agree to one channel for reminders and take the others back, as the person asked on the page."""
    points = await people.contact_points(tx, opened.client.id)
    possible = await _possible(tx, points)
    if wanted not in {way.value for way in possible} or possible == [wanted]:
        return
    for point in points:
        for way in _WAYS[point.kind]:
            if point.state != "active" or way not in possible:
                continue
            if way.value == wanted:
                await consent.grant(tx, point.id, way, PURPOSE, wording=WORDING, how="link", language=opened.language)
            elif way is not Channel.SMS or wanted != Channel.WHATSAPP:  # texts step in where WhatsApp fails
                await consent.withdraw(tx, point.id, way, PURPOSE, wording=WORDING, how="link")


async def _reached_by(r: Reading, opened: Opened) -> list[ContactPoint]:
    points = await people.contact_points(r, opened.client.id)
    phones = [point for point in points if point.kind == "phone"]
    known = [point for point in phones if point.id == opened.link.contact_point_id]
    if not phones:
        raise Gone
    return known or phones
