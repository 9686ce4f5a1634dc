"""The versions of a practice's waitlist policy, and what was learned of its clients' answers.

Invariant: a version is never changed; what was learned is replaced as a whole.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from sqlalchemy import Text, and_, bindparam, cast, insert, select, update

from scheduler.core.record import Reading, Tx, insert_once
from scheduler.tables import offer, opening, waitlist_curve, waitlist_entry, waitlist_policy
from waitlist.policy import STANDARD, Policy, policy_of
from waitlist.response import PUBLISHED, Curve, Ended, counts_of, learned, silence_after

_KEPT: Final = 64
"""So many policies and curves are kept as they were read: each wave asks for the same ones."""

_IN_FORCE: Final = (
    select(cast(waitlist_policy.c.terms, Text).label("terms"), waitlist_policy.c.version)
    .where(waitlist_policy.c.practice_id == bindparam("of"))
    .order_by(waitlist_policy.c.version.desc())
    .limit(1)
)
_CURVE: Final = select(cast(waitlist_curve.c.counts, Text)).where(waitlist_curve.c.practice_id == bindparam("of"))

_TERMS: Final = select(
    _IN_FORCE.with_only_columns(cast(waitlist_policy.c.terms, Text)).scalar_subquery().label("terms"),
    _IN_FORCE.with_only_columns(waitlist_policy.c.version).scalar_subquery().label("version"),
    _CURVE.scalar_subquery().label("counts"),
)


async def policy(r: Reading) -> Policy:
    """The version in force."""
    row = (await r.conn.execute(_IN_FORCE, {"of": r.practice_id})).first()
    return STANDARD if row is None else _policy(row.terms, row.version)


async def curve(r: Reading) -> Curve:
    """The practice's own response curve, or the published one."""
    counts = (await r.conn.execute(_CURVE, {"of": r.practice_id})).scalar_one_or_none()
    return PUBLISHED if counts is None else _curve(counts)


async def terms(r: Reading) -> tuple[Policy, Curve]:
    """The version in force and the curve, in one read."""
    row = (await r.conn.execute(_TERMS, {"of": r.practice_id})).one()
    in_force = STANDARD if row.terms is None else _policy(row.terms, row.version)
    return in_force, PUBLISHED if row.counts is None else _curve(row.counts)


@lru_cache(maxsize=_KEPT)
def _policy(terms: str, version: int) -> Policy:
    return policy_of(json.loads(terms), version)


@lru_cache(maxsize=_KEPT)
def _curve(stored: str) -> Curve:
    counts = counts_of(json.loads(stored))
    return PUBLISHED if counts is None else learned(counts)


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the policy, and who made it when."""

    policy: Policy
    made_by: str | None
    made_at: datetime


async def versions(r: Reading, limit: int = 20) -> tuple[Version, ...]:
    """The versions there are, the one in force first."""
    t = waitlist_policy.c
    wanted = select(t.terms, t.version, t.made_by, t.made_at).where(t.practice_id == r.practice_id)
    rows = await r.conn.execute(wanted.order_by(t.version.desc()).limit(limit))
    return tuple(Version(policy_of(row.terms, row.version), row.made_by, row.made_at) for row in rows)


async def add_policy(tx: Tx, terms: dict[str, Any], version: int, made_by: str | None) -> None:
    """A new row."""
    values = {"practice_id": tx.practice_id, "version": version, "terms": terms, "made_by": made_by}
    await tx.conn.execute(insert(waitlist_policy).values(made_at=tx.now, **values))


async def learned_at(r: Reading) -> datetime | None:
    """When the curve was last learned."""
    wanted = select(waitlist_curve.c.learned_at).where(waitlist_curve.c.practice_id == r.practice_id)
    found: datetime | None = (await r.conn.execute(wanted)).scalar_one_or_none()
    return found


async def keep_curve(tx: Tx, counts: dict[str, Any]) -> None:
    """Put what was learned in the place of what was there."""
    values = {"counts": counts, "learned_at": tx.now}
    if await insert_once(tx, waitlist_curve, [{"practice_id": tx.practice_id, **values}]) == 0:
        there = waitlist_curve.c.practice_id == tx.practice_id
        await tx.conn.execute(update(waitlist_curve).where(there).values(values))


async def ended_since(r: Reading, since: datetime, limit: int) -> list[Ended]:
    """The last offers made since an instant that are over, as the curve counts them; `limit` of them at the most."""
    f, o = offer.c, opening.c
    joined = offer.join(opening, and_(o.practice_id == f.practice_id, o.id == f.opening_id))
    wanted = select(f.entry_id, f.offered_at, f.ended_at, f.state, f.in_vain_at, o.starts_at).select_from(joined)
    rows = await r.conn.execute(
        wanted.where(f.practice_id == r.practice_id, f.offered_at >= since, f.ended_at.is_not(None))
        .order_by(f.offered_at.desc(), f.id)
        .limit(limit)
    )
    silence: dict[str, int] = {}
    found = []
    for row in reversed(rows.all()):
        ended = Ended(
            (row.in_vain_at or row.ended_at) - row.offered_at,
            row.starts_at - row.offered_at,
            said_yes=row.state == "claimed" or row.in_vain_at is not None,
            said_no=row.state == "passed",
            silence=silence.get(row.entry_id, 0),
        )
        found.append(ended)
        silence[row.entry_id] = silence_after(ended, ran_out=row.state == "expired")
    return found


async def set_turns(tx: Tx, turns: Mapping[str, int]) -> None:
    """Where entries stand now, under new weights: turns by entry id."""
    if not turns:
        return
    e = waitlist_entry.c
    changed = update(waitlist_entry).where(e.practice_id == tx.practice_id, e.id == bindparam("entry"))
    rows = [{"entry": entry_id, "turn": turn} for entry_id, turn in sorted(turns.items())]
    await tx.conn.execute(changed.values(turn=bindparam("turn")), rows)
