"""The work on PgQueuer: one job per text, the batch and the concurrency its documentation suggests for throughput."""

import asyncpg
from pgqueuer import AsyncpgPoolDriver, Job, PgQueuer
from pgqueuer.queries import Queries

from tests.load.peers.work import Work, main


async def prepare(work: Work):
    pool = await asyncpg.create_pool(work.dsn, min_size=4, max_size=10)
    driver = AsyncpgPoolDriver(pool)
    queries = Queries(driver)
    await queries.install()
    ids = [str(n).encode() for n in range(1, work.count + 1)]
    await queries.enqueue(["send"] * work.count, ids, [0] * work.count)
    queue = PgQueuer(driver)

    @queue.entrypoint("send")
    async def send(job: Job) -> None:
        await work.send(int(job.payload))

    return lambda: queue.run(batch_size=50, max_concurrent_tasks=100)


if __name__ == "__main__":
    main(prepare)
