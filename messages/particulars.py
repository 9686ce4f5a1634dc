"""What a message row remembers of what it is about: instants, small numbers, and how it is to be treated.

It is stored as JSON beside the row and joined with the practice's label and a link when the words are made
(compose.py). Invariant: there is no field that could hold a person's words, name or address.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Self


@dataclass(frozen=True, slots=True, kw_only=True)
class Particulars:
    """All instants are aware; they are stored in UTC and shown in the reader's zone.

    The names are those of `kinds.SafeFields`. Of `starts_at`, a row about a visit may be silent: the record knows.
    `language` overrides the client's (they wrote in another one). `only_if_unconfirmed`: a touch that is not needed
    once the client has confirmed.
    """

    starts_at: datetime | None = None
    other_at: datetime | None = None
    deadline: datetime | None = None
    options: tuple[datetime, ...] = ()
    count: int | None = None
    late_hours: int | None = None
    late_minutes: int | None = None
    language: str | None = None
    only_if_unconfirmed: bool = False
    several: bool = False
    weekly: bool = False
    asks: bool = False

    def to_json(self) -> dict[str, Any]:
        """What the row stores; empty fields are left out."""
        return {field.name: _stored(getattr(self, field.name)) for field in fields(self) if getattr(self, field.name)}

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Self:
        """What `to_json` stored."""
        return cls(**{name: _read(name, value) for name, value in stored.items()})


NO_PARTICULARS = Particulars()
_INSTANTS = frozenset({"starts_at", "other_at", "deadline"})


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return [_stored(each) for each in value] if isinstance(value, tuple) else value


def _read(name: str, value: Any) -> Any:
    if name in _INSTANTS:
        return datetime.fromisoformat(value)
    return tuple(map(datetime.fromisoformat, value)) if name == "options" else value
