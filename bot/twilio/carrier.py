"""What the webhooks need from the application, where they live, and how a proven post is taken in.

Invariant: a post is answered with 2xx only when it is committed to the record, or kept on the disk for it.
"""

import asyncio
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web
from multidict import MultiDictProxy

from bot.people_first import PeopleFirst
from bot.twilio.intake import Intake, Store
from bot.twilio.signature import Signatures, unproven
from bot.twilio.spool import Spool
from messages.crash_points import reach
from scheduler.core.errors import Unavailable
from scheduler.core.log import get_logger
from scheduler.core.record import Record
from scheduler.people import store as people

log = get_logger(__name__)

RECORD = web.AppKey("twilio_record", Record)
SIGNATURES = web.AppKey("twilio_signatures", Signatures)
ACCOUNT = web.AppKey("twilio_account", str)
SPOOL = web.AppKey("twilio_spool", Spool)
INTAKE = web.AppKey("twilio_intake", Intake)
PEOPLE = web.AppKey("twilio_people", PeopleFirst)
PRACTICES = web.AppKey("twilio_practices", set[str])
EMPTY_ANSWER = '<?xml version="1.0" encoding="UTF-8"?><Response/>'
INBOUND_PATH = "/twilio/{practice_id}/inbound"
STATUS_PATH = "/twilio/{practice_id}/status"
PATIENCE_SECONDS: Final = 5.0
"""The carrier hangs up after fifteen, and the disk wants its share of them."""
_ID: Final = re.compile(r"[0-9a-f]{32}")


async def proven(
    request: web.Request, *, at_once: Callable[[MultiDictProxy[str]], bool] = lambda _fields: False
) -> MultiDictProxy[str]:
    """The fields of a post of the carrier's; people who wait at a page go before it, for a moment.

    `at_once`: of which posts they do not.

    Raises:
        web.HTTPForbidden: it is not the carrier's, or another account's.
    """
    if not at_once(await unproven(request)):
        await request.app[PEOPLE].give_way()
    fields = await request.app[SIGNATURES].form_of(request)
    if fields.get("AccountSid") != request.app[ACCOUNT]:
        raise web.HTTPForbidden
    return fields


async def taken(
    request: web.Request, kind: str, fields: Mapping[str, Any], store: Store, *, patience: float = PATIENCE_SECONDS
) -> None:
    """Have a proven post stored; when the record does not take it within `patience` seconds, keep it on the disk.

    Raises:
        web.HTTPNotFound: no such practice.
        web.HTTPServiceUnavailable: the disk does not take it either.
    """
    record, practice_id = request.app[RECORD], request.match_info["practice_id"]
    if not _ID.fullmatch(practice_id):
        raise web.HTTPNotFound
    try:
        async with asyncio.timeout(patience):
            await _require_ours(record, practice_id, request.app[PRACTICES])
            await request.app[INTAKE].stored(practice_id, store)
    except web.HTTPException:
        raise
    except Exception as error:
        log.exception("webhook.record_away", practice_id=practice_id, error=type(error).__name__)
        await _keep(request, practice_id, kind, fields)


async def _keep(request: web.Request, practice_id: str, kind: str, fields: Mapping[str, Any]) -> None:
    try:
        await request.app[SPOOL].keep(practice_id, kind, fields, request.app[RECORD].clock.now())
    except Unavailable:
        raise web.HTTPServiceUnavailable from None
    reach("spool.kept")


async def require_ours(request: web.Request) -> str:
    """The practice of the address.

    Raises:
        web.HTTPNotFound: no such practice.
    """
    practice_id = request.match_info["practice_id"]
    if not _ID.fullmatch(practice_id):
        raise web.HTTPNotFound
    await _require_ours(request.app[RECORD], practice_id, request.app[PRACTICES])
    return practice_id


async def _require_ours(record: Record, practice_id: str, known: set[str]) -> None:
    if practice_id in known:  # a practice is never taken away again
        return
    async with record.read(practice_id) as r:
        known.update(await people.practice_ids(r))
    if practice_id not in known:
        raise web.HTTPNotFound
