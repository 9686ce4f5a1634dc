"""Talking with somebody who is there now: the page behind a link, or the phone in their hand.

What they say is kept as a received text is, and dealt with by the same code in the same transaction; the answers come
back instead of being sent. Invariant: a page or a call speaks for one client only, and acts once for what was said.
"""

from dataclasses import dataclass

from bot.conversation.answer import handle
from bot.conversation.turn import Answer, Direct
from messages.inbound import LONGEST_BODY, Received, receive
from scheduler.core.errors import Conflict
from scheduler.core.record import Tx


@dataclass(frozen=True, slots=True)
class Spoken:
    """What came of it, and what to say, in this order."""

    outcome: str
    answers: tuple[Answer, ...]


async def speak(
    tx: Tx, words: str, *, client_id: str, number: str, via: str, about: str | None = None, key: str | None = None
) -> Spoken:
    """Deal with what a client says at once. `number`: the phone on file they are known by, in E.164.

    `about` is the visit a call or a page is about; `key` makes the same words, sent twice, count once. While a text of
    the same number is being dealt with, the words are kept and answered after it, by text.

    Raises:
        Conflict: `said_before`.
    """
    sid = f"{via}:{key or tx.new_id()}"
    said = Received(sid=sid, sender=number, body=words[:LONGEST_BODY], via=via)
    inbound_id = await receive(tx, said)
    if inbound_id is None:
        raise Conflict("said_before")
    direct = Direct(client_id=client_id, about=about)
    outcome = await handle(tx, inbound_id, direct)
    return Spoken(outcome or "kept", tuple(direct.answers))
