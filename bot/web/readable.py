"""Addresses and forms are text, or are refused: what cannot be read is the sender's mistake, not a fault of ours.

Invariant: what comes back is text without NUL characters, which no database column takes, and files.
"""

from typing import Final

from aiohttp import web
from aiohttp.http import HttpProcessingError
from aiohttp.typedefs import Handler
from aiohttp.web import RequestPayloadError
from multidict import MultiDictProxy

Posted = MultiDictProxy[str | bytes | bytearray | web.FileField]

UNREADABLE: Final = (ValueError, LookupError, HttpProcessingError, RequestPayloadError)
"""Not the charset it claims (or none there is), broken parts of a multipart body, not packed as it says."""


async def posted(request: web.Request) -> Posted:
    """The fields of a form; read once, then remembered by the request.

    Raises:
        web.HTTPBadRequest: it is no form, or holds a NUL.
        web.HTTPRequestEntityTooLarge: it is larger than this path takes.
    """
    try:
        form = await request.post()
    except UNREADABLE:
        raise web.HTTPBadRequest from None
    if any("\0" in name or (isinstance(value, str) and "\0" in value) for name, value in form.items()):
        raise web.HTTPBadRequest
    return form


@web.middleware
async def plain_address(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let only an address without NUL characters pass.

    Raises:
        web.HTTPBadRequest: there is one in its path or query.
    """
    if "\0" in request.path or any("\0" in name + value for name, value in request.query.items()):
        raise web.HTTPBadRequest
    return await handler(request)
