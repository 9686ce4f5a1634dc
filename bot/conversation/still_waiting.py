"""Who had gone quiet on the waitlist and writes: they stay on it, unless they answer the question with a no.

They were asked whether they still wait (waitlist/actions/ask_whether.py). Any text is a sign of life and is then read
as it would be otherwise; only a plain answer to that question, which was the last thing asked, is dealt with here.
Invariant: a no that may be meant for a visit takes nobody off the list, and no visit is touched here.
"""

from collections.abc import Sequence
from typing import Final

from bot.conversation.hand_over import hand_over
from bot.conversation.hearing import ears_of
from bot.conversation.said_store import about_visits
from bot.conversation.say import say
from bot.conversation.turn import ASKS, Turn
from messages.intents import Asked, IntentKind, Question, Reading
from messages.kinds import Kind
from scheduler.core.record import Tx
from scheduler.people import store as people
from waitlist import entry_store
from waitlist.actions.leave import leave
from waitlist.actions.stay import heard_from
from waitlist.entry_store import Entry, EntryState

KEEP, LEAVE = 1, 2
"""The numbers the question names."""

_SAYS: Final[dict[tuple[IntentKind, ...], bool]] = {(IntentKind.TAKE,): True, (IntentKind.PASS,): False}
"""A yes or a no, as it would be read after an offer."""

_OF_A_VISIT: Final = frozenset({IntentKind.CONFIRM, IntentKind.CANNOT_COME, IntentKind.RESCHEDULE, IntentKind.LATE})
_BARE: Final = ("confirm_weak", "refuse_weak")
"""The lists of words that say yes or no and nothing else, whatever was asked."""


async def still_waiting(tx: Tx, turn: Turn) -> str | None:
    """What came of a plain answer to the question; None when the text is about something else, or nobody was asked."""
    quiet = await entry_store.quiet_entries(tx, turn.sender.client_ids)
    if not quiet:
        return None
    entries = list((await entry_store.entries_by_id(tx, quiet)).values())
    wanted = await _answer(tx, turn) if await _was_asked_last(tx, turn, entries) else None
    if wanted is not False:
        await heard_from(tx, turn.sender.client_ids)
        return await _kept(tx, turn) if wanted else None
    if turn.client_id is None or turn.situation.reminded:
        await heard_from(tx, turn.sender.client_ids)
        return await hand_over(tx, turn)  # whose place, or the visit they were reminded of: a person asks
    for entry in await entry_store.entries_of(tx, turn.client_id):
        if entry.state is EntryState.WAITING:
            await leave(tx, entry.id)
    await say(tx, turn, Kind.LIST_LEFT)
    return "left_list"


async def _kept(tx: Tx, turn: Turn) -> str:
    await say(tx, turn, Kind.LIST_ALREADY)
    return "waits_already"


async def _was_asked_last(tx: Tx, turn: Turn, entries: Sequence[Entry]) -> bool:
    """Whether nothing else was asked of the number since; a page or a call has other questions."""
    if turn.direct is not None or turn.situation.offers or turn.situation.numbered is not None:
        return False
    asked_at = max(entry.asked_whether_at for entry in entries if entry.asked_whether_at is not None)
    return not await about_visits(tx, turn.sender.address_ix, ASKS, asked_at)


async def _answer(tx: Tx, turn: Turn) -> bool | None:
    """A yes, a no, or neither: a lone letter belongs to a visit or an offer, and "can't come tomorrow" to a visit."""
    body = turn.inbound.body.strip(" .!")
    if body in {str(KEEP), str(LEAVE)}:
        return body == str(KEEP)
    if len(body) == 1:
        return None
    known = (await people.clients(tx, turn.sender.client_ids)).values()
    ears = ears_of(known, turn.practice, turn.inbound.received_at)
    found = ears.hear(body, Asked(question=Question.OFFER, visits=0)).reading
    if found.leftover or _is_about_a_visit(ears.hear(body, Asked(question=Question.REMINDER)).reading):
        return None
    return _SAYS.get(found.kinds)


def _is_about_a_visit(reading: Reading) -> bool:
    bare = all(rule.partition(":")[0].endswith(_BARE) for rule in reading.why)
    return bool(_OF_A_VISIT & set(reading.kinds)) and not bare
