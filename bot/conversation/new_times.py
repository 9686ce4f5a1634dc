"""Another time: real ones, held for ten minutes and chosen by number. The old time is kept until then."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from bot.conversation.compared import NOT_COMPARED, besides, compared
from bot.conversation.hand_over import ask_about, ask_staff, leave_to_the_office
from bot.conversation.numbered import HANDLING, ask_numbered
from bot.conversation.question_store import Option, Question, QuestionKind
from bot.conversation.say import say
from bot.conversation.turn import Turn
from bot.conversation.wished import Fits, fitting, latest_wished, says_when
from bot.conversation.wished_before import Stretch, is_within, kept_days, named_days_of, names_hours_alone, on_the_first
from messages.kinds import Kind
from messages.particulars import Particulars
from messages.tasks import TaskKind
from scheduler.actions.hold import hold
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.calendar.open_times import OpenTime, open_times
from scheduler.calendar.wallclock import zone_of
from scheduler.core.record import Tx
from scheduler.people import store as people

HELD_FOR: Final = timedelta(minutes=10)
SOONEST: Final = timedelta(hours=2)
"""Times sooner than this are not offered: they have to be chosen, and reached."""

LOOK_AHEAD: Final = timedelta(days=21)
STEP_MINUTES: Final = 30
WISHED_STEP_MINUTES: Final = 15


async def offer_times(
    tx: Tx, turn: Turn, visit: Visit, *, but_not: Collection[str] = (), days: Sequence[Stretch] = ()
) -> str:
    """Hold and offer up to three times, none of `but_not` (ISO instants offered before).

    `days` were wished for a moment ago: an hour that is named now is one of theirs. They are those that were wished
    for, if any are open; else near the wish, or near the visit. A visit with others in it (a couple, a group) is not
    moved by one of them: staff are asked.
    """
    if await appointments.active_count(tx, visit.appointment_id) > 1:
        return await leave_to_the_office(tx, turn, visit)
    held = await hold_and_ask(tx, turn, visit, visit.starts_at, but_not, days=days)
    if held is None:
        return await _none(tx, turn, visit)
    if held.only:
        particulars = Particulars(starts_at=visit.starts_at, other_at=held.options[0], deadline=held.until)
        await say(tx, turn, Kind.WISH_FREE, particulars, visit=visit)
    else:
        await tell_choice(tx, turn, held, visit.client_id, standing=visit.starts_at if visit.is_active else None)
    return "times_offered"


@dataclass(frozen=True, slots=True)
class HeldTimes:
    """Times held for a number until then, and asked about. `only`: the one that was named, with the visit to keep."""

    options: tuple[datetime, ...]
    until: datetime
    exact: bool
    only: bool


async def hold_and_ask(
    tx: Tx,
    turn: Turn,
    like: Visit,
    near: datetime,
    but_not: Collection[str],
    *,
    book: bool = False,
    days: Sequence[Stretch] = (),
) -> HeldTimes | None:
    """Hold up to three times for a visit like this one and open the question; None when there are none.

    `book`: the number chosen books one more visit, where else it moves this one.
    """
    fits = await open_near(tx, turn, like, near, but_not, days=days)
    more = {"before": sorted(but_not), "days": kept_days(named_days_of(turn.when) or days)}
    return await _hold(tx, turn, like, fits, {**more, "book": True} if book else more)


async def offer_back(tx: Tx, turn: Turn, visit: Visit) -> bool:
    """Hold the hour of a visit that was cancelled and offer it again; False when it is not free any more."""
    free = await _free(tx, visit, tx.now, visit.starts_at + timedelta.resolution, WISHED_STEP_MINUTES)
    its_own = tuple(time for time in free if time.starts_at == visit.starts_at)[:1]
    held = await _hold(tx, turn, visit, Fits(its_own, exact=True), {"before": [], "days": []}) if its_own else None
    if held is not None:
        await tell_choice(tx, turn, held, visit.client_id)
    return held is not None


async def _hold(tx: Tx, turn: Turn, like: Visit, fits: Fits, more: dict[str, Any]) -> HeldTimes | None:
    question_id = tx.new_id()
    until = tx.now + HELD_FOR
    kept = await hold(
        tx,
        holder_id=question_id,
        kind="choice",
        service_id=like.service_id,
        times=fits.times,
        expires_at=until + HANDLING,
    )
    if not kept:
        return None
    only = fits.only and like.is_active and "book" not in more
    options = options_of(kept, more)
    await ask_numbered(
        tx,
        turn,
        QuestionKind.TIMES,
        [*options, {"n": 2, "keep": True}] if only else options,
        until,
        question_id=question_id,
        client_id=like.client_id,
        participation_id=like.participation_id,
    )
    return HeldTimes(tuple(time.starts_at for time in kept), until, fits.exact, only)


async def tell_choice(tx: Tx, turn: Turn, held: HeldTimes, client_id: str, *, standing: datetime | None = None) -> None:
    """Say the held times by number; `standing` is the visit that stays until one is chosen."""
    shown = Kind.TIMES_OFFERED if held.exact else Kind.TIMES_NEAR
    particulars = Particulars(starts_at=standing, options=held.options, deadline=held.until)
    await say(tx, turn, shown, particulars, client_id=client_id)


def offered_before(question: Question) -> frozenset[str]:
    """The times of a question, and those its client had turned down before it."""
    times = [option for option in question.options if "starts_at" in option]
    seen = {option["starts_at"] for option in times}
    return frozenset(seen.union(*(option["before"] for option in times)))


def days_wished(question: Question) -> tuple[Stretch, ...]:
    """The days that the times of a question were wished for on; empty when no day was named."""
    kept: list[list[str]] = next((option["days"] for option in question.options if option.get("days")), [])
    return tuple((date.fromisoformat(first), date.fromisoformat(last)) for first, last in kept)


async def open_near(
    tx: Tx, turn: Turn, visit: Visit, near: datetime, but_not: Collection[str], *, days: Sequence[Stretch] = ()
) -> Fits:
    """What is open for a visit like this one and fits what they wished for; nothing that overlaps one of theirs."""
    moved = near == visit.starts_at and visit.is_active
    when = besides(turn.when, near.astimezone(turn.zone).replace(tzinfo=None)) if moved else turn.when
    than = compared(turn.inbound.body) if moved else NOT_COMPARED
    if days and names_hours_alone(when):
        near = on_the_first(days, near, turn.zone)
    else:
        days = ()
    near = max(near, tx.now + SOONEST)
    latest = max(near + LOOK_AHEAD, latest_wished(when, turn.zone, tx.now) or near)
    step = WISHED_STEP_MINUTES if says_when(when) or than.by else STEP_MINUTES
    free = [
        time
        for time in await _free(tx, visit, tx.now + SOONEST, latest, step)
        if time.starts_at.isoformat() not in but_not and time.starts_at != visit.starts_at
    ]
    zone = turn.zone if says_when(when) else zone_of(visit.zone)
    within = [time for time in free if is_within(days, time.starts_at.astimezone(zone))] if days else free
    return fitting(within or free, when, near, zone, apart=await _takes(tx, visit), than=than)


async def _free(tx: Tx, visit: Visit, earliest: datetime, latest: datetime, step_minutes: int) -> list[OpenTime]:
    """What is open for a visit like this one and overlaps none of the client's others."""
    found = await open_times(
        tx,
        clinician_ids=(visit.clinician_id,),
        service_id=visit.service_id,
        earliest=earliest,
        latest=latest,
        step_minutes=step_minutes,
    )
    upcoming = await appointments.upcoming(tx, (visit.client_id,), tx.now)
    mine = [other for other in upcoming if other.participation_id != visit.participation_id]
    return [
        time
        for time in found
        if not any(time.starts_at < other.ends_at and other.starts_at < time.ends_at for other in mine)
    ]


