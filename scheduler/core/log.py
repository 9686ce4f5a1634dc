"""What a log line may say: an event, ids, codes and numbers. For our own loggers and for those of libraries alike.

Three walls stand between a client's data and the log. Keys: only those listed here are printed, of the rest only their
names. Values: ids must look like ids, texts are scrubbed of phone numbers, e-mail addresses and secrets of links.
Exceptions: their type, code and place are printed, never their words, since drivers repeat rows and values in them.
A library's message is printed as written in its source, without the arguments it was called with.
Invariant: nothing but `render` makes a line, and every line has passed all three.
"""

import json
import logging
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TextIO

import structlog
from structlog.typing import EventDict, WrappedLogger

from scheduler.core.errors import StillonError

ALLOWED_KEYS: Final = frozenset({
    "action", "attempt", "bytes", "channel", "claimed", "code", "count", "dialect", "due", "duration_ms", "engine",
    "error", "failed", "field", "host", "http_status", "incident", "job", "kind", "language", "level", "limit",
    "method", "ms", "outcome", "phase", "port", "problems", "purpose", "queue", "reason", "refused", "revision",
    "role", "route", "rows", "seconds", "segments", "sent", "signal", "size", "skipped", "sqlstate", "state",
    "status", "step", "table", "task", "touch", "trace", "unknown", "version", "via", "waiting", "where", "worker",
})  # fmt: skip
"""Keys that may be printed. A key that ends in `_id` may be too, when its value looks like an id."""

_ID = re.compile(r"[0-9a-f]{32}|[A-Z]{2}[0-9a-fA-F]{32}|\d{1,9}")
_EMAIL = re.compile(r"[^\s@<>\"'(),;=]+@[^\s@<>\"'(),;]+")
_PHONE = re.compile(
    r"(?<![0-9A-Za-z])(?:\+\d(?:[\s().-]{0,2}\d){6,14}|(?:1[\s.-]?)?\(?[2-9]\d\d\)?[\s.-]{0,2}\d{3}[\s.-]?\d{4})(?![0-9A-Za-z])"
)
_LONG_WORD = re.compile(r"[0-9A-Za-z_-]{22,}")
_OPAQUE = re.compile(r"[0-9a-f]{32}|[A-Z]{2}[0-9a-f]{32}")
_CODE = re.compile(r"[A-Za-z0-9_.]{1,60}")
_LONGEST_TEXT = 300
_FRAMES = 8
_QUIET = {
    "aiohttp.access": logging.CRITICAL + 1,  # its lines hold whole request lines, tokens included; bot/web has its own
    "twilio": logging.WARNING,  # at INFO it prints query strings with phone numbers
    "aiosqlite": logging.WARNING,  # at DEBUG it prints every statement twice
    "apscheduler": logging.WARNING,
    "alembic": logging.WARNING,
    "asyncio": logging.WARNING,
    "sqlalchemy": logging.WARNING,
}


