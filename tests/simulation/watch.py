"""The promises, asserted from outside: on what the carrier was asked, on what is committed, and at the end of a week.

Nothing here asks the product whether it behaved; the rules are written down once more, as plainly as possible.
Invariant: a week without a broken promise leaves no violation, and a broken one says which and how.
"""

from collections import Counter
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from messages.channels.base import Outgoing
from scheduler import check
from scheduler.core.record import Record
from tests.simulation.carrier import SimCarrier, Taken, short
from tests.simulation.engines import Disturbance
from tests.simulation.eye import Eye, Row, certain, instant, one
from tests.simulation.journal import Journal
from tests.simulation.practice import Practice
from tests.simulation.promises import (
    ALWAYS,
    BOOKED,
    CALLED,
    CANCELLED,
    LINK,
    MESSAGES,
    OVERDUE,
    STATUSES,
    UNANSWERED,
    WON_BY_LINK,
    WON_BY_TEXT,
)

TOUCHES: Final = frozenset({"booked", "reminder", "reminder_confirmed"})
CAPPED: Final = TOUCHES | {"offer", "still_waiting"}
NOTICES: Final = frozenset(
    {"enrolment", "waitlist_joined", "offer_expired", "offer_withdrawn", "clinician_cancelled", "rescheduled_by_staff"}
)
WINDOWED: Final = CAPPED | NOTICES
ANSWERS_STOP: Final = frozenset({"stop_confirmed", "opt_out_by_link"})
STAFF_KINDS: Final = frozenset({"crisis_alert", "engine_alert"})
PURPOSE: Final = {
    **dict.fromkeys(TOUCHES | {"enrolment", "clinician_cancelled", "rescheduled_by_staff"}, "reminders"),
    **dict.fromkeys({"offer", "still_waiting", "waitlist_joined", "offer_expired", "offer_withdrawn"}, "waitlist"),
}
STANDING: Final = TOUCHES | {
    "confirmed", "moved", "kept", "late_noted", "arrived_noted", "unsure", "offer_won",
    "rescheduled_by_staff", "visit_or_stop", "reminder_set",
}  # fmt: skip
_CLIMB: Final = "scheduled accepted queued sending sent canceled failed undelivered partially_delivered delivered read"
RANK: Final = {word: rank for rank, word in enumerate(_CLIMB.split())}
STATES: Final = {
    "message": "SELECT id, state AS was FROM message",
    "participation": "SELECT id, state || '/' || attendance AS was FROM participation",
    "appointment": "SELECT id, state || '/' || revision AS was FROM appointment",
    "offer": "SELECT id, state AS was FROM offer",
    "opening": "SELECT id, state AS was FROM opening",
    "waitlist_entry": "SELECT id, state AS was FROM waitlist_entry",
    "contact_point": "SELECT id, state AS was FROM contact_point",
    "inbound": "SELECT id, state AS was FROM inbound",
    "fee_entry": "SELECT id, kind AS was FROM fee_entry",
    "consent": "SELECT id, 'kept' AS was FROM consent",
}
EVERYTHING: Final = frozenset({""})
LEASE: Final = timedelta(seconds=30)
# Between the last look at a message and its post there is a moment that no check can close.
A_MOMENT: Final = timedelta(seconds=2.1)
NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)
BUFFERS: Final = timedelta(minutes=10)  # practice.py: five before and five after each visit
A_WHILE: Final = timedelta(seconds=15)