async def _takes(tx: Tx, visit: Visit) -> timedelta:
    """How much of a day a visit like this one takes, buffers included."""
    service = await people.service(tx, visit.service_id)
    if service is None:
        return visit.ends_at - visit.starts_at
    minutes = service.duration_minutes + service.buffer_before_minutes + service.buffer_after_minutes
    return timedelta(minutes=minutes)


def options_of(kept: Sequence[OpenTime], more: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The held times as numbered options of a question; `more` is what stands with each of them."""
    return [
        {
            "n": number,
            "starts_at": time.starts_at.isoformat(),
            "clinician_id": time.clinician_id,
            "location_id": time.location_id,
            **more,
        }
        for number, time in enumerate(kept, start=1)
    ]


def start_of(option: Option) -> datetime:
    """The instant of an offered time."""
    return datetime.fromisoformat(option["starts_at"])


async def _none(tx: Tx, turn: Turn, visit: Visit) -> str:
    """Nothing to offer: a person calls, and the visit stays as it is."""
    await ask_staff(tx, turn, participation_id=visit.participation_id)
    await ask_about(tx, turn, TaskKind.CALL, visit, dedupe=f"call:{visit.participation_id}")
    particulars = Particulars(starts_at=visit.starts_at if visit.is_active else None)
    await say(tx, turn, Kind.TIMES_NONE, particulars, client_id=visit.client_id)
    return "no_times"
