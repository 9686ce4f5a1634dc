"""What an operator decides before the start: names that begin with STILLON_, read once and then frozen.

This is the only module that reads the environment. What a practice decides (hours, texts, fees) lives in the record
and is changed in the console. Invariant: no message from here ever shows a value, only the name and what is expected,
because a value may be a password.
"""

import os
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import SplitResult, urlsplit

from dotenv import dotenv_values
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError, model_validator

from scheduler.core.errors import Misconfigured

PREFIX = "STILLON_"
FROM_FILE = "_FILE"
CARRIER_LIST_LAG_SECONDS = 5.0
"""How late the carrier's list of messages may be; settling earlier could send a text twice (reliability, section 3)."""

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "sqlite+aiosqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
    "postgresql+asyncpg": "postgresql+asyncpg",
}


class SettingsRefused(Misconfigured):
    """The start is refused. `problems` has one sentence for each thing to mend, without any value."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("settings_refused")
        self.problems = problems
        self.args = ("settings_refused: " + "; ".join(problems),)


def _database_url(text: str) -> str:
    scheme, separator, rest = text.partition("://")
    if scheme not in _DRIVERS or not separator or rest in {"", "/"}:
        raise ValueError("database_url")
    return f"{_DRIVERS[scheme]}://{rest}"


def _is_loopback(parts: SplitResult) -> bool:
    return parts.hostname in _LOOPBACK


def _web_origin(text: str) -> str:
    parts = urlsplit(text)
    plain = not (parts.query or parts.fragment or parts.username) and parts.path in {"", "/"}
    secure = parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts))
    if not (plain and secure and parts.hostname):
        raise ValueError("origin")
    return f"{parts.scheme}://{parts.netloc}"


def _smtp_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or parts.path not in {"", "/"}:
        raise ValueError("smtp_url")
    return text


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"https", "http"} or not parts.hostname:
        raise ValueError("web_address")
    return text


DatabaseUrl = Annotated[SecretStr, BeforeValidator(_database_url)]
Origin = Annotated[str, BeforeValidator(_web_origin)]
SmtpUrl = Annotated[SecretStr, BeforeValidator(_smtp_url)]
WebAddress = Annotated[SecretStr, BeforeValidator(_web_address)]  # such addresses often hold a token
Address = Annotated[str, Field(pattern=r"^[^@\s<>]+@[^@\s<>]+$")]


class Settings(BaseModel):
    """Everything the running program may know about where it runs. Each description says what is expected."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    database_url: DatabaseUrl = Field(
        default=SecretStr("sqlite+aiosqlite:///data/stillon.db"),
        description="an address such as sqlite:///data/stillon.db or postgresql://user:password@host/name",
    )
    keyring: Path = Field(
        default=Path("data/keyring.json"),
        description="the file that holds the encryption keys, kept apart from the database and its backups",
    )
    public_url: Origin = Field(
        default="http://localhost:8080",
        description="the address clients and the carrier reach: https:// and a host, without a path"
        " (http:// only on this machine itself)",
    )
    host: str = Field(default="127.0.0.1", min_length=1, description="the address to listen on")
    port: int = Field(default=8080, ge=1, le=65535, description="the port to listen on, from 1 to 65535")
    twilio_account_sid: str | None = Field(
        default=None, pattern=r"^AC[0-9a-zA-Z]{32}$", description="AC and 32 letters or digits, from Twilio's console"
    )
    twilio_auth_token: SecretStr | None = Field(
        default=None, min_length=8, description="the auth token that belongs to the account SID"
    )
    twilio_messaging_service_sid: str | None = Field(
        default=None, pattern=r"^MG[0-9a-zA-Z]{32}$", description="MG and 32 letters or digits, from Twilio's console"
    )
    twilio_api_base: Origin = Field(
        default="https://api.twilio.com",
        description="https:// and a host, without a path (http:// only on this machine itself)",
    )
    smtp_url: SmtpUrl | None = Field(
        default=None,
        description="smtps://user:password@host:465, or smtp://user:password@host:587 for STARTTLS",
    )
    smtp_from: Address | None = Field(default=None, description="the address that e-mail is sent from")
    alert_email: Address | None = Field(
        default=None, description="the address that is told when a person has to look at something at once"
    )
    alarm_webhook: WebAddress | None = Field(
        default=None, description="the http(s) address that alarms about the engine are posted to as JSON"
    )
    heartbeat_url: WebAddress | None = Field(
        default=None, description="the http(s) address of an outside monitor that is posted to while all is well"
    )
    heartbeat_seconds: float = Field(
        default=60.0, gt=0, le=3600, description="seconds between two such posts, more than 0 and at most 3600"
    )
    silence_seconds: float = Field(
        default=45.0, ge=1, le=600, description="seconds of silence of all workers that raise an alarm, from 1 to 600"
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="one of DEBUG, INFO, WARNING, ERROR"
    )
    http_timeout_seconds: float = Field(
        default=8.0, gt=0, le=60, description="seconds to wait for the carrier's answer, more than 0 and at most 60"
    )
    lease_seconds: float = Field(
        default=12.0, gt=0, le=600, description="seconds a worker may hold a message, more than 0 and at most 600"
    )
    settle_seconds: float = Field(
        default=30.0, gt=0, le=3600, description="seconds before a send of unknown outcome is looked up, at most 3600"
    )
    spool_dir: Path | None = Field(
        default=None,
        description="a folder for what the carrier posts while the database is away; unless given, beside the key ring",
    )
    redact_bodies: bool = Field(
        default=True, description="true or false: whether the carrier is asked to forget the words of finished messages"
    )
    demo_secret: SecretStr | None = Field(
        default=None, min_length=16, description="at least 16 characters; set by `stillon demo` itself"
    )

    @property
    def spool_folder(self) -> Path:
        """Where posts wait for the database."""
        return self.spool_dir or self.keyring.parent / "spool"

    @model_validator(mode="after")
    def _fit_together(self) -> Self:
        problems = tuple(_misfits(self))
        if problems:
            raise SettingsRefused(problems)
        return self


