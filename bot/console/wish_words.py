"""What somebody on the waitlist waits for, in words. Pure.

Invariant: nothing that narrows the wish is left out, so that staff can read why somebody was not asked.
"""

from typing import Final

from bot.console.book_of_names import Names
from waitlist.entry_store import Entry
from waitlist.matching import Misfit, WeeklyWindow
from waitlist.opening_store import Opening, OpeningKind

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
PARTS: Final = (
    ("morning", "Morning", 0, 720),
    ("afternoon", "Afternoon", 720, 1020),
    ("evening", "Evening", 1020, 1440),
)
"""Parts of a day in the grid: key, name, from and until, minutes after midnight."""
MISFITS: Final[dict[Misfit, str]] = {
    Misfit.NOT_WAITING: "no longer waits",
    Misfit.PAUSED: "has paused",
    Misfit.QUIET: "has not answered whether they still wait",
    Misfit.GAVE_IT_UP: "gave this time up",
    Misfit.OTHER_SERVICE: "waits for another service",
    Misfit.OTHER_RHYTHM: "waits for the other list: a weekly time, or one visit",
    Misfit.OTHER_CLINICIAN: "waits for another clinician",
    Misfit.OTHER_PLACE: "waits for another place",
    Misfit.OTHER_DAY: "wants other days",
    Misfit.OTHER_HOURS: "wants other hours",
    Misfit.TOO_SHORT_NOTICE: "needs longer notice",
    Misfit.NOT_EARLIER: "has a visit that is earlier",
    Misfit.HAS_A_VISIT_THEN: "has a visit then",
    Misfit.ASKED_ALREADY: "was asked already",
    Misfit.HOLDS_ANOTHER_OFFER: "holds another offer",
}
_MINUTES_A_DAY: Final = 1440


def wish_of(entry: Entry, book: Names) -> str:
    """Service, clinicians, place, hours, notice; the days, which are written as the reader writes them, stand apart."""
    clinicians = " or ".join(book.clinician(each) for each in entry.clinician_ids) or "any clinician"
    often = " every week" if entry.weekly else ""
    words = [f"{book.service(entry.service_id)}{often} with {clinicians}", hours_of(entry.windows)]
    if entry.location_id:
        words.insert(1, f"at {book.location(entry.location_id)}")
    if entry.min_notice_minutes:
        words.append(f"{notice_of(entry.min_notice_minutes)} notice")
    return ", ".join(words)


def sort_of(opening: Opening) -> str:
    """What there is to know of a freed time besides when it is; empty of a plain one."""
    if opening.kind is OpeningKind.WEEKLY:
        weeks = opening.every_weeks or 1
        return "every week from then on" if weeks == 1 else f"every {weeks} weeks from then on"
    words = {
        OpeningKind.REFITTED: "cut or joined to fit this service",
        OpeningKind.INSTEAD: "held for one who came second, and for nobody else",
        OpeningKind.SEAT: "a place in a group that meets anyway",
    }.get(opening.kind, "")
    return words or ("freed by a claim" if opening.depth else "")


def hours_of(windows: tuple[WeeklyWindow, ...]) -> str:
    """The hours that suit, by weekday: Mon morning, Tue morning and evening."""
    if not windows:
        return "any time"
    by_day: dict[int, list[str]] = {}
    for window in sorted(windows, key=lambda each: (each.weekday, each.from_minute)):
        by_day.setdefault(window.weekday, []).append(_part(window))
    return ", ".join(f"{DAYS[day]} {' and '.join(parts)}".strip() for day, parts in by_day.items())


def notice_of(minutes: int) -> str:
    """How much notice, in the unit people would use."""
    if minutes % _MINUTES_A_DAY == 0:
        days = minutes // _MINUTES_A_DAY
        return "1 day" if days == 1 else f"{days} days"
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"


def _part(window: WeeklyWindow) -> str:
    for _, name, start, end in PARTS:
        if (window.from_minute, window.until_minute) == (start, end):
            return name.lower()
    if (window.from_minute, window.until_minute) == (0, _MINUTES_A_DAY):
        return ""
    return f"{_clock(window.from_minute)}-{_clock(window.until_minute)}"


def _clock(minute: int) -> str:
    return f"{minute // 60}:{minute % 60:02}"
