"""A day as rows: visits, times held for the waitlist, free times, and the present between them.

Pure but for names it is given. Invariant: rows come in order of time, and each visit of the day has exactly one.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from bot.console.audit_words import duration
from bot.console.book_of_names import Names
from bot.console.standing import marks, may_confirm, may_restore, may_unmark, standing
from scheduler.appointments.store import Visit
from scheduler.attendance.states import Attendance
from scheduler.calendar.availability import OpenWindow
from scheduler.calendar.store import Hold
from scheduler.calendar.wallclock import Span
from scheduler.people.store import Client

SHORTEST_FREE: Final = timedelta(minutes=30)
"""A shorter gap is a breather, not a time to book."""
MODALITIES: Final = {"telehealth": "by video"}


NEAR: Final = timedelta(minutes=90)
"""How long before its start a visit is marked in the list of the day; earlier, on its own page."""


@dataclass(frozen=True, slots=True)
class VisitRow:
    """A visit as a row shows it. `about` says whose it is, for those who hear a button's name.

    `near`: its marks belong into the list of the day; `lively`: somebody is about to come.
    """

    id: str
    starts_at: datetime
    title: str
    length: str
    detail: str
    state: str
    word: str
    past: bool
    gone: bool
    marks: tuple[Attendance, ...]
    may_unmark: bool
    may_confirm: bool
    may_restore: bool
    near: bool
    lively: bool
    kind: str = "visit"

    @property
    def href(self) -> str:
        """The visit's page."""
        return f"/console/visits/{self.id}"

    @property
    def about(self) -> str:
        """Whose visit."""
        return self.title

    @property
    def acts(self) -> bool:
        """Whether there is anything to press."""
        return bool(self.marks) or self.may_unmark or self.may_confirm or self.may_restore

    @property
    def in_list(self) -> "VisitRow":
        """The same row as the list of a day shows it: nobody marks the afternoon at breakfast."""
        return self if self.near else replace(self, marks=())


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A time kept for somebody."""

    starts_at: datetime
    length: str
    until: datetime
    detail: str
    kind: str = "hold"


@dataclass(frozen=True, slots=True)
class FreeRow:
    """A time nobody has taken."""

    clinician_id: str
    starts_at: datetime
    ends_at: datetime
    kind: str = "free"


@dataclass(frozen=True, slots=True)
class NowRow:
    """Between what was and what comes."""

    starts_at: datetime
    kind: str = "now"


Row = VisitRow | HoldRow | FreeRow | NowRow


@dataclass(frozen=True, slots=True)
class Shown:
    """What rows are made with. `one`: the day of one clinician, whose name then goes without saying."""

    names: Names
    clients: Mapping[str, Client]
    now: datetime
    one: bool
    may_mark: bool
    may_write: bool


def visit_rows(visits: Sequence[Visit], shown: Shown) -> list[VisitRow]:
    """A row for each."""
    together = Counter(visit.appointment_id for visit in visits if visit.is_active)
    return [visit_row(visit, shown, together[visit.appointment_id]) for visit in visits]


def visit_row(visit: Visit, shown: Shown, together: int = 1) -> VisitRow:
    """One visit; `together` is how many clients are expected at its appointment."""
    state, word = standing(visit, shown.now)
    client = shown.clients.get(visit.client_id)
    return VisitRow(
        id=visit.participation_id,
        starts_at=visit.starts_at,
        title=client.display if client else "No longer on file",
        length=length_of(visit.starts_at, visit.ends_at),
        detail=_detail(visit, shown, together),
        state=state,
        word=word,
        past=visit.ends_at <= shown.now and state != "unmarked",
        gone=not visit.is_active,
        marks=marks(visit, shown.now) if shown.may_mark else (),
        may_unmark=shown.may_mark and may_unmark(visit),
        may_confirm=shown.may_write and may_confirm(visit, shown.now),
        may_restore=shown.may_write and may_restore(visit, shown.now),
        near=visit.starts_at - shown.now <= NEAR,
        lively=visit.ends_at > shown.now and visit.starts_at - shown.now < timedelta(hours=1),
    )


def hold_rows(holds: Iterable[Hold], shown: Shown) -> list[HoldRow]:
    """A row for each time that is kept for the waitlist, or while somebody chooses."""
    words = {"offer": "Offered to the waitlist", "choice": "A client is choosing a time"}
    return [
        HoldRow(
            hold.starts_at,
            length_of(hold.starts_at, hold.ends_at),
            hold.expires_at,
            ", ".join(_unless(shown.one, words.get(hold.kind, ""), shown.names.clinician(hold.clinician_id))),
        )
        for hold in holds
    ]


def free_rows(
    clinician_id: str, windows: Iterable[OpenWindow], taken: Sequence[Span], since: datetime
) -> list[FreeRow]:
    """The gaps of a clinician's open windows from an instant on, the short ones left out."""
    found = []
    for window in windows:
        start = max(window.starts_at, since)
        for span in [*sorted(taken, key=lambda each: each.starts_at), Span(window.ends_at, window.ends_at)]:
            end = min(span.starts_at, window.ends_at)
            if end - start >= SHORTEST_FREE:
                found.append(FreeRow(clinician_id, start, end))
            start = max(start, span.ends_at)
    return found


def in_order(rows: Iterable[Row], now: datetime | None) -> list[Row]:
    """By time, with the present in its place if it is one of the day's."""
    order = {"now": 0, "visit": 1, "hold": 2, "free": 3}
    present: list[Row] = [NowRow(now)] if now is not None else []
    return sorted([*rows, *present], key=lambda row: (row.starts_at, order[row.kind]))


def length_of(starts_at: datetime, ends_at: datetime) -> str:
    """How long, in words: 50 min, 1 h 30 min."""
    minutes = (ends_at - starts_at) // timedelta(minutes=1)
    if minutes < 100:  # noqa: PLR2004 -- up to here people count in minutes
        return f"{minutes} min"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def _detail(visit: Visit, shown: Shown, together: int) -> str:
    service = shown.names.services.get(visit.service_id)
    words = [service.name if service else ""]
    if service and service.modality in MODALITIES:
        words.append(MODALITIES[service.modality])
    if together > 1 and visit.is_active:
        words.append(f"one of {together}")
    if not shown.one:
        words.append(shown.names.clinician(visit.clinician_id))
    if not visit.is_active and visit.cancelled_at:
        words.append(_notice(visit.starts_at - visit.cancelled_at))
    return ", ".join(word for word in words if word)


def _notice(ahead: timedelta) -> str:
    return f"cancelled {duration(max(0, ahead // timedelta(minutes=1)))} before"


def _unless(one: bool, first: str, second: str) -> list[str]:  # noqa: FBT001 -- the flag is the question
    return [first] if one else [first, second]
