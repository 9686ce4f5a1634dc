"""The composition root: settings become a record, ways out, a worker and an application; events find their subscribers.

Nothing else in the program builds these. Invariant: whoever changes a visit, wherever it came from, has the same
subscribers run in the same transaction.
"""

import socket
from dataclasses import dataclass
from functools import partial
from typing import Any

import aiohttp

from bot.duties import duties
from bot.settings import Settings
from bot.worker import Worker
from messages import plan
from messages.channels.base import Channel as Way
from messages.channels.smtp import SmtpChannel, server_of
from messages.channels.twilio_calls import TwilioCalls
from messages.channels.twilio_sms import TwilioAccount, TwilioSms
from messages.channels.twilio_whatsapp import TwilioWhatsApp
from messages.kinds import Channel
from scheduler.actions import propose_fee
from scheduler.core import schema
from scheduler.core.clock import Clock
from scheduler.core.engine import open_engines
from scheduler.core.errors import Misconfigured
from scheduler.core.keys import load_ring, new_ring
from scheduler.core.record import Record, Subscriptions
from scheduler.core.vault import Vault
from scheduler.events import (
    AppointmentMoved,
    AttendanceMarked,
    ContactChanged,
    MessageUndeliverable,
    NumberStopped,
    ParticipationBooked,
    ParticipationCancelled,
    ParticipationConfirmed,
    ParticipationRestored,
    PolicyChanged,
    SeatFreed,
    SeriesEnded,
    TimeFreed,
    TimeTaken,
    VisitsImported,
)
from scheduler.people import key_store
from waitlist import missed_series, openings

CONNECTIONS = 256
"""To the carrier, at most: as many as all transmitters of a worker post at once, and some for reading lists."""


@dataclass(frozen=True, slots=True)
class Program:
    """What runs. `session` is the one HTTP session to the carrier."""

    settings: Settings
    record: Record
    session: aiohttp.ClientSession
    ways: dict[Channel, Way]

    def worker(self) -> Worker:
        """A worker with all duties."""
        return Worker(self.record, duties(self.settings, self.record, self.ways))

    async def close(self) -> None:
        """Give back connections."""
        await self.session.close()
        await self.record.close()


def subscriptions() -> Subscriptions:
    """Who is told of what. The order within one event is the order things are done in."""
    told = Subscriptions()
    told.on(ParticipationBooked, plan.on_booked)
    told.on(VisitsImported, plan.on_imported)
    told.on(AppointmentMoved, plan.on_moved)
    told.on(ParticipationConfirmed, plan.on_confirmed)
    told.on(ParticipationCancelled, plan.on_cancelled)
    told.on(ParticipationCancelled, propose_fee.on_cancelled)
    told.on(ParticipationRestored, plan.on_restored)
    told.on(ParticipationRestored, propose_fee.on_restored)
    told.on(ParticipationRestored, openings.on_restored)
    told.on(TimeTaken, openings.on_time_taken)
    told.on(TimeFreed, openings.on_time_freed)
    told.on(SeatFreed, openings.on_seat_freed)
    told.on(SeriesEnded, openings.on_series_ended)
    told.on(SeriesEnded, missed_series.on_series_ended)
    told.on(AttendanceMarked, propose_fee.on_attendance)
    told.on(AttendanceMarked, missed_series.on_attendance)
    told.on(PolicyChanged, plan.on_policy_changed)
    told.on(ContactChanged, plan.on_contact_changed)
    told.on(NumberStopped, openings.on_stopped)
    told.on(MessageUndeliverable, openings.on_undeliverable)
    return told


async def open_record(settings: Settings, clock: Clock) -> Record:
    """The record with its subscribers, if database and key ring are as they must be.

    Raises:
        Misconfigured: `keyring_foreign` when the ring does not open this database; else see `schema.require_current`
            and `load_ring`.
    """
    vault = Vault(load_ring(settings.keyring))
    engines = open_engines(settings.database_url.get_secret_value())
    record = Record(engines, clock, vault, subscriptions=subscriptions())
    try:
        await schema.require_current(engines)
        await _require_fitting(record)
    except BaseException:
        await engines.close()
        raise
    return record


def bare_record(settings: Settings, clock: Clock) -> Record:
    """A record that nothing was asked of yet, with keys that open nothing: for those who only look whether it lives."""
    return Record(open_engines(settings.database_url.get_secret_value()), clock, Vault(new_ring()))


async def _require_fitting(record: Record) -> None:
    # Found out at the start: later it would be an error on every page, with new records sealed by the wrong ring.
    async with record.read("") as r:
        wrapped = await key_store.keys_of_practices(r)
    try:
        for each in wrapped:
            record.vault.box(each)
    except Misconfigured:
        raise Misconfigured("keyring_foreign") from None


async def open_program(settings: Settings, clock: Clock) -> Program:
    """Everything, opened and checked.

    Raises:
        Misconfigured: see `open_record`.
    """
    record = await open_record(settings, clock)
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=CONNECTIONS, socket_factory=partial(_socket, settings)),
        cookie_jar=aiohttp.DummyCookieJar(),
        timeout=aiohttp.ClientTimeout(total=settings.http_timeout_seconds),
    )
    return Program(settings, record, session, _ways(settings, session))


def _socket(settings: Settings, address: tuple[Any, ...]) -> socket.socket:
    """A socket that forgets what was not acknowledged within the time an attempt has.

    Else a request that was stuck behind a broken line could arrive after it was given up, looked up and sent again.
    """
    family, kind, protocol, *_ = address
    made = socket.socket(family, kind, protocol)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # where the system knows it
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(settings.http_timeout_seconds * 1000))
    return made


def _ways(settings: Settings, session: aiohttp.ClientSession) -> dict[Channel, Way]:
    """The ways out that are configured; messages for others wait, and the checks page says so."""
    ways: dict[Channel, Way] = {}
    if settings.twilio_account_sid is not None and settings.twilio_auth_token is not None:
        account = TwilioAccount(
            account_sid=settings.twilio_account_sid,
            auth_token=settings.twilio_auth_token.get_secret_value(),
            messaging_service_sid=settings.twilio_messaging_service_sid,
            api_base=settings.twilio_api_base,
        )
        ways[Channel.SMS] = TwilioSms(account, session, timeout=settings.http_timeout_seconds)
        ways[Channel.VOICE] = TwilioCalls(account, session, timeout=settings.http_timeout_seconds)
        ways[Channel.WHATSAPP] = TwilioWhatsApp(account, session, timeout=settings.http_timeout_seconds)
    if settings.smtp_url is not None and settings.smtp_from is not None:
        server = server_of(settings.smtp_url.get_secret_value(), settings.smtp_from)
        ways[Channel.EMAIL] = SmtpChannel(server, timeout=settings.http_timeout_seconds)
    return ways
