"""GET /tour: what to try, and the doors of the five roles. Only in a demo."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.demo import scene
from bot.web.pages import page


@dataclass(frozen=True, slots=True)
class Tour:
    """Where things are: the phones' address, and each role's door in words and address."""

    phones: str
    doors: Sequence[tuple[str, str]]


TOUR = web.AppKey("tour", Tour)


async def tour(request: web.Request) -> web.StreamResponse:
    """The page."""
    found = request.app[TOUR]
    return page(request, "demo/tour.html", {"steps": scene.steps(), "phones": found.phones, "doors": found.doors})
