"""What operators are given works, and names only settings and commands that exist."""

import re
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from bot.settings import PREFIX, Settings, load, secret_fields
from tests.rig.process import ROOT

DEPLOY = ROOT / "deploy"
BACKUP = DEPLOY / "backup_sqlite.py"
FILES = sorted(path for path in DEPLOY.iterdir() if path.is_file())
OTHERS = {"STILLON_HOSTNAME"}  # read by the compose file itself


def known_names() -> set[str]:
    names = {PREFIX + field.upper() for field in Settings.model_fields}
    return names | {f"{PREFIX}{field.upper()}_FILE" for field in secret_fields()} | OTHERS


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_only_settings_that_exist_are_named(file: Path):
    assert set(re.findall(r"STILLON_[A-Z_]+[A-Z]", file.read_text())) <= known_names()


def test_the_example_names_every_setting_and_starts():
    example = DEPLOY / "stillon.env.example"
    named = set(re.findall(r"^#?(STILLON_[A-Z_]+)=", example.read_text(), re.MULTILINE))
    assert named == {PREFIX + field.upper() for field in Settings.model_fields}
    assert load({}, dotenv=example).public_url == "https://reminders.example.org"


def test_the_defaults_shown_in_the_example_are_the_defaults(tmp_path: Path):
    shown = re.findall(r"^#(STILLON_[A-Z_]+)=(.+)$", (DEPLOY / "stillon.env.example").read_text(), re.MULTILINE)
    assert len(shown) > 5
    assert load(dict(shown), dotenv=None) == load({}, dotenv=None)


@pytest.fixture
def live(tmp_path: Path) -> Path:
    """A database as a running Stillon leaves it: its last commits only in the write-ahead log."""
    file = tmp_path / "live.db"
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("CREATE TABLE told (word TEXT)")
    connection.execute("INSERT INTO told VALUES ('committed')")
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO told VALUES ('not yet')")
    yield file
    connection.close()


def run_backup(*arguments: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, BACKUP, *arguments], capture_output=True, text=True, check=False)


def test_a_backup_holds_what_was_committed_and_is_private(live: Path, tmp_path: Path):
    target = tmp_path / "backup.db"
    done = run_backup(live, target)
    assert (done.returncode, done.stderr) == (0, "")
    assert target.stat().st_mode & 0o077 == 0
    copy = sqlite3.connect(target)
    assert copy.execute("SELECT word FROM told").fetchall() == [("committed",)]
    copy.close()
    assert sorted(path.name for path in tmp_path.glob("backup*")) == ["backup.db"]


def test_a_backup_is_never_written_over(live: Path, tmp_path: Path):
    target = tmp_path / "backup.db"
    target.write_text("older")
    done = run_backup(live, target)
    assert (done.returncode, "is there already" in done.stderr) == (1, True)
    assert target.read_text() == "older"


def test_no_backup_is_left_of_what_is_not_a_database(tmp_path: Path):
    (tmp_path / "live.db").write_text("this is not a database, whatever its name says" * 100)
    done = run_backup(tmp_path / "live.db", tmp_path / "backup.db")
    assert done.returncode == 1
    assert "No backup was made" in done.stderr
    assert list(tmp_path.glob("backup*")) == []


def test_a_missing_database_is_said_to_be_missing_and_not_made(tmp_path: Path):
    done = run_backup(tmp_path / "live.db", tmp_path / "backup.db")
    assert (done.returncode, "there is no database" in done.stderr) == (1, True)
    assert not (tmp_path / "live.db").exists()


def test_the_wheel_has_all_that_runs(tmp_path: Path):
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", tmp_path]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("stillon-*.whl")
    packed = set(zipfile.ZipFile(wheel).namelist())
    needed = {
        str(path.relative_to(ROOT))
        for package in ("bot", "messages", "migrations", "scheduler", "waitlist")
        for path in (ROOT / package).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert needed <= packed
    assert {name.split("/")[0].split("-")[0] for name in packed} <= {*needed_tops(needed), "stillon"}


def needed_tops(needed: set[str]) -> set[str]:
    return {name.split("/")[0] for name in needed}
