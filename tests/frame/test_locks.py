"""The locked requirements: complete, hashed, in step with each other, and without an address of anybody's registry."""

import re
import tomllib
from pathlib import Path

import pytest

from tests.rig.process import ROOT

LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
PIN = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?==(?P<version>[^\s;]+)", re.MULTILINE)


def pins(lock: str) -> dict[str, str]:
    text = (ROOT / "requirements" / lock).read_text()
    return {found["name"].lower(): found["version"] for found in PIN.finditer(text)}


def named(requirements: list[str]) -> set[str]:
    return {re.split(r"[\[<>=!~; ]", requirement)[0].lower() for requirement in requirements}


@pytest.fixture(scope="module")
def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text())


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_registry_and_no_machine(lock: Path):
    text = lock.read_text()
    for forbidden in ("://", "--index", "--extra-index", "--find-links", "--trusted-host", "file:", "/home/", "/root/"):
        assert forbidden not in text


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_pin_has_a_hash(lock: Path):
    blocks = re.split(r"\n(?=[a-z0-9])", lock.read_text().strip())
    assert blocks
    assert [block.splitlines()[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_what_the_program_asks_for_is_locked(project: dict):
    assert named(project["project"]["dependencies"]) <= pins("run.txt").keys()


def test_what_the_tests_and_the_build_ask_for_is_locked(project: dict):
    groups = project["dependency-groups"]
    assert named(groups["dev"]) <= pins("dev.txt").keys()
    assert named(groups["build"]) <= pins("run.txt").keys()


def test_tests_run_on_the_versions_that_are_shipped():
    run, dev = pins("run.txt"), pins("dev.txt")
    assert {name: version for name, version in run.items() if dev.get(name) != version} == {}
