"""Put a free time up for the waitlist: after a cancellation, or because staff want it filled."""

from datetime import datetime

from scheduler.calendar.wallclock import Span
from scheduler.core.record import Tx
from waitlist import edit_store
from waitlist.matching import too_soon
from waitlist.opening_store import OpeningKind


async def open_time(
    tx: Tx,
    *,
    clinician_id: str,
    service_id: str,
    location_id: str,
    span: Span,
    first_wave_at: datetime | None = None,
    freed_participation_id: str | None = None,
    depth: int = 0,
    kind: OpeningKind = OpeningKind.FREED,
    every_weeks: int | None = None,
    appointment_id: str | None = None,
) -> str | None:
    """An opening whose first offer is made at `first_wave_at` (at once, if None); its id.

    None when it would then start too soon to be offered; that is noted and nothing else happens.
    """
    wave_at = first_wave_at or tx.now
    if too_soon(span.starts_at, wave_at):
        tx.note("opening.not_made", "participation", freed_participation_id, reason="too_soon")
        return None
    opening_id = tx.new_id()
    await edit_store.add_opening(
        tx,
        {
            "id": opening_id,
            "clinician_id": clinician_id,
            "service_id": service_id,
            "location_id": location_id,
            "freed_participation_id": freed_participation_id,
            "starts_at": span.starts_at,
            "ends_at": span.ends_at,
            "depth": depth,
            "next_wave_at": wave_at,
            "kind": kind,
            "every_weeks": every_weeks,
            "appointment_id": appointment_id,
        },
    )
    tx.note("opening.made", "opening", opening_id, participation=freed_participation_id, depth=depth, kind=kind.value)
    return opening_id
