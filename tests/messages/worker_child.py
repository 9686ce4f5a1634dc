"""A worker in a process of its own, to be killed: sends and settles until there is nothing left."""

import asyncio
import json
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import aiohttp

from messages.channels.twilio_sms import TwilioAccount, TwilioSms
from messages.kinds import Channel
from messages.limits import Limits
from messages.settle import Settler
from messages.transmit import Transmitter
from scheduler.core.clock import SystemClock
from scheduler.core.engine import open_engines
from scheduler.core.keys import load_ring
from scheduler.core.record import Record
from scheduler.core.vault import Vault

LIMITS = Limits(http_timeout=1.0, lease=2.0, settle=1.5, look_again=0.3, batch=20, in_flight=10)


async def work(told: dict[str, str]) -> None:
    record = Record(open_engines(told["url"]), SystemClock(), Vault(load_ring(Path(told["keyring"]))))
    account = TwilioAccount(
        account_sid="AC00000000000000000000000000000001",
        auth_token="sandbox-auth-token",
        api_base=told["api_base"],
    )
    async with aiohttp.ClientSession() as session:
        ways = {Channel.SMS: TwilioSms(account, session, timeout=1.0)}
        sender = Transmitter(record, ways, LIMITS, worker=f"child-{os.getpid()}", public_url=told["public_url"])
        settler = Settler(record, ways, LIMITS)
        print("ready", flush=True)
        while True:
            done = (await sender.run(told["practice"])).done + await settler.run(told["practice"])
            await asyncio.sleep(0 if done else 0.05)


if __name__ == "__main__":
    asyncio.run(work(json.loads(sys.argv[1])))
