"""At which number each of many clients may be texted about a purpose, in one read that opens nothing.

For those who ask about scores of people at a time and want an id and a blind index; recipients.py tells every way one
can be reached, with the address. Invariant: whom it names, recipients.py would name too, and at the same number.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from sqlalchemy import and_, bindparam, exists, select

from messages.kinds import Channel, Purpose
from scheduler.core.record import Reading
from scheduler.people.store import OwnHours
from scheduler.tables import client, consent, contact_point, opt_out


@dataclass(frozen=True, slots=True)
class TextNumber:
    """A contact point that takes texts, whose it is, and at which hours they want any."""

    id: str
    client_id: str
    value_ix: bytes = field(repr=False)
    hours: OwnHours


async def text_numbers(r: Reading, client_ids: Collection[str], purpose: Purpose) -> dict[str, TextNumber]:
    """By client the first number in use that agreed to texts of this purpose and has not said STOP."""
    given = {"of": r.practice_id, "clients": list(client_ids), "purpose": purpose.value}
    found: dict[str, TextNumber] = {}
    for point_id, client_id, value_ix, *hours in (await r.conn.execute(_TEXT_NUMBERS, given)).all():
        found.setdefault(client_id, TextNumber(point_id, client_id, value_ix, OwnHours(*hours)))
    return found


_P: Final = contact_point.c
_AGREED: Final = (
    select(consent.c.granted)
    .where(
        consent.c.practice_id == _P.practice_id,
        consent.c.contact_point_id == _P.id,
        consent.c.channel == Channel.SMS.value,
        consent.c.purpose == bindparam("purpose"),
    )
    .order_by(consent.c.at.desc(), consent.c.id.desc())
    .limit(1)
    .correlate(contact_point)
    .scalar_subquery()
)
_STOPPED: Final = exists().where(
    opt_out.c.practice_id == _P.practice_id,
    opt_out.c.channel == Channel.SMS.value,
    opt_out.c.address_ix == _P.value_ix,
    opt_out.c.stopped,
)
_TEXT_NUMBERS: Final = (
    select(_P.id, _P.client_id, _P.value_ix, client.c.zone, client.c.from_minute, client.c.until_minute)
    .join(client, and_(client.c.practice_id == _P.practice_id, client.c.id == _P.client_id))
    .where(
        _P.practice_id == bindparam("of"),
        _P.client_id.in_(bindparam("clients", expanding=True)),
        _P.kind == "phone",
        _P.state == "active",
        _AGREED,
        ~_STOPPED,
    )
    .order_by(_P.rank, _P.created_at, _P.id)
)
