"""An office with every subscriber bound, its whole application, and a client's phone browser."""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient
from pytest_aiohttp.plugin import AiohttpClient
from sqlalchemy import select

from bot.app import create_app
from bot.settings import Settings, load
from bot.wiring import subscriptions as all_subscriptions
from messages import consent, links
from messages.consent import StopSource
from messages.kinds import Channel
from messages.links import Purpose
from scheduler import tables
from scheduler.actions.book import Booked
from scheduler.appointments import store
from scheduler.appointments.store import Visit
from scheduler.core.record import Record, Subscriptions
from scheduler.people import store as people
from tests.rig.office import OWNER, Known, Office, local

ACCOUNT, TOKEN = "AC" + "1" * 32, "a-token-of-the-carrier"
TUESDAY = local("2026-03-10 15:00")


@pytest.fixture
def subscriptions() -> Subscriptions:
    return all_subscriptions()


@pytest.fixture
def settings() -> Settings:
    return load(
        {
            "STILLON_PUBLIC_URL": "http://localhost:8080",
            "STILLON_TWILIO_ACCOUNT_SID": ACCOUNT,
            "STILLON_TWILIO_AUTH_TOKEN": TOKEN,
        },
        dotenv=None,
    )


@pytest.fixture
async def site(record: Record, settings: Settings, aiohttp_client: AiohttpClient) -> TestClient:
    return await aiohttp_client(create_app(settings, record))


@dataclass
class Behind:
    """A link and the phone it was opened on."""

    office: Office
    client: Known
    booked: Booked
    token: str
    site: TestClient

    async def get(self, *steps: str) -> tuple[int, str]:
        answer = await self.site.get("/".join((f"/l/{self.token}", *steps)))
        return answer.status, await answer.text()

    async def press(self, act: str, *, page: str = "", headers: dict | None = None, **fields: str) -> tuple[int, str]:
        """Open the page that has the button, then press it."""
        _, shown = await self.get(*([page] if page else []))
        nonce = re.search(r'name="nonce" value="(\w+)"', shown)
        form = {"nonce": nonce.group(1) if nonce else "", **fields}
        answer = await self.site.post(f"/l/{self.token}/{act}", data=form, headers=headers)
        return answer.status, await answer.text()

    async def visit(self) -> Visit:
        async with self.office.record.read(self.office.practice_id) as r:
            found = await store.visit(r, self.booked.participation_ids[0])
        assert found is not None
        return found

    async def number_ix(self) -> bytes:
        """The blind index of the client's number."""
        async with self.office.record.read(self.office.practice_id) as r:
            (point,) = [each for each in await people.contact_points(r, self.client.id) if each.kind == "phone"]
        return point.value_ix

    async def stop(self) -> None:
        """The client's number says STOP, which ends its links."""
        async with self.office.record.write(self.office.practice_id, OWNER) as tx:
            await consent.stop_contact(tx, self.client.phone_id or "", Channel.SMS, StopSource.STAFF)

    async def again(self) -> "Behind":
        """Another link to the same visit."""
        async with self.office.record.write(self.office.practice_id, OWNER) as tx:
            made = await links.make(
                tx,
                Purpose.VISIT,
                client_id=self.client.id,
                contact_point_id=self.client.phone_id,
                participation_id=self.booked.participation_ids[0],
                revision=1,
                expires_at=TUESDAY,
            )
        return replace(self, token=made.token)

    async def texts(self, kind: str) -> int:
        async with self.office.record.read(self.office.practice_id) as r:
            wanted = select(tables.message.c.id).where(tables.message.c.kind == kind)
            return len((await r.conn.execute(wanted)).all())


@pytest.fixture
def behind(office: Office, site: TestClient) -> Callable[..., Awaitable[Behind]]:
    async def made(purpose: Purpose = Purpose.VISIT, *, email: bool = False, language: str | None = None) -> Behind:
        client = await office.client(0, email=email, language=language)
        booked = await office.book(client, at=TUESDAY)
        async with office.record.write(office.practice_id, OWNER) as tx:
            link = await links.make(
                tx,
                purpose,
                client_id=client.id,
                contact_point_id=client.phone_id,
                participation_id=booked.participation_ids[0] if purpose is Purpose.VISIT else None,
                revision=1 if purpose is Purpose.VISIT else None,
                expires_at=TUESDAY if purpose is Purpose.VISIT else tx.now + timedelta(days=30),
            )
        return Behind(office, client, booked, link.token, site)

    return made
