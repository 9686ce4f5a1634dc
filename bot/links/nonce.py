"""The proof that an act comes from a page of ours that was shown for this very link, not long ago.

Stateless: showing a page writes nothing, so the proof is a keyed hash of the link and the hour it was shown.
Invariant: knowing the token alone is not enough to act; a page must have been opened.
"""

import hmac
from datetime import datetime

from aiohttp import web

from bot.web.csrf import from_own_page
from bot.web.readable import posted
from scheduler.core.vault import Vault

FIELD = "nonce"
HOURS = 12


def nonce_for(vault: Vault, link_id: str, now: datetime) -> str:
    """What a page shown at `now` puts into its forms."""
    return _proof(vault, link_id, _hour(now))


async def is_from_our_page(request: web.Request, vault: Vault, link_id: str, now: datetime) -> bool:
    """Whether a POST carries the proof of a page shown within HOURS, and no other site sent it."""
    given = str((await posted(request)).get(FIELD, ""))
    hours = range(_hour(now), _hour(now) - HOURS, -1)
    known = any(hmac.compare_digest(given.encode(), _proof(vault, link_id, hour).encode()) for hour in hours)
    return known and from_own_page(request)


def _hour(now: datetime) -> int:
    return int(now.timestamp()) // 3600


def _proof(vault: Vault, link_id: str, hour: int) -> str:
    return vault.token_digest(f"nonce|{link_id}|{hour}").hex()[:32]
