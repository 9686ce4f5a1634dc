"""The SDK's way to the network: one shared aiohttp session, our own base address, hard time limits, no log.

The SDK's own asynchronous client ignores its timeout, logs numbers and keeps the last request with its credentials
(rules.md A8), so this subclass replaces it. Invariant: nothing of a request or an answer is kept or logged here.
"""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from yarl import URL

CONNECT_SECONDS = 4.0


_CONNECTING = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS)


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back. Its body may repeat the number: it is read and dropped."""

    status: int
    body: bytes = field(repr=False)
    retry_after: str | None


class NeverConnected(Exception):
    """No connection was made: nothing can have been accepted."""


class TooMany(Exception):
    """Answered 429: surely not accepted. `retry_after` in seconds, if the carrier named any.

    The SDK's exceptions do not carry headers, so this one is raised before the SDK sees the answer.
    """

    def __init__(self, retry_after: float | None) -> None:
        super().__init__("too_many")
        self.retry_after = retry_after


class TwilioNetwork(AsyncHttpClient):  # type: ignore[misc]  # the SDK ships no types
    """Carries the SDK's requests. `base` replaces the scheme and host of every request.

    Anything but Twilio itself gets the original host as a path prefix, so that one local carrier can tell the APIs
    apart. `timeout` in seconds bounds a whole request; connecting has its own, shorter limit.
    """

    def __init__(self, session: aiohttp.ClientSession, *, base: str, timeout: float) -> None:
        super().__init__(logging.getLogger("twilio"), is_async=True, timeout=timeout)
        self._session = session
        self._base = base.rstrip("/")
        self._seconds = timeout

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 -- the SDK calls it so
        allow_redirects: bool = False,  # noqa: FBT001, FBT002 -- the SDK calls it so
    ) -> Response:
        """One request, never redirected.

        Raises:
            NeverConnected: refused, unresolvable, or not connected in time.
            TimeoutError: no whole answer in time; it may have been accepted.
            TooMany: the carrier asks us to slow down.
            aiohttp.ClientError: the connection broke; it may have been accepted.
        """
        sent = dict(headers or {})
        if auth is not None:
            sent["Authorization"] = aiohttp.encode_basic_auth(*auth)
        async with asyncio.timeout(min(timeout or self._seconds, self._seconds)):
            try:
                async with self._session.request(
                    method.upper(),
                    self.address(uri),
                    params=_texts(params),
                    data=_texts(data),
                    headers=sent,
                    timeout=_CONNECTING,
                    allow_redirects=allow_redirects,
                ) as answer:
                    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
                        raise TooMany(seconds_of(answer.headers.get("Retry-After")))
                    return Response(answer.status, await answer.text(), answer.headers)
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
                raise NeverConnected(type(error).__name__) from None

    async def create(self, url: URL, form: bytes, headers: Mapping[str, str]) -> Answered:
        """One POST of a form, the shortest way: sending is all of this program's work and pays for every detour.

        Raises:
            as `request` does, but for TooMany: here the caller reads the answer.
        """
        async with asyncio.timeout(self._seconds):
            try:
                async with self._session.post(
                    url, data=form, headers=headers, timeout=_CONNECTING, allow_redirects=False
                ) as answer:
                    return Answered(answer.status, await answer.read(), answer.headers.get("Retry-After"))
            except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
                raise NeverConnected(type(error).__name__) from None

    def address(self, uri: str) -> str:
        """Where a request for `uri` really goes."""
        parts = urlsplit(uri)
        if parts.netloc == urlsplit(self._base).netloc:
            return uri
        query = f"?{parts.query}" if parts.query else ""
        return f"{self._base}/{parts.netloc}{parts.path}{query}"


def seconds_of(header: str | None) -> float | None:
    """The seconds of a Retry-After; its other form, a date, is not used by this carrier."""
    return float(header) if header is not None and header.isdecimal() else None


def _texts(values: Mapping[str, object] | None) -> list[tuple[str, Any]] | None:
    """Form fields as the SDK means them: lists repeat their name, booleans are lower case."""
    if values is None:
        return None
    pairs: list[tuple[str, Any]] = []
    for name, value in values.items():
        many = value if isinstance(value, list | tuple) else [value]
        pairs += [(name, str(each).lower() if isinstance(each, bool) else str(each)) for each in many]
    return pairs
