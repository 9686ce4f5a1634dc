"""Sessions: opened after the password, opened for good after the second factor, ended by time, by hand or by the owner.

The browser holds 256 bits of chance, the record its keyed hash. A session ends half an hour after its last use and
twelve hours after it began, whichever comes first. Looking a session up notes its use, at most once a minute: the only
write that follows a GET, and nothing but a time. Invariant: the id changes whenever what it may do grows.
"""

import secrets
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.auth import session_store as store
from bot.auth.session_store import Session
from bot.web.keys import Viewer
from scheduler.core.actor import Actor, ActorKind, Via
from scheduler.core.record import Record, Tx

IDLE: Final = timedelta(minutes=30)
ABSOLUTE: Final = timedelta(hours=12)
HALFWAY: Final = timedelta(minutes=10)
SEEN_EVERY: Final = timedelta(minutes=1)
NOBODY: Final = Actor(ActorKind.STAFF, None, Via.CONSOLE)
"""Whoever stands at the door, before it is known who it is."""
PASSWORD_GIVEN, OPEN = "password_given", "open"
_GOOD: Final = {OPEN: frozenset({"active"}), PASSWORD_GIVEN: frozenset({"active", "invited"})}


async def open_session(tx: Tx, user_id: str, *, state: str, now: datetime) -> str:
    """A new session; returns what the browser is to hold. `now` is real time."""
    await store.sweep(tx, now)
    token = secrets.token_urlsafe(32)
    ends = now + (ABSOLUTE if state == OPEN else HALFWAY)
    digest = tx.vault.token_digest(token)
    await store.insert_session(
        tx, digest, user_id, csrf=secrets.token_urlsafe(32), state=state, now=now, expires_at=ends
    )
    if state == OPEN:
        tx.note("session.opened", "user_account", user_id)
    return token


async def close_session(tx: Tx, session: Session) -> None:
    """End one session, by its holder's wish."""
    await store.remove(tx, session.digest)
    tx.note("session.closed", "user_account", session.user_id)


async def find_session(record: Record, token: str, now: datetime) -> Session | None:
    """The session a browser holds, if it is still good. `now` is real time."""
    async with record.read("") as r:
        found = await store.session(r, r.vault.token_digest(token))
    if found is None or not _is_good(found, now):
        return None
    if now - found.seen_at >= SEEN_EVERY:
        async with record.write(found.practice_id, actor_of(found)) as tx:
            await store.touch(tx, found.digest, now)
    return found


def _is_good(session: Session, now: datetime) -> bool:
    in_time = now < session.expires_at and now - session.seen_at < IDLE
    return in_time and session.account_state in _GOOD.get(session.state, ())


def actor_of(session: Session) -> Actor:
    """The person of a session, as actions know them."""
    return Actor(ActorKind.STAFF, session.user_id, Via.CONSOLE, session.roles)


def viewer_of(session: Session) -> Viewer:
    """The person of a session, as pages know them."""
    return Viewer(
        session.practice_id, session.user_id, session.name, session.roles, session.clinician_id, session.practice_label,
        ZoneInfo(session.zone), session.locale, session.csrf, session.demo,
    )  # fmt: skip