def configure(*, level: str, stream: TextIO = sys.stderr) -> None:
    """Send every logger of this process through the rules of this module, to `stream`, at `level` and above.

    Lines are JSON, or plain words when the stream is a terminal. Uncaught exceptions and warnings are logged the same
    way instead of being printed with their words. Calling it again replaces what was set before.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter(plain=stream.isatty()))
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.raiseExceptions = False  # the standard complaint about a bad log call prints its arguments
    logging.captureWarnings(capture=True)
    quieten()
    bind_structlog()
    sys.excepthook = _uncaught
    sys.unraisablehook = lambda raised: _uncaught(raised.exc_type, raised.exc_value, raised.exc_traceback)
    threading.excepthook = lambda raised: _uncaught(raised.exc_type, raised.exc_value, raised.exc_traceback)


def bind_structlog() -> None:
    """Make structlog's loggers hand their events to the standard ones, where the formatter waits."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def quieten() -> None:
    """Hold back what libraries say below the level at which it helps an operator."""
    for name, level in _QUIET.items():
        logging.getLogger(name).setLevel(level)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger, used as `log.info("message_sent", message_id=...)`.

    Events are snake_case words, never sentences with values in them.
    """
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger


def formatter(*, plain: bool = False) -> logging.Formatter:
    """The formatter that every handler of ours has; `plain` for people, otherwise one JSON object a line."""
    return structlog.stdlib.ProcessorFormatter(
        # Without this, a library's arguments would be merged into its message before the rules see them.
        use_get_message=False,
        processors=[_describe, _plain_line if plain else _json_line],
    )


def scrub(text: str) -> str:
    """`text` without phone numbers, e-mail addresses and secrets; names cannot be told apart, so never log those."""
    text = _EMAIL.sub("[email]", text)
    text = _LONG_WORD.sub(_hide_secret, text)
    return _PHONE.sub("[phone]", text)


def describe_exception(error: BaseException) -> dict[str, Any]:
    """What may be said of an exception: its type, code, database state and place, and those of what caused it."""
    told: dict[str, Any] = {"error": type(error).__name__}
    if isinstance(error, StillonError):
        told["code"] = _text(error.code)
        told |= {key: _id(value) for key, value in error.ids.items() if key.endswith("_id")}
    else:
        told |= _foreign_codes(error)
    told["trace"] = [*_places(error.__traceback__)]
    if isinstance(error, BaseExceptionGroup):
        told["problems"] = [type(inner).__name__ for inner in error.exceptions]
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        told["reason"] = " < ".join(_chain(cause))
    return told


def _chain(error: BaseException | None) -> Iterator[str]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        codes = [error.code] if isinstance(error, StillonError) else _foreign_codes(error).values()
        yield " ".join([type(error).__name__, *(_text(str(code)) for code in codes)])
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _foreign_codes(error: BaseException) -> dict[str, str | int]:
    """Codes that libraries put beside their words: PostgreSQL's state, the carrier's error number, an errno."""
    codes: dict[str, str | int] = {}
    for attribute, key in (("sqlstate", "sqlstate"), ("code", "code"), ("errno", "code"), ("status", "http_status")):
        value = getattr(error, attribute, None)
        if isinstance(value, int) or (isinstance(value, str) and _CODE.fullmatch(value)):
            codes.setdefault(key, value)
    return codes


def _places(trace: TracebackType | None) -> Iterator[str]:
    frames = []
    while trace is not None:
        code = trace.tb_frame.f_code
        frames.append(f"{'/'.join(Path(code.co_filename).parts[-3:])}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    yield from frames[-_FRAMES:]


def _describe(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """The first processor: turns whatever came into a dictionary that may be shown."""
    record: logging.LogRecord = event.pop("_record")
    ours = event.pop("_from_structlog")
    said = event.pop("event", "")
    raised = _exception_of(event.pop("exc_info", None))
    event.pop("stack_info", None)
    event.pop("positional_args", None)
    at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
    line: dict[str, Any] = {
        "at": at.replace("+00:00", "Z"),
        "level": record.levelname.lower(),
        "event": _text(str(said)) if ours else _foreign_words(record),
        "logger": record.name,
    }
    if raised is not None:
        line |= describe_exception(raised)
    return line | _allowed(event)


def _foreign_words(record: logging.LogRecord) -> str:
    """The first line of a library's message as its source has it; later lines are often reprs of what it held."""
    if record.name == "py.warnings":
        file, line, category, *_ = f"{record.getMessage()}:::".split(":", 3)
        return f"warning {category.strip()} at {'/'.join(Path(file).parts[-3:])}:{line}"
    first, *_ = str(record.msg).splitlines() or [""]
    return _text(first)


def _exception_of(given: Any) -> BaseException | None:
    if isinstance(given, BaseException):
        return given
    if isinstance(given, tuple):
        return given[1] if isinstance(given[1], BaseException) else None
    return sys.exc_info()[1] if given else None


def _allowed(event: Mapping[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {}
    dropped = []
    for key, value in event.items():
        if key.endswith("_id"):
            kept[key] = _id(value)
        elif key in ALLOWED_KEYS:
            kept[key] = _value(value)
        else:
            dropped.append(key)
    return {**kept, "dropped": sorted(dropped)} if dropped else kept


def _id(value: Any) -> Any:
    return value if value is None or _ID.fullmatch(str(value)) else "[not an id]"


def _value(value: Any) -> Any:
    match value:
        case Enum():
            return _value(value.value)
        case None | bool() | int() | float():
            return value
        case str():
            return _text(value)
        case BaseException() | type():
            return type(value).__name__ if isinstance(value, BaseException) else value.__name__
        case list() | tuple() | set() | frozenset():
            return [_value(item) for item in value]
        case _:
            return f"[{type(value).__name__}]"


def _text(text: str) -> str:
    scrubbed = scrub(text)
    return scrubbed if len(scrubbed) <= _LONGEST_TEXT else scrubbed[:_LONGEST_TEXT] + "..."


def _hide_secret(match: re.Match[str]) -> str:
    """Secrets of links and sessions are long and mixed; our ids, the carrier's and snake_case words are no secrets."""
    word = match[0]
    plain_word = word.islower() and not any(char.isdigit() for char in word)
    return word if plain_word or _OPAQUE.fullmatch(word) else "[secret]"


def _json_line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def _plain_line(_logger: WrappedLogger, _method: str, event: EventDict) -> str:
    at, level, said = event.pop("at"), event.pop("level"), event.pop("event")
    rest = " ".join(f"{key}={value}" for key, value in event.items() if key != "logger")
    return f"{at[11:19]} {level:<8} {said}  {rest}".rstrip()


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    shown: BaseException = error if error is not None else kind()
    logging.getLogger("stillon").critical("uncaught_exception", exc_info=(kind, shown, trace))
