"""The page /console/settings: the practice at a glance, what it is made of, and whether all is well.

Each part is edited on a page of its own. Invariant: looking at it changes nothing, the checks included.
"""

from typing import Any, Final
from urllib.parse import urlsplit

from aiohttp import web

from bot.auth import account_store
from bot.console import phones
from bot.console.desk import RECORD, actor_of, reading, show, viewer_of
from bot.console.settings_words import CODE_FAMILIES, finding_words
from bot.twilio.carrier import INBOUND_PATH
from bot.web.keys import SITE
from bot.web.pages import page
from messages.wording import lint_host
from scheduler import access
from scheduler.check import check, check_database
from scheduler.checks.finding import Finding
from scheduler.core.record import Reading
from scheduler.core.vault import wrapped_by
from scheduler.people import key_store
from scheduler.people import store as people

HERE: Final = "/console/settings"
RETRIED: Final = "#rc=5&rp=all"
"""Asks the phone company to post again what did not arrive, whatever the reason; by default it tries once."""


def install_settings(app: web.Application) -> None:
    """Add the page and the checks."""
    app.router.add_get(HERE, show_settings, name="console.settings")
    app.router.add_get(f"{HERE}/checks", show_checks, name="console.settings_checks")


async def show_settings(request: web.Request) -> web.Response:
    """Everything there is to set."""
    access.require(actor_of(request), "settings.write")
    async with reading(request) as r:
        practice = await people.practice(r)
        context: dict[str, Any] = {
            "practice": practice,
            "locations": await people.locations(r),
            "clinicians": await people.clinicians(r),
            "services": await people.services(r),
            "accounts": await account_store.accounts(r),
            "keys": await _keys(r),
        }
    origin = request.config_dict[SITE].origin
    host = urlsplit(origin).hostname or ""
    context |= {
        "code_words": dict(CODE_FAMILIES),
        "inbound": origin + INBOUND_PATH.format(practice_id=practice.id) + RETRIED,
        "sender": phones.shown(practice.sender, practice.region),
        "host": host,
        "host_problems": [problem.sentence for problem in lint_host(host)],
        "secure": request.config_dict[SITE].secure,
        "checked": await _checked(request) if request.query.get("checks") else None,
    }
    return await show(request, "console/settings.html", context)


async def show_checks(request: web.Request) -> web.Response:
    """Run the checks and say what they found: a piece of the page."""
    access.require(actor_of(request), "settings.write")
    return page(request, "console/_checks.html", {"checked": await _checked(request)})


async def _checked(request: web.Request) -> list[dict[str, str]]:
    record = request.config_dict[RECORD]
    found: list[Finding] = [*await check_database(record), *await check(record, viewer_of(request).practice_id)]
    return [{"words": finding_words(each.code), "code": each.code, "where": f"{each.table} {each.id or ''}".strip()}
            for each in found]  # fmt: skip


async def _keys(r: Reading) -> dict[str, int]:
    """How many data keys of this practice the newest key of the ring seals, and how many an older one still does."""
    mine = await key_store.keys_of_practice(r)
    fresh = [key for key in mine if not r.vault.is_stale(key)]
    number = wrapped_by(fresh[0]) if fresh else 0
    return {"number": number, "fresh": len(fresh), "stale": len(mine) - len(fresh)}
