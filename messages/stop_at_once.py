"""A STOP is obeyed where it comes in: in the transaction that stores it, before anybody reads the text.

Reading a text, confirming the STOP and telling staff is bot/conversation's and follows in a moment; a queue of texts or
a worker that is gone must not keep a person's STOP waiting. Only the word itself is obeyed here (inbound.py does it, by
whatever door a text comes); what has to be understood first (other words, a choice by number, a word that may mean the
visit) waits for its reading, before others.
Invariant: when `nothing_leaves` has returned in time, no attempt at a text to that number begins that had not seen the
STOP.
"""

import asyncio
from typing import Final

from messages import consent, outbox
from messages import consent_store as store
from messages.consent import StopSource
from messages.intents.law import read_keyword
from messages.intents.normalise import normalise
from messages.intents.reading import Asked, Intent, IntentKind
from messages.kinds import Channel
from messages.opt_out_scope import TEXTS
from scheduler.core.actor import CARRIER
from scheduler.core.record import Reading, Record

STOP_BY_CARRIER: Final = "STOP"
MAY_MEAN_THE_VISIT: Final = "law.ambiguous_stop"
STEPS_SECONDS: Final = (0.02, 0.05, 0.1, 0.2, 0.4, *(0.5,) * 15)
"""How long between two looks; together a little more than consent.DRAIN, after which no attempt is alive."""


def source_of(intent: Intent | None, opt_out_type: str | None) -> StopSource:
    """How we learnt of a STOP: the carrier marked the text, or it is a keyword, or other words."""
    if opt_out_type:
        return StopSource.CARRIER
    return StopSource.KEYWORD if intent is not None and intent.word else StopSource.FREE_TEXT


def ends_all_texts(body: str, opt_out_type: str | None = None) -> StopSource | None:
    """How a text ends all texts to its number, whatever was asked before; None when it does not, or must be read."""
    if (opt_out_type or "").upper() == STOP_BY_CARRIER:
        return StopSource.CARRIER
    words = normalise(body)
    keyword = read_keyword(words, Asked())
    if keyword is None or keyword.get(IntentKind.STOP) is None or keyword.why[0].startswith(MAY_MEAN_THE_VISIT):
        return None
    return None if any(token.isdecimal() for token in words.tokens) else StopSource.KEYWORD


async def nothing_leaves(record: Record, practice_id: str, number: str) -> None:
    """Return when the STOP is in the record and no text to its number on the way any more.

    At the latest when every attempt must have ended: then also if the STOP is still on its way into the record, from
    the disk where the webhook left it.
    """
    async with record.write(practice_id, CARRIER) as tx:
        await store.hold_sending(tx)
        if await _is_quiet(tx, number):
            return
    for seconds in STEPS_SECONDS:
        await asyncio.sleep(seconds)  # noqa: TID251 -- it waits for another task or process, whatever the hour
        async with record.read(practice_id) as r:
            if await _is_quiet(r, number):
                return


async def _is_quiet(r: Reading, number: str) -> bool:
    address_ix = outbox.address_ix(r, number, Channel.SMS)
    if not any([await consent.is_stopped(r, address_ix, channel) for channel in sorted(TEXTS)]):
        return False
    return not any([await store.on_the_way(r, address_ix, channel.value) for channel in sorted(TEXTS)])
