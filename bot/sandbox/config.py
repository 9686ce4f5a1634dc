"""What is this carrier told at its start: accounts, senders, habits, phones, faults.

Not here: what happens to be true while it runs (texts, opt-outs, the ledger). Invariant: a configuration is a frozen
value; changing habits while running replaces it whole.
"""

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field

from bot.sandbox.faults import Faults

OptOutHandling = Literal["carrier", "advanced", "off"]

EVERY_CHANGE = frozenset({"queued", "sending", "sent", "delivered", "undelivered", "failed", "canceled", "read"})


class _Value(BaseModel):
    # Input is hidden in errors because tokens and phone numbers are among it.
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class Account(_Value):
    """One account (or subaccount) that may use the API, with the secret its webhooks are signed with."""

    sid: str
    token: str
    second_token: str | None = None


class Sender(_Value):
    """A number the practice sends from, and where texts to it are posted.

    `inbound_url` may carry Twilio's connection overrides in its fragment, like `#rc=5&rp=all&rt=4000`.
    """

    number: str
    inbound_url: str | None = None
    fallback_url: str | None = None
    account_sid: str | None = None
    messaging_service_sid: str | None = None


class Pace(_Value):
    """Seconds a text spends in each stage before the next: queue, sending, waiting for the receipt."""

    queued: float = Field(default=0.05, ge=0)
    sending: float = Field(default=0.1, ge=0)
    sent: float = Field(default=0.3, ge=0)


class PhoneName(_Value):
    """What the page of phones calls a number."""

    number: str
    title: str


class Act(_Value):
    """One act of what the page can play by itself: a text from a phone, or a move of the demo's time in seconds.

    A move of no seconds jumps to the next event.
    """

    phone: str | None = None
    body: str = ""
    seconds: float = 0


class Guide(_Value):
    """Things worth trying, shown beside the phones; `plays` is done act by act at the press of a button."""

    title: str = "Things to try"
    steps: tuple[str, ...] = ()
    plays_title: str = "Play the afternoon"
    plays: tuple[Act, ...] = ()


class SandboxConfig(_Value):
    """The whole configuration. Everything has a default that works on loopback.

    `routes` maps the beginning of a public address to the one that can be reached from here: requests go to the
    latter, signatures are made over the former, as behind a real proxy. With no `senders`, any From is accepted.
    `opt_out_handling`: `carrier` answers STOP, START and HELP itself; `advanced` does so and tells the webhook by
    OptOutType; `off` leaves all of it to the practice. `sender_rate` is segments per second per sender,
    `ring_seconds` how long a phone rings before its answering machine takes a call. A sender whose number begins with
    `whatsapp:` writes there; `templates` are its approved words by ContentSid, `not_on_whatsapp` phones without it.
    """

    account_sid: str = "AC00000000000000000000000000000001"
    auth_token: str = "sandbox-auth-token"  # noqa: S105 - a stand-in that opens nothing but this process
    second_auth_token: str | None = None
    subaccounts: tuple[Account, ...] = ()
    senders: tuple[Sender, ...] = ()
    routes: dict[str, str] = Field(default_factory=dict)
    opt_out_handling: OptOutHandling = "carrier"
    pace: Pace = Pace()
    ring_seconds: float = Field(default=25, ge=0)
    sender_rate: float | None = Field(default=None, gt=0)
    callback_on: frozenset[str] = EVERY_CHANGE
    webhook_concurrency: int = Field(default=64, ge=1)
    landlines: frozenset[str] = frozenset()
    templates: dict[str, str] = Field(default_factory=dict)
    not_on_whatsapp: frozenset[str] = frozenset()
    faults: Faults = Faults()
    ledger_path: Path | None = None
    state_path: Path | None = None
    phones: tuple[PhoneName, ...] = ()
    guide: Guide = Guide()
    time_zone: str = "UTC"
    demo_control_url: str | None = None
    demo_secret: str | None = None

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a configuration; unknown names are refused (pydantic.ValidationError, without the values)."""
        return cls.model_validate_json(text)

    @classmethod
    def from_file(cls, path: Path) -> Self:
        """Read a configuration from a JSON file."""
        return cls.from_json(path.read_bytes())

    @property
    def accounts(self) -> tuple[Account, ...]:
        """The main account first, then its subaccounts."""
        main = Account(sid=self.account_sid, token=self.auth_token, second_token=self.second_auth_token)
        return (main, *self.subaccounts)
