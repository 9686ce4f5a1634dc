"""What became of a sent message: the status lattice, and what each carrier error asks us to do.

Pure tables over the carrier's words and codes (rules.md A2 and A4). Nothing here reads callbacks or writes rows. The
one invariant: joining is commutative, associative and idempotent, so callbacks may come early, late, twice, out of
order or never, and the state is the same.
"""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Status(StrEnum):
    """A carrier's words for an outbound message, in climbing order.

    Of the three endings a receipt outranks a failure word: a failure is the absence of a receipt, and carriers have
    been seen to report one and then the other.
    """

    SCHEDULED = "scheduled"
    ACCEPTED = "accepted"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    CANCELED = "canceled"
    FAILED = "failed"
    UNDELIVERED = "undelivered"
    PARTIALLY_DELIVERED = "partially_delivered"
    DELIVERED = "delivered"
    READ = "read"


_RANK: Final = MappingProxyType({status: rank for rank, status in enumerate(Status)})

ERASED_AFTER: Final = timedelta(hours=24)
"""The carrier is asked to forget the words after a final status, or so long after it took them at the latest."""
REACHED: Final = frozenset({Status.DELIVERED, Status.READ})
FAILED: Final = frozenset({Status.CANCELED, Status.FAILED, Status.UNDELIVERED})


@dataclass(frozen=True, slots=True)
class DeliveryState:
    """What is known of one message: the highest status heard, and every word heard that we do not know."""

    status: Status | None = None
    unknown_words: frozenset[str] = frozenset()

    @property
    def reached(self) -> bool:
        """Whether a receipt says that it arrived."""
        return self.status in REACHED

    @property
    def failed(self) -> bool:
        """Whether it ended without arriving."""
        return self.status in FAILED


NOTHING_HEARD: Final = DeliveryState()


def heard(word: str) -> DeliveryState:
    """The state that a single word of a carrier stands for; a word we do not know is kept as it came."""
    known = word.strip().casefold()
    if known in set(Status):
        return DeliveryState(Status(known))
    return DeliveryState(None, frozenset({word.strip()}))


def join(one: DeliveryState, other: DeliveryState) -> DeliveryState:
    """The least state that is at least both; never lower than either."""
    known = [status for status in (one.status, other.status) if status is not None]
    highest = max(known, key=_RANK.__getitem__, default=None)
    return DeliveryState(highest, one.unknown_words | other.unknown_words)


