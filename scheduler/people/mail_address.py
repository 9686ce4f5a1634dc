"""What a person typed as a mail address, tidied, or the reason it is none. Pure.

Only the shape is judged; whether somebody reads there shows when a mail arrives. Invariant: an accepted address
cannot carry a second recipient or a header into a mail.
"""

import re
from dataclasses import dataclass
from typing import Final

LONGEST: Final = 254  # RFC 5321: what fits between the angle brackets of a path
_LONGEST_LOCAL: Final = 64
_LOCAL: Final = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+")
_DOMAIN: Final = re.compile(r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")


@dataclass(frozen=True, slots=True)
class NotAnAddress:
    """Why: empty | too_long | not_an_address."""

    reason: str


def parse_mail_address(text: str) -> str | NotAnAddress:
    """The address as written, trimmed, its domain in small letters; look-ups casefold all of it."""
    trimmed = text.strip()
    if not trimmed:
        return NotAnAddress("empty")
    local, _, domain = trimmed.rpartition("@")
    if len(trimmed) > LONGEST or len(local) > _LONGEST_LOCAL:
        return NotAnAddress("too_long")
    dots_fit = not (local.startswith(".") or local.endswith(".") or ".." in local)
    if not (dots_fit and _LOCAL.fullmatch(local) and _DOMAIN.fullmatch(domain)):
        return NotAnAddress("not_an_address")
    return f"{local}@{domain.lower()}"
