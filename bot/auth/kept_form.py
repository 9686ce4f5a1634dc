"""What somebody had typed when their session ended: kept in their own browser for a quarter of an hour, for them alone.

The cookie is ciphertext under a key of our ring, bound to the account, so that it says nothing to anybody else who
sits down there and leaves nothing behind in the record. Nothing is sent by itself: whoever signs in again is shown
what it is, and presses. Invariant: only a form of our own page that carried the ended session's token is kept.
"""

import hmac
import json
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from bot.auth import session_store as store
from bot.auth.session_store import Session
from bot.auth.sessions import OPEN
from bot.web import cookies
from bot.web.csrf import FIELD, from_own_page
from bot.web.readable import Posted, posted
from scheduler.core.errors import Misconfigured
from scheduler.core.record import Record
from scheduler.core.vault import Vault, Where

COOKIE: Final = "kept"
PATH: Final = "kept_path"
"""The field in which a page that gives up says where its form was to go; no part of the form."""
LASTS: Final = 15 * 60
LONGEST: Final = 3600
"""Characters of the cookie; a browser takes 4096, name and flags included. What is longer is not kept."""
PLACE: Final = re.compile(r"/console(?:/[a-zA-Z0-9_-]{1,40}){1,5}")
_FORM: Final = "application/x-www-form-urlencoded"
_ID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class KeptForm:
    """A form as it was filled in, and where it was to be sent."""

    path: str
    fields: tuple[tuple[str, str], ...] = field(repr=False)

    @property
    def shown(self) -> list[tuple[str, str]]:
        """What a person typed or chose, without the ids that came with the page."""
        return [
            (name.replace("_", " ").capitalize(), value)
            for name, value in self.fields
            if value.strip() and name != "act" and not _ID.search(value)
        ]


async def keep_what_was_typed(request: web.Request, answer: web.StreamResponse, record: Record, token: str) -> None:
    """Have the browser keep the form of a request whose session (`token`) is over."""
    if request.method != "POST" or request.content_type != _FORM or not PLACE.fullmatch(request.path):
        return
    async with record.read("") as r:
        session = await store.session(r, r.vault.token_digest(token))
    if session is None or session.state != OPEN or session.account_state != "active":
        return
    form = await posted(request)
    known = hmac.compare_digest(str(form.get(FIELD, "")).encode(errors="replace"), session.csrf.encode())
    if known and from_own_page(request):
        put(request, answer, record.vault, session, request.path, form)


def put(
    request: web.Request, answer: web.StreamResponse, vault: Vault, session: Session, path: str, form: Posted
) -> None:
    """Have the browser keep a form, if it is short enough."""
    fields = [(name, value) for name, value in form.items() if isinstance(value, str) and name not in {FIELD, PATH}]
    wrapped = vault.new_data_key()
    told = json.dumps([path, fields], ensure_ascii=False, separators=(",", ":"))
    sealed = vault.box(wrapped).seal(_where(session.practice_id, session.user_id), told)
    value = f"{urlsafe_b64encode(wrapped).decode()}.{urlsafe_b64encode(sealed).decode()}"
    if len(value) <= LONGEST:
        cookies.put(request, answer, COOKIE, value, max_age=LASTS)


def kept(request: web.Request, vault: Vault, practice_id: str, user_id: str) -> KeptForm | None:
    """What the browser keeps for this account; None for anything else it may hold."""
    wrapped, _, sealed = cookies.read(request, COOKIE).partition(".")
    try:
        box = vault.box(urlsafe_b64decode(wrapped))
        path, fields = json.loads(box.open(_where(practice_id, user_id), urlsafe_b64decode(sealed)))
    except (Misconfigured, ValueError):
        return None
    return KeptForm(path, tuple((name, value) for name, value in fields))


def _where(practice_id: str, user_id: str) -> Where:
    return Where(practice_id, "kept_form", user_id, "fields")
