"""What a log line may say, shown with values that must never be in one."""

import base64
import io
import json
import logging
import os
import subprocess
import sys
import warnings
from enum import StrEnum

import pytest
import structlog

from scheduler.core import log as rules
from scheduler.core.errors import NotFound

NAME = "Quillonbeth Zarvanek"
PHONE = "+12025550143"
EMAIL = "q.zarvanek@mail.example"
TOKEN = "aB3dE5gH7jK9mN1pQ3sT5v"
ID = "0193a4f2c6d87a1b9e3f405162738495"
SECRETS = (NAME, PHONE, PHONE[2:], EMAIL, TOKEN)


@pytest.fixture
def line():
    """Logs through a handler with our formatter and gives back the one line that came out."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(rules.formatter())
    loggers = [logging.getLogger(name) for name in ("log_rules", "some.library")]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.DEBUG)
        logger.propagate = False

    def written() -> dict:
        text = stream.getvalue()
        stream.truncate(0)
        stream.seek(0)
        assert text.count("\n") == 1, text
        for secret in SECRETS:
            assert secret not in text
        return json.loads(text)

    yield written
    for logger in loggers:
        logger.removeHandler(handler)
        logger.propagate = True


@pytest.fixture
def log():
    rules.bind_structlog()
    return rules.get_logger("log_rules")


def test_a_line_is_an_event_with_ids_and_numbers(line, log):
    log.info("message_sent", message_id=ID, attempt=2, channel="sms")
    told = line()
    assert told.pop("at").endswith("Z")
    assert told == {
        "level": "info",
        "event": "message_sent",
        "logger": "log_rules",
        "message_id": ID,
        "attempt": 2,
        "channel": "sms",
    }


def test_keys_nobody_allowed_are_named_but_not_shown(line, log):
    log.info("message_sent", to=PHONE, client=NAME, body=f"Dear {NAME}")
    assert line()["dropped"] == ["body", "client", "to"]


@pytest.mark.parametrize("value", [NAME, PHONE, EMAIL, TOKEN, "ana", int(PHONE[1:])])
def test_an_id_that_does_not_look_like_one_is_not_shown(line, log, value):
    log.info("looked_up", client_id=value)
    assert line()["client_id"] == "[not an id]"


@pytest.mark.parametrize("value", [ID, "SM" + ID, 41, None])
def test_ids_of_ours_and_of_the_carrier_are_shown(line, log, value):
    log.info("looked_up", message_id=value)
    assert line()["message_id"] == value


def test_texts_under_allowed_keys_are_scrubbed(line, log):
    careless = f"call {PHONE}"
    log.info(careless, reason=f"{EMAIL} said {PHONE}", route=f"/l/{TOKEN}")
    told = line()
    assert told["event"] == "call [phone]"
    assert told["reason"] == "[email] said [phone]"
    assert told["route"] == "/l/[secret]"


def test_objects_under_allowed_keys_are_named_by_their_type(line, log):
    class Client:
        def __repr__(self) -> str:
            return NAME

    class State(StrEnum):
        SENT = "sent"

    log.info("odd", outcome=Client(), reason=KeyError(NAME), state=State.SENT, problems=[PHONE, 3], rows={NAME: 1})
    told = line()
    assert told["outcome"] == "[Client]"
    assert told["reason"] == "KeyError"
    assert told["state"] == "sent"
    assert told["problems"] == ["[phone]", 3]
    assert told["rows"] == "[dict]"


@pytest.mark.parametrize(
    "text",
    ["+1 (202) 555-0143", "202-555-0143", "(202) 555 0143", "1-202-555-0143", "+44 7911 123456", "tel:+12025550143"],
)
def test_phone_numbers_are_scrubbed_however_they_are_written(text):
    assert rules.scrub(f"x {text} y").replace("tel:", "") == "x [phone] y"


@pytest.mark.parametrize(
    "text",
    [
        ID,
        "2026-11-21T18:00:00.123Z",
        "2026-11-21 18:00:00",
        "127.0.0.1:8080",
        "appointment_not_found_for_this_actor",
        "asyncpg 0.32.0",
        "took 12.345678 s",
        "MG" + "0" * 32,
    ],
)
def test_scrubbing_leaves_alone_what_helps_an_operator(text):
    assert rules.scrub(text) == text


@pytest.mark.parametrize("secret", [TOKEN, "a" * 21 + "B", base64.urlsafe_b64encode(bytes(range(60, 93))).decode()])
def test_secrets_of_links_and_sessions_are_scrubbed(secret):
    assert rules.scrub(f"GET /l/{secret} HTTP/1.1") == "GET /l/[secret] HTTP/1.1"


def test_our_exceptions_tell_their_code_and_ids(line, log):
    try:
        raise NotFound("appointment_not_found", appointment_id=ID, given=NAME)
    except NotFound:
        log.exception("request_failed")
    told = line()
    assert told["error"] == "NotFound"
    assert told["code"] == "appointment_not_found"
    assert told["appointment_id"] == ID
    assert told["trace"][-1].startswith("tests/frame/test_log.py:")


def test_exceptions_of_libraries_tell_their_type_and_place_but_no_words(line, log):
    class UniqueViolationError(Exception):
        sqlstate = "23505"

    try:
        try:
            raise UniqueViolationError(f"Key (name)=({NAME}) already exists")
        except UniqueViolationError as cause:
            raise ValueError(f"Failing row contains ({NAME}, {PHONE})") from cause
    except ValueError:
        log.exception("request_failed")
    told = line()
    assert told["error"] == "ValueError"
    assert told["reason"] == "UniqueViolationError 23505"


def test_a_circle_of_causes_ends(line, log):
    first, second = ValueError(NAME), KeyError(NAME)
    first.__cause__, second.__cause__ = second, first
    log.error("request_failed", exc_info=first)
    assert line()["reason"] == "KeyError < ValueError"


def test_groups_of_exceptions_tell_their_types(line, log):
    log.error("failed", exc_info=ExceptionGroup(NAME, [ValueError(NAME), LookupError(NAME)]))
    assert line()["problems"] == ["ValueError", "LookupError"]


def test_libraries_speak_without_their_arguments(line):
    logging.getLogger("some.library").warning("Could not reach %s for %s", PHONE, NAME)
    assert line()["event"] == "Could not reach %s for %s"


def test_what_libraries_write_into_their_message_is_scrubbed_and_cut_to_a_line(line):
    careless = f"Task failed for {PHONE}\nfuture: {NAME}"
    logging.getLogger("some.library").error(careless)
    assert line()["event"] == "Task failed for [phone]"


def test_exceptions_logged_by_libraries_lose_their_words(line):
    try:
        raise RuntimeError(f"Error for {NAME}")
    except RuntimeError:
        logging.getLogger("some.library").exception("Error handling request from %s", NAME)
    told = line()
    assert told["error"] == "RuntimeError"
    assert told["event"] == "Error handling request from %s"


def test_very_long_texts_are_cut(line, log):
    log.info("x " * 1000)
    assert len(line()["event"]) < 400


def test_people_get_plain_lines():
    record = logging.makeLogRecord({"name": "n", "levelname": "INFO", "levelno": 20, "msg": "ready", "created": 0.0})
    assert rules.formatter(plain=True).format(record) == "00:00:00 info     ready"


NOISY_PROGRAM = f"""
import asyncio, gc, logging, sys, threading, warnings
from scheduler.core import log
log.configure(level="DEBUG")
logging.getLogger("twilio.http_client").info("Query Params: %s", "{PHONE}")
logging.getLogger("aiohttp.access").error("GET /l/{TOKEN}")
logging.getLogger("x").info("%d items", "{NAME}")
warnings.warn("about {NAME}")
class Loud:
    def __del__(self): raise ValueError("{NAME}")
