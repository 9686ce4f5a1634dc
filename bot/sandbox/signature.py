"""How does Twilio sign a webhook?

Written out here, rather than borrowed from the SDK, so that the carrier does not need it and the two can disagree.
Invariant: for a form post the signature is base64(HMAC(token, url + sorted unique name+value pairs)).
"""

import hmac
from base64 import b64encode
from collections.abc import Iterable
from hashlib import sha1, sha256
from urllib.parse import urlsplit, urlunsplit

from bot.sandbox.faults import SignatureHabit

HEADER = "X-Twilio-Signature"
SETTINGS_HEADER = "X-Twilio-Webhooks-Signature-Settings"
_DEFAULT_PORTS = {"https": 443, "http": 80}


def sign(token: str, url: str, fields: Iterable[tuple[str, str]], *, shared_key: bool = False) -> str:
    """The signature of a form post; `shared_key` uses SHA-256 as the newer shared-key mode does."""
    words = url + "".join(name + value for name, value in sorted(set(fields)))
    digest = hmac.new(token.encode(), words.encode(), sha256 if shared_key else sha1).digest()
    return b64encode(digest).decode()


def signature_headers(
    habit: SignatureHabit, url: str, fields: Iterable[tuple[str, str]], *, token: str, second_token: str | None
) -> dict[str, str]:
    """The headers that sign a post in the given way; none when the signature goes missing."""
    match habit:
        case "missing":
            return {}
        case "garbage":
            return {HEADER: b64encode(b"not a signature at all").decode()}
        case "second_token":
            return {HEADER: sign(second_token or token, url, fields)}
        case "shared_key":
            made = sign(token, url, fields, shared_key=True)
            return {HEADER: made, SETTINGS_HEADER: "key=webhooks_sharedkey_sandbox,algorithm=HMAC_SHA256"}
        case _:
            return {HEADER: sign(token, _spelled(url, habit), fields)}


def _spelled(url: str, habit: SignatureHabit) -> str:
    """The same address as the signing back end might have spelled it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if habit == "with_port":
        port = parts.port or _DEFAULT_PORTS.get(parts.scheme, 80)
        return urlunsplit(parts._replace(netloc=f"{host}:{port}"))
    if habit == "without_port":
        return urlunsplit(parts._replace(netloc=host))
    if habit == "wrong_scheme":
        return urlunsplit(parts._replace(scheme="http" if parts.scheme == "https" else "https"))
    return url
