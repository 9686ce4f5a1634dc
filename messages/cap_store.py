"""Which texts count towards the daily and weekly caps, as a condition the database can ask.

The caps keep people from texts they did not ask for. An offer that was answered, yes or no, is a conversation they are
in: it does not use up their day. Invariant: who makes an offer and who sends it count the same texts.
"""

from typing import Final

from sqlalchemy import ColumnElement, and_, exists, not_, or_

from messages.kinds import Kind, traits
from scheduler.core.bulk import one_of
from scheduler.tables import message, offer

ANSWERED: Final[ColumnElement[bool]] = or_(
    one_of(offer.c.state, ("passed", "claimed")), offer.c.accepted_at.is_not(None), offer.c.in_vain_at.is_not(None)
)
"""Whether the one to whom an offer was made has said anything to it."""

COUNTED: Final[ColumnElement[bool]] = and_(
    one_of(message.c.kind, (kind.value for kind in Kind if traits(kind).capped)),
    not_(
        exists().where(
            offer.c.practice_id == message.c.practice_id,
            offer.c.id == message.c.offer_id,
            message.c.kind == Kind.OFFER.value,
            ANSWERED,
        )
    ),
)
