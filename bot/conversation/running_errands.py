"""Doing an errand: saying when the next visit is, the waitlist, the language, email instead, a further visit.

Each changes little and can be taken back by a word; what cannot be done here goes to a person. Invariant: nothing of a
client is told to a number that is not to know of their visits (who_speaks.py), and never to a stranger.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from bot.conversation.another_visit import offer_another
from bot.conversation.asking_again import put_again
from bot.conversation.errands import LANGUAGES, Errand, asks_for_all, asks_for_one_more, asks_what_is_open, names_list
from bot.conversation.hand_over import ask_staff, hand_over
from bot.conversation.hours_wished import keep_hours
from bot.conversation.list_rests import rest_on_list
from bot.conversation.reminded_again import remind_again
from bot.conversation.say import say
from bot.conversation.times_for_the_list import names_times, windows_wished
from bot.conversation.turn import Turn
from bot.conversation.which_visit import ask_which
from messages import consent
from messages.intents import Intent, IntentKind
from messages.kinds import Channel, Kind, Purpose
from messages.particulars import Particulars
from messages.recipients import agreed_texts, recipient_for
from scheduler.actions.clients import edit_client
from scheduler.appointments import store as appointments
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Tx
from scheduler.people import client_edit_store
from scheduler.people import store as people
from waitlist import entry_store
from waitlist.actions.join import join
from waitlist.actions.leave import leave
from waitlist.actions.pause import pause
from waitlist.entry_store import EntryState

WORDING: Final = "asked_by_text"
DONE: Final = frozenset(
    {
        "told_next_visit",
        "told_no_visit",
        "another_offered",
        "joined_list",
        "waits_already",
        "left_list",
        "rests_on_list",
        "language_set",
        "email_set",
        "hours_set",
        "reminder_set",
    }
)
"""Outcomes that leave nothing for a person to read."""


async def run_errand(tx: Tx, turn: Turn, errand: Errand, intent: Intent) -> str | None:
    """Do it; None when the text is better dealt with as what it was read as."""
    asks_when = errand is Errand.NEXT_VISIT and not asks_what_is_open(turn.inbound.body)
    for_the_list = errand is Errand.JOIN_LIST and names_list(turn.inbound.body)
    if intent.kind is IntentKind.RESCHEDULE and not (asks_when or for_the_list or errand is Errand.REMIND):
        another = errand is Errand.BOOK and asks_for_one_more(turn.inbound.body)
        return await _book(tx, turn) if another else None
    if errand in _FOR_ANYBODY:
        return await _FOR_ANYBODY[errand](tx, turn)
    client_id = turn.client_id
    if client_id is None:
        return await hand_over(tx, turn)  # which of those who share the phone, only a person can ask
    return await _FOR_ONE[errand](tx, turn, client_id)


async def _next_visit(tx: Tx, turn: Turn) -> str:
    """When they come next; where several may be meant, all of them by number."""
    if turn.situation.only_an_offer:
        await ask_staff(tx, turn)
        return await put_again(tx, turn)  # they ask about the time that is offered
    meant = turn.situation.meant
    upcoming = await appointments.upcoming(tx, turn.sender.client_ids, tx.now)
    if len(meant) > 1 and (len(turn.sender.client_ids) > 1 or asks_for_all(turn.inbound.body)):
        return await ask_which(tx, turn, IntentKind.CONFIRM)
    if not upcoming:
        return await _none_booked(tx, turn)
    await say(tx, turn, Kind.NEXT_VISIT, Particulars(starts_at=upcoming[0].starts_at), visit=upcoming[0])
    return "told_next_visit"


async def _who(tx: Tx, turn: Turn) -> str:
    """Who writes, that it is a machine, and how to get to a person; who asks so may hold somebody else's phone."""
    return await hand_over(tx, turn, answer=Kind.ABOUT_US)


async def _none_booked(tx: Tx, turn: Turn) -> str:
    await say(tx, turn, Kind.NO_VISIT, Particulars(count=1 if turn.practice.follow_ups else None))
    return "told_no_visit"


async def _book(tx: Tx, turn: Turn) -> str:
    """A further visit, where the practice lets clients book by text; who has one ahead must ask for one more."""
    more = asks_for_one_more(turn.inbound.body)
    if turn.situation.meant and not more:
        await ask_staff(tx, turn)
        return await _next_visit(tx, turn)
    return await offer_another(tx, turn)