class ErrorAction(StrEnum):
    """What an error code asks for; each is a different person's work or none's."""

    NUMBER_INVALID = "number_invalid"
    """The number cannot take messages at all: stop using it, ask staff for another."""
    SYNC_OPT_OUT = "sync_opt_out"
    """The carrier knows of a STOP we do not: record it."""
    SWITCH_CHANNEL = "switch_channel"
    """Not reachable by text: use the next consented channel from now on."""
    NOT_ON_CHANNEL = "not_on_channel"
    """Nobody has this number on this channel: not by this way from now on; the number itself is fine."""
    CHANNEL_OPT_OUT = "channel_opt_out"
    """The person blocked us on this channel alone: record that and use another."""
    NEXT_CHANNEL = "next_channel"
    """This message did not make it in time: the next channel, if it is still useful; the number is fine."""
    RETRY_THEN_NEXT = "retry_then_next"
    """One more try after `retry_after_minutes`, then the next channel."""
    RETRY_ONCE = "retry_once"
    """One more try."""
    BACK_OFF = "back_off"
    """Too fast: surely not accepted, try again after a pause."""
    QUARANTINE = "quarantine"
    """The number may belong to somebody else now: nothing goes there until staff have verified it."""
    STAFF_TASK = "staff_task"
    """Nothing to retry: a person calls."""
    FILTERED_ALARM = "filtered_alarm"
    """Carriers took the text for spam: no retry, watch the rate, check wording and links."""
    CONFIGURATION_ALARM = "configuration_alarm"
    """A setting at the carrier is wrong: tell whoever runs the service."""
    HOLD_SENDER = "hold_sender"
    """The sender is not registered: hold its whole queue and tell whoever runs the service."""
    STOP_SENDER = "stop_sender"
    """The credentials are refused: stop sending and page someone."""
    USE_TEMPLATE = "use_template"
    """The channel wants an approved template, never free text."""
    REDACT_LATER = "redact_later"
    """Too early to redact; again after the final status."""
    RECONCILE = "reconcile"
    """The carrier could not reach or read us: alarm ourselves and fetch what was missed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorRule:
    """How to act on a code. `retry_after_minutes` is None when nothing is sent again on this channel.

    `holds`: a refusal with this code says nothing of the message but all of the sender, so the message waits until
    that is mended. (When it comes as a callback the message is lost, and goes another way.)
    """

    action: ErrorAction
    retry_after_minutes: int | None = None
    next_channel: bool = False
    staff_task: bool = False
    alarm: bool = False
    holds: bool = False


_NUMBER_INVALID: Final = ErrorRule(action=ErrorAction.NUMBER_INVALID, next_channel=True, staff_task=True)
_CONFIGURATION: Final = ErrorRule(action=ErrorAction.CONFIGURATION_ALARM, next_channel=True, alarm=True, holds=True)
# Only this region is not enabled, so everybody else's messages go on.
_REGION: Final = ErrorRule(action=ErrorAction.CONFIGURATION_ALARM, next_channel=True, staff_task=True, alarm=True)
_SWITCH: Final = ErrorRule(action=ErrorAction.SWITCH_CHANNEL, next_channel=True)
# The template is not the one that was approved, or the number is none of WhatsApp's: texts and mails go on.
_TEMPLATE: Final = ErrorRule(action=ErrorAction.USE_TEMPLATE, next_channel=True, alarm=True)
_BACK_OFF: Final = ErrorRule(action=ErrorAction.BACK_OFF, retry_after_minutes=0)
_SLOW_DOWN: Final = ErrorRule(action=ErrorAction.BACK_OFF, retry_after_minutes=10, next_channel=True)
_STAFF: Final = ErrorRule(action=ErrorAction.STAFF_TASK, staff_task=True)
_BLOCKED: Final = ErrorRule(action=ErrorAction.STAFF_TASK, next_channel=True, staff_task=True)
_HOLD: Final = ErrorRule(action=ErrorAction.HOLD_SENDER, next_channel=True, alarm=True, holds=True)
_RECONCILE: Final = ErrorRule(action=ErrorAction.RECONCILE, alarm=True)

# A code nobody has described is not retried, because a retry might text a person twice; a person looks at it.
UNKNOWN_ERROR: Final = _BLOCKED

_RULES: Final = MappingProxyType(
    {
        11200: _RECONCILE,
        11205: _RECONCILE,
        11217: _RECONCILE,
        12100: _RECONCILE,
        12200: _RECONCILE,
        20003: ErrorRule(action=ErrorAction.STOP_SENDER, next_channel=True, alarm=True, holds=True),
        20009: ErrorRule(action=ErrorAction.REDACT_LATER),
        20429: _BACK_OFF,
        21211: _NUMBER_INVALID,
        21217: _NUMBER_INVALID,
        21408: _REGION,
        21603: _CONFIGURATION,
        21606: _CONFIGURATION,
        21608: _HOLD,
        21609: _CONFIGURATION,
        21610: ErrorRule(action=ErrorAction.SYNC_OPT_OUT, next_channel=True),
        21611: _SLOW_DOWN,
        21612: _SWITCH,
        21614: _SWITCH,
        21635: _SWITCH,
        21655: _TEMPLATE,
        21910: _TEMPLATE,
        23002: _CONFIGURATION,
        23005: _CONFIGURATION,
        23006: _CONFIGURATION,
        30001: _SLOW_DOWN,
        30003: ErrorRule(action=ErrorAction.RETRY_THEN_NEXT, retry_after_minutes=45, next_channel=True),
        30004: _BLOCKED,
        30005: ErrorRule(action=ErrorAction.QUARANTINE, next_channel=True, staff_task=True),
        30006: _SWITCH,
        30007: ErrorRule(action=ErrorAction.FILTERED_ALARM, next_channel=True, alarm=True),
        30008: ErrorRule(action=ErrorAction.RETRY_ONCE, retry_after_minutes=10, next_channel=True),
        30032: _HOLD,
        30034: _HOLD,
        30036: ErrorRule(action=ErrorAction.NEXT_CHANNEL, next_channel=True),
        30047: _STAFF,
        30450: _STAFF,
        30610: _STAFF,
        30640: _STAFF,
        63003: ErrorRule(action=ErrorAction.NOT_ON_CHANNEL, next_channel=True),
        63005: _TEMPLATE,
        63013: _TEMPLATE,
        63014: ErrorRule(action=ErrorAction.CHANNEL_OPT_OUT, next_channel=True),
        63016: ErrorRule(action=ErrorAction.USE_TEMPLATE, next_channel=True),
        63018: _SLOW_DOWN,
        63021: _TEMPLATE,
        63024: ErrorRule(action=ErrorAction.NOT_ON_CHANNEL, next_channel=True),
        63027: _TEMPLATE,
        63028: _TEMPLATE,
        63032: ErrorRule(action=ErrorAction.NEXT_CHANNEL, next_channel=True),
        63049: ErrorRule(action=ErrorAction.NEXT_CHANNEL, next_channel=True),
    }
)

KNOWN_CODES: Final = frozenset(_RULES)
_HTTP_REFUSALS: Final = range(400, 500)


def error_rule(code: int | None) -> ErrorRule:
    """The rule for a carrier's error code; an unknown or missing code is never retried and becomes a task.

    A number that is an HTTP status is none of the carrier's: something between us and it has answered (a proxy, a wrong
    address), which says nothing of the message.
    """
    if code in _HTTP_REFUSALS:
        return _CONFIGURATION
    return _RULES.get(code, UNKNOWN_ERROR) if code is not None else UNKNOWN_ERROR
