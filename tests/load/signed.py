"""Texts as Twilio posts them: signed with the account's token, from a client's number to the practice's."""

import base64
import hashlib
import hmac
from dataclasses import dataclass

ACCOUNT = "AC" + "0" * 32
TOKEN = "benchmark-token"


@dataclass(frozen=True, slots=True)
class Post:
    """A form to be posted, with its signature."""

    sid: str
    fields: dict[str, str]
    headers: dict[str, str]


def inbound(url: str, number: int, sender: str, body: str, to: str) -> Post:
    """A received text. `url` is the address as the practice gave it to the carrier."""
    sid = f"SM{number:032x}"
    fields = {
        "AccountSid": ACCOUNT,
        "ApiVersion": "2010-04-01",
        "Body": body,
        "From": sender,
        "MessageSid": sid,
        "NumMedia": "0",
        "NumSegments": "1",
        "SmsStatus": "received",
        "To": to,
    }
    whole = url + "".join(name + fields[name] for name in sorted(fields))
    digest = hmac.digest(TOKEN.encode(), whole.encode(), hashlib.sha1)
    return Post(sid, fields, {"X-Twilio-Signature": base64.b64encode(digest).decode()})
