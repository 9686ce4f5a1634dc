"""Somebody comes to wait: their record, their consent, the visit they have already, and their place on the list.

Invariant: what is written is what the product's own actions write for such a person; only the number is invented.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from bot.simulate import sim_store
from bot.simulate.practice import HOURS, ZONE, Person
from messages.kinds import Channel
from scheduler.actions.book import book
from scheduler.core.ids import Chance
from scheduler.core.record import Tx
from scheduler.people import client_edit_store as edits
from scheduler.people.client_fields import ClientFields
from waitlist.actions.join import join
from waitlist.matching import Wish

TRIES: Final = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Founded:
    """The practice as it was set up."""

    practice: str
    location: str
    clinicians: tuple[str, ...]
    services: tuple[str, ...]


@dataclass(slots=True)
class Waiting:
    """Somebody on the list, as the world knows them. `quiet`: asked whether they still wait, and silent since."""

    person: Person
    client_id: str
    entry_id: str
    wish: Wish
    quiet: bool = False


async def arrive(tx: Tx, founded: Founded, who: Person, taken: set[tuple[int, datetime]], chance: Chance) -> Waiting:
    """They join the list. `taken`: the times of the grid that are booked; theirs is added."""
    client_id = await _add_client(tx, who)
    service_id = founded.services[who.service]
    clinicians = tuple(founded.clinicians[n] for n in who.clinicians)
    replaces, later = await _later_visit(tx, founded, who, client_id, taken, chance)
    entry_id = await join(
        tx,
        client_id=client_id,
        service_id=service_id,
        clinician_ids=clinicians,
        windows=who.windows,
        min_notice_minutes=who.notice_minutes,
        replaces_participation_id=replaces,
    )
    wish = Wish(
        entry_id=entry_id,
        client_id=client_id,
        service_id=service_id,
        waiting=True,
        joined_at=tx.now,
        clinician_ids=clinicians,
        windows=who.windows,
        min_notice_minutes=who.notice_minutes,
        replaces_at=later,
    )
    return Waiting(who, client_id, entry_id, wish)


async def _add_client(tx: Tx, who: Person) -> str:
    client_id, point_id = tx.new_id(), tx.new_id()
    row = edits.client_row(tx, client_id, ClientFields("Client", f"No {who.number}"))
    phone = f"+1{200 + who.number // 10_000 % 800}555{who.number % 10_000:04}"
    point = edits.contact_row(tx, tx.vault.box(row["data_key"]), point_id, client_id, "phone", phone)
    await edits.insert_rows(tx, [row], [point], [])
    agreed = {"contact_point_id": point_id, "channel": Channel.SMS.value, "granted": True, "wording": "form_1"}
    await sim_store.add_consents(tx, [{**agreed, "purpose": "waitlist"}])
    return client_id


async def _later_visit(
    tx: Tx, founded: Founded, who: Person, client_id: str, taken: set[tuple[int, datetime]], chance: Chance
) -> tuple[str | None, datetime | None]:
    """The visit they have already, booked for real, so that a claim frees its time for the next."""
    free = _free_time(tx.now, who, len(founded.clinicians), taken, chance)
    if free is None:
        return None, None
    taken.add(free)
    clinician, start = free
    booked = await book(
        tx,
        clinician_id=founded.clinicians[clinician],
        service_id=founded.services[who.service],
        location_id=founded.location,
        client_ids=(client_id,),
        starts_at=start,
        told=False,
    )
    return booked.participation_ids[0], start


def _free_time(
    now: datetime, who: Person, clinicians: int, taken: set[tuple[int, datetime]], chance: Chance
) -> tuple[int, datetime] | None:
    if who.later_days is None:
        return None
    day = now.date() + timedelta(days=who.later_days)
    day -= timedelta(days=max(0, day.weekday() - 4))
    for _ in range(TRIES):
        clinician, hour = chance.randrange(clinicians), chance.choice(HOURS)
        start = datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(ZONE))
        if (clinician, start) not in taken:
            return clinician, start
    return None
