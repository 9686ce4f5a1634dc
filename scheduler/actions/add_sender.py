"""The practice says that texts also leave from another of its numbers.

Which number writes to a client follows from the client's own (messages/pacing.py `number_for`), so that a conversation
stays in one; another number deals them anew. Invariant: a number is one a carrier could know.
"""

import re
from typing import Final

from scheduler.core.errors import Invalid
from scheduler.core.record import Tx
from scheduler.people import sender_store
from scheduler.people.phone import NotAPhone, parse_phone
from scheduler.people.sender_rate import rate_of
from scheduler.people.store import practice

_SHORT_CODE: Final = re.compile(r"\d{5,6}")


async def add_sender(tx: Tx, typed: str) -> bool:
    """Pace and use one more number from the next claim on, at the rate its shape tells; False when it is used already.

    Args:
        tx: writes to the practice whose number it is.
        typed: as people of the practice's region write it, or a short code in digits.

    Raises:
        Invalid: sender_unreadable.
    """
    number = await _readable(tx, typed)
    added = await sender_store.add(tx, number, rate_of(number))
    if added:
        tx.note("sender.added", "practice", tx.practice_id, rate=rate_of(number))
    return added


async def _readable(tx: Tx, typed: str) -> str:
    tidy = typed.strip()
    if _SHORT_CODE.fullmatch(tidy):
        return tidy
    parsed = parse_phone(tidy, (await practice(tx)).region)
    if isinstance(parsed, NotAPhone):
        raise Invalid("sender_unreadable", field="number")
    return str(parsed)
