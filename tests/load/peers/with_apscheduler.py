"""The work on APScheduler: one job per text in its SQLAlchemy job store, due now, run on its asyncio executor."""

import asyncio
import importlib
from datetime import UTC, datetime

from apscheduler.executors.asyncio import AsyncIOExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler

from tests.load.peers.work import CONNECTIONS, Work, main

_work: Work
_room = asyncio.Semaphore(CONNECTIONS)
_given: list[Work] = []


async def send(text_id: int) -> None:
    async with _room:
        await _given[0].send(text_id)


async def prepare(work: Work):
    _given.append(work)
    url = work.dsn.replace("postgresql://", "postgresql+psycopg://")
    scheduler = AsyncIOScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=url)},
        executors={"default": AsyncIOExecutor()},
        job_defaults={"misfire_grace_time": None},
        timezone=UTC,
    )
    scheduler.start(paused=True)
    now = datetime.now(UTC)
    for text_id in range(1, work.count + 1):
        scheduler.add_job("tests.load.peers.with_apscheduler:send", "date", run_date=now, args=[text_id])

    async def run() -> None:
        scheduler.resume()
        await work.done.wait()

    return run


if __name__ == "__main__":
    # The scheduler finds its jobs by module name, so the module that runs must be the one it imports.
    main(importlib.import_module("tests.load.peers.with_apscheduler").prepare)
