"""Making the demo's record: the practice, its four months, its scene, its accounts, and the plan of texts to come."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.auth import account_store
from bot.auth.people import add_account
from bot.demo.history import WEEKS, Story
from bot.demo.past import PastClock
from bot.demo.practice import ZONE, Office, set_up
from bot.demo.scene import NAKAMURA, WAITLIST_AGE, book_scene, fill_waitlist
from bot.settings import Settings
from bot.wiring import open_record
from messages import plan
from scheduler.access import Role
from scheduler.actions import propose_fee
from scheduler.calendar.wallclock import at_minute, local_day, zone_of
from scheduler.core.actor import OPERATOR, Actor, ActorKind, Via
from scheduler.core.ids import seeded_chance
from scheduler.core.record import Subscriptions, Tx
from scheduler.events import AttendanceMarked, ParticipationCancelled, PolicyChanged

SEED = 7
STAFF = {
    Role.OWNER: ("owner@demo.example", "Marguerite Fontaine"),
    Role.FRONT_DESK: ("desk@demo.example", "Cornelius Aldridge"),
    Role.CLINICIAN: ("clinician@demo.example", "Dr. Priscilla Nakamura"),
    Role.BILLER: ("biller@demo.example", "Henrietta Lindholm"),
    Role.AUDITOR: ("auditor@demo.example", "Leopold Wainwright"),
}


@dataclass(frozen=True, slots=True)
class Seeded:
    """The practice and its accounts by role."""

    practice_id: str
    users: dict[str, str]


async def seed(
    settings: Settings, begins: datetime, real_now: datetime, say: Callable[[str], None], *, weeks: int = WEEKS
) -> Seeded:
    """Fill an empty, migrated database. `begins` is the demo's first moment, its past began `weeks` before."""
    clock = PastClock()
    record = await open_record(settings, clock)
    record.subscriptions = _of_the_past()
    try:
        zone = zone_of(ZONE)
        first_day = local_day(begins, zone) - timedelta(weeks=weeks)
        clock.set(at_minute(first_day, 7 * 60, zone))
        practice_id = record.make_id(clock.now())
        say("setting up the practice")
        async with record.write(practice_id, OPERATOR) as tx:
            office = await set_up(tx, first_day)
            await book_scene(tx, office, local_day(begins, zone))
            users = {str(role): await _account(tx, role, office, real_now) for role in STAFF}
        say(f"telling {weeks} weeks of history")
        biller = Actor(ActorKind.STAFF, users[Role.BILLER], Via.CONSOLE, frozenset({Role.BILLER.value}))
        story = Story(record, clock, practice_id, office, biller, seeded_chance(SEED))
        await story.tell(first_day, begins, {local_day(begins - WAITLIST_AGE, zone): fill_waitlist})
        async with record.write(practice_id, OPERATOR) as tx:
            await plan.on_policy_changed(tx, PolicyChanged(1))
    finally:
        await record.close()
    return Seeded(practice_id, users)


def _of_the_past() -> Subscriptions:
    """Fees are proposed as they would have been; nothing of the past is texted or offered."""
    told = Subscriptions()
    told.on(ParticipationCancelled, propose_fee.on_cancelled)
    told.on(AttendanceMarked, propose_fee.on_attendance)
    return told


async def _account(tx: Tx, role: Role, office: Office, real_now: datetime) -> str:
    """An account that is let in by its door alone: it has neither password nor second factor."""
    email, name = STAFF[role]
    own = office.clinicians[NAKAMURA] if role is Role.CLINICIAN else None
    user_id = await add_account(tx, email=email, name=name, roles=[role], clinician_id=own, now=real_now)
    await account_store.change(tx, user_id, state="active")
    return user_id
