"""What tests of sending talk to: an office, its workers, and the carrier that knows what was really sent."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import aiohttp
from aiohttp import web
from sqlalchemy import select

from bot.sandbox.carrier import Carrier
from bot.sandbox.faults import Faults
from bot.sandbox.inbound import take_in
from messages import consent, crash_points, plan
from messages.channels.base import Channel as Way
from messages.channels.twilio_sms import TwilioAccount, TwilioSms
from messages.consent import StopSource
from messages.delivery_callback import Callback, record_callback
from messages.kinds import Channel, Kind
from messages.limits import Limits
from messages.outbox import Draft, address_ix, enqueue
from messages.outbox_store import Message, messages_of
from messages.particulars import Particulars
from messages.settle import Settler
from messages.transmit import Sweep, Transmitter
from scheduler import tables
from scheduler.actions.clients import edit_client
from scheduler.actions.save_reminder_policy import save_reminder_policy
from scheduler.core.actor import CARRIER, WORKER
from scheduler.core.record import Record, Subscriptions
from scheduler.events import (
    AppointmentMoved,
    ContactChanged,
    ParticipationBooked,
    ParticipationCancelled,
    ParticipationConfirmed,
    ParticipationRestored,
    PolicyChanged,
)
from scheduler.people import client_edit_store
from scheduler.people import store as people
from scheduler.reminders.policy import Channel as PolicyChannel
from scheduler.reminders.policy import Days, Hours, Touch
from tests.rig.clock import ManualClock
from tests.rig.office import OWNER, SENDER, Known, Office, local

# Patient enough for a busy machine; tests of a carrier that hangs are not.
LIMITS = Limits(http_timeout=5, lease=30, settle=30, look_again=5, batch=50, in_flight=10)
VISIT = local("2026-03-11 14:00")  # a week after the rig's clock begins
THREE_DAYS = Touch("three_days", Days(3, 10 * 60), PolicyChannel.SMS)
DAY_BEFORE = Touch("day_before", Days(1, 10 * 60), PolicyChannel.SMS, only_if_unconfirmed=True)
TWO_HOURS = Touch("two_hours", Hours(2), PolicyChannel.SMS)


def bind(subscriptions: Subscriptions) -> Subscriptions:
    subscriptions.on(ParticipationBooked, plan.on_booked)
    subscriptions.on(AppointmentMoved, plan.on_moved)
    subscriptions.on(ParticipationConfirmed, plan.on_confirmed)
    subscriptions.on(ParticipationCancelled, plan.on_cancelled)
    subscriptions.on(ParticipationRestored, plan.on_restored)
    subscriptions.on(PolicyChanged, plan.on_policy_changed)
    subscriptions.on(ContactChanged, plan.on_contact_changed)
    return subscriptions


def status_webhook(record: Record, seconds: float = 0) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The status edge without its signature: what it hands on is what bot/twilio/status.py hands on."""

    async def take(request: web.Request) -> web.Response:
        await asyncio.sleep(seconds)
        form = await request.post()
        code = form.get("ErrorCode")
        async with record.write(request.match_info["practice"], CARRIER) as tx:
            await record_callback(
                tx,
                Callback(
                    message_id=request.query["m"],
                    attempt=int(request.query["a"]),
                    sid=str(form["MessageSid"]),
                    status=str(form["MessageStatus"]),
                    error_code=int(str(code)) if code else None,
                ),
            )
        return web.Response()

    return take


