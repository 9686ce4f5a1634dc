"""What somebody on the waitlist may wish for, and whether that makes sense in this practice.

Joining (actions/join.py) and changing one's mind (actions/change.py) ask the same of a wish; that is here. Whose turn
it is stands apart: no wish moves anybody up. Invariant: a wish that passed has hours, days and parts that exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

from scheduler.appointments import store as appointments
from scheduler.calendar.wallclock import DAYS_PER_WEEK, MINUTES_PER_DAY
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Reading
from scheduler.people import store as people
from waitlist.matching import WeeklyWindow

LONGEST_NOTICE_MINUTES = 14 * MINUTES_PER_DAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """Empty `clinician_ids` and `windows` mean any; so does no `location_id`.

    `replaces_participation_id` is a booked visit of theirs that a claim would release; only earlier times are offered
    then. `weekly`: they wait for a time of every week, and the visit they would give up is one of their old series,
    which ends then. After the day `expires_on` the entry leaves by itself.
    """

    clinician_ids: Sequence[str] = ()
    windows: Sequence[WeeklyWindow] = ()
    earliest_day: date | None = None
    latest_day: date | None = None
    min_notice_minutes: int = 0
    location_id: str | None = None
    expires_on: date | None = None
    replaces_participation_id: str | None = None
    weekly: bool = False

    def named(self) -> dict[str, Any]:
        """Every wish by its name, as `join` takes them."""
        return {each.name: getattr(self, each.name) for each in fields(self)}

    def columns(self) -> dict[str, Any]:
        """As the row of an entry keeps them."""
        return {
            "clinician_ids": list(self.clinician_ids),
            "windows": [[each.weekday, each.from_minute, each.until_minute] for each in self.windows],
            "earliest_day": self.earliest_day,
            "latest_day": self.latest_day,
            "min_notice_minutes": self.min_notice_minutes,
            "location_id": self.location_id,
            "expires_on": self.expires_on,
            "replaces_participation_id": self.replaces_participation_id,
            "weekly": self.weekly,
        }


async def require_sensible(r: Reading, client_id: str, wishes: Wishes) -> None:
    """Pass only wishes that can come true.

    Raises:
        NotFound: a clinician or the place is not of this practice or no longer active; or the visit to be replaced is
            not this client's.
        Invalid: hours, days or the notice make no sense; `field` says which.
        Conflict: `visit_is_over` for the one to be replaced.
    """
    for clinician_id in wishes.clinician_ids:
        clinician = await people.clinician(r, clinician_id)
        if clinician is None or not clinician.active:
            raise NotFound("clinician", clinician=clinician_id)
    if wishes.location_id is not None and await people.location(r, wishes.location_id) is None:
        raise NotFound("location", location=wishes.location_id)
    _require_hours(wishes)
    _require_days(wishes)
    await _require_replaceable(r, client_id, wishes.replaces_participation_id)


def _require_hours(wishes: Wishes) -> None:
    for window in wishes.windows:
        hours = 0 <= window.from_minute < window.until_minute <= MINUTES_PER_DAY
        if not hours or window.weekday not in range(DAYS_PER_WEEK):
            raise Invalid("hours_make_no_sense", field="windows")
    if not 0 <= wishes.min_notice_minutes <= LONGEST_NOTICE_MINUTES:
        raise Invalid("notice_out_of_range", field="min_notice_minutes")


def _require_days(wishes: Wishes) -> None:
    first = wishes.earliest_day
    for name in ("latest_day", "expires_on"):
        day: date | None = getattr(wishes, name)
        if first and day and day < first:
            raise Invalid("ends_before_it_begins", field=name)


async def _require_replaceable(r: Reading, client_id: str, participation_id: str | None) -> None:
    if participation_id is None:
        return
    visit = await appointments.visit(r, participation_id)
    if visit is None or visit.client_id != client_id:
        raise NotFound("participation", participation=participation_id)
    if not visit.is_active or visit.starts_at <= r.now:
        raise Conflict("visit_is_over", participation=participation_id)
