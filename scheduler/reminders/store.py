"""Reading and adding versions of the reminder policy. The newest is in force.

What a policy may say is policy.py's; making a new version is actions/save_reminder_policy.py's.
Invariant: a version, once written, is never changed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, bindparam, insert, select

from scheduler.core.record import Reading, Tx
from scheduler.reminders.policy import Policy, Touch, parse_policy, to_dict
from scheduler.tables import reminder_policy

Wordings = Mapping[str, Mapping[str, str]]
"""The practice's own words: template by language by kind of message."""

NO_POLICY = Policy(0, ())


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """One version, with who made it and when."""

    policy: Policy
    wordings: Wordings
    made_by: str | None
    made_at: datetime


async def policy_in_force(r: Reading) -> Policy:
    """The newest version; version 0 without touches where there is none."""
    newest = await newest_version(r)
    return newest.policy if newest else NO_POLICY


async def wordings_in_force(r: Reading) -> Wordings:
    """The practice's own words of the newest version."""
    newest = await newest_version(r)
    return newest.wordings if newest else {}


async def newest_version(r: Reading) -> PolicyVersion | None:
    """The version in force, whole."""
    row = (await r.conn.execute(_NEWEST, {"of": r.practice_id})).mappings().first()
    return _version(row) if row else None


async def versions(r: Reading) -> tuple[PolicyVersion, ...]:
    """All versions, newest first."""
    return tuple(_version(row) for row in (await r.conn.execute(_versions(r))).mappings())


async def insert_version(tx: Tx, version: int, touches: Sequence[Touch], wordings: Wordings) -> None:
    """Write a version. IntegrityError when somebody else has just written one of that number."""
    policy = Policy(version, tuple(touches))
    row = {
        "practice_id": tx.practice_id,
        "version": version,
        "touches": to_dict(policy)["touches"],
        "wordings": {kind: dict(texts) for kind, texts in wordings.items()},
        "made_by": tx.actor.id,
        "made_at": tx.now,
    }
    await tx.conn.execute(insert(reminder_policy).values(row))


# Built once: every claim asks it.
_NEWEST: Final = (
    select(reminder_policy)
    .where(reminder_policy.c.practice_id == bindparam("of"))
    .order_by(reminder_policy.c.version.desc())
    .limit(1)
)


def _versions(r: Reading) -> Select[Any]:
    t = reminder_policy
    return select(t).where(t.c.practice_id == r.practice_id).order_by(t.c.version.desc())


def _version(row: Mapping[Any, Any]) -> PolicyVersion:
    policy = parse_policy({"version": row["version"], "touches": row["touches"]})
    return PolicyVersion(policy, row["wordings"], row["made_by"], row["made_at"])
