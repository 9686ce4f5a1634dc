"""Phone calls through Twilio: one attempt a call, as twilio_sms.py does it for texts.

What is said in the call is asked of us when it is answered (bot/twilio/voice.py), so no word of it lies at the carrier.
It rings for 25 seconds, and whether a person or a machine answers is found out before a word is said. Invariant: as for
texts, `Refused` only for what the carrier surely has not taken.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import aiohttp
from yarl import URL

from messages.channels.base import Erasure, Listed, ListUnavailable, Outgoing
from messages.channels.twilio_sms import LONGEST_LIST, PAGE, TwilioAccount, TwilioSms, created_at_of, likely_trouble

RINGS_SECONDS: Final = 25
ENDINGS: Final = {
    "queued": "queued",
    "initiated": "sending",
    "ringing": "sending",
    "in-progress": "sent",
    "completed": "delivered",
    "busy": "undelivered",
    "no-answer": "undelivered",
    "failed": "failed",
    "canceled": "canceled",
}
"""The carrier's words for a call, as those for a message that mean the same (delivery.py)."""


class TwilioCalls(TwilioSms):
    """The voice channel. The session is shared and stays the caller's to close."""

    def __init__(self, account: TwilioAccount, session: aiohttp.ClientSession, *, timeout: float = 8.0) -> None:
        super().__init__(account, session, timeout=timeout)
        create = f"https://api.twilio.com/2010-04-01/Accounts/{account.account_sid}/Calls.json"
        self._create = URL(self._network.address(create), encoded=True)

    async def list_sent(self, to: str, since: datetime) -> Sequence[Listed]:
        """The calls Twilio made to `to` since an instant, newest first; they have no words."""
        found: list[Listed] = []
        try:
            async for each in await self._client.calls.stream_async(to=to, page_size=PAGE, limit=LONGEST_LIST):
                created_at = created_at_of(each.date_created)
                if created_at is None or created_at < since.replace(microsecond=0):
                    break
                word = str(getattr(each.status, "value", each.status) or "")
                found.append(
                    Listed(str(each.sid), ENDINGS.get(word, word), None, created_at, str(each.to or ""), "", "")
                )
        except likely_trouble() as error:
            raise ListUnavailable(type(error).__name__) from None
        return found

    async def list_received(self, at: str, since: datetime) -> Sequence[Listed]:  # noqa: ARG002 -- the channel's shape
        """Calls to us are not texts."""
        return ()

    async def erase(self, sid: str) -> Erasure:  # noqa: ARG002 -- the channel's shape
        """There are no words of a call at the carrier."""
        return Erasure.ERASED

    def _form(self, outgoing: Outgoing) -> dict[str, str]:
        return {
            "To": outgoing.to,
            "From": outgoing.sender,
            "Url": beside(outgoing.callback_url or "", "voice/answer"),
            "Method": "POST",
            "StatusCallback": beside(outgoing.callback_url or "", "voice/status"),
            "StatusCallbackMethod": "POST",
            "Timeout": str(RINGS_SECONDS),
            "MachineDetection": "DetectMessageEnd",
        }


def beside(callback_url: str, step: str) -> str:
    """The address of a step of a call, from the one that tells what became of a message."""
    return callback_url.replace("/status?", f"/{step}?")
