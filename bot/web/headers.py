"""The headers of every response, set at the last moment before it leaves, so that no path can miss them.

Pages are private, framed by nobody, name nobody as referrer and load nothing from elsewhere. Invariant: a handler may
make a header stricter, never drop it; only assets may be kept by a cache.
"""

from aiohttp import web
from aiohttp.hdrs import SERVER

from bot.web.keys import SITE

CONTENT_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; manifest-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""No inline script or style is allowed at all, so templates hold neither `style=` nor `on...=`."""

ALWAYS = {
    "Content-Security-Policy": CONTENT_POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
TWO_YEARS = "max-age=63072000; includeSubDomains"


async def secure(request: web.Request, response: web.StreamResponse) -> None:
    """Complete the headers of a response that is about to leave."""
    for name, value in ALWAYS.items():
        response.headers.setdefault(name, value)
    if request.config_dict[SITE].secure:
        response.headers.setdefault("Strict-Transport-Security", TWO_YEARS)
    # The library's own value tells versions.
    response.headers[SERVER] = "stillon"
