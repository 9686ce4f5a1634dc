"""STOP, START and HELP: obeyed before anything else is read into a text.

The record of who wants no texts is ours (messages/consent.py); the carrier's list is a second fence. Where the
carrier has answered the person itself, we say nothing. Invariant: a text that asks for an end of texts has ended them
in the transaction that read it, whatever else it says.
"""

from typing import Final

from bot.conversation.hand_over import ask_staff
from bot.conversation.say import say
from bot.conversation.stop_one import stop_one
from bot.conversation.turn import Turn
from messages import consent
from messages.consent import StopSource
from messages.intents import Intent, IntentKind
from messages.kinds import Channel, Kind
from messages.particulars import Particulars
from messages.stop_at_once import source_of
from messages.tasks import TaskKind, open_task
from scheduler.core.record import Tx
from waitlist import entry_store
from waitlist.actions.leave import leave
from waitlist.entry_store import EntryState

CARRIERS_OWN: Final = frozenset(
    {
        *("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"),
        *("start", "yes", "unstop"),
        *("help", "info"),
    }
)
"""Words to which a carrier in its usual setting has answered already (rules.md A5)."""

MEANS_THE_VISIT_TOO: Final = frozenset({"cancel", "end", "quit", "cancelar", "cancela", "cancele", "cancelen"})
"""Words that end texts by law, and that people write when they cannot come."""

_BY_CARRIER: Final = {"STOP": IntentKind.STOP, "START": IntentKind.START, "HELP": IntentKind.HELP}


async def obey(tx: Tx, turn: Turn) -> str | None:
    """Do what the law's words ask for; None when the text has none of them."""
    intent = _ordered(turn)
    if intent is None:
        return None
    if intent.kind is IntentKind.STOP:
        return await stop_one(tx, turn) or await _stop(tx, turn, intent)
    if intent.kind is IntentKind.START:
        return await _start(tx, turn, intent)
    if intent.word is None and len(turn.situation.meant) == 1:
        visit = turn.situation.meant[0]  # "how do I say yes": by the letters, and no keyword of the law
        await say(tx, turn, Kind.NEXT_VISIT, Particulars(starts_at=visit.starts_at), visit=visit)
    elif not _carrier_answered(turn, intent):
        await say(tx, turn, Kind.HELP)
    return "helped"


def _ordered(turn: Turn) -> Intent | None:
    """What the carrier says it was, else what we read."""
    for kind in (IntentKind.STOP, IntentKind.START, IntentKind.HELP):
        read = turn.reading.get(kind)
        if read is not None:
            return read
    marked = _BY_CARRIER.get((turn.inbound.opt_out_type or "").upper())
    return Intent(kind=marked) if marked else None


async def _stop(tx: Tx, turn: Turn, intent: Intent) -> str:
    source, said_at = source_of(intent, turn.inbound.opt_out_type), turn.inbound.received_at
    # Nearly always obeyed where it came in (messages/stop_at_once.py): then nothing new follows from it.
    await consent.stop(tx, turn.inbound.sender, _ended(turn), source, turn.inbound.id, said_at=said_at)
    meant = turn.situation.meant
    about_visit = _may_mean_the_visit(turn, intent)
    if about_visit or source is StopSource.FREE_TEXT:
        await open_task(
            tx,
            TaskKind.OPTED_OUT,
            dedupe=f"opted_out:{turn.inbound.id}",
            urgent=about_visit and bool(meant),
            client_id=turn.client_id,
            inbound_id=turn.inbound.id,
            participation_id=meant[0].participation_id if meant else None,
        )
    if turn.direct is not None:
        await say(tx, turn, Kind.STOP_CONFIRMED)
    return "stopped"


def _ended(turn: Turn) -> Channel:
    """The channel it was said on: key 9 of a call that could not be dealt with at once ends calls."""
    return Channel.VOICE if turn.inbound.via == "voice" and turn.direct is None else turn.channel


def _may_mean_the_visit(turn: Turn, intent: Intent) -> bool:
    also = {IntentKind.CANNOT_COME, IntentKind.RESCHEDULE} & set(turn.reading.kinds)
    return bool(also) or (intent.word or "").casefold() in MEANS_THE_VISIT_TOO


async def _start(tx: Tx, turn: Turn, intent: Intent) -> str:
    inbound = turn.inbound
    started = await consent.start(tx, inbound.sender, turn.channel, inbound.id, said_at=inbound.received_at)
    if isinstance(started, consent.Overtaken):
        return "stopped_since"
    if not _carrier_answered(turn, intent):
        await say(tx, turn, Kind.START_CONFIRMED)
    return "started"


def _carrier_answered(turn: Turn, intent: Intent) -> bool:
    if turn.inbound.opt_out_type:
        return True
    if turn.direct is not None or turn.channel is Channel.WHATSAPP:
        return False
    return turn.practice.stop_mode == "carrier" and (intent.word or "").casefold() in CARRIERS_OWN


async def visit_or_stop(tx: Tx, turn: Turn) -> str:
    """A word that may mean the visit or the texts: asked which, and nothing is done until they say."""
    meant = turn.situation.meant
    if len(meant) != 1:
        await ask_staff(tx, turn)
        return "handed_over" if meant else await _off_the_list(tx, turn)
    await say(tx, turn, Kind.VISIT_OR_STOP, visit=meant[0])
    return "asked_visit_or_stop"


async def _off_the_list(tx: Tx, turn: Turn) -> str:
    """Nothing is booked that "take me off" could mean: then it is the waitlist, and a person reads the rest."""
    waiting = [
        entry
        for client_id in turn.sender.client_ids
        for entry in await entry_store.entries_of(tx, client_id)
        if entry.state is EntryState.WAITING
    ]
    for entry in waiting:
        await leave(tx, entry.id)
    if waiting:
        await say(tx, turn, Kind.LIST_LEFT)
    return "left_list" if waiting else "handed_over"
