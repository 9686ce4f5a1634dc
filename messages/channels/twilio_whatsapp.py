"""WhatsApp through Twilio: the same resource as texts, with "whatsapp:" before both numbers.

Outside the client's own 24 hours an approved template speaks, by its ContentSid. The words it was approved with are the
carrier's, so an attempt that ended in a doubt cannot be found by its words. Invariant: such a doubt is never sent
again; it is left to the callback, or to a person.
"""

from collections.abc import Sequence
from datetime import datetime

from messages.channels.base import Listed, ListUnavailable, Outgoing
from messages.channels.twilio_sms import TwilioSms
from messages.whatsapp import PREFIX, content_variables


class TwilioWhatsApp(TwilioSms):
    """The WhatsApp channel. The session is shared and stays the caller's to close."""

    @property
    def keeps_list(self) -> bool:
        """The carrier lists what was said in the words of its template, which are not ours to compare."""
        return False

    async def list_sent(self, to: str, since: datetime) -> Sequence[Listed]:  # noqa: ARG002 -- the channel's shape
        """Not to be told apart by its words."""
        raise ListUnavailable("templates_have_other_words")

    async def list_received(self, at: str, since: datetime) -> Sequence[Listed]:
        """What people wrote to our number by WhatsApp since an instant, oldest first; their numbers plain."""
        found = await super().list_received(PREFIX + at, since)
        return [_plain(each) for each in found]

    def _form(self, outgoing: Outgoing) -> dict[str, str]:
        form = {
            "To": PREFIX + outgoing.to,
            "From": PREFIX + outgoing.sender,
            "ValidityPeriod": str(outgoing.valid_seconds),
        }
        if outgoing.content_sid is None:
            form["Body"] = outgoing.text
        else:
            form["ContentSid"] = outgoing.content_sid
            form["ContentVariables"] = content_variables(outgoing.variables)
        if outgoing.callback_url:
            form["StatusCallback"] = outgoing.callback_url
        return form


def _plain(listed: Listed) -> Listed:
    return Listed(
        sid=listed.sid,
        status=listed.status,
        error_code=listed.error_code,
        created_at=listed.created_at,
        to=listed.to.removeprefix(PREFIX),
        sender=listed.sender.removeprefix(PREFIX),
        body=listed.body,
        media_count=listed.media_count,
    )
