"""Mail through SMTP. Encrypted or not at all, except to a server on this very machine.

The Message-ID is our message's id, so a mail that is sent again after a doubt is the same mail to whoever sorts it.
Invariant: `Refused` only while the server cannot have taken the message; once the words have been handed over and
the answer is lost, it is `Unknown`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from typing import Final, NoReturn
from urllib.parse import unquote, urlsplit

import aiosmtplib

from messages.channels.base import Accepted, Listed, ListUnavailable, Outgoing, Refused, SendOutcome, Unknown
from scheduler.core.errors import Misconfigured

_LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
_PORTS: Final = {"smtp": 587, "smtps": 465}
PERMANENT: Final = range(500, 600)
CREDENTIALS_REFUSED: Final = 20003  # the SMS carrier's number for the same trouble, so that one rule serves both


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    """Where mail is handed in. `sender` is the address it comes from where the practice has none of its own."""

    host: str
    port: int
    sender: str
    tls_from_start: bool
    user: str | None = None
    password: str | None = field(default=None, repr=False)

    @property
    def is_here(self) -> bool:
        """Whether it is on this machine, where nobody listens in between."""
        return self.host in _LOOPBACK


def server_of(url: str, sender: str) -> SmtpServer:
    """The server of an address such as smtps://user:password@host:465 or smtp://host:587.

    Raises:
        Misconfigured: it is not such an address; it is not repeated.
    """
    parts = urlsplit(url)
    if parts.scheme not in _PORTS or not parts.hostname:
        raise Misconfigured("smtp_url_unreadable")
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or _PORTS[parts.scheme],
        sender=sender,
        tls_from_start=parts.scheme == "smtps",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


class SmtpChannel:
    """The mail channel. One connection a message."""

    def __init__(self, server: SmtpServer, *, timeout: float = 8.0) -> None:
        self._server = server
        self._seconds = timeout

    @property
    def keeps_list(self) -> bool:
        """No server can be asked what it accepted."""
        return False

    async def send(self, outgoing: Outgoing) -> SendOutcome:
        """Make one attempt."""
        sender = outgoing.sender or self._server.sender
        mail = _mail(outgoing, sender)
        client = self._client()
        try:
            await client.connect()
        except aiosmtplib.SMTPAuthenticationError:
            return Refused(permanent=True, code=CREDENTIALS_REFUSED)
        except (aiosmtplib.SMTPException, OSError):
            client.close()
            return Refused(permanent=False)
        try:
            return await self._hand_over(client, mail, sender, outgoing.to)
        finally:
            client.close()

    async def list_sent(self, to: str, since: datetime) -> Sequence[Listed]:
        """Not possible with mail."""
        _no_list(to, since)

    async def list_received(self, at: str, since: datetime) -> Sequence[Listed]:
        """Not possible with mail."""
        _no_list(at, since)

    def _client(self) -> aiosmtplib.SMTP:
        server = self._server
        return aiosmtplib.SMTP(
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.tls_from_start,
            # Without a word here the library falls back to plain text when the server offers nothing better.
            start_tls=not (server.tls_from_start or server.is_here),
            timeout=self._seconds,
        )

    async def _hand_over(self, client: aiosmtplib.SMTP, mail: EmailMessage, sender: str, to: str) -> SendOutcome:
        try:
            await client.mail(sender)
            await client.rcpt(to)
        except aiosmtplib.SMTPResponseException as refused:
            return Refused(permanent=refused.code in PERMANENT)
        except (aiosmtplib.SMTPException, OSError):
            return Refused(permanent=False)
        try:
            await client.data(mail.as_bytes())
        except aiosmtplib.SMTPDataError as refused:
            return Refused(permanent=refused.code in PERMANENT)
        except (aiosmtplib.SMTPException, OSError):
            return Unknown("connection_broke")
        return Accepted(str(mail["Message-ID"]).strip("<>")[:64], "sent")


def _mail(outgoing: Outgoing, sender: str) -> EmailMessage:
    """The mail itself. Header values cannot break out: the library refuses line breaks in them."""
    mail = EmailMessage(policy=SMTP)
    mail["From"] = sender
    mail["To"] = outgoing.to
    mail["Subject"] = outgoing.subject or ""
    mail["Message-ID"] = f"<{outgoing.reference}@{sender.rpartition('@')[2]}>"
    mail["Auto-Submitted"] = "auto-generated"  # so that absence notes are not answered to us (RFC 3834)
    mail.set_content(outgoing.text)
    return mail


def _no_list(_address: str, _since: datetime) -> NoReturn:
    raise ListUnavailable("mail_has_no_list")
