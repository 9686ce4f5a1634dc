"""R31: whatever ends the work without a word, people hear of it by a second path. With real processes.

An installation's patience of 45 seconds is cut to three here; that it is 60 in all is a test of test_conditions.py,
and the real times stand in docs/flows/silence.md.
"""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from scheduler.core.keys import KeyRing
from scheduler.core.schema import migrate
from tests.alarms.ears import Heard, listening
from tests.flows.due_texts import make_due
from tests.rig.postgres import launch
from tests.rig.process import Processes, Running, free_port

PATIENCE = 3
IN_TIME = 30  # of a busy machine
BLOCKED = """
import time
import bot.duties
from scheduler.core.clock import SystemClock

made = bot.duties.duties
begun = time.monotonic()

def duties(*given):
    found = made(*given)
    first = found[0]
    async def blocks(practice_id):
        if time.monotonic() - begun > 4:
            time.sleep(120)
        return await first.run(practice_id)
    from dataclasses import replace
    return [replace(first, run=blocks), *found[1:]]

import bot.wiring
bot.wiring.duties = duties
import bot.cli
import sys
sys.argv = ["stillon", "serve"]
bot.cli.main()
"""


@pytest.fixture
async def heard() -> AsyncIterator[Heard]:
    async with listening() as ears:
        yield ears


class House:
    """An installation of one practice, and a watch."""

    def __init__(self, processes: Processes, heard: Heard, url: str, keyring: Path) -> None:
        self.processes, self.heard = processes, heard
        self.settings: dict[str, str | int | Path] = {
            "database_url": url,
            "keyring": keyring,
            "alarm_webhook": heard.webhook,
            "heartbeat_url": heard.monitor,
            "heartbeat_seconds": 1,
            "silence_seconds": PATIENCE,
            "port": free_port(),
        }

    async def start(self, command: str, says: str, **more: str) -> Running:
        process = self.processes.stillon(command, **self.settings, **more)
        await asyncio.to_thread(process.until, lambda: says in process.said())
        return process

    async def engine(self, **more: str) -> Running:
        """Whatever works on this database: everything in one, or a worker."""
        if str(self.settings["database_url"]).startswith("sqlite"):
            return await self.start("serve", "Stillon answers", **more)
        return await self.start("work", "Stillon is working", **more)

    async def watch(self) -> Running:
        return await self.start("watch", "Stillon is watching")

    async def all_well(self) -> None:
        """Wait until the monitor hears that all is well, a few times."""
        pings = self.heard.pings
        async with asyncio.timeout(IN_TIME):
            while self.heard.pings < pings + 3:
                self.heard.pinged.clear()
                await self.heard.pinged.wait()


@pytest.fixture
async def house(processes: Processes, heard: Heard, engine_url: str, key_ring: KeyRing, keyring_file: Path) -> House:
    await make_due(engine_url, key_ring, 0)
    return House(processes, heard, engine_url, keyring_file)


@pytest.mark.parametrize("engine_name", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True)
async def test_a_killed_engine(house: House) -> None:
    await house.watch()
    engine = await house.engine()
    await house.all_well()
    engine.kill()
    await house.heard.until("engine_silent", IN_TIME)
    engine.start()
    await house.heard.until("", IN_TIME)


@pytest.mark.long
async def test_a_frozen_engine(house: House) -> None:
    await house.watch()
    engine = await house.engine()
    await house.all_well()
    engine.freeze()
    await house.heard.until("engine_silent", IN_TIME)
    engine.thaw()
    await house.heard.until("", IN_TIME)


@pytest.mark.long
async def test_an_engine_that_is_asked_to_stop_raises_no_alarm(house: House) -> None:
    watch = await house.watch()
    engine = await house.engine()
    await house.all_well()
    assert await asyncio.to_thread(engine.stop) == 0
    await house.all_well()
    assert house.heard.codes() == []
    assert await asyncio.to_thread(watch.stop) == 0


@pytest.mark.long
async def test_an_expired_token(
    processes: Processes, heard: Heard, engine_url: str, key_ring: KeyRing, keyring_file: Path
) -> None:
    await make_due(engine_url, key_ring, 1)
    house = House(processes, heard, engine_url, keyring_file)
    app = web.Application()

    async def refuse(_request: web.Request) -> web.Response:
        return web.json_response({"code": 20003, "message": "Authenticate", "status": 401}, status=401)

    app.router.add_route("*", "/{any:.*}", refuse)
    async with TestServer(app) as carrier:
        await house.engine(
            twilio_account_sid="AC" + "0" * 32,
            twilio_auth_token="expired-token",
            twilio_api_base=f"http://127.0.0.1:{carrier.port}",
        )
        await house.watch()
        await house.heard.until("sending_trouble", IN_TIME)
    details = {alarm.get("detail") for post in house.heard.posts for alarm in post["alarms"]}
    assert "carrier_20003" in details


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_a_blocked_loop_is_noticed_from_within_its_own_process(
    house: House, processes: Processes, tmp_path: Path
) -> None:
    script = tmp_path / "blocked.py"
    script.write_text(BLOCKED)
    processes.python(str(script), **house.settings)
    await house.heard.until("engine_silent", IN_TIME)


@pytest.mark.long
async def test_a_stopped_database(processes: Processes, heard: Heard, key_ring: KeyRing, keyring_file: Path) -> None:
    server = await asyncio.to_thread(launch)
    try:
        url = await server.create("house")
        await migrate(url)
        await make_due(url, key_ring, 0)
        house = House(processes, heard, url, keyring_file)
        await house.watch()
        await house.engine()
        await house.all_well()
        await asyncio.to_thread(server.stop)
        await heard.until("database_away", IN_TIME)
        await asyncio.to_thread(server.start)
        await heard.until("", IN_TIME)
        assert {code for codes in heard.codes() for code in codes} == {"database_away"}
    finally:
        await asyncio.to_thread(server.erase)
