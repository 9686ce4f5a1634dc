"""Posts that all leave at once, each on a connection of its own, as from so many phones; and how long each took.

The client is as light as it can be, since it shares the machine with what it measures: requests are bytes made
beforehand, an answer ends with its connection. Invariant: a time runs from before the connection is asked for to the
last byte of the answer, with whatever the client itself held up in it.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

AGAIN_AFTER: Final = (0.2, 0.4, 0.8, 1.6)
"""Seconds after which whoever got no answer asks again; the last for all further times."""


@dataclass(frozen=True, slots=True)
class Post:
    """A request, whole, and where it goes."""

    host: str
    port: int
    bytes: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """The last answer, how long it took since the first try, and how many tries got none."""

    seconds: float
    status: int
    page: str
    in_vain: int


def post(url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> Post:
    """A form as it goes over the line."""
    parts, body = urlsplit(url), urlencode(fields).encode()
    lines = {
        "Host": parts.netloc,
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return Post(parts.hostname or "", parts.port or 80, f"POST {parts.path} HTTP/1.1\r\n{head}\r\n".encode() + body)


async def all_at_once(posts: Sequence[Post], *, patience: float) -> list[Answered]:
    """Answers in the order of the posts. Whoever is refused, cut off or told to come again tries until answered.

    Raises:
        TimeoutError: somebody was not answered within `patience` seconds.
    """
    async with asyncio.timeout(patience):
        return await asyncio.gather(*map(_until_answered, posts))


async def _until_answered(wanted: Post) -> Answered:
    began, in_vain = time.monotonic(), 0
    while True:
        status, page = await _asked(wanted)
        if status in range(200, 500):
            return Answered(time.monotonic() - began, status, page, in_vain)
        await asyncio.sleep(AGAIN_AFTER[min(in_vain, len(AGAIN_AFTER) - 1)])
        in_vain += 1


async def _asked(wanted: Post) -> tuple[int, str]:
    """The status and the page; zero where the connection ended before the answer did."""
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[bytes] = loop.create_future()
    try:
        await loop.create_connection(lambda: _Exchange(wanted.bytes, ended), wanted.host, wanted.port)
        answer = await ended
    except OSError:
        return 0, ""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    length = next((int(line[15:]) for line in lines if line.lower().startswith("content-length:")), -1)
    return (int(lines[0].split()[1]), body.decode()) if len(body) == length else (0, "")


class _Exchange(asyncio.Protocol):
    """Says what it was given, and hears until the other side hangs up."""

    def __init__(self, request: bytes, ended: "asyncio.Future[bytes]") -> None:
        self._request, self._ended, self._heard = request, ended, bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._heard += data

    def connection_lost(self, _error: Exception | None) -> None:
        if not self._ended.done():
            self._ended.set_result(bytes(self._heard))
