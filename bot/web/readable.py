"""Addresses and forms are text, or are refused: what cannot be read is the sender's mistake, not a fault of ours.

Forms are read here and not by the library, which decodes in whatever charset a request names (some take half a minute
for a megabyte, some make what no column takes) and lays files of more than a megabyte onto the disk in the clear.
Invariant: what comes back is text without NUL characters, which no database column takes, and files held in memory.
"""

from dataclasses import dataclass, field
from typing import Final

from aiohttp import BodyPartReader, web
from aiohttp.http import HttpProcessingError
from aiohttp.typedefs import Handler
from aiohttp.web import RequestPayloadError
from multidict import MultiDict, MultiDictProxy


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that came with a form. Its name says what whoever sent it called it, and is kept nowhere."""

    name: str
    content: bytes = field(repr=False)


Posted = MultiDictProxy[str | SentFile]

CHARSETS: Final = frozenset({"utf-8", "utf8", "us-ascii"})
"""Our pages are UTF-8 and so are the forms that browsers and the carrier send."""
_MULTIPART: Final = "multipart/form-data"
_READ: Final = web.RequestKey("posted", MultiDict[str | SentFile])
_UNREADABLE: Final = (ValueError, LookupError, RuntimeError, HttpProcessingError, RequestPayloadError)
"""Not in UTF-8, broken parts of a multipart body, not packed as it says."""


async def posted(request: web.Request) -> Posted:
    """The fields of a form; read once, then remembered by the request.

    Raises:
        web.HTTPBadRequest: it is no form, or holds a NUL.
        web.HTTPRequestEntityTooLarge: it is larger, or has more fields, than this path takes.
    """
    form = await sent_fields(request)
    if any("\0" in name or (isinstance(value, str) and "\0" in value) for name, value in form.items()):
        raise web.HTTPBadRequest
    return form


async def sent_fields(request: web.Request) -> Posted:
    """As `posted`, NUL characters included: a signature is over what was sent."""
    if _READ not in request:
        if (request.charset or "utf-8").lower() not in CHARSETS:
            raise web.HTTPBadRequest
        try:
            request[_READ] = await (_parts(request) if request.content_type == _MULTIPART else _pairs(request))
        except _UNREADABLE:
            raise web.HTTPBadRequest from None
    return MultiDictProxy(request[_READ])


async def _pairs(request: web.Request) -> MultiDict[str | SentFile]:
    pairs = await request.post()
    return MultiDict((name, value) for name, value in pairs.items() if isinstance(value, str))


async def _parts(request: web.Request) -> MultiDict[str | SentFile]:
    """The parts of a multipart body, whatever charset or encoding each claims to be in: browsers claim none."""
    form: MultiDict[str | SentFile] = MultiDict()
    left = request.client_max_size
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader) or part.name is None:
            raise web.HTTPBadRequest
        if len(form) >= request.client_max_fields:
            raise web.HTTPRequestEntityTooLarge(request.client_max_fields)
        content = await _content(part, left)
        left -= len(content)
        form.add(part.name, SentFile(part.filename, bytes(content)) if part.filename else content.decode())
    return form


async def _content(part: BodyPartReader, most: int) -> bytearray:
    content = bytearray()
    while chunk := await part.read_chunk():
        content += chunk
        if len(content) > most:
            raise web.HTTPRequestEntityTooLarge(most)
    return content


@web.middleware
async def plain_address(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let only an address without NUL characters pass.

    Raises:
        web.HTTPBadRequest: there is one in its path or query.
    """
    if "\0" in request.path or any("\0" in name + value for name, value in request.query.items()):
        raise web.HTTPBadRequest
    return await handler(request)
