"""How does the carrier post to the practice, and when does it give up?

Signed form posts with Twilio's limits: connect 5 s, read 15 s, 15 s in all, and by default one retry after a failed
connection only; the overrides in the address's fragment change that. Invariant: whatever the practice's server does,
a post ends in a Delivery within its limits and never raises.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urldefrag, urlencode

import aiohttp
from yarl import URL

from bot.sandbox.config import Account
from bot.sandbox.faults import FaultPlan
from bot.sandbox.signature import signature_headers
from scheduler.core.clock import Clock

HTTP_RETRIEVAL_FAILURE = 11200
CONNECTION_FAILURE = 11205

_ALL_TROUBLES = frozenset({"ct", "rt", "4xx", "5xx"})
_MOST_RETRIES = 5
_LONGEST_ANSWER = 65536
_CLIENT_ERROR, _SERVER_ERROR = 400, 500


@dataclass(frozen=True, slots=True)
class Limits:
    """How patiently one webhook is called; times in seconds."""

    retries: int = 1
    retry_on: frozenset[str] = frozenset({"ct"})
    connect: float = 5
    read: float = 15
    total: float = 15


@dataclass(frozen=True, slots=True)
class Delivery:
    """What became of a post. `trouble` is ct, rt, 4xx, 5xx or None; `status` is 0 when nothing answered."""

    attempts: int
    status: int
    trouble: str | None
    content_type: str
    body: str
    answered_at: float

    @property
    def error_code(self) -> int | None:
        """Twilio's code for the trouble."""
        if self.trouble is None:
            return None
        return HTTP_RETRIEVAL_FAILURE if self.status else CONNECTION_FAILURE


def limits_of(url: str) -> tuple[str, Limits]:
    """The address without its fragment, and the limits the fragment asks for; nonsense in it is ignored."""
    address, fragment = urldefrag(url)
    wanted = dict(parse_qsl(fragment))
    usual = Limits()
    policy = frozenset(wanted.get("rp", "ct").split(","))
    return address, Limits(
        retries=min(_whole(wanted.get("rc"), usual.retries), _MOST_RETRIES),
        retry_on=_ALL_TROUBLES if "all" in policy else policy & _ALL_TROUBLES,
        connect=_whole(wanted.get("ct"), 5000) / 1000,
        read=_whole(wanted.get("rt"), 15000) / 1000,
        total=min(_whole(wanted.get("tt"), 15000), 15000) / 1000,
    )


class Webhooks:
    """Posts to the practice, a limited number at a time."""

    def __init__(self, clock: Clock, concurrency: int) -> None:
        self._clock = clock
        self._slots = asyncio.Semaphore(concurrency)
        self._session: aiohttp.ClientSession | None = None

    def open(self) -> None:
        """Make ready to post; needs a running loop."""
        # The pool has no limit of its own: waiting for it would count against the practice's fifteen seconds.
        connector = aiohttp.TCPConnector(limit=0)
        self._session = aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar())

    async def close(self) -> None:
        """Drop all connections."""
        if self._session is not None:
            await self._session.close()

    async def post(
        self,
        url: str,
        fields: Mapping[str, str],
        *,
        account: Account,
        plan: FaultPlan,
        routes: Mapping[str, str],
        idempotency_token: str,
    ) -> Delivery:
        """Post signed fields to an address, retrying as its fragment asks."""
        address, limits = limits_of(url)
        signed = signature_headers(
            plan.signature_habit(), address, fields.items(), token=account.token, second_token=account.second_token
        )
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "User-Agent": "TwilioProxy/1.1",
            "I-Twilio-Idempotency-Token": idempotency_token,
            **signed,
        }
        body = urlencode(fields).encode()
        async with self._slots:
            return await self._persist(_routed(address, routes), body, headers, limits)

    async def _persist(self, address: str, body: bytes, headers: Mapping[str, str], limits: Limits) -> Delivery:
        give_up = self._clock.monotonic() + limits.total
        attempt = 1
        while True:
            outcome = await self._once(address, body, headers, limits, attempt, give_up - self._clock.monotonic())
            out_of_time = self._clock.monotonic() >= give_up
            if outcome.trouble not in limits.retry_on or attempt > limits.retries or out_of_time:
                return outcome
            attempt += 1

    async def _once(
        self, address: str, body: bytes, headers: Mapping[str, str], limits: Limits, attempt: int, left: float
    ) -> Delivery:
        if self._session is None:
            raise RuntimeError("webhooks_not_open")
        timeout = aiohttp.ClientTimeout(total=left, sock_connect=limits.connect, sock_read=limits.read)
        try:
            async with self._session.post(
                URL(address, encoded=True), data=body, headers=headers, timeout=timeout
            ) as response:
                raw = await response.read()
                return self._ended(
                    attempt,
                    status=response.status,
                    trouble=_trouble_of(response.status),
                    content_type=response.headers.get("Content-Type", ""),
                    body=raw[:_LONGEST_ANSWER].decode(errors="replace"),
                )
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL):
            return self._ended(attempt, trouble="ct")
        except (aiohttp.ClientError, TimeoutError):
            return self._ended(attempt, trouble="rt")

    def _ended(
        self, attempt: int, *, status: int = 0, trouble: str | None = None, content_type: str = "", body: str = ""
    ) -> Delivery:
        return Delivery(attempt, status, trouble, content_type, body, self._clock.monotonic())


def _trouble_of(status: int) -> str | None:
    if status >= _SERVER_ERROR:
        return "5xx"
    return "4xx" if status >= _CLIENT_ERROR else None


def _routed(address: str, routes: Mapping[str, str]) -> str:
    for public, reachable in routes.items():
        if address.startswith(public):
            return reachable + address[len(public) :]
    return address


def _whole(words: str | None, usual: int) -> int:
    return int(words) if words is not None and words.isascii() and words.isdigit() else usual
