"""What is different about WhatsApp at the carrier: its numbers, its 24 hours, its templates.

Free words outside the 24 hours are taken at the door and fail on the way, as at Twilio (63016); a template nobody knows
is refused at the door. Pure. Invariant: what a phone shows of a template is its approved words, filled in.
"""

import json
import re
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Final

PREFIX: Final = "whatsapp:"
WINDOW: Final = timedelta(hours=24)
OUTSIDE_WINDOW: Final = 63016
NOT_THERE: Final = 63003
_CONTENT_SID: Final = re.compile(r"HX[0-9a-f]{32}")
_VARIABLE: Final = re.compile(r"{{(\d+)}}")


def is_whatsapp(address: str) -> bool:
    """Is this an address of WhatsApp?"""
    return address.startswith(PREFIX)


def plain(address: str) -> str:
    """The phone number of any address."""
    return address.removeprefix(PREFIX)


def known_template(sid: str, templates: Mapping[str, str]) -> bool:
    """Is this a template of the account? With none configured, whatever looks like one is."""
    return sid in templates if templates else _CONTENT_SID.fullmatch(sid) is not None


def template_text(sid: str, variables: str, templates: Mapping[str, str]) -> str | None:
    """The words of a template with its variables (JSON by number) in it; None when a variable is missing or empty."""
    try:
        given = json.loads(variables or "{}")
    except ValueError:
        return None
    if not isinstance(given, dict) or not all(isinstance(value, str) and value for value in given.values()):
        return None
    words = templates.get(sid) or " · ".join(f"{{{{{number}}}}}" for number in given) or sid
    if not {found.group(1) for found in _VARIABLE.finditer(words)} <= set(given):
        return None
    return _VARIABLE.sub(lambda found: given[found.group(1)], words)


def window_is_open(heard: Iterable[datetime], now: datetime) -> bool:
    """Did the phone write within 24 hours? `heard` are the instants of its own messages, the newest first."""
    newest = next(iter(heard), None)
    return newest is not None and now - newest < WINDOW
