"""The touches of a reminder policy as rows of a form, and back. Pure.

A row keeps its key through every edit, so that what was sent is not sent again; a new row gets a key no version has
had. Invariant: what is read here passes `parse_policy`, or every row at fault has a sentence.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

from bot.web.forms import Form
from bot.web.typed import typed_number
from scheduler.reminders.policy import MAX_DAYS, MAX_HOURS, MAX_TOUCHES, Channel, Days, Hours, Touch, TouchKind

DAYS, HOURS = "days", "hours"
UNITS: Final = ((DAYS, "days before, at"), (HOURS, "hours before"))
CHANNELS: Final = (
    (Channel.SMS.value, "by text"), (Channel.EMAIL.value, "by email"), (Channel.VOICE.value, "by phone call"),
)  # fmt: skip
_WAYS: Final = dict(CHANNELS)
_KEY_LENGTH: Final = 32
_MORE_ROWS_THAN_EVER: Final = 30


@dataclass(frozen=True, slots=True)
class Row:
    """One touch as typed. `at` is like 10:00."""

    key: str
    n: str
    unit: str
    at: str
    channel: str
    quiet: bool


NEW: Final = Row("", "2", DAYS, "10:00", Channel.SMS.value, quiet=False)


def rows_of(touches: Iterable[Touch]) -> tuple[Row, ...]:
    """The rows that show these touches."""
    return tuple(_row(touch) for touch in touches)


def sent_rows(form: Form) -> tuple[Row, ...]:
    """The rows a form was sent with, in their order."""
    size = min(typed_number(form.value("rows")) or 0, _MORE_ROWS_THAN_EVER)
    return tuple(
        Row(
            form.value(f"t{at}-key")[:_KEY_LENGTH],
            form.value(f"t{at}-n"),
            form.value(f"t{at}-unit"),
            form.value(f"t{at}-at"),
            form.value(f"t{at}-channel"),
            form.value(f"t{at}-quiet") == "yes",
        )
        for at in range(size)
    )


def read_rows(rows: Iterable[Row], used_keys: Collection[str]) -> tuple[tuple[Touch, ...], dict[str, str]]:
    """The touches, and a sentence for each field at fault (`t0-n`, ...). `used_keys` are those of all versions."""
    errors: dict[str, str] = {}
    touches: list[Touch] = []
    taken = set(used_keys)
    listed = tuple(rows)
    for at, row in enumerate(listed):
        offset = _offset(row, f"t{at}", errors)
        channel = next((each for each in Channel if each.value == row.channel), None)
        if channel is None:
            errors[f"t{at}-channel"] = "Choose text or email"
        if offset is None or channel is None:
            continue
        key = row.key or _fresh(offset, channel, taken)
        taken.add(key)
        if any((touch.offset, touch.channel) == (offset, channel) for touch in touches):
            errors[f"t{at}-n"] = "Another reminder leaves at the same moment; change one of the two"
        touches.append(Touch(key, offset, channel, TouchKind.REMINDER, row.quiet))
    if len(listed) > MAX_TOUCHES:
        errors["t0-n"] = f"Keep at most {MAX_TOUCHES} reminders"
    return tuple(touches), errors


def in_order(touches: Iterable[Touch]) -> tuple[Touch, ...]:
    """The touches from the earliest to the last before a visit."""
    return tuple(sorted(touches, key=lambda touch: -hours_before(touch)))


def hours_before(touch: Touch, start_minute: int = 15 * 60) -> float:
    """About how many hours before a visit at that minute a touch leaves."""
    if isinstance(touch.offset, Hours):
        return float(touch.offset.n)
    return touch.offset.n * 24 + (start_minute - touch.offset.at_minute) / 60


def words_of(touch: Touch, clock: str = "") -> str:
    """A touch in words, such as `3 days before at 10:00, by text, if not confirmed`. `clock` words the minute."""
    if isinstance(touch.offset, Hours):
        when = _plural(touch.offset.n, "hour") + " before"
    else:
        when = "on the day" if touch.offset.n == 0 else _plural(touch.offset.n, "day") + " before"
        when += f" at {clock or clock_of(touch.offset.at_minute)}"
    way = _WAYS[touch.channel.value]
    return f"{when}, {way}" + (", if not confirmed" if touch.only_if_unconfirmed else "")


def clock_of(minute: int) -> str:
    """A minute after midnight as a time field shows it."""
    return f"{minute // 60:02}:{minute % 60:02}"


def minute_of(text: str) -> int | None:
    """The minute after midnight of a time field; None when it is none."""
    hours, colon, minutes = text.strip().partition(":")
    hour, minute = typed_number(hours, 23), typed_number(minutes[:2], 59)
    return hour * 60 + minute if colon and hour is not None and minute is not None else None


def _row(touch: Touch) -> Row:
    if isinstance(touch.offset, Hours):
        return Row(touch.key, str(touch.offset.n), HOURS, "10:00", touch.channel.value, touch.only_if_unconfirmed)
    at = clock_of(touch.offset.at_minute)
    return Row(touch.key, str(touch.offset.n), DAYS, at, touch.channel.value, touch.only_if_unconfirmed)


def _offset(row: Row, where: str, errors: dict[str, str]) -> Days | Hours | None:
    low, high = (1, MAX_HOURS) if row.unit == HOURS else (0, MAX_DAYS)
    number = typed_number(row.n, high)
    if number is None or number < low:
        errors[f"{where}-n"] = f"Enter a whole number from {low} to {high}"
        return None
    if row.unit == HOURS:
        return Hours(number)
    minute = minute_of(row.at)
    if row.unit != DAYS or minute is None:
        errors[f"{where}-at"] = "Enter a time such as 10:00"
        return None
    return Days(number, minute)


def _fresh(offset: Days | Hours, channel: Channel, taken: Collection[str]) -> str:
    unit = "h" if isinstance(offset, Hours) else "d"
    stem = f"{channel.value}_{offset.n}{unit}"
    names = (stem if turn == 0 else f"{stem}_{turn + 1}" for turn in range(len(taken) + 1))
    return next(name for name in names if name not in taken)


def _plural(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"
