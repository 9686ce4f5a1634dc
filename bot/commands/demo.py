"""`stillon demo`: an invented practice, the local carrier and the phones, on this machine, with no account anywhere.

Three addresses are printed: the console, the phones, the tour. Every start begins a fresh demo unless told to keep
the last one. Invariant: everything lies in one folder that may be thrown away, and nothing but loopback is spoken to.
"""

import asyncio
import json
import secrets
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import aiohttp
import typer

from bot.app import create_app
from bot.auth.people import demo_path
from bot.commands.refusal import refusals
from bot.commands.serve import prepare
from bot.demo import scene
from bot.demo.control import DEMO, Demo, move_clock
from bot.demo.history import WEEKS
from bot.demo.practice import SENDER, ZONE
from bot.demo.seed import Seeded, seed
from bot.demo.tour import TOUR, Tour, tour
from bot.event_loop import run
from bot.people_first import PeopleFirst
from bot.running import serving, until_stopped, working
from bot.sandbox.config import SandboxConfig
from bot.settings import Settings, load
from bot.wiring import Program, open_program
from scheduler.access import Role
from scheduler.core import log
from scheduler.core.actor import OPERATOR
from scheduler.core.clock import ShiftedClock, SystemClock
from scheduler.core.errors import Misconfigured

READY_TRIES, READY_PAUSE = 1200, 0.05  # a minute: a busy machine; a carrier that ends is noticed at once
MARK = "this-is-a-demo"
"""The file by which a folder is known to be ours to empty; it never lies beside a real key ring."""
LEAST_WEEKS = 2  # what the waitlist needs
ROLES = {
    Role.OWNER: "Owner",
    Role.FRONT_DESK: "Front desk",
    Role.CLINICIAN: "Clinician",
    Role.BILLER: "Biller",
    Role.AUDITOR: "Auditor",
}


def demo(
    port: Annotated[int, typer.Option(help="Port of the console.")] = 8080,
    phones_port: Annotated[int, typer.Option(help="Port of the phones.")] = 8026,
    folder: Annotated[Path, typer.Option(help="Where the demo lives; emptied at each start.")] = Path(".demo"),
    keep: Annotated[bool, typer.Option("--keep", help="Go on with the last demo instead of a fresh one.")] = False,
    weeks: Annotated[int, typer.Option(min=LEAST_WEEKS, max=WEEKS, hidden=True, help="How long its past is.")] = WEEKS,
    log_level: Annotated[str, typer.Option(hidden=True, help="How much is logged.")] = "WARNING",
) -> None:
    """Run the demo."""
    with refusals():
        log.configure(level=log_level, stream=sys.stderr)
        run(_demo(port, phones_port, folder, keep=keep, weeks=weeks))


async def _demo(port: int, phones_port: int, folder: Path, *, keep: bool, weeks: int) -> None:
    settings = _settings(port, phones_port, folder)
    state = folder / "demo.json"
    if not (keep and state.exists()):
        await _begin(settings, folder, state, weeks)
    kept = json.loads(state.read_text(encoding="utf-8"))
    clock = ShiftedClock(SystemClock(), timedelta(seconds=_offset(folder, kept)))
    seeded = Seeded(kept["practice_id"], kept["users"])
    program = await open_program(settings, clock)
    try:
        people = PeopleFirst()
        app = create_app(settings, program.record, auth_clock=SystemClock(), people=people)
        doors = await _doors(program, seeded)
        secret = settings.demo_secret.get_secret_value() if settings.demo_secret else ""
        app[DEMO] = Demo(program.record, clock, seeded.practice_id, secret, folder / "clock.json")
        app[TOUR] = Tour(f"http://localhost:{phones_port}/", [(words, path) for words, path in doors.items()])
        app.router.add_post("/demo/clock", move_clock, name="demo_clock")
        app.router.add_get("/tour", tour, name="tour")
        async with (
            serving(app, settings.host, settings.port),
            _carrier(settings, seeded, folder, phones_port),
            working(program, people),
        ):
            _say(settings, doors[ROLES[Role.OWNER]], phones_port)
            await until_stopped()
    finally:
        await program.close()


