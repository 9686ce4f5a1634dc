"""Several workers at once, in one process and in processes that are killed: still everything once."""

import asyncio
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.sandbox.app import create_app
from bot.sandbox.config import Pace, SandboxConfig
from bot.sandbox.faults import Faults
from bot.sandbox.rest import CARRIER
from messages import consent
from messages.consent import StopSource
from messages.kinds import Channel, Kind
from scheduler.core.actor import CARRIER as BY_CARRIER
from scheduler.core.clock import SystemClock
from scheduler.core.engine import open_engines
from scheduler.core.record import Record
from scheduler.core.vault import Vault
from tests.messages.conftest import OpenPost
from tests.messages.post import Post, about, bind, status_webhook
from tests.rig.office import open_office

CHILD = Path(__file__).with_name("worker_child.py")


async def test_workers_share_the_work(open_post: OpenPost) -> None:
    post = await open_post(faults=Faults(reset_after=0.05, error_before=0.05, rate_limited=0.05))
    clients = [await post.office.client(number) for number in range(10)]
    ids = {await post.say(client, f"{number}", fields=about(number)) for number, client in enumerate(clients * 7)}
    for _ in range(60):
        await asyncio.gather(*(post.transmitter().run(post.practice_id) for _ in range(4)))
        await post.hear()
        await asyncio.gather(*(post.settle() for _ in range(2)))
        post.clock.advance(5)
        if not await post.unfinished():
            break
    assert dict(post.arrived()) == dict.fromkeys(ids, 1)


async def test_workers_share_the_cap(open_post: OpenPost) -> None:
    post = await open_post(daily_cap=1)
    ana = await post.office.client()
    for number in range(8):
        await post.offer_like(ana, str(number))
    post.limits = replace(post.limits, batch=2)
    await asyncio.gather(*(post.transmitter().run(post.practice_id) for _ in range(4)))
    assert len(post.bodies()) == 1


async def test_stops_said_while_workers_send_are_kept(open_post: OpenPost) -> None:
    """Each STOP is acknowledged as the worker does it; what the carrier accepted until then is all it ever gets."""
    post = await open_post(faults=Faults(reset_after=0.05, callback_lost=0.3))
    clients = [await post.office.client(number) for number in range(12)]
    for number, client in enumerate(clients * 6):
        await post.say(client, str(number), kind=Kind.INBOX_AUTO)
    acknowledged: dict[str, int] = {}

    async def send() -> None:
        for _ in range(12):
            await post.transmitter().run(post.practice_id)

    async def stop_all() -> None:
        for client in clients:
            async with post.record.write(post.practice_id, BY_CARRIER) as tx:
                await consent.stop(tx, client.who.phone, Channel.SMS, StopSource.KEYWORD)
            while not await _is_acknowledged(post, client.who.phone):
                await post.acknowledge()
                await asyncio.sleep(0)
            acknowledged[client.who.phone] = len(post.bodies(client.who.phone))

    await asyncio.gather(send(), send(), stop_all())
    await post.run(timedelta(minutes=2), step=20)
    assert {number: len(post.bodies(number)) for number in acknowledged} == acknowledged


async def _is_acknowledged(post: Post, number: str) -> bool:
    from messages import consent_store, outbox

    async with post.record.read(post.practice_id) as r:
        found = await consent_store.opt_out_of(r, outbox.address_ix(r, number, Channel.SMS), "sms")
        return found is not None and found.acknowledged_at is not None


# --- real processes, really killed --------------------------------------------------------------------------------


@pytest.fixture
async def real_record(engine_url: str, vault: Vault) -> AsyncIterator[Record]:
    engines = open_engines(engine_url)
    yield Record(engines, SystemClock(), vault, subscriptions=bind(_no_subscriptions()))
    await engines.close()


def _no_subscriptions():
    from scheduler.core.record import Subscriptions

    return Subscriptions()


@pytest.mark.long
@pytest.mark.timeout(240)
async def test_processes_killed_again_and_again_lose_nothing_and_repeat_nothing(
    real_record: Record, engine_url: str, keyring_file: Path, tmp_path: Path
) -> None:
    office = await open_office(real_record)
    callbacks = TestServer(web.Application())
    callbacks.app.router.add_post("/twilio/{practice}/status", status_webhook(real_record))
    faults = Faults(
        reset_after=0.03, error_after=0.02, error_before=0.03, rate_limited=0.05, hang_after=0.01, hang_seconds=2,
        callback_lost=0.3, callback_doubled=0.1, callback_reordered=0.2, callback_held_seconds=0.2,
        list_lag_seconds=(0, 0.3),
    )  # fmt: skip
    carrier = TestServer(create_app(SandboxConfig(pace=Pace(), faults=faults), SystemClock()))
    async with callbacks, carrier, aiohttp.ClientSession():
        post = Post.make(
            real_record, None, office, carrier.app[CARRIER], None, "", f"http://127.0.0.1:{callbacks.port}"
        )  # type: ignore[arg-type]  # the clock is real here and the session is the child's
        clients = [await office.client(number) for number in range(20)]
        ids = {await post.say(client, str(n), fields=about(n)) for n, client in enumerate(clients)}
        told = {
            "url": engine_url,
            "keyring": str(keyring_file),
            "practice": office.practice_id,
            "api_base": f"http://127.0.0.1:{carrier.port}",
            "public_url": post.public_url,
        }
        kills = await _until_done(post, told, tmp_path)
        assert kills >= 2
        assert Counter(post.arrived()) == Counter(ids)


async def _until_done(post: Post, told: dict[str, str], folder: Path) -> int:
    """Start workers and kill each with -9 in the middle of its work, until there is nothing left to do."""
    kills = 0
    with (folder / "child.log").open("ab") as log:
        while await post.unfinished():
            child = await asyncio.create_subprocess_exec(
                sys.executable, str(CHILD), json.dumps(told), stdout=asyncio.subprocess.PIPE, stderr=log
            )
            assert child.stdout is not None
            assert await child.stdout.readline() == b"ready\n"
            await _until_it_sent(post, 7 * kills % 13 + 1)
            os.kill(child.pid, signal.SIGKILL)
            kills += 1
            await child.wait()
    return kills


async def _until_it_sent(post: Post, many: int) -> None:
    """Wait for so many more texts at the carrier, or for what is left to be settled; a busy machine takes longer."""
    before = len(post.carrier.ledger)
    for _ in range(400):
        if len(post.carrier.ledger) >= before + many:
            return
        await asyncio.sleep(0.01)