@dataclass
class Post:
    record: Record
    clock: ManualClock
    office: Office
    carrier: Carrier
    session: aiohttp.ClientSession
    api_base: str
    public_url: str
    ways: dict[Channel, Way] = field(default_factory=dict)
    limits: Limits = LIMITS
    workers: int = field(default=0)

    @classmethod
    def make(
        cls,
        record: Record,
        clock: ManualClock,
        office: Office,
        carrier: Carrier,
        session: aiohttp.ClientSession,
        base: str,
        public_url: str,
    ) -> "Post":
        made = cls(record, clock, office, carrier, session, base, public_url)
        made.credentials()
        return made

    @property
    def practice_id(self) -> str:
        return self.office.practice_id

    def transmitter(self) -> Transmitter:
        """A worker of its own, as another process would have."""
        self.workers += 1
        return Transmitter(
            self.record, self.ways, self.limits, worker=f"test-{self.workers}", public_url=self.public_url
        )

    def settler(self) -> Settler:
        return Settler(self.record, self.ways, self.limits)

    def faults(self, **wanted: Any) -> None:
        self.carrier.set_faults(Faults(**wanted))

    async def policy(self, *touches: Touch) -> None:
        async with self.record.write(self.practice_id, OWNER) as tx:
            await save_reminder_policy(tx, touches, {})

    async def say(self, client: Known, dedupe: str = "one", **more: Any) -> str:
        """Queue a plain answer to a client; returns its message id."""
        assert client.phone_id is not None
        draft = {
            "kind": Kind.CONFIRMED,
            "channel": Channel.SMS,
            "to": client.phone_id,
            "dedupe": dedupe,
            "fields": Particulars(starts_at=VISIT),
        }
        async with self.record.write(self.practice_id, OWNER) as tx:
            message_id = await enqueue(tx, Draft(**{**draft, **more}))
        assert message_id is not None
        return message_id

    async def send(self) -> Sweep:
        """One round of sending, then let callbacks come in."""
        swept = await self.transmitter().run(self.practice_id)
        if swept.posted:
            await self.hear()
        return swept

    async def hear(self) -> None:
        """Wait until the carrier has told what it has to tell at this hour."""
        quiet = 0
        while quiet < 3:
            await asyncio.sleep(0.001)
            under_way = [task for task in self.carrier.callback_tails.values() if not task.done()]
            quiet = 0 if under_way else quiet + 1
            if under_way:
                await asyncio.wait(under_way)

    async def settle(self) -> int:
        return await self.settler().run(self.practice_id)

    async def run(self, span: timedelta = timedelta(minutes=5), step: float = 5) -> None:
        """Let workers go round while time passes."""
        until = self.clock.now() + span
        while self.clock.now() < until:
            await self.send()
            await self.settle()
            await self.acknowledge()
            self.clock.advance(step)
        await self.send()

    async def acknowledge(self) -> int:
        async with self.record.write(self.practice_id, WORKER) as tx:
            return await consent.acknowledge_stops(tx)

    async def callback(self, message_id: str, attempt: int, sid: str, status: str, code: int | None = None) -> Any:
        async with self.record.write(self.practice_id, CARRIER) as tx:
            told = Callback(message_id=message_id, attempt=attempt, sid=sid, status=status, error_code=code)
            return await record_callback(tx, told)

    async def phone_says(self, number: str, words: str) -> None:
        """A text to the practice whose webhook nobody hears."""
        take_in(self.carrier, phone=number, to=self.sender, body=words)

    def at(self, hook: Callable[[str], None]) -> None:
        """Do something at every named place the code comes to."""
        crash_points.install(hook)

    @property
    def sender(self) -> str:
        return SENDER

    async def stop(self, client: Known) -> None:
        async with self.record.write(self.practice_id, OWNER) as tx:
            await consent.stop(tx, client.who.phone, Channel.SMS, StopSource.KEYWORD)

    async def start(self, client: Known) -> None:
        async with self.record.write(self.practice_id, OWNER) as tx:
            await consent.start(tx, client.who.phone, Channel.SMS)

    async def contact_state(self, client: Known) -> str:
        async with self.record.read(self.practice_id) as r:
            point = await people.contact_point(r, client.phone_id or "")
            assert point is not None
            return point.state

    async def offer_like(self, client: Known, dedupe: str) -> str:
        """Something windowed and capped that is about nothing in particular."""
        fields = Particulars(starts_at=VISIT, deadline=VISIT)
        until = self.clock.now() + timedelta(days=4)
        return await self.say(client, dedupe, kind=Kind.OFFER, fields=fields, useful_until=until)

    async def disagree_quietly(self, client: Known) -> None:
        """Consent withdrawn so that no subscriber hears of it: only the gate is left to see it."""
        async with self.record.write(self.practice_id, OWNER) as tx:
            await client_edit_store.withdraw_consents(tx, client.phone_id or "", wording="test", how="form")

    async def visit_link(self, client: Known) -> str:
        """The token of a link that was texted to the client."""
        _, (participation_id,) = await book(self, client)
        await self.say(client, "linked", kind=Kind.REMINDER, participation_id=participation_id, revision=1)
        await self.send()
        return self.bodies(client.who.phone)[-1].partition("/l/")[2][:22]

    async def agree(
        self, client: Known, contact_point_id: str | None = None, *, purpose: str = "reminders", how: str = "form"
    ) -> None:
        async with self.record.write(self.practice_id, OWNER) as tx:
            point = contact_point_id or client.phone_id or ""
            await consent.grant(tx, point, Channel.SMS, purpose, wording="test-form-2", how=how)

    async def edit_client(self, client: Known, **changes: Any) -> None:
        async with self.record.write(self.practice_id, OWNER) as tx:
            known = await people.client(tx, client.id)
            assert known is not None
            await edit_client(tx, client.id, replace(client_edit_store.fields_of(known), **changes))

    async def is_stopped(self, client: Known) -> bool:
        async with self.record.read(self.practice_id) as r:
            return await consent.is_stopped(r, address_ix(r, client.who.phone, Channel.SMS), Channel.SMS)

    def credentials(self, token: str | None = None) -> None:
        """Use this token from now on; the right one when none is given."""
        config = self.carrier.config
        account = TwilioAccount(
            account_sid=config.account_sid, auth_token=token or config.auth_token, api_base=self.api_base
        )
        self.ways = {**self.ways, Channel.SMS: TwilioSms(account, self.session, timeout=5)}

    async def touches(self, client: Known) -> list[Message]:
        return [each for each in await self.messages(client) if each.touch is not None]

    async def messages(self, client: Known) -> list[Message]:
        async with self.record.read(self.practice_id) as r:
            return sorted(await messages_of(r, client.id), key=lambda each: (each.due_at, each.id))

    async def message(self, message_id: str) -> Message:
        async with self.record.read(self.practice_id) as r:
            m = tables.message
            client_id = (await r.conn.execute(select(m.c.client_id).where(m.c.id == message_id))).scalar_one()
            return next(each for each in await messages_of(r, client_id, 10_000) if each.id == message_id)

    async def unfinished(self) -> int:
        """How many messages have not come to an end."""
        m = tables.message
        async with self.record.read(self.practice_id) as r:
            wanted = select(m.c.id).where(m.c.state.in_(("pending", "intent", "unknown")))
            return len((await r.conn.execute(wanted)).all())

    async def tasks(self) -> list[tuple[str, str]]:
        t = tables.task
        async with self.record.read(self.practice_id) as r:
            rows = await r.conn.execute(select(t.c.kind, t.c.state).order_by(t.c.opened_at, t.c.id))
            return [(row.kind, row.state) for row in rows]

    async def noted(self, action: str) -> int:
        e = tables.audit_entry
        async with self.record.read(self.practice_id) as r:
            rows = await r.conn.execute(select(e.c.seq).where(e.c.action == action))
            return len(rows.all())

    def arrived(self) -> Counter[str]:
        """How often each of our messages was accepted by the carrier, in truth."""
        return Counter(
            entry.params["StatusCallback"].partition("m=")[2].partition("&")[0] for entry in self.carrier.ledger.find()
        )

    def bodies(self, to: str | None = None) -> list[str]:
        return [entry.params["Body"] for entry in self.carrier.ledger.find() if to is None or entry.to == to]


def about(number: int) -> Particulars:
    """Something that is said in other words than any other number."""
    return Particulars(starts_at=VISIT + timedelta(minutes=number))


async def book(post: Post, *clients: Known, at: datetime = VISIT, told: bool = True) -> tuple[str, Sequence[str]]:
    booked = await post.office.book(*clients, at=at, told=told)
    return booked.appointment_id, booked.participation_ids


def writing(post: Post) -> Any:
    return post.record.write(post.practice_id, OWNER)