@dataclass
class Watch:
    """Looks at everything."""

    practice: Practice
    record: Record
    eye: Eye
    journal: Journal
    carrier: SimCarrier
    disturb: Disturbance
    late_hours: int = 24
    _seen_seq: int = 0
    _full_seq: int = 0
    _looks: int = 0
    _states: dict[str, dict[str, str]] = field(default_factory=dict)
    _ranks: dict[str, int] = field(default_factory=dict)
    _judged: set[str] = field(default_factory=set)
    _intended_at: dict[str, datetime] = field(default_factory=dict)

    # --- at the moment of a call ------------------------------------------------------------------------------

    async def call_begins(self, outgoing: Outgoing) -> None:
        """The carrier is being asked to send: may it be, at this very moment?"""
        row = await one(self.eye, CALLED, id=outgoing.reference)
        now = self.journal.clock.now()
        name = f"{row['kind'] if row else '?'} {short(outgoing.reference)}/{outgoing.attempt}"
        self.journal.say("worker", f"posts {name}")
        if row is None or row["state"] != "intent" or row["attempt"] != outgoing.attempt:
            self.journal.violated("13 intent precedes the call", f"{name} in state {row['state'] if row else None}")
            return
        if now > certain(row["deadline"]):
            self.journal.violated("13 nothing after its deadline", name)
        if row["kind"] in STAFF_KINDS:
            return
        intended = certain(row["intent_at"])
        if now > certain(row["useful_until"]) + LEASE:
            self.journal.violated("1 nothing after it is useful", name)
        await self._consented(row, intended, name)
        await self._not_stopped(row, outgoing, now, name)
        await self._not_superseded(row, now, name)
        await self._not_paused(row, intended, name)
        self._in_window(row, intended, name)
        self._intended_at[f"{outgoing.reference}/{outgoing.attempt}"] = intended

    async def _consented(self, row: Row, intended: datetime, name: str) -> None:
        purpose = PURPOSE.get(row["kind"])
        if purpose is None:
            return
        given = await self.eye.rows(
            "SELECT granted, at FROM consent WHERE contact_point_id = :c AND channel = :ch AND purpose = :p "
            "ORDER BY at DESC, id DESC",
            c=row["contact_point_id"],
            ch=row["channel"],
            p=purpose,
        )
        newest = next((each for each in given if certain(each["at"]) <= intended), None)
        if newest is None or not newest["granted"]:
            self.journal.violated("2 no send without consent", name)
        if row["point_state"] in {"removed", "invalid", "quarantined"} and row["kind"] != "wrong_number":
            changed = await self._entered_at("contact_point", row["contact_point_id"])
            if changed is not None and changed < intended:
                self.journal.violated("2 no send to a number that is not in use", name)

    async def _not_stopped(self, row: Row, outgoing: Outgoing, now: datetime, name: str) -> None:
        if row["kind"] in ANSWERS_STOP or row["channel"] != "sms":
            return
        stop = await one(
            self.eye,
            "SELECT stopped, at, acknowledged_at FROM opt_out WHERE address_ix = :ix AND channel = 'sms'",
            ix=row["address_ix"],
        )
        if stop is not None and stop["stopped"] and stop["acknowledged_at"] is not None:
            self.journal.violated("3 no send after STOP is acknowledged", name)
        for person in self.practice.at(outgoing.to):
            if person.stopped_at is not None and person.stopped_at + A_WHILE < now:
                self.journal.violated("3 whom staff recorded as stopped is left in peace", f"{name} to {person.number}")
            if person.stop_sid is None:
                continue
            heard = await one(self.eye, "SELECT state, handled_at FROM inbound WHERE sid = :sid", sid=person.stop_sid)
            handled = instant(heard["handled_at"]) if heard else None
            if handled is not None and handled + A_WHILE < now:
                self.journal.violated("3 who said STOP is left in peace", f"{name} to client {person.number}")

    async def _not_superseded(self, row: Row, now: datetime, name: str) -> None:
        if row["kind"] not in STANDING or row["place_state"] is None:
            return
        current = row["revision"] is None or row["revision"] == row["revision_now"]
        active = row["place_state"] in {"booked", "confirmed"} and row["visit_state"] == "booked"
        if current and active and not (row["place_state"] == "confirmed" and _quiet(row)):
            return
        changes = [
            await self._entered_at("appointment", row["appointment_id"]),
            await self._entered_at("participation", row["participation_id"]),
        ]
        if all(at is None or at < now - A_MOMENT for at in changes):
            how = "another time" if not current else ("a cancelled visit" if not active else "a confirmed visit")
            self.journal.violated("10 no message about a superseded time", f"{name} is about {how}")

    async def _not_paused(self, row: Row, intended: datetime, name: str) -> None:
        if row["kind"] not in TOUCHES:
            return
        held = await one(self.eye, "SELECT paused_at FROM sending WHERE practice_id = :p", p=self.practice.id)
        since = instant(held["paused_at"]) if held else None
        if since is not None and since + A_MOMENT < intended:
            self.journal.violated("17 nothing planned leaves while it is held back", name)

    async def offer_won(self, offer_id: str, at: datetime) -> None:
        """Somebody has just taken an offered time by a link."""
        row = await one(self.eye, WON_BY_LINK, id=offer_id)
        if row is None or at > certain(row["starts_at"]):
            self.journal.violated("7 a time that has begun is won by nobody", short(offer_id))

    async def _entered_at(self, subject: str, subject_id: str) -> datetime | None:
        found = await one(
            self.eye,
            "SELECT max(at) AS at FROM audit_entry WHERE practice_id = :p AND subject = :s AND subject_id = :id",
            p=self.practice.id,
            s=subject,
            id=subject_id,
        )
        return instant(found["at"]) if found else None

    def _in_window(self, row: Row, intended: datetime, name: str) -> None:
        if row["kind"] not in WINDOWED:
            return
        local = intended.astimezone(ZoneInfo(row["client_zone"] or row["practice_zone"]))
        minute = local.hour * 60 + local.minute
        if not row["send_from_minute"] <= minute < row["send_until_minute"]:
            self.journal.violated("4 quiet hours", f"{name} at {local:%H:%M} local")

    async def accepted(self, taken: Taken) -> None:
        """The carrier has taken a message: once, and within the caps?"""
        same = [each for each in self.carrier.ledger if each.to == taken.to and each.body == taken.body]
        row = await one(self.eye, CALLED, id=taken.ref)
        if row is None:
            return
        if len(same) > 1:
            twins = await self.eye.rows(
                "SELECT id FROM message WHERE address_ix = :ix AND body_hash = :h",
                ix=row["address_ix"],
                h=row["body_hash"],
            )
            if len(same) > len(twins):
                self.journal.violated("1 one accepted message per row", f"{row['kind']} {short(taken.ref)} sent twice")
        if row["kind"] in CAPPED:
            await self._within_caps(taken, row)

    async def _within_caps(self, taken: Taken, row: Row) -> None:
        if len({each.zone for each in self.practice.at(taken.to)}) > 1:
            return
        zone = ZoneInfo(row["client_zone"] or row["practice_zone"])
        kinds = {each["id"]: each["kind"] for each in await self.eye.rows(UNANSWERED, id=taken.ref)}
        days = []
        for each in self.carrier.ledger:
            if each.to == taken.to and kinds.get(each.ref) in CAPPED and not each.ever_failed:
                days.append(self._intended_at[f"{each.ref}/{each.attempt}"].astimezone(zone).date())
        today = self._intended_at[f"{taken.ref}/{taken.attempt}"].astimezone(zone).date()
        week = sum(1 for day in days if today - timedelta(days=7) < day <= today)
        if days.count(today) > row["daily_cap"] or week > row["weekly_cap"]:
            self.journal.violated(
                "5 cap", f"{row['kind']} {short(taken.ref)}: {days.count(today)} a day, {week} a week"
            )

    # --- after every step -------------------------------------------------------------------------------------

    async def step(self) -> None:
        """Something may have been committed."""
        self.journal.steps += 1
        head = await one(self.eye, "SELECT seq FROM audit_head WHERE practice_id = :p", p=self.practice.id)
        if head is None or head["seq"] == self._seen_seq:
            return
        self._seen_seq = head["seq"]
        self._looks += 1
        written, self.disturb.written = self.disturb.written, set()
        await self._always(written)
        if written & {"appointment", ""}:
            await self._buffers()
        if written & {"message", ""}:
            await self._statuses()
        if written & {"participation", "appointment", ""}:
            await self._late_classes()
        if self._looks % 20 == 0:
            await self.full_look()

    async def _always(self, written: AbstractSet[str] = EVERYTHING) -> None:
        """What must never be found, of all that these writes could have brought about."""
        for promise, sql, tables in ALWAYS:
            if written & tables or "" in written:
                for row in await self.eye.rows(sql, p=self.practice.id, now=self.journal.clock.now()):
                    self.journal.violated(promise, " ".join(str(value)[-12:] for value in row.values()))

    async def full_look(self) -> None:
        """Every row's state against what it was, and against the audit trail."""
        await self._always()
        await self._buffers()
        entered = await self.eye.rows(
            "SELECT subject, subject_id FROM audit_entry WHERE practice_id = :p AND seq > :seq",
            p=self.practice.id,
            seq=self._full_seq,
        )
        head = await one(self.eye, "SELECT seq FROM audit_head WHERE practice_id = :p", p=self.practice.id)
        noted = {row["subject_id"] for row in entered}
        for table, sql in STATES.items():
            now = {
                row["id"]: row["was"]
                for row in await self.eye.rows(f"{sql} WHERE practice_id = :p", p=self.practice.id)
            }
            before = self._states.get(table, {})
            for each, state in now.items():
                # A contact point that comes with its client is entered with it.
                born = table == "contact_point" and each not in before
                if before.get(each) != state and not born and each not in noted:
                    self.journal.violated(
                        "11 every state change is in the audit", f"{table} {short(each)} became {state}"
                    )
            self._states[table] = now
        self._full_seq = head["seq"] if head else 0
        if self._looks % 400 == 0:
            await self.check()

    async def check(self) -> None:
        """The product's own check must agree."""
        for finding in await check.check(self.record, self.practice.id):
            self.journal.violated(f"check: {finding.code}", f"{finding.table} {short(str(finding.id))}")

    async def _buffers(self) -> None:
        """Between two visits of a clinician lies what both services keep free."""
        last: dict[str, datetime] = {}
        for row in await self.eye.rows(BOOKED, p=self.practice.id):
            starts_at = certain(row["starts_at"])
            if starts_at < last.get(row["clinician_id"], NEVER) + BUFFERS:
                self.journal.violated("6 no clinician is double-booked", f"{short(row['id'])} begins without a pause")
            last[row["clinician_id"]] = certain(row["ends_at"])

    async def _statuses(self) -> None:
        """Statuses only climb, as long as it is the same attempt at the carrier."""
        for row in await self.eye.rows(STATUSES, p=self.practice.id):
            rank = RANK.get(row["provider_status"], -1)
            if rank < self._ranks.get(row["sid"], -1):
                self.journal.violated("9 status never falls", f"{short(row['sid'])} to {row['provider_status']}")
            self._ranks[row["sid"]] = rank

    async def _late_classes(self) -> None:
        """Late or not, by when the words were sent and by nothing else."""
        for row in await self.eye.rows(CANCELLED, p=self.practice.id):
            key = f"{row['id']}{row['cancelled_at']}"
            if key in self._judged:
                continue
            self._judged.add(key)
            at = certain(row["cancelled_at"])
            sent = next((each.at for each in self.carrier.received if each.sid == row["sid"]), None)
            if row["sid"] is not None and sent is None:
                self.journal.violated("15 late class", f"{short(row['id'])} was cancelled by a text nobody sent")
            # A webhook takes a moment, and the carrier's list counts whole seconds.
            if sent is not None and not sent - timedelta(seconds=1) <= at <= sent + timedelta(seconds=3):
                self.journal.violated("15 late class", f"{short(row['id'])} counted from {at}, sent at {sent}")
            edge = certain(row["starts_at"]) - timedelta(hours=self.late_hours)
            late = row["state"] == "late_cancelled"
            if late != (at > edge):
                self.journal.violated("15 late class", f"{short(row['id'])} is {row['state']}")

    # --- at the end -------------------------------------------------------------------------------------------

    async def at_rest(self) -> None:
        """Everything has had time to settle: nothing hangs, nothing is lost, nothing is made up."""
        long_ago = self.journal.clock.now() - timedelta(minutes=10)
        rows = await self.eye.rows(MESSAGES, p=self.practice.id)
        by_sid = {taken.sid: taken for taken in self.carrier.ledger}
        words = {row["id"]: row["body_hash"] for row in rows}
        for row in rows:
            name = f"{row['kind']} {short(row['id'])}"
            if row["state"] in {"intent", "unknown"} and certain(row["intent_at"]) < long_ago:
                self.journal.violated("14 unknown drains", f"{name} is still {row['state']} ({row['reason']})")
            if row["state"] == "pending" and certain(row["due_at"]) < long_ago:
                self.journal.violated("14 what is due is dealt with", f"{name} is pending ({row['reason']})")
            taken = by_sid.get(row["sid"] or "")
            if row["channel"] == "sms" and row["state"] == "sent" and taken is None:
                self.journal.violated("1 nothing lost", f"{name} is called sent, and the carrier never had it")
            if taken is not None:
                self._as_it_was(name, row, taken, words)
        known = {row["sid"] for row in rows}
        for taken in self.carrier.ledger:
            if taken.sid not in known and taken.at < long_ago:
                self.journal.violated("1 nothing lost", f"accepted {short(taken.ref)}, and no row knows")
        for row in await self.eye.rows(OVERDUE, p=self.practice.id, then=long_ago):
            self.journal.violated("14 what is due is dealt with", f"{row['what']} {short(row['id'])}")
        await self._inbound_at_rest()
        await self._won_in_time()
        await self.full_look()
        await self.check()

    def _as_it_was(self, name: str, row: Row, taken: Taken, words: Mapping[str, object]) -> None:
        """A row that has a sid: are they the same words, and was everything that was heard understood?"""
        if taken.ref != row["id"] and words.get(taken.ref) != row["body_hash"]:
            self.journal.violated("1 nothing lost", f"{name} is called sent, but that was {short(taken.ref)}")
        heard = max((RANK[word] for word in taken.heard), default=-1)
        if row["provider_status"] is not None and RANK.get(row["provider_status"], -1) < heard:
            self.journal.violated("9 status never falls", f"{name} is {row['provider_status']}, more was heard")

    async def _inbound_at_rest(self) -> None:
        stored = {
            row["sid"]: row["state"]
            for row in await self.eye.rows("SELECT sid, state FROM inbound WHERE practice_id = :p", p=self.practice.id)
        }
        for sent in self.carrier.received:
            if stored.get(sent.sid) != "handled":
                self.journal.violated("1 no text of a client is lost", f"{sent.body!r} is {stored.get(sent.sid)}")
        for sid, times in Counter(await self._handled()).items():
            if times > 1:
                self.journal.violated("1 a text acts once", f"{short(sid)} was handled {times} times")

    async def _won_in_time(self) -> None:
        """Who won an offer by a text had sent it before the time began. A late yes may win what nobody has."""
        sent = {each.sid: each.at for each in self.carrier.received}
        for row in await self.eye.rows(WON_BY_TEXT, p=self.practice.id):
            if sent[row["sid"]] > certain(row["starts_at"]):
                self.journal.violated("7 a time that has begun is won by nobody", short(row["id"]))

    async def _handled(self) -> list[str]:
        found = await self.eye.rows(
            "SELECT subject_id FROM audit_entry WHERE practice_id = :p AND action = 'inbound.handled'",
            p=self.practice.id,
        )
        return [row["subject_id"] for row in found]

    # --- behind a link ----------------------------------------------------------------------------------------

    async def link_opened(self, link_id: str) -> None:
        """A link is alive: may it be?"""
        row = await one(self.eye, LINK, id=link_id)
        assert row is not None
        moved = row["revision"] is not None and row["revision"] != row["revision_now"]
        if row["revoked_at"] is not None or certain(row["expires_at"]) <= self.journal.clock.now() or moved:
            self.journal.violated("16 a dead link has no power", f"{row['purpose']} link {short(link_id)}")
        if row["stopped"]:
            self.journal.violated("16 a dead link has no power", f"{row['purpose']} link of a number that said STOP")


def _quiet(row: Row) -> bool:
    fields: Any = row["fields"]
    return (
        '"only_if_unconfirmed": true' in fields if isinstance(fields, str) else bool(fields.get("only_if_unconfirmed"))
    )