def _misfits(chosen: Settings) -> Iterator[str]:
    """Rules between settings. Breaking the first two could send a text twice, so the start is refused."""
    least = chosen.http_timeout_seconds + CARRIER_LIST_LAG_SECONDS
    if chosen.settle_seconds < least:
        yield (
            f"{PREFIX}SETTLE_SECONDS: expected at least {PREFIX}HTTP_TIMEOUT_SECONDS"
            f" plus {CARRIER_LIST_LAG_SECONDS:g} seconds, or a text could be sent twice"
        )
    if chosen.http_timeout_seconds >= chosen.lease_seconds:
        yield (
            f"{PREFIX}HTTP_TIMEOUT_SECONDS: expected less than {PREFIX}LEASE_SECONDS,"
            " or two workers could send the same text"
        )
    if (chosen.twilio_account_sid is None) != (chosen.twilio_auth_token is None):
        yield f"{PREFIX}TWILIO_ACCOUNT_SID and {PREFIX}TWILIO_AUTH_TOKEN: expected both or neither"
    if chosen.twilio_messaging_service_sid and chosen.twilio_account_sid is None:
        yield f"{PREFIX}TWILIO_MESSAGING_SERVICE_SID: expected only together with {PREFIX}TWILIO_ACCOUNT_SID"
    if (chosen.smtp_url is None) != (chosen.smtp_from is None):
        yield f"{PREFIX}SMTP_URL and {PREFIX}SMTP_FROM: expected both or neither"
    if chosen.alert_email and chosen.smtp_url is None:
        yield f"{PREFIX}ALERT_EMAIL: expected only together with {PREFIX}SMTP_URL, since alerts go by e-mail"
    if chosen.demo_secret and not _is_loopback(urlsplit(chosen.public_url)):
        yield f"{PREFIX}DEMO_SECRET: expected only on this machine itself; it lets anyone who knows it move the clock"


def load(environ: Mapping[str, str] | None = None, *, dotenv: Path | None = Path(".env")) -> Settings:
    """The settings of this start, from the environment and, for names missing there, the file `.env`.

    An empty value counts as absent. A secret may also be given as NAME_FILE, the path of a file that holds it.

    Args:
        environ: where names are looked up; the process's environment unless given.
        dotenv: a file of NAME=value lines, read if it exists; None reads none.

    Raises:
        SettingsRefused: a name is unknown, a value is not what is expected, or values do not fit together.
    """
    given = _given(os.environ if environ is None else environ, dotenv)
    problems = tuple(_unknown(given))
    if problems:
        raise SettingsRefused(problems)
    try:
        return Settings.model_validate(_fields(given))
    except ValidationError as refused:
        fields = dict.fromkeys(str(error["loc"][0]) for error in refused.errors(include_input=False) if error["loc"])
        described = tuple(f"{_name(field)}: expected {_expectation(field)}" for field in fields)
    # Raised outside the except block, so that no chained exception can show what was given.
    raise SettingsRefused(described)


def secret_fields() -> frozenset[str]:
    """The fields that may also be given as a file."""
    return frozenset(name for name, field in Settings.model_fields.items() if "SecretStr" in str(field))


def _given(environ: Mapping[str, str], dotenv: Path | None) -> dict[str, str]:
    # Interpolation is off: a password may well contain a dollar sign.
    lines = dotenv_values(dotenv, interpolate=False) if dotenv is not None else {}
    both = {**lines, **environ}
    return {name: value for name, value in both.items() if name.startswith(PREFIX) and value}


def _name(field: str) -> str:
    return f"{PREFIX}{field.upper()}"


def _expectation(field: str) -> str:
    return Settings.model_fields[field].description or "another value"


def _unknown(given: Mapping[str, str]) -> Iterator[str]:
    known = {_name(field) for field in Settings.model_fields}
    known |= {_name(field) + FROM_FILE for field in secret_fields()}
    for name in sorted(given.keys() - known):
        # The prefix is left out, since it alone would make any two names look alike.
        near = get_close_matches(name.removeprefix(PREFIX), sorted(word.removeprefix(PREFIX) for word in known), n=1)
        yield f"{name} is not a setting" + (f"; did you mean {PREFIX}{near[0]}?" if near else "")


def _fields(given: Mapping[str, str]) -> dict[str, str]:
    """Field names and texts, with secrets read from their files.

    Raises:
        SettingsRefused: a secret is given twice, or its file cannot be read.
    """
    values = {field: given[_name(field)] for field in Settings.model_fields if _name(field) in given}
    problems = []
    for field in sorted(secret_fields()):
        name = _name(field) + FROM_FILE
        if name not in given:
            continue
        if field in values:
            problems.append(f"{_name(field)} and {name}: expected only one of the two")
            continue
        try:
            values[field] = Path(given[name]).read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            problems.append(f"{name}: expected the path of a text file that this user may read")
    if problems:
        raise SettingsRefused(tuple(problems))
    return values
