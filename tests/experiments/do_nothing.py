"""What the same posts take where nothing is done for them: the least that any program here could need.

A process of its own with the same server library and the same loop as the program; whatever is posted is answered with
a page as long as the shortest of ours. Invariant: it knows neither the database nor anything of the program's.
"""

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from aiohttp import web

from bot import event_loop
from bot.bench import children
from bot.running import BACKLOG
from tests.experiments.burst import Post, all_at_once
from tests.rig.process import free_port

PAGE: Final = "x" * 3_000
TIMES: Final = 3


async def floor(posts: Sequence[Post], *, patience: float) -> list[float]:
    """Seconds of each of these posts, three times over, the first one to warm up left out."""
    port = free_port()
    async with children.child(__name__, str(port)) as process:
        assert process.stdout is not None
        await process.stdout.readline()
        there = [replace(each, host="127.0.0.1", port=port) for each in posts]
        found = [await all_at_once(there, patience=patience) for _ in range(1 + TIMES)]
    return [each.seconds for answers in found[1:] for each in answers]


async def _answer(_request: web.Request) -> web.Response:
    return web.Response(text=PAGE, content_type="text/html")


async def _serve(port: int) -> None:
    app = web.Application()
    app.router.add_post("/{path:.*}", _answer)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port, backlog=BACKLOG).start()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    event_loop.run(_serve(int(sys.argv[1])))
