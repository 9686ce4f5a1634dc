"""Talking with somebody who is there now: the page behind a link, or the phone in their hand.

What they say is kept as a received text is, and dealt with by the same code in the same transaction; the answers come
back instead of being sent. Invariant: a page or a call speaks for one client only, and acts once for what was said.
"""

from dataclasses import dataclass
from typing import Final

from bot.conversation.answer import handle
from bot.conversation.said_store import told_because_of
from bot.conversation.turn import Answer, Direct
from messages.inbound import LONGEST_BODY, Received, answered_at_once, receive
from messages.kinds import Kind
from messages.particulars import NO_PARTICULARS
from scheduler.core.errors import Conflict
from scheduler.core.record import Tx


@dataclass(frozen=True, slots=True)
class Spoken:
    """What came of it, and what to say, in this order."""

    outcome: str
    answers: tuple[Answer, ...]
    inbound_id: str = ""


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
    outcome = await handle(tx, inbound_id, direct) or "kept"
    answers = tuple(direct.answers) or await _elsewhere(tx, inbound_id, outcome)
    await answered_at_once(tx, inbound_id, [each.to_json() for each in answers])
    return Spoken(outcome, answers, inbound_id)


async def _elsewhere(tx: Tx, inbound_id: str, outcome: str) -> tuple[Answer, ...]:
    """What the waitlist says to them by text is said here as well; how an offer ended, also to who was told before."""
    told = await told_because_of(tx, inbound_id)
    if told:
        return tuple(Answer(kind, particulars, particulars.starts_at) for kind, particulars in told)
    kind = _TOLD_BEFORE.get(outcome)
    return (Answer(kind, NO_PARTICULARS, None),) if kind is not None else ()


_TOLD_BEFORE: Final = {"offer_gone": Kind.OFFER_LOST, "offer_passed": Kind.OFFER_PASSED}
