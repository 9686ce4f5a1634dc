"""The scanner finds what is planted, in every form; only then does a clean result mean anything."""

import base64
import gzip
import html
import json
import logging
import zlib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from scheduler.core import log as rules
from tests.rig.canary import Canary, Scanner, canary, corpus, words
from tests.rig.logwatch import LogWatch

SCANNER = Scanner(words(corpus()))
FORMS: dict[str, Callable[[str], bytes]] = {
    "as it is": lambda word: word.encode(),
    "in capitals": lambda word: word.upper().encode(),
    "in lower case": lambda word: word.lower().encode(),
    "in a URL": lambda word: quote(word, safe="").encode(),
    "in a form": lambda word: quote_plus(word).encode(),
    "in JSON": lambda word: json.dumps({"a": word}).encode(),
    "in HTML": lambda word: html.escape(word).encode(),
    "as Python writes it": lambda word: ascii(word).encode(),
    "in hex": lambda word: word.encode().hex().encode(),
    "in capital hex": lambda word: word.encode().hex().upper().encode(),
    "in UTF-16": lambda word: word.encode("utf-16-le"),
    "in UTF-16, big end first": lambda word: word.encode("utf-16-be"),
    "in base64": lambda word: base64.b64encode(word.encode()),
    "in base64 after one byte": lambda word: base64.b64encode(b"x" + word.encode() + b"tail"),
    "in base64 after two bytes": lambda word: base64.b64encode(b"xy" + word.encode() + b"tail"),
    "in URL-safe base64": lambda word: base64.urlsafe_b64encode(b"??>" + word.encode()),
    "in gzip": lambda word: b"\x00\x01" + gzip.compress(word.encode()),
    "in zlib": lambda word: b"PDF" + zlib.compress(word.encode()) + b"endstream",
    "in base64 in gzip": lambda word: gzip.compress(base64.b64encode(word.encode())),
}


def fields(client: Canary) -> list[str]:
    return [client.given, client.family, client.phone, client.email, client.birth_date.isoformat(), client.note]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("number", [0, 2, 9, 21, 39])
def test_every_field_is_found_in_every_form(form, number):
    for field in fields(canary(number)):
        found = SCANNER.find(b"before " + FORMS[form](field) + b" after")
        assert found, (field, form)


def test_phones_and_dates_are_found_as_people_write_them():
    client = canary(3)
    area, line = client.phone[2:5], client.phone[-4:]
    for text in (f"({area}) 555-{line}", f"{area}-555-{line}", f"{client.birth_date:%m/%d/%Y}"):
        assert SCANNER.find(f"about {text}.")


def test_clean_text_has_no_hits():
    clean = json.dumps(
        {"event": "message_sent", "at": "2026-11-21T18:00:00Z", "message_id": "0193a4f2c6d87a1b9e3f405162738495"}
    )
    assert SCANNER.find(clean * 50) == []
    assert SCANNER.find(b"") == []


def test_every_field_of_the_corpus_is_unique():
    clients = corpus(500)
    for name in ("phone", "email", "birth_date", "note", "given", "family"):
        assert len({getattr(client, name) for client in clients}) == 500, name


def test_no_word_of_the_corpus_hides_in_another():
    names = [field for client in corpus() for field in (client.given, client.family, client.email, client.note)]
    assert not [(one, two) for one in names for two in names if one != two and one.lower() in two.lower()]


def test_a_hit_says_what_was_found_and_where():
    client = canary(1)
    hit, *_ = SCANNER.find(gzip.compress(client.email.encode()))
    assert str(hit) == f"'{client.email}' (as it is, compressed)"


def test_the_watch_sees_what_slips_through_the_formatter():
    watch = LogWatch()
    watch.handle(logging.makeLogRecord({"msg": f"hello {canary(5).given}", "levelno": 10, "name": "x"}))
    assert watch.leaks()
    assert watch.leaks() == []


def test_the_watch_reads_the_lines_of_the_programs_own_formatter():
    watch = LogWatch()
    careless = rules.get_logger("x").bind(client=canary(5).given)
    logging.getLogger("x").addHandler(watch)
    careless.info("message_sent", to=canary(5).phone)
    logging.getLogger("x").removeHandler(watch)
    assert watch.leaks() == []


LEAKY_TESTS = """
import logging, sys
import pytest
from tests.rig.canary import canary

def test_clean(): print("fine")
def test_prints(): print(canary(1).given)
def test_logs(): logging.getLogger("x").debug("hello " + canary(2).family)
async def test_child(processes):
    child = processes.python("-c", "from tests.rig.canary import canary; print(canary(3).note)")
    assert child.wait() == 0
@pytest.mark.plants_canaries
def test_allowed(): print(canary(1).given)
"""


@pytest.mark.parametrize("workers", [[], ["-n", "1"]], ids=["alone", "in a worker"])
def test_a_leak_fails_the_test_it_happened_in(tmp_path: Path, workers: list[str]):
    from tests.rig.process import ROOT, Processes

    inner = ROOT / "tests" / "frame" / f"leaky_{tmp_path.name}_{len(workers)}.py"
    inner.write_text(LEAKY_TESTS)
    try:
        runs = Processes(tmp_path)
        options = [
            "-q",
            "-p",
            "no:randomly",
            "-p",
            "no:cacheprovider",
            f"--rootdir={ROOT}",
            "-c",
            ROOT / "pyproject.toml",
        ]
        run = runs.python("-m", "pytest", *map(str, options), *workers, str(inner))
        assert run.wait(seconds=50) == 1
        said = run.said()
    finally:
        inner.unlink()
    # The report names each leak, so its words are turned round before the watch of this very test reads them.
    assert "5 passed" in said
    assert "3 errors" in said
    assert "ERROR" in said
    run.log.write_text("")
