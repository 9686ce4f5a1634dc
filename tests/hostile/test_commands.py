"""Commands on an installation where something is missing or broken: one line, exit code 2, nothing changed."""

import ast
import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import typer

from bot.commands import demo, keys, migrate
from bot.commands.refusal import SENTENCES, refusals
from bot.commands.restored import restored
from bot.running import serving
from scheduler.core.errors import Misconfigured
from scheduler.core.keys import new_ring, save_ring
from tests.rig.process import ROOT, free_port

PASSWORD = "hunter2"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to stand in, and no settings."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("STILLON_"):
            monkeypatch.delenv(name)
    return tmp_path


def refused(command: Callable[[], object], capsys: pytest.CaptureFixture[str]) -> str:
    """What a command says on the error stream when it refuses; it must be one line."""
    with pytest.raises(typer.Exit) as ended:
        command()
    assert ended.value.exit_code == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1, said.err
    assert "Traceback" not in said.err
    assert PASSWORD not in said.err
    return said.err


def files(folder: Path) -> list[str]:
    return sorted(str(each.relative_to(folder)) for each in folder.rglob("*"))


@pytest.mark.parametrize("command", [keys.status, keys.rotate, keys.rewrap, lambda: keys.forget(1)])
def test_commands_about_keys_make_nothing_where_nothing_is(
    folder: Path, capsys: pytest.CaptureFixture[str], command: Callable[[], object]
) -> None:
    assert "key ring is missing" in refused(command, capsys)
    assert files(folder) == []


@pytest.mark.parametrize("command", [keys.status, keys.rewrap, lambda: keys.forget(1), restored])
def test_asking_about_a_database_that_is_not_there_makes_none(
    folder: Path, capsys: pytest.CaptureFixture[str], command: Callable[[], object]
) -> None:
    save_ring(new_ring(), folder / "data" / "keyring.json")
    assert "stillon migrate" in refused(command, capsys)
    assert files(folder) == ["data", "data/keyring.json"]


def test_a_server_that_is_not_there(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"postgresql://{PASSWORD}:{PASSWORD}@127.0.0.1:{free_port()}/{PASSWORD}"
    monkeypatch.setenv("STILLON_DATABASE_URL", url)
    assert "cannot be reached" in refused(migrate.migrate, capsys)


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
def test_a_database_the_server_does_not_have(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, databases, engine_name: str
) -> None:
    monkeypatch.setenv("STILLON_DATABASE_URL", databases.server.url(PASSWORD))
    assert "STILLON_DATABASE_URL" in refused(migrate.migrate, capsys)


def test_a_file_that_is_no_database_is_left_as_it_is(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "notes.db").write_bytes(b"these are my notes, not a database" * 100)
    monkeypatch.setenv("STILLON_DATABASE_URL", "sqlite:///notes.db")
    assert "no database" in refused(migrate.migrate, capsys)
    assert (folder / "notes.db").read_bytes() == b"these are my notes, not a database" * 100


def test_a_folder_that_cannot_be_made(
    folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "file").touch()
    monkeypatch.setenv("STILLON_DATABASE_URL", "sqlite:///file/below/stillon.db")
    assert "cannot be reached" in refused(migrate.migrate, capsys)
    monkeypatch.setenv("STILLON_KEYRING", "file/below/keyring.json")
    assert refused(keys.new, capsys).startswith("The system says no: ")
    assert files(folder) == ["file"]


def test_a_demo_empties_no_folder_of_a_real_practice(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    save_ring(new_ring(), folder / "data" / "keyring.json")
    (folder / "data" / "stillon.db").write_bytes(b"a real practice")
    before = files(folder)

    def begin() -> None:
        with refusals():
            asyncio.run(demo._demo(free_port(), free_port(), folder / "data", keep=False, weeks=2))

    assert "something else in it" in refused(begin, capsys)
    assert files(folder) == before


@pytest.mark.parametrize(("host", "code"), [("203.0.113.7", "host_unusable"), ("127.0.0.1", "port_in_use")])
async def test_an_address_that_cannot_be_listened_on(host: str, code: str) -> None:
    from aiohttp import web

    async with serving(web.Application(), "127.0.0.1", port := free_port()):
        with pytest.raises(Misconfigured) as told:
            async with serving(web.Application(), host, port):
                pass
    assert told.value.code == code


def test_every_word_of_misconfiguration_has_a_sentence_for_operators() -> None:
    inside = {"ciphertext_does_not_open", "ciphertext_unknown_version", "smtp_url_unreadable", "migrations_missing"}
    raised = set()
    for package in ("bot", "scheduler"):
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                named = isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
                if named and node.func.id == "Misconfigured" and isinstance(node.args[0], ast.Constant):
                    raised.add(node.args[0].value)
    assert len(raised) > 15
    assert raised - set(SENTENCES) - inside == {"migration_broke_references"}


def test_what_the_system_refuses_is_said_without_the_name_of_the_file(capsys: pytest.CaptureFixture[str]) -> None:
    def full() -> None:
        with refusals():
            raise OSError(28, "No space left on device", f"/{PASSWORD}")

    assert refused(full, capsys) == "The system says no: No space left on device.\n"