Loud()
def fail(): raise ValueError("{NAME} {PHONE}")
thread = threading.Thread(target=fail); thread.start(); thread.join()
async def main():
    task = asyncio.create_task(coroutine()); await asyncio.sleep(0); del task; gc.collect()
async def coroutine(): fail()
asyncio.run(main())
fail()
"""


def test_a_whole_process_keeps_quiet_about_people():
    done = subprocess.run(
        [sys.executable, "-c", NOISY_PROGRAM], capture_output=True, text=True, check=False, env={**os.environ}
    )
    for secret in SECRETS:
        assert secret not in done.stderr + done.stdout
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    events = [line["event"] for line in lines]
    assert done.returncode == 1
    assert events.count("uncaught_exception") == 3
    assert "Task exception was never retrieved" in events
    assert "%d items" in events
    assert any(event.startswith("warning UserWarning at") for event in events)
    assert not any("Query" in event or "GET" in event for event in events)


def test_structlogs_context_is_under_the_same_rules(line, log):
    with structlog.contextvars.bound_contextvars(practice_id=ID, client=NAME):
        log.info("step")
    told = line()
    assert told["practice_id"] == ID
    assert told["dropped"] == ["client"]


def test_warnings_are_still_errors_here():
    with pytest.raises(UserWarning):
        warnings.warn("the suite's filter stands", UserWarning, stacklevel=1)
