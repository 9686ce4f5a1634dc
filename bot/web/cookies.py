"""Cookies: their names, their flags, and the one that remembers light or dark.

Over TLS a name starts with `__Host-`, which a browser accepts only for this very host, over TLS, for the whole site.
On a loopback installation without TLS the plain name is used. Invariant: no cookie is readable by a script.
"""

from aiohttp import web

from bot.web.keys import SITE, Site

THEME = "theme"
THEMES = ("light", "dark")
A_YEAR = 365 * 24 * 3600


def cookie_name(site: Site, name: str) -> str:
    """The name under which a browser knows it."""
    return f"__Host-stillon-{name}" if site.secure else f"stillon-{name}"


def read(request: web.Request, name: str) -> str:
    """What the browser sent, or an empty string. Ours are ASCII; anything else was never set by us."""
    value = request.cookies.get(cookie_name(request.config_dict[SITE], name), "")
    return value if value.isascii() else ""


def put(request: web.Request, response: web.StreamResponse, name: str, value: str, *, max_age: int | None) -> None:
    """Set a cookie; `max_age` in seconds, None until the browser closes."""
    site = request.config_dict[SITE]
    response.set_cookie(
        cookie_name(site, name), value, max_age=max_age, path="/", secure=site.secure, httponly=True, samesite="Lax"
    )


def drop(request: web.Request, response: web.StreamResponse, name: str) -> None:
    """Have the browser forget a cookie."""
    site = request.config_dict[SITE]
    response.del_cookie(cookie_name(site, name), path="/", secure=site.secure, httponly=True, samesite="Lax")


def theme_of(request: web.Request) -> str:
    """`light` or `dark` if chosen by hand, else an empty string: as the system says."""
    chosen = read(request, THEME)
    return chosen if chosen in THEMES else ""
