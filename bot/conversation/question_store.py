"""The `question` table: what was last asked of a number, and what each answer would do.

A question of numbers (times, which visit) is open once per number, so that "2" means one thing. An undo is kept
beside it. Invariant: every change of a state names the state it leaves.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import bindparam, insert, or_, select, update

from scheduler.core.record import Reading, Tx
from scheduler.tables import question


class QuestionKind(StrEnum):
    """What was asked."""

    TIMES = "times"
    WHICH_VISIT = "which_visit"
    UNDO = "undo"


class QuestionState(StrEnum):
    """How it stands. `EXPIRED` and `WITHDRAWN` ones still explain a late answer."""

    OPEN = "open"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"


NUMBERED = (QuestionKind.TIMES, QuestionKind.WHICH_VISIT)

Option = Mapping[str, Any]
"""Ids and ISO instants; numbered ones have their number as "n"."""


@dataclass(frozen=True, slots=True)
class Question:
    """One question to one number."""

    id: str
    client_id: str | None
    kind: QuestionKind
    participation_id: str | None
    offer_id: str | None
    options: tuple[Option, ...]
    state: QuestionState
    asked_at: datetime
    expires_at: datetime

    def open_at(self, instant: datetime) -> bool:
        """Whether an answer that arrived then counts."""
        return self.state is QuestionState.OPEN and instant <= self.expires_at

    def option(self, number: int) -> Option | None:
        """The choice with this number."""
        return next((option for option in self.options if option.get("n") == number), None)


# Built once: every text asks these.
_LATELY: Final = (
    select(question)
    .where(
        question.c.practice_id == bindparam("of"),
        question.c.address_ix == bindparam("address_ix"),
        or_(question.c.state == QuestionState.OPEN, question.c.asked_at >= bindparam("since")),
    )
    .order_by(question.c.asked_at.desc(), question.c.id.desc())
)
_OVERDUE: Final = (
    select(question)
    .where(
        question.c.practice_id == bindparam("of"),
        question.c.state == QuestionState.OPEN,
        question.c.expires_at < bindparam("before"),
    )
    .order_by(question.c.expires_at, question.c.id)
    .limit(bindparam("most"))
)


async def newest(r: Reading, address_ix: bytes, kinds: Sequence[QuestionKind]) -> Question | None:
    """The last question of these kinds that was asked of a number, whatever became of it."""
    q = question.c
    wanted = select(question).where(q.practice_id == r.practice_id, q.address_ix == address_ix, q.kind.in_(kinds))
    row = (await r.conn.execute(wanted.order_by(q.asked_at.desc(), q.id.desc()).limit(1))).first()
    return None if row is None else _question(row)


async def lately(r: Reading, address_ix: bytes, since: datetime) -> tuple[Question, ...]:
    """Every question to a number that is open or was asked since an instant, newest first."""
    asked = {"of": r.practice_id, "address_ix": address_ix, "since": since}
    return tuple(_question(row) for row in await r.conn.execute(_LATELY, asked))


async def open_of(r: Reading, address_ix: bytes, kinds: Sequence[QuestionKind]) -> tuple[Question, ...]:
    """The open questions of these kinds to a number, newest first."""
    q = question.c
    wanted = select(question).where(
        q.practice_id == r.practice_id,
        q.address_ix == address_ix,
        q.kind.in_(kinds),
        q.state == QuestionState.OPEN,
    )
    return tuple(_question(row) for row in await r.conn.execute(wanted.order_by(q.asked_at.desc(), q.id.desc())))


async def overdue(r: Reading, before: datetime, limit: int) -> tuple[Question, ...]:
    """Open questions whose time was over before an instant, the longest over first."""
    found = await r.conn.execute(_OVERDUE, {"of": r.practice_id, "before": before, "most": limit})
    return tuple(_question(row) for row in found)


async def add(tx: Tx, values: dict[str, Any]) -> None:
    """A new open question, asked now."""
    made = {"state": QuestionState.OPEN, "asked_at": tx.now}
    await tx.conn.execute(insert(question).values(practice_id=tx.practice_id, **made, **values))


async def settle(tx: Tx, question_id: str, to: QuestionState) -> bool:
    """From open to another state; whether this call did it."""
    q = question.c
    there = (q.practice_id == tx.practice_id, q.id == question_id, q.state == QuestionState.OPEN)
    return (await tx.conn.execute(update(question).where(*there).values(state=to))).rowcount == 1


def _question(row: Any) -> Question:
    return Question(
        row.id,
        row.client_id,
        QuestionKind(row.kind),
        row.participation_id,
        row.offer_id,
        tuple(row.options),
        QuestionState(row.state),
        row.asked_at,
        row.expires_at,
    )
