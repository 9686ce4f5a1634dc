"""Is this create one the carrier takes, and as what?

The checks Twilio makes at the door, in its order of likelihood. Pure: the form, the configuration and who is opted
out go in; a Draft or a Problem comes out. Invariant: a Problem means nothing was recorded anywhere.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.sandbox import problems
from bot.sandbox.config import SandboxConfig, Sender
from bot.sandbox.problems import Problem
from bot.sandbox.whatsapp import is_whatsapp, known_template, plain, template_text

_E164 = re.compile(r"\+[1-9]\d{6,14}")
_WEB = re.compile(r"https?://[^/\s_?#]+(?:[/?#]\S*)?")
_LONGEST_BODY = 1600
_LONGEST_VALIDITY = 36000

# Twilio's magic recipients, which its test credentials refuse in a known way.
_MAGIC = {
    "+15005550001": problems.invalid_to("+15005550001"),
    "+15005550002": Problem(400, 21612, "The 'To' phone number is not currently reachable via SMS"),
    "+15005550003": Problem(400, 21408, "Permission to send an SMS has not been enabled for the region"),
    "+15005550004": problems.OPTED_OUT,
    "+15005550009": problems.not_mobile("+15005550009"),
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A create that may be accepted. `send_at` is set for a scheduled one; `templated`: approved words speak."""

    to: str
    sender: str
    service_sid: str | None
    body: str
    callback_url: str | None
    validity_seconds: int
    send_at: datetime | None
    templated: bool = False


def review(form: Mapping[str, str], config: SandboxConfig, opted_out: Callable[[str, str], bool]) -> Draft | Problem:
    """Decide about a create; `opted_out(practice side, phone)` knows who sent STOP to what."""
    to = form.get("To", "")
    service_sid = form.get("MessagingServiceSid") or None
    sender = form.get("From") or _of_service(config, service_sid)
    problem = (
        _of_recipient(to, config) or _of_sender(sender, to, config) or _of_words(form) or _of_content(form, config)
    )
    if problem is not None:
        return problem
    if opted_out(service_sid or sender, to) or opted_out(sender, to):
        return problems.OPTED_OUT
    validity = _validity(form.get("ValidityPeriod", ""))
    if validity is None:
        return problems.BAD_VALIDITY
    send_at = _send_at(form, service_sid)
    if isinstance(send_at, Problem):
        return send_at
    callback = form.get("StatusCallback") or None
    return Draft(
        to, sender, service_sid, _body(form, config), callback, validity, send_at, bool(form.get("ContentSid"))
    )


def is_phone_number(number: str) -> bool:
    """Is it written as E.164?"""
    return _E164.fullmatch(number) is not None


def _of_recipient(to: str, config: SandboxConfig) -> Problem | None:
    if not to:
        return problems.NO_TO
    if not is_phone_number(plain(to)):
        return problems.invalid_to(to)
    if to in config.landlines:
        return problems.not_mobile(to)
    return _MAGIC.get(plain(to))


def _of_sender(sender: str, to: str, config: SandboxConfig) -> Problem | None:
    if not sender:
        return problems.NO_SENDER
    if is_whatsapp(sender) is not is_whatsapp(to):
        return problems.mixed_channels(to, sender)
    if sender == to:
        return problems.same_numbers(to)
    if config.senders and not any(known.number == sender for known in config.senders):
        return problems.not_our_sender(sender)
    return None


def _of_words(form: Mapping[str, str]) -> Problem | None:
    body = form.get("Body", "")
    if not body and not form.get("MediaUrl") and not form.get("ContentSid"):
        return problems.NO_BODY
    if len(body) > _LONGEST_BODY:
        return problems.TOO_LONG
    callback = form.get("StatusCallback")
    if callback and _WEB.fullmatch(callback) is None:
        return problems.BAD_CALLBACK
    return None


def _of_content(form: Mapping[str, str], config: SandboxConfig) -> Problem | None:
    sid = form.get("ContentSid")
    if not sid:
        return None
    if not known_template(sid, config.templates):
        return problems.BAD_CONTENT
    told = template_text(sid, form.get("ContentVariables", ""), config.templates)
    return problems.BAD_CONTENT_VARIABLES if told is None else None


def _body(form: Mapping[str, str], config: SandboxConfig) -> str:
    sid = form.get("ContentSid")
    if not sid:
        return form.get("Body", "")
    return template_text(sid, form.get("ContentVariables", ""), config.templates) or ""


def _of_service(config: SandboxConfig, service_sid: str | None) -> str:
    """The number a Messaging Service sends from; any stand-in when services are not configured."""
    if service_sid is None:
        return ""
    members: list[Sender] = [one for one in config.senders if one.messaging_service_sid == service_sid]
    if members:
        return members[0].number
    return "" if config.senders else "+15005550006"


def _validity(words: str) -> int | None:
    if not words:
        return _LONGEST_VALIDITY
    if not words.isascii() or not words.isdigit() or not 1 <= int(words) <= _LONGEST_VALIDITY:
        return None
    return int(words)


def _send_at(form: Mapping[str, str], service_sid: str | None) -> datetime | Problem | None:
    if form.get("ScheduleType") != "fixed":
        return None
    if service_sid is None:
        return problems.NO_SERVICE_TO_SCHEDULE
    try:
        moment = datetime.fromisoformat(form.get("SendAt", ""))
    except ValueError:
        return problems.BAD_SEND_AT
    return moment if moment.tzinfo is not None else problems.BAD_SEND_AT
