"""Is this request really from the carrier? Twilio signs the public URL and every form field.

The URL is the configured one plus the path as it was sent, never what a proxy or the Host header says (rules.md A3).
The SDK's validator raises on some forged requests instead of refusing them; here every trouble is a refusal.
Invariant: without a valid signature nothing is read, stored or answered beyond 403.
"""

from collections.abc import Sequence

from aiohttp import web
from multidict import MultiDict, MultiDictProxy
from twilio.request_validator import RequestValidator

from bot.web.readable import sent_fields

HEADER = "X-Twilio-Signature"


class Signatures:
    """Checks signatures against one or, during a rotation, two tokens."""

    def __init__(self, origin: str, tokens: Sequence[str]) -> None:
        self._origin = origin.rstrip("/")
        self._validators = [RequestValidator(token) for token in tokens]

    async def form_of(self, request: web.Request) -> MultiDictProxy[str]:
        """The fields of a signed form, without NUL characters, which no column takes.

        Raises:
            web.HTTPForbidden: not signed by the carrier, whatever the reason.
        """
        fields = await unproven(request)
        signature = request.headers.get(HEADER, "")
        if not signature or not self._valid(self._origin + request.raw_path, fields, signature):
            raise web.HTTPForbidden
        return MultiDictProxy(MultiDict((name, value.replace("\0", "")) for name, value in fields.items()))

    def _valid(self, url: str, fields: MultiDictProxy[str], signature: str) -> bool:
        try:
            return any(each.validate(url, fields, signature) for each in self._validators)
        except Exception:  # noqa: BLE001 -- the validator raises on malformed input; malformed is forged
            return False


async def unproven(request: web.Request) -> MultiDictProxy[str]:
    """What a form says, whoever sent it: good for nothing but to tell how soon it has to be looked at.

    Raises:
        web.HTTPForbidden: it cannot be read.
    """
    try:
        form = await sent_fields(request)
    except (web.HTTPBadRequest, web.HTTPRequestEntityTooLarge):
        raise web.HTTPForbidden from None
    # The carrier sends no files, and a file could not be part of what it signed.
    return MultiDictProxy(MultiDict((name, value) for name, value in form.items() if isinstance(value, str)))
