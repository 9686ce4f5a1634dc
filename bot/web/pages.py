"""How a template becomes a page: one Jinja environment, what every template may use, and `page()`.

A template's name starts with its package: `console/today.html` lies in bot/console/templates. Invariants: output is
escaped unless a template asks otherwise, and a variable nobody gave is an error, not an empty string.

Every template may use
    asset(name)            address of a file: asset('console.css')
    icon(name, label='')   a drawing; see bot/static/icons for names
    say(lang, key, ...)    the words of a client page
    viewer                 the signed-in `Viewer`, or None
    theme                  'light', 'dark' or '' (as the system says)
    today, now             the practice's date, and the instant, by the domain's clock
    csrf_field             the hidden input that every <form method="post"> needs: {{ csrf_field() }}
    csrf_token()           the same token, for hx-headers
    x|clock_time, x|moment, x|ago    an aware instant in the practice's zone
    x|short_day, x|long_day, x|full_date    a date
    x|money(currency)      an amount in minor units
"""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from typing import Any

import jinja2
from aiohttp import web
from jinja2.runtime import Context
from markupsafe import Markup

from bot.links.words import say
from bot.web import dates
from bot.web.assets import load_assets
from bot.web.cookies import theme_of
from bot.web.csrf import FIELD, token_of
from bot.web.icons import icon
from bot.web.keys import CLOCK, VIEWER, Viewer

_HIDDEN = Markup('<input type="hidden" name="{}" value="{}">')
PACKAGES = ("auth", "console", "demo", "links", "web")


@cache
def templates() -> jinja2.Environment:
    """The environment, one for all applications of this process: a template is read and compiled once."""
    environment = jinja2.Environment(
        loader=jinja2.PrefixLoader({name: jinja2.PackageLoader(f"bot.{name}") for name in PACKAGES}),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.globals.update(asset=load_assets().url, icon=icon, say=say)
    environment.filters.update(
        clock_time=_clock_time,
        time_or_day=_time_or_day,
        moment=_moment,
        ago=_ago,
        short_day=_short_day,
        long_day=_long_day,
        full_date=_full_date,
        money=_money,
    )
    return environment


def page(
    request: web.Request, template: str, context: Mapping[str, Any] | None = None, *, status: int = 200
) -> web.Response:
    """Render a template with what every page may use and what this one was given."""
    text = templates().get_template(template).render({**_shared(request), **(context or {})})
    return web.Response(text=text, content_type="text/html", status=status)


def is_fragment(request: web.Request) -> bool:
    """Whether htmx asks for a piece of a page rather than a browser for all of it."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Request-Type") != "full"


def _shared(request: web.Request) -> dict[str, Any]:
    viewer = request.get(VIEWER)
    now = request.config_dict[CLOCK].now()
    return {
        "viewer": viewer,
        "theme": theme_of(request),
        "now": now,
        "today": dates.local(now, viewer.zone).date() if viewer else None,
        # Called, not given: a page without a form hands out no cookie.
        "csrf_token": lambda: token_of(request),
        "csrf_field": lambda: _HIDDEN.format(FIELD, token_of(request)),
        "path": request.path,
    }


def _reader(context: Context) -> Viewer:
    viewer = context["viewer"]
    if not isinstance(viewer, Viewer):
        raise TypeError("page_without_viewer")
    return viewer


@jinja2.pass_context
def _clock_time(context: Context, instant: datetime) -> str:
    reader = _reader(context)
    return dates.clock_time(instant, reader.zone, reader.locale)


@jinja2.pass_context
def _moment(context: Context, instant: datetime) -> str:
    reader = _reader(context)
    return dates.moment(instant, reader.zone, reader.locale)


@jinja2.pass_context
def _time_or_day(context: Context, instant: datetime) -> str:
    reader = _reader(context)
    return dates.time_or_day(instant, context["now"], reader.zone, reader.locale)


@jinja2.pass_context
def _ago(context: Context, instant: datetime) -> str:
    reader = _reader(context)
    return dates.ago(instant, context["now"], reader.zone, reader.locale)


@jinja2.pass_context
def _short_day(context: Context, day: date) -> str:
    return dates.short_day(day, _reader(context).locale)


@jinja2.pass_context
def _long_day(context: Context, day: date) -> str:
    return dates.long_day(day, _reader(context).locale)


@jinja2.pass_context
def _full_date(context: Context, day: date) -> str:
    return dates.full_date(day, _reader(context).locale)


@jinja2.pass_context
def _money(context: Context, minor: int, currency: str) -> str:
    return dates.money(minor, currency, _reader(context).locale)
