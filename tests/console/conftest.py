"""A practice, its console, and people of every role signed in to it."""

from collections.abc import Awaitable, Callable

import pytest
from aiohttp.test_utils import TestClient
from pytest_aiohttp.plugin import AiohttpClient

from messages import plan
from scheduler import events
from scheduler.actions import propose_fee
from scheduler.core.record import Record, Subscriptions
from tests.console.visitor import Visitor, console_app, sign_in
from tests.rig.clock import ManualClock
from tests.rig.office import Office
from waitlist import openings

SignIn = Callable[..., Awaitable[Visitor]]
"""`await enter("front_desk")`, `await enter("clinician", clinician=office.clinician_ids[0])`."""


@pytest.fixture
def subscriptions() -> Subscriptions:
    """As the program binds them (bot/wiring.py)."""
    bound = Subscriptions()
    bound.on(events.ParticipationBooked, plan.on_booked)
    bound.on(events.AppointmentMoved, plan.on_moved)
    bound.on(events.ParticipationConfirmed, plan.on_confirmed)
    bound.on(events.ParticipationCancelled, plan.on_cancelled)
    bound.on(events.ParticipationCancelled, propose_fee.on_cancelled)
    bound.on(events.ParticipationRestored, plan.on_restored)
    bound.on(events.ParticipationRestored, openings.on_restored)
    bound.on(events.TimeTaken, openings.on_time_taken)
    bound.on(events.TimeFreed, openings.on_time_freed)
    bound.on(events.AttendanceMarked, propose_fee.on_attendance)
    bound.on(events.ContactChanged, plan.on_contact_changed)
    bound.on(events.PolicyChanged, plan.on_policy_changed)
    return bound


@pytest.fixture
async def client(record: Record, aiohttp_client: AiohttpClient) -> TestClient:
    """A browser without a session, at the console."""
    return await aiohttp_client(console_app(record, ManualClock()))


@pytest.fixture
def enter(record: Record, office: Office, client: TestClient) -> SignIn:
    """Signs somebody in by their roles."""

    async def as_(*roles: str, clinician: str | None = None) -> Visitor:
        return await sign_in(record, client, office.practice_id, ManualClock(), *roles, clinician=clinician)

    return as_
