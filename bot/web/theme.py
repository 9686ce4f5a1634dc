"""The switch between light, dark and what the system says. Invariant: it leads back only into the console."""

from aiohttp import web

from bot.web import cookies
from bot.web.forms import sent_form


async def choose(request: web.Request) -> web.Response:
    """Remember the choice in a cookie of this browser."""
    form = await sent_form(request)
    back, theme = form.value("back"), form.value("theme")
    inside = back.startswith(("/console/", "/account")) and "\\" not in back and "//" not in back
    answer = web.Response(status=303, headers={"Location": back if inside and back.isprintable() else "/console/today"})
    if theme in cookies.THEMES:
        cookies.put(request, answer, cookies.THEME, theme, max_age=cookies.A_YEAR)
    else:
        cookies.drop(request, answer, cookies.THEME)
    return answer
