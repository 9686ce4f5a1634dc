"""How is the carrier put together and run?

`create_app` for tests and for whoever brings a server; `run` for the command line. Invariant: closing the app ends
everything the carrier had under way.
"""

from collections.abc import AsyncIterator

from aiohttp import web

from bot.sandbox import control, phones, rest
from bot.sandbox.carrier import Carrier
from bot.sandbox.config import SandboxConfig
from bot.sandbox.control import DEMO
from bot.sandbox.demo import Demo
from bot.sandbox.journey import begin
from bot.sandbox.rest import CARRIER
from scheduler.core.clock import Clock, SystemClock

_LARGEST_REQUEST = 256 * 1024


def create_app(config: SandboxConfig, clock: Clock) -> web.Application:
    """The carrier as an application. `app[CARRIER]` is the carrier itself, for tests in the same process."""
    app = web.Application(client_max_size=_LARGEST_REQUEST, middlewares=[control.orders_make_sense])
    app[CARRIER] = Carrier(config, clock)
    app[DEMO] = Demo(app[CARRIER])
    app.add_routes([*rest.routes(), *control.routes(), *phones.routes()])
    app.cleanup_ctx.append(_living)
    app.on_shutdown.append(_let_go)
    return app


def run(config: SandboxConfig, host: str = "127.0.0.1", port: int = 8026) -> None:
    """Serve until interrupted (SIGINT or SIGTERM). Binds to loopback unless told otherwise: there is no password."""
    web.run_app(
        create_app(config, SystemClock()),
        host=host,
        port=port,
        access_log=None,
        print=None,
        shutdown_timeout=2,
    )


async def _living(app: web.Application) -> AsyncIterator[None]:
    carrier, demo = app[CARRIER], app[DEMO]
    carrier.open()
    demo.open()
    for text in list(carrier.unfinished()):
        begin(carrier, text)
    yield
    await demo.close()
    await carrier.close()


async def _let_go(app: web.Application) -> None:
    """Answers that are being held back on purpose are let go before the server waits for them."""
    app[CARRIER].closing.set()
