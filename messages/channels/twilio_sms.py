"""Texts through Twilio. One attempt a call: what it ended in is said, never guessed, never retried here.

The SDK reads lists and erases words; creating a message, which is nearly all that ever happens, is one plain POST of
a form (twilio_client.py carries both). Invariant: `Refused` only for what the carrier answered
with a 4xx, or for a connection that never was; a lost or unreadable answer and every 5xx are `Unknown`.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Final

import aiohttp
from twilio.base.exceptions import TwilioException, TwilioRestException, TwilioServiceException
from twilio.rest import Client
from yarl import URL

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
from messages.channels.twilio_client import Answered, NeverConnected, TooMany, TwilioNetwork, seconds_of

TIMED_OUT_THERE: Final = 408
SUCCESSES: Final = range(200, 300)
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
        self._network = TwilioNetwork(session, base=account.api_base, timeout=timeout)
        create = f"https://api.twilio.com/2010-04-01/Accounts/{account.account_sid}/Messages.json"
        self._create = URL(self._network.address(create), encoded=True)
        self._headers = {
            "Authorization": aiohttp.encode_basic_auth(account.account_sid, account.auth_token),
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
        }
        # An environment of its own, or the SDK would read TWILIO_* of the process behind our back.
        self._client = Client(
            account.account_sid, account.auth_token, http_client=self._network, environment={"TWILIO_EDGE": ""}
        )

    @property
    def keeps_list(self) -> bool:
        """Twilio can be asked what it accepted."""
        return True

    async def send(self, outgoing: Outgoing) -> SendOutcome:
        """Make one attempt."""
        form = _urlencoded(self._form(outgoing))
        try:
            answered = await self._network.create(self._create, form, self._headers)
        except NeverConnected:
            return Refused(permanent=False)
        except TimeoutError:
            return Unknown("timeout")
        except (aiohttp.ClientError, OSError):
            return Unknown("connection_broke")
        return _outcome_of(answered)

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

    def _form(self, outgoing: Outgoing) -> dict[str, str]:
        service = self._account.messaging_service_sid
        form = {
            "To": outgoing.to,
            "MessagingServiceSid" if service else "From": service or outgoing.sender,
            "Body": outgoing.text,
            "ValidityPeriod": str(outgoing.valid_seconds),
        }
        if outgoing.callback_url:
            form["StatusCallback"] = outgoing.callback_url
        return form

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


def _urlencoded(form: Mapping[str, str]) -> bytes:
    """As a browser would send it. yarl writes it in C, five times as fast as the standard library."""
    return URL.build(query=form).raw_query_string.encode()


def _outcome_of(answered: Answered) -> SendOutcome:
    """What an answer to a create means. Its text is dropped: it may repeat the number."""
    status = answered.status
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return Refused(permanent=False, retry_after=seconds_of(answered.retry_after))
    if status in CLIENT_ERRORS and status != TIMED_OUT_THERE:
        return Refused(permanent=True, code=_number(_said(answered).get("code")) or status)
    if status in REDIRECTS:
        return Refused(permanent=False, code=status)
    if status not in SUCCESSES:
        return Unknown("server_error")
    made = _said(answered)
    # A 2xx that is not the JSON of a message: somebody accepted something.
    return Accepted(str(made["sid"]), _word(made.get("status"))) if made.get("sid") else Unknown("unreadable_answer")


def _said(answered: Answered) -> Mapping[str, Any]:
    """The object of an answer; an empty one when it is none."""
    try:
        said = json.loads(answered.body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


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


def created_at_of(value: Any) -> datetime | None:
    """An instant of the SDK, aware; None when it is none."""
    return _instant(value)


def likely_trouble() -> tuple[type[Exception], ...]:
    """What the network, the carrier and the SDK raise."""
    return _LIKELY


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
