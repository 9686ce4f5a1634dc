"""The work on procrastinate: one job per text, a hundred at once in one worker."""

import procrastinate

from tests.load.peers.work import Work, main


async def prepare(work: Work):
    app = procrastinate.App(connector=procrastinate.PsycopgConnector(conninfo=work.dsn, min_size=4, max_size=20))

    @app.task(queue="texts")
    async def send(text_id: int) -> None:
        await work.send(text_id)

    await app.open_async()
    await app.schema_manager.apply_schema_async()
    await send.batch_defer_async(*({"text_id": n} for n in range(1, work.count + 1)))
    return lambda: app.run_worker_async(queues=["texts"], concurrency=100, install_signal_handlers=False)


if __name__ == "__main__":
    main(prepare)
