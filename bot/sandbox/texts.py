"""What texts does the carrier know, and who can find them?

The record behind the REST resource and the page of phones, with the indexes that make both quick. Not here: how a
text moves through its life (journey.py). Invariant: `seq` only grows, so newest first is descending `seq`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from email.utils import format_datetime
from heapq import merge
from typing import Any, Self

API_VERSION = "2010-04-01"
FINAL = frozenset({"delivered", "undelivered", "failed", "canceled", "read", "received"})
RANK = {
    word: rank for rank, word in enumerate(("scheduled", "accepted", "queued", "sending", "sent", "delivered", "read"))
} | {"undelivered": 5, "failed": 5, "canceled": 5, "received": 5}


@dataclass(slots=True)
class Text:
    """One message resource. `listed` is False for the carrier's own opt-out replies, which Twilio does not log.

    `lost_code`: why it will not arrive, known to the carrier only on the way.
    """

    seq: int
    sid: str
    account_sid: str
    direction: str
    sender: str
    to: str
    body: str
    status: str
    created_at: datetime
    updated_at: datetime
    segments: int
    sent_at: datetime | None = None
    error_code: int | None = None
    service_sid: str | None = None
    callback_url: str | None = None
    validity_seconds: int = 36000
    hold_seconds: float = 0
    media: tuple[str, ...] = ()
    visible_at: float = 0
    listed: bool = True
    lost_code: int | None = None

    @property
    def inbound(self) -> bool:
        """Did a phone send it?"""
        return self.direction == "inbound"

    @property
    def phone(self) -> str:
        """The client's end of it."""
        return self.sender if self.inbound else self.to

    @property
    def practice_number(self) -> str:
        """The practice's end of it."""
        return self.to if self.inbound else self.sender

    def as_resource(self) -> dict[str, Any]:
        """The Message resource as Twilio's JSON has it."""
        uri = f"/{API_VERSION}/Accounts/{self.account_sid}/Messages/{self.sid}"
        unassigned = self.service_sid is not None and self.status in {"accepted", "scheduled"}
        return {
            "sid": self.sid,
            "account_sid": self.account_sid,
            "api_version": API_VERSION,
            "body": self.body,
            "date_created": format_datetime(self.created_at),
            "date_updated": format_datetime(self.updated_at),
            "date_sent": None if self.sent_at is None else format_datetime(self.sent_at),
            "direction": self.direction,
            "error_code": self.error_code,
            "error_message": None,
            "from": None if unassigned else self.sender,
            "to": self.to,
            "messaging_service_sid": self.service_sid,
            "num_media": str(len(self.media)),
            "num_segments": "0" if unassigned else str(self.segments),
            "price": None,
            "price_unit": "USD",
            "status": self.status,
            "subresource_uris": {"media": f"{uri}/Media.json"},
            "uri": f"{uri}.json",
        }

    def as_saved(self) -> dict[str, Any]:
        """The whole record as JSON values."""
        saved = asdict(self)
        for name in ("created_at", "updated_at", "sent_at"):
            saved[name] = saved[name] and saved[name].isoformat()
        return saved

    @classmethod
    def from_saved(cls, saved: dict[str, Any]) -> Self:
        """The record that `as_saved` wrote; whatever was hidden from lists is visible by now."""
        times = {name: datetime.fromisoformat(saved[name]) for name in ("created_at", "updated_at")}
        sent_at = saved["sent_at"] and datetime.fromisoformat(saved["sent_at"])
        kept = saved | times | {"sent_at": sent_at, "media": tuple(saved["media"]), "visible_at": 0}
        return cls(**kept)


class Texts:
    """Every text of this carrier, found by sid, by either number, and newest first."""

    def __init__(self) -> None:
        self.version = 0
        self._by_sid: dict[str, Text] = {}
        self._all: list[Text] = []
        self._by_to: dict[str, list[Text]] = {}
        self._by_sender: dict[str, list[Text]] = {}
        self._phones: dict[str, None] = {}

    def next_seq(self) -> int:
        """A number higher than every text's so far."""
        return self._all[-1].seq + 1 if self._all else 1

    def add(self, text: Text) -> None:
        """Take in a text whose `seq` is the highest so far."""
        self._by_sid[text.sid] = text
        self._all.append(text)
        self._by_to.setdefault(text.to, []).append(text)
        self._by_sender.setdefault(text.sender, []).append(text)
        self._phones.pop(text.phone, None)
        self._phones[text.phone] = None
        self.version += 1

    def get(self, sid: str) -> Text | None:
        """The text of this sid."""
        return self._by_sid.get(sid)

    def changed(self) -> None:
        """Say that something a phone shows is different."""
        self.version += 1

    def drop(self, text: Text) -> None:
        """Forget a text. It stays in the sequence lists, where its missing sid hides it."""
        self._by_sid.pop(text.sid, None)
        text.body = ""
        self.version += 1

    def newest(self, *, to: str | None = None, sender: str | None = None) -> Iterator[Text]:
        """Texts from the newest to the oldest, narrowed by number through an index."""
        if to is not None:
            found: Sequence[Text] = self._by_to.get(to, ())
        elif sender is not None:
            found = self._by_sender.get(sender, ())
        else:
            found = self._all
        for text in reversed(found):
            if text.sid in self._by_sid and (sender is None or text.sender == sender):
                yield text

    def with_phone(self, number: str) -> Iterator[Text]:
        """Everything this phone sent or was sent, newest first."""
        yield from merge(
            (text for text in self.newest(to=number) if not text.inbound),
            (text for text in self.newest(sender=number) if text.inbound),
            key=lambda text: -text.seq,
        )

    def phones(self) -> list[str]:
        """Client numbers with texts, the most recently active first."""
        return list(reversed(self._phones))

    def __iter__(self) -> Iterator[Text]:
        return (text for text in self._all if text.sid in self._by_sid)

    def __len__(self) -> int:
        return len(self._by_sid)
