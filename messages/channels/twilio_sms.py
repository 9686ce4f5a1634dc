"""Texts through Twilio. One attempt a call: what it ended in is said, never guessed, never retried here.

The SDK builds the requests; twilio_client.py carries them. Invariant: `Refused` only for what the carrier answered
with a 4xx, or for a connection that never was; a lost or unreadable answer and every 5xx are `Unknown`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.rest import Client

from messages.channels.base import (
    Accepted,
    Erasure,
    Listed,
    ListUnavailable,
    Outgoing,
    Refused,
    SendOutcome,
    Unknown,
)
from messages.channels.twilio_client import NeverConnected, TooMany, TwilioNetwork

TIMED_OUT_THERE: Final = 408
REDIRECTS: Final = range(300, 400)
CLIENT_ERRORS: Final = range(400, 500)
PAGE: Final = 50
LONGEST_LIST: Final = 10_000
# Redacting before a final status is refused with this code; the next round tries again.
NOT_FINAL_YET: Final = 20009
WHO_ARE_YOU: Final = 401  # a token that is mended later, and everything goes on
NOT_THERE: Final = 404
# What the network, the carrier and the SDK raise; anything else is a mistake of ours and goes up.
_LIKELY: Final = (
    NeverConnected,
    TooMany,
    TwilioException,
    aiohttp.ClientError,
    OSError,  # TimeoutError among them
    ValueError,  # JSONDecodeError among them
    TypeError,
    KeyError,
    AttributeError,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TwilioAccount:
    """Whose account sends. `api_base` is Twilio's own address, or the local carrier's."""

    account_sid: str
    auth_token: str = field(repr=False)
    messaging_service_sid: str | None = None
    api_base: str = "https://api.twilio.com"


class TwilioSms:
    """The SMS channel. The session is shared and stays the caller's to close."""

    def __init__(self, account: TwilioAccount, session: aiohttp.ClientSession, *, timeout: float = 8.0) -> None:
        self._account = account
        network = TwilioNetwork(session, base=account.api_base, timeout=timeout)
        # An environment of its own, or the SDK would read TWILIO_* of the process behind our back.
        self._client = Client(
            account.account_sid, account.auth_token, http_client=network, environment={"TWILIO_EDGE": ""}
        )

    @property
    def keeps_list(self) -> bool:
        """Twilio can be asked what it accepted."""
        return True

    async def send(self, outgoing: Outgoing) -> SendOutcome:
        """Make one attempt."""
        try:
            made = await self._client.messages.create_async(**self._parameters(outgoing))
        except _LIKELY as error:
            return _outcome_of(error)
        if not made.sid:
            return Unknown("unreadable_answer")
        return Accepted(str(made.sid), _word(made.status))

    async def list_sent(self, to: str, since: datetime) -> Sequence[Listed]:
        """What Twilio accepted for `to` since an instant, newest first.

        Not filtered by date at Twilio: a text that waits in its queue has no date of sending yet.
        """
        return [each for direction, each in await self._list(since, to=to) if direction != "inbound"]

    async def list_received(self, at: str, since: datetime) -> Sequence[Listed]:
        """What people sent to our number since an instant, oldest first."""
        return [each for direction, each in reversed(await self._list(since, to=at)) if direction == "inbound"]

    async def erase(self, sid: str) -> Erasure:
        """Have Twilio forget the words of a message."""
        try:
            await self._client.messages(sid).update_async(body="")
        except _LIKELY as error:
            return _erasure_of(error)
        return Erasure.ERASED

    def _parameters(self, outgoing: Outgoing) -> dict[str, Any]:
        given: dict[str, Any] = {
            "to": outgoing.to,
            "body": outgoing.text,
            "validity_period": outgoing.valid_seconds,
        }
        if outgoing.callback_url:
            given["status_callback"] = outgoing.callback_url
        if self._account.messaging_service_sid:
            given["messaging_service_sid"] = self._account.messaging_service_sid
        else:
            given["from_"] = outgoing.sender
        return given

    async def _list(self, since: datetime, *, to: str) -> list[tuple[str, Listed]]:
        """Directions and messages, newest first, until they are older than `since`."""
        found: list[tuple[str, Listed]] = []
        try:
            async for each in await self._client.messages.stream_async(to=to, page_size=PAGE, limit=LONGEST_LIST):
                created_at = _instant(each.date_created)
                if created_at is None or created_at < since.replace(microsecond=0):
                    break
                found.append((str(each.direction), _listed(each, created_at)))
        except _LIKELY as error:
            raise ListUnavailable(type(error).__name__) from None
        return found


def _outcome_of(error: Exception) -> SendOutcome:
    """What a failed create means."""
    if isinstance(error, NeverConnected):
        return Refused(permanent=False)
    if isinstance(error, TooMany):
        return Refused(permanent=False, retry_after=error.retry_after)
    if isinstance(error, TwilioRestException | TwilioServiceException):
        return _said_no(error)
    if isinstance(error, aiohttp.ClientError | OSError):
        return Unknown("timeout" if isinstance(error, TimeoutError) else "connection_broke")
    # A 2xx that is not the JSON of a message: somebody accepted something.
    return Unknown("unreadable_answer")


def _said_no(error: Any) -> SendOutcome:
    """What an error answer means. Its text is dropped: it may repeat the number."""
    status, code = int(error.status), _number(error.code)
    if status in REDIRECTS:
        return Refused(permanent=False, code=code)
    if status not in CLIENT_ERRORS or status == TIMED_OUT_THERE:
        return Unknown("server_error")
    return Refused(permanent=True, code=code)


def _erasure_of(error: Exception) -> Erasure:
    """What a failed redaction means."""
    if not isinstance(error, TwilioRestException | TwilioServiceException) or int(error.status) == WHO_ARE_YOU:
        return Erasure.NOT_NOW
    if _number(error.code) == NOT_FINAL_YET:
        return Erasure.TOO_EARLY
    if int(error.status) == NOT_THERE:
        return Erasure.ERASED
    refused = int(error.status) in CLIENT_ERRORS and int(error.status) != TIMED_OUT_THERE
    return Erasure.REFUSED if refused else Erasure.NOT_NOW


def _listed(each: Any, created_at: datetime) -> Listed:
    return Listed(
        sid=str(each.sid),
        status=_word(each.status),
        error_code=_number(each.error_code),
        created_at=created_at,
        to=str(each.to or ""),
        sender=str(each.from_ or ""),
        body=str(each.body or ""),
        media_count=_number(each.num_media) or 0,
    )


def _instant(value: Any) -> datetime | None:
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _word(status: Any) -> str:
    return str(getattr(status, "value", status) or "accepted")[:40]


def _number(value: Any) -> int | None:
    try:
        return None if value is None else int(value)
    except (TypeError, ValueError):
        return None
