"""The carrier as a process of its own."""

import asyncio
import json
import signal
import sys

import aiohttp
import pytest

from tests.rig.process import free_port
from tests.sandbox.conftest import ANA, OFFICE, SID, TOKEN

pytestmark = pytest.mark.asyncio

START = "import sys; from bot.sandbox.app import run; from bot.sandbox.config import SandboxConfig as C; "
START += "run(C.from_json(sys.argv[1]), port=int(sys.argv[2]))"


async def until(check):
    """Wait for another process, which can only be looked at again and again."""
    async with asyncio.timeout(20):
        while True:
            if await check():
                return
            await asyncio.sleep(0.02)


@pytest.fixture
async def carrier_process(session):
    """Starts the process and waits until it answers."""
    started = []

    async def start(**config):
        port = free_port()
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", START, json.dumps(config), str(port))
        started.append(process)
        base = f"http://127.0.0.1:{port}"

        async def answers():
            try:
                async with session.get(base + "/control/clock"):
                    return True
            except aiohttp.ClientError:
                return False

        await until(answers)
        return process, base

    yield start
    for process in started:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def test_a_kill_right_after_accepting_leaves_the_ledger_whole(carrier_process, session, tmp_path):
    ledger = tmp_path / "ledger.jsonl"
    process, base = await carrier_process(ledger_path=str(ledger), faults={"hang_after": 1})
    url = f"{base}/2010-04-01/Accounts/{SID}/Messages.json"
    headers = {"Authorization": aiohttp.encode_basic_auth(SID, TOKEN)}

    async def create(body):
        async with session.post(url, data={"To": ANA, "From": OFFICE, "Body": body}, headers=headers):
            pytest.fail("an answer came although it should hang")

    waiting = [asyncio.create_task(create(f"n{number}")) for number in range(20)]

    async def all_accepted():
        return ledger.exists() and len(ledger.read_text().splitlines()) == 20

    await until(all_accepted)
    process.kill()
    await process.wait()
    ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(one, aiohttp.ClientError) for one in ended)
    entries = [json.loads(raw) for raw in ledger.read_text().splitlines()]
    assert sorted(entry["params"]["Body"] for entry in entries) == sorted(f"n{number}" for number in range(20))


async def test_it_ends_when_asked_to_even_with_answers_held_back(carrier_process, session):
    process, base = await carrier_process(faults={"hang_after": 1, "hang_seconds": 600})
    url = f"{base}/2010-04-01/Accounts/{SID}/Messages.json"
    headers = {"Authorization": aiohttp.encode_basic_auth(SID, TOKEN)}
    held = asyncio.create_task(
        session.post(url, data={"To": ANA, "From": OFFICE, "Body": "x"}, headers=headers).__aenter__()
    )

    async def accepted():
        async with session.get(base + "/control/ledger") as answer:
            return (await answer.json())["count"] == 1

    await until(accepted)
    process.send_signal(signal.SIGTERM)
    async with asyncio.timeout(10):
        assert await process.wait() == 0
    await asyncio.gather(held, return_exceptions=True)
