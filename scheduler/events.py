"""What happened, for the layers above: frozen, ids only.

Actions emit these into their transaction; subscribers bound in bot/wiring.py act before the commit.
Invariant: an event names things, it never carries what they contain.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Event:
    """The root of all events."""


@dataclass(frozen=True, slots=True)
class ParticipationBooked(Event):
    """A client has a place in an appointment. `told` False: nobody texts about it (imports, series, history)."""

    participation_id: str
    told: bool = True


@dataclass(frozen=True, slots=True)
class VisitsImported(Event):
    """Many places at once, carried over from another program: their touches are planned, nobody is told."""

    participation_ids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ParticipationConfirmed(Event):
    """The client (or staff for them) said the visit stands."""

    participation_id: str


@dataclass(frozen=True, slots=True)
class ParticipationCancelled(Event):
    """A place was given up. `by` is client | practice | claim; `late` as the policy in force says.

    `told` False: the client hears of it in another way (the end of a series is told once).
    """

    participation_id: str
    by: str
    late: bool
    told: bool = True


@dataclass(frozen=True, slots=True)
class ParticipationRestored(Event):
    """A cancellation was undone within its minutes; the place is as before."""

    participation_id: str


@dataclass(frozen=True, slots=True)
class AppointmentMoved(Event):
    """An appointment has a new time (and a higher revision). `by` is client | practice; `before` is the old start.

    Of a series that moved as a whole, the first visit says how often it comes round (`every_weeks`), and the others
    come with `told` False: nobody hears of each.
    """

    appointment_id: str
    by: str
    before: str | None = None
    every_weeks: int | None = None
    told: bool = True


@dataclass(frozen=True, slots=True)
class TimeFreed(Event):
    """A stretch of a clinician's time became free, by a cancellation or a move. `depth` counts claims before it.

    `with_series`: a weekly time moved with it, and SeriesEnded speaks of that.
    """

    clinician_id: str
    service_id: str
    location_id: str
    starts_at: str  # ISO instants: the stretch has no row of its own any more
    ends_at: str
    freed_participation_id: str | None
    depth: int = 0
    with_series: bool = False


@dataclass(frozen=True, slots=True)
class SeatFreed(Event):
    """A place became free in a visit that takes place anyway, of a service whose free places are offered."""

    appointment_id: str
    freed_participation_id: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class SeriesEnded(Event):
    """A series has no visits any more from a day on: its weekly time is free. `depth` as that of TimeFreed.

    `freed_participation_id`: the place in the first visit that was given up with it, if one was.
    """

    series_id: str
    from_day: str
    depth: int = 0
    freed_participation_id: str | None = None


@dataclass(frozen=True, slots=True)
class TimeTaken(Event):
    """A stretch of a clinician's time was booked. Openings that overlap it are over, their offers withdrawn."""

    clinician_id: str
    appointment_id: str
    starts_at: str
    ends_at: str
    claim_offer_id: str | None = None  # set when a waitlist claim booked it


@dataclass(frozen=True, slots=True)
class AttendanceMarked(Event):
    """The board said what became of a visit."""

    participation_id: str
    attendance: str


@dataclass(frozen=True, slots=True)
class PolicyChanged(Event):
    """A new version of the reminder policy is in force: everything still waiting is planned again."""

    version: int


@dataclass(frozen=True, slots=True)
class ContactChanged(Event):
    """A client's contact points or consents changed: what was planned may go elsewhere, or nowhere."""

    client_id: str


@dataclass(frozen=True, slots=True)
class NumberStopped(Event):
    """A number said STOP (or asked to be left alone). Address as blind index, hex."""

    address_hex: str
    channel: str


@dataclass(frozen=True, slots=True)
class MessageUndeliverable(Event):
    """A message ended without reaching anybody: a person may have to call."""

    message_id: str
