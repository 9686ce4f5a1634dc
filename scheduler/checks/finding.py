"""What a check found: where a promise does not hold.

Invariant: a finding names rows by table and id, and never says what they contain.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select

from scheduler.core.record import Reading

MOST_OF_A_KIND = 100


@dataclass(frozen=True, slots=True)
class Finding:
    """One row that breaks a promise. `code` is stable and says which; `id` is None where the whole table is meant."""

    code: str
    table: str
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A query that gives the ids of rows that break one promise, and nothing when it holds."""

    code: str
    table: str
    query: Select[Any]


async def ask(r: Reading, questions: Sequence[Question]) -> list[Finding]:
    """The answers, at most a hundred of each kind: more of them would say nothing new."""
    found: list[Finding] = []
    for question in questions:
        rows = await r.conn.execute(question.query.limit(MOST_OF_A_KIND))
        found += [Finding(question.code, question.table, str(row[0])) for row in rows]
    return found
