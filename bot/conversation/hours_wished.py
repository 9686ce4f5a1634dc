"""Hours in which a client wants to hear from us: "please don't text before 10", "only in the evening".

Kept as the client's own, inside which everything automatic has to fit as well as inside the practice's. What cannot be
told for sure, or leaves too little of the day, goes to a person. Invariant: a wish can only make the window smaller.
"""

from datetime import datetime, time
from typing import Final

from bot.conversation.hand_over import hand_over
from bot.conversation.say import say
from bot.conversation.turn import Turn
from messages.intents.normalise import normalise
from messages.intents.phrases import phrase_group
from messages.kinds import Kind
from messages.when import Span, When
from scheduler.core.record import Tx
from scheduler.people import client_hours_store

SHORTEST: Final = 120
WHOLE_DAY: Final = (0, 24 * 60)
_NOT: Final = phrase_group(("not", phrase) for phrase in ("dont|not|never|no|nunca",))


async def keep_hours(tx: Tx, turn: Turn, client_id: str) -> str:
    """Keep the hours they named, if that leaves at least two of the practice's."""
    practice = turn.practice
    hours = hours_wished(turn.inbound.body, turn.when)
    if hours is None:
        return await hand_over(tx, turn)
    start, end = max(hours[0], practice.send_from_minute), min(hours[1], practice.send_until_minute)
    if end - start < SHORTEST:
        return await hand_over(tx, turn)
    await client_hours_store.set_hours(tx, client_id, *hours)
    tx.note("client.hours_wished", "client", client_id, from_minute=hours[0], until_minute=hours[1])
    await say(tx, turn, Kind.HOURS_SET)
    return "hours_set"


def hours_wished(body: str, when: When) -> tuple[int, int] | None:
    """The minutes of the day they want to hear from us in; None when that is not sure.

    "Not before 10" and "only after 10" are the same, and so they were read; hours that were ruled out leave a hole in
    the day, which is not kept.
    """
    if when.ask or when.without or len(when.spans) != 1:
        return None
    start, end = _minutes(when.spans[0])
    if start is None and end is None:
        return None
    if start is not None and end is not None and _NOT.first(normalise(body).whole.spoken) is not None:
        return None  # a hole in the day
    return (WHOLE_DAY[0] if start is None else start, WHOLE_DAY[1] if end is None else end)


def _minutes(span: Span) -> tuple[int | None, int | None]:
    return _minute(span.start), _minute(span.end)


def _minute(edge: datetime | time | None) -> int | None:
    return None if edge is None else edge.hour * 60 + edge.minute