def _settings(port: int, phones_port: int, folder: Path) -> Settings:
    """The demo's own settings: what the environment says is for a real practice and is not looked at."""
    carrier = SandboxConfig()
    return load(
        {
            "STILLON_DATABASE_URL": f"sqlite:///{folder / 'stillon.db'}",
            "STILLON_KEYRING": str(folder / "keyring.json"),
            "STILLON_PUBLIC_URL": f"http://localhost:{port}",
            "STILLON_PORT": str(port),
            "STILLON_TWILIO_ACCOUNT_SID": carrier.account_sid,
            "STILLON_TWILIO_AUTH_TOKEN": carrier.auth_token,
            "STILLON_TWILIO_API_BASE": f"http://127.0.0.1:{phones_port}",
            "STILLON_DEMO_SECRET": secrets.token_urlsafe(24),
        },
        dotenv=None,
    )


async def _begin(settings: Settings, folder: Path, state: Path, weeks: int) -> None:
    ours = any((folder / name).exists() for name in (MARK, state.name))
    if folder.exists() and not ours and any(folder.iterdir()):
        raise Misconfigured("demo_folder_in_use")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    (folder / MARK).touch()
    await prepare(settings)
    now = SystemClock().now()
    begins = scene.first_moment(now)
    seeded = await seed(settings, begins, now, lambda words: typer.echo(f"  {words} ..."), weeks=weeks)
    kept = {"practice_id": seeded.practice_id, "users": seeded.users, "offset_seconds": (begins - now).total_seconds()}
    state.write_text(json.dumps(kept), encoding="utf-8")


def _offset(folder: Path, kept: dict[str, float]) -> float:
    moved = folder / "clock.json"
    if not moved.exists():
        return kept["offset_seconds"]
    return float(json.loads(moved.read_text(encoding="utf-8"))["offset_seconds"])


async def _doors(program: Program, seeded: Seeded) -> dict[str, str]:
    """A path for each role that lets it in by one button; good for a day."""
    now: datetime = SystemClock().now()
    async with program.record.write(seeded.practice_id, OPERATOR) as tx:
        return {words: await demo_path(tx, seeded.users[role.value], now) for role, words in ROLES.items()}


@asynccontextmanager
async def _carrier(settings: Settings, seeded: Seeded, folder: Path, port: int) -> AsyncIterator[None]:
    """The local carrier as a process of its own, ready when this is entered."""
    config = SandboxConfig.model_validate(
        {
            "senders": [
                {"number": number, "inbound_url": f"{settings.public_url}/twilio/{seeded.practice_id}/inbound"}
                for number in (SENDER, f"whatsapp:{SENDER}")
            ],
            "routes": {settings.public_url: f"http://127.0.0.1:{settings.port}"},
            "phones": scene.phones(),
            "guide": {"title": "Things to try", "steps": scene.steps(), "plays": scene.afternoon()},
            "time_zone": ZONE,
            "demo_control_url": f"http://127.0.0.1:{settings.port}/demo/clock",
            "demo_secret": settings.demo_secret.get_secret_value() if settings.demo_secret else None,
            "state_path": str(folder / "phones.json"),
            "ledger_path": str(folder / "ledger.jsonl"),
        }
    )
    written = folder / "carrier.json"
    written.touch(mode=0o600)
    written.write_text(config.model_dump_json(), encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot.cli", "sandbox", "--config", str(written), "--port", str(port),
        stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        await _ready(process, port)
        await _same_time(port)
        yield
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _ready(process: asyncio.subprocess.Process, port: int) -> None:
    clock = SystemClock()
    for _ in range(READY_TRIES):
        if process.returncode is not None:
            raise Misconfigured("carrier_ended", port=port)
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await clock.sleep(READY_PAUSE)
            continue
        writer.close()
        await writer.wait_closed()
        return
    raise Misconfigured("carrier_ended", port=port)


async def _same_time(port: int) -> None:
    """Have the carrier ask for the demo's time before the first text leaves."""
    order = {"advance_seconds": 0}
    async with aiohttp.ClientSession() as session, session.post(f"http://127.0.0.1:{port}/control/clock", json=order):
        pass


def _say(settings: Settings, owner: str, phones_port: int) -> None:
    typer.echo("")
    typer.echo("  Stillon is running with an invented practice. Stop it with Ctrl+C.")
    typer.echo("")
    typer.echo(f"  Console   {settings.public_url}{owner}")
    typer.echo(f"  Phones    http://localhost:{phones_port}/")
    typer.echo(f"  Tour      {settings.public_url}/tour")
    typer.echo("")
