"""Real processes in tests: started with given settings, waited for, killed, started again, and gone afterwards."""

import os
from pathlib import Path

import pytest

from tests.rig.process import NotReady, Processes, answers, free_port

SERVER = """
import os, sys, time
from http.server import BaseHTTPRequestHandler, HTTPServer
print("port", os.environ["STILLON_PORT"], os.environ.get("STILLON_OTHER"), flush=True)
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(500 if self.path == "/broken" else 200); self.end_headers()
HTTPServer(("127.0.0.1", int(os.environ["STILLON_PORT"])), Handler).serve_forever()
"""


def test_a_process_gets_its_settings_and_not_the_developers(processes: Processes, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("STILLON_OTHER", "mine")
    port = free_port()
    process = processes.python("-c", SERVER, port=port)
    process.until_answers(port)
    assert process.said().startswith(f"port {port} None")
    assert not answers(port, "/broken")


def test_a_killed_process_can_be_started_again(processes: Processes):
    port = free_port()
    process = processes.python("-c", SERVER, port=port)
    process.until_answers(port)
    first = process.pid
    process.kill()
    assert not process.is_running
    assert not answers(port)
    process.start()
    process.until_answers(port)
    assert process.pid != first
    assert process.stop() != 0


def test_a_process_that_ends_too_early_is_told_with_its_last_words(processes: Processes):
    process = processes.python("-c", "raise SystemExit('no settings')")
    with pytest.raises(NotReady, match="has ended: no settings"):
        process.until_answers(free_port())


def test_a_process_that_never_answers_is_not_waited_for_forever(processes: Processes):
    process = processes.python("-c", "import time; time.sleep(60)")
    with pytest.raises(NotReady, match="still runs"):
        process.until_answers(free_port(), seconds=0.2)


def test_a_process_that_ignores_the_request_to_end_is_killed(processes: Processes):
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print('deaf', flush=True); time.sleep(60)"
    process = processes.python("-c", deaf)
    process.until(lambda: "deaf" in process.said())
    assert process.stop(seconds=0.2) == -9


def test_nothing_outlives_its_test(tmp_path: Path):
    started = Processes(tmp_path)
    process = started.python("-c", "import time; time.sleep(60)")
    started.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process.pid, 0)