async def _join(tx: Tx, turn: Turn, client_id: str) -> str:
    """On the list for what they come for; asking for it by text is agreeing to be texted about it.

    Offers leave by text. Who asks by WhatsApp has not agreed to texts by that: a person asks them.
    """
    waiting = [each for each in await entry_store.entries_of(tx, client_id) if each.state == EntryState.WAITING]
    if waiting:
        for entry in waiting:
            if entry.paused_until is not None and entry.paused_until > tx.now:
                await pause(tx, entry.id, None)
        await say(tx, turn, Kind.LIST_ALREADY)
        return "waits_already"
    visits = await appointments.visits_of(tx, client_id)
    if not visits:
        return await hand_over(tx, turn)
    if turn.channel is Channel.WHATSAPP and await recipient_for(tx, client_id, Channel.SMS, Purpose.WAITLIST) is None:
        return await hand_over(tx, turn)
    usual = turn.situation.meant[0] if turn.situation.meant else max(visits, key=lambda each: each.starts_at)
    point = turn.recipient(client_id)
    if point is not None and turn.channel is Channel.SMS:
        await consent.grant(tx, point, Channel.SMS, Purpose.WAITLIST, wording=WORDING, how="keyword")
    windows = windows_wished(turn.when)
    try:
        await join(
            tx,
            client_id=client_id,
            service_id=usual.service_id,
            clinician_ids=(usual.clinician_id,),
            replaces_participation_id=usual.participation_id if turn.situation.meant else None,
            windows=windows,
        )
    except (Conflict, Invalid, NotFound):
        return await hand_over(tx, turn)
    if turn.direct is not None:
        await say(tx, turn, Kind.WAITLIST_JOINED)
    if names_times(turn.when) and not windows:
        await ask_staff(tx, turn)  # days they named, or hours that are not sure: a person writes them down
    return "joined_list"


async def _on_list(tx: Tx, turn: Turn, client_id: str) -> str | None:
    """Whether they are still on the list, where they are; None where it is for a person to say."""
    if all(each.state != EntryState.WAITING for each in await entry_store.entries_of(tx, client_id)):
        return None
    await say(tx, turn, Kind.LIST_ALREADY)
    return "waits_already"


async def _leave(tx: Tx, turn: Turn, client_id: str) -> str:
    for entry in await entry_store.entries_of(tx, client_id):
        if entry.state == EntryState.WAITING:
            await leave(tx, entry.id)
    await say(tx, turn, Kind.LIST_LEFT)
    return "left_list"


def _language(language: str) -> Callable[[Tx, Turn, str], Awaitable[str]]:
    async def prefer(tx: Tx, turn: Turn, client_id: str) -> str:
        known = await people.client(tx, client_id)
        if known is None:
            return await hand_over(tx, turn)
        await edit_client(tx, client_id, replace(client_edit_store.fields_of(known), language=language))
        await say(tx, replace(turn, language=language), Kind.LANGUAGE_SET)
        return "language_set"

    return prefer


async def _email(tx: Tx, turn: Turn, client_id: str) -> str:
    """Email instead of texts, where an address is on file; texts still answer what they text."""
    points = await people.contact_points(tx, client_id)
    address = next((point for point in points if point.kind == "email" and point.state == "active"), None)
    phone = turn.recipient(client_id)
    if address is None or phone is None:
        return await hand_over(tx, turn)
    await consent.grant(tx, address.id, Channel.EMAIL, Purpose.REMINDERS, wording=WORDING, how="keyword")
    for channel in await agreed_texts(tx, phone, Purpose.REMINDERS):
        await consent.withdraw(tx, phone, channel, Purpose.REMINDERS, wording=WORDING, how="keyword")
    await say(tx, turn, Kind.EMAIL_SET)
    return "email_set"


_FOR_ANYBODY: Final[dict[Errand, Callable[[Tx, Turn], Awaitable[str]]]] = {
    Errand.NEXT_VISIT: _next_visit,
    Errand.BOOK: _book,
    Errand.REMIND: remind_again,
    Errand.WHO: _who,
}
_FOR_ONE: Final[dict[Errand, Callable[[Tx, Turn, str], Awaitable[str | None]]]] = {
    Errand.JOIN_LIST: _join,
    Errand.ON_LIST: _on_list,
    Errand.LEAVE_LIST: _leave,
    Errand.PAUSE_LIST: rest_on_list,
    **{errand: _language(language) for errand, language in LANGUAGES.items()},
    Errand.EMAIL: _email,
    Errand.HOURS: keep_hours,
}
