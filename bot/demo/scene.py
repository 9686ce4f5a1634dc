"""The scene the demo opens on: who may be played on the phones, and what is set up for them.

One client has a visit tomorrow to confirm, one a visit tomorrow that is too near to cancel in time, and two wait for
an earlier time with that clinician. One more has no phone on the page: they missed a visit a week ago, for which the
policy charges nothing, and have one on the first morning. A third waits for the very time that one of the two would
give up, so that one freed hour leads to the next. Invariant: these times are booked before the series are
dealt, so they are free.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from bot.demo.people import CLIENTS
from bot.demo.practice import ZONE, Office, number_of
from scheduler.actions.book import book
from scheduler.appointments import store as appointments
from scheduler.calendar.wallclock import at_minute, local_day, zone_of
from scheduler.core.record import Tx
from waitlist.actions.join import join
from waitlist.matching import WeeklyWindow

CONFIRMS, CANCELS, FIRST, SECOND, THIRD, SPANISH, MISSES = 0, 1, 4, 5, 6, 2, 3  # places in people.CLIENTS
STILL_WAIT: Final = range(42, 48)  # of those who are not played
HOLLOWAY, RENNER, NAKAMURA, ACHTERBERG = 0, 1, 2, 3  # places in people.CLINICIANS
WAITLIST_AGE: Final = timedelta(days=12)
"""So long before the demo begins, those joined who wait then; for nobody of them with the last of the clinicians."""
_TUESDAY: Final = 1
_ZONE = zone_of(ZONE)


@dataclass(frozen=True, slots=True)
class Played:
    """A visit booked for one of the scene: whose, with which clinician, days after the demo's first, and when."""

    person: int
    clinician: int
    days: int
    minute: int


PLAYED: Final = (
    Played(CONFIRMS, RENNER, 1, 13 * 60),
    Played(CANCELS, NAKAMURA, 1, 9 * 60),
    Played(SPANISH, HOLLOWAY, 1, 11 * 60),
    Played(FIRST, NAKAMURA, 10, 10 * 60),
    Played(SECOND, NAKAMURA, 14, 13 * 60),
    Played(THIRD, NAKAMURA, 21, 13 * 60),
)
MISSED: Final = (Played(MISSES, HOLLOWAY, -7, 9 * 60), Played(MISSES, HOLLOWAY, 0, 9 * 60))
PLAYED_PEOPLE: Final = frozenset(each.person for each in (*PLAYED, *MISSED))


def first_moment(now: datetime) -> datetime:
    """The next Tuesday, twenty to nine in the practice's morning: the day is about to begin, texts may leave soon."""
    today = local_day(now, _ZONE)
    day = today + timedelta(days=(_TUESDAY - today.weekday()) % 7)
    begins = at_minute(day, 8 * 60 + 40, _ZONE)
    return begins if begins >= now else at_minute(day + timedelta(days=7), 8 * 60 + 40, _ZONE)


def phones() -> list[dict[str, str]]:
    """The phones the page shows from the start."""
    people = [CLIENTS[each.person] for each in PLAYED]
    return [{"number": number_of(each), "title": f"{each.first}'s phone"} for each in people]


def steps() -> list[str]:
    """What to try, in order."""
    names = {place: CLIENTS[place].first for place in (CONFIRMS, CANCELS, FIRST, SECOND, SPANISH, MISSES)}
    return [
        "Press “Play the afternoon” and watch the phones, or go step by step:",
        "Press “Jump to the next event” until reminders arrive on the phones, at ten in the morning.",
        f"On {names[CONFIRMS]}'s phone reply C, or “ok see you then”. The visit is confirmed.",
        f"On {names[CANCELS]}'s phone reply N, or “so sorry, can't make it”. It is late, and accepted.",
        f"Jump again: after two minutes of grace {names[FIRST]} and {names[SECOND]} are asked: the time is near.",
        f"Reply A on {names[SECOND]}'s phone: the first yes has it, and a later visit is given up for it.",
        f"{names[FIRST]} is told at once, kindly, and stays on the list. In the console, see why each was asked.",
        f"{names[SPANISH]} reads Spanish: reply “sí”, or “no puedo ir”.",
        "Reply R on any phone for three other times, held for ten minutes; answer with a number.",
        "Open a link in a text: nothing happens until a button is pressed.",
        f"In the console mark {names[MISSES]}'s nine o'clock as missed. It is the second time: a fee is proposed.",
        "Approve it as the biller, then read the report and the audit page.",
    ]


def afternoon() -> list[dict[str, Any]]:
    """What the page of phones can play by itself: freed times, offers, a pass, two claims, one leading to the other."""
    grace: dict[str, Any] = {"seconds": 180}
    return [
        {},
        _says(CONFIRMS, "C"),
        {"seconds": 2 * 3600},
        _says(CONFIRMS, "I have to cancel tomorrow after all, sorry"),
        grace,
        _says(CANCELS, "so sorry, can't make it"),
        grace,
        _says(FIRST, "P"),
        _says(SECOND, "A"),
        grace,
        _says(THIRD, "A"),
        grace,
    ]


def _says(person: int, words: str) -> dict[str, Any]:
    return {"phone": number_of(CLIENTS[person]), "body": words}


async def book_scene(tx: Tx, office: Office, first_day: date) -> None:
    """The visits of those who are played."""
    for each in (*MISSED, *PLAYED):
        await book(
            tx,
            clinician_id=office.clinicians[each.clinician],
            service_id=office.session,
            location_id=office.location,
            client_ids=[office.clients[each.person]],
            starts_at=at_minute(first_day + timedelta(days=each.days), each.minute, _ZONE),
            told=False,
        )


async def fill_waitlist(tx: Tx, office: Office) -> None:
    """The two who are played want to come earlier to the clinician whose time comes free, a third on Tuesdays only.

    Others wait for others.
    """
    for priority, person in ((2, FIRST), (1, SECOND)):
        later = (await appointments.upcoming(tx, [office.clients[person]], tx.now))[0]
        await join(
            tx,
            client_id=office.clients[person],
            replaces_participation_id=later.participation_id,
            service_id=office.session,
            clinician_ids=[office.clinicians[NAKAMURA]],
            priority=priority,
        )
    then = (await appointments.upcoming(tx, [office.clients[THIRD]], tx.now))[0]
    await join(
        tx,
        client_id=office.clients[THIRD],
        replaces_participation_id=then.participation_id,
        service_id=office.session,
        clinician_ids=[office.clinicians[NAKAMURA]],
        windows=[WeeklyWindow(_TUESDAY, 12 * 60, 17 * 60)],
    )
    for number, person in enumerate(STILL_WAIT):
        await join(
            tx,
            client_id=office.clients[person],
            service_id=office.session,
            clinician_ids=[office.clinicians[number % 2]],
            min_notice_minutes=24 * 60,
        )
