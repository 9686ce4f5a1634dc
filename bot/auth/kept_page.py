"""The page /account/kept: what was typed when the session ended, to be sent now; and keeping it when a page gives up.

Invariant: showing it uses it up, and only a press sends it.
"""

from aiohttp import web

from bot.auth import kept_form
from bot.auth.door import AUTH, HOME, SESSION, see_other
from bot.auth.kept_form import COOKIE, PATH, PLACE
from bot.web import cookies
from bot.web.forms import sent_form
from bot.web.pages import page
from bot.web.readable import posted

KEPT = "/account/kept"


async def keep(request: web.Request) -> web.Response:
    """A page is about to sign its reader out and hands in what they were typing."""
    form, answer = await sent_form(request), web.Response(status=204)
    if PLACE.fullmatch(form.value(PATH)):
        vault = request.config_dict[AUTH].record.vault
        kept_form.put(request, answer, vault, request[SESSION], form.value(PATH), await posted(request))
    return answer


async def show(request: web.Request) -> web.Response:
    """What was typed; on to the day where nothing of this account's is kept."""
    session = request[SESSION]
    found = kept_form.kept(request, request.config_dict[AUTH].record.vault, session.practice_id, session.user_id)
    answer = see_other(HOME) if found is None else page(request, "auth/kept.html", {"kept": found})
    cookies.drop(request, answer, COOKIE)
    return answer
