"""The demo as a process of its own, for tests that use it as a new user would: two ports, one folder, five doors."""

import asyncio
import re
from dataclasses import dataclass
from html import unescape
from http.client import HTTPConnection
from pathlib import Path

from tests.rig.process import Processes, Running, free_port

SECONDS = 240.0


@dataclass(frozen=True, slots=True)
class RunningDemo:
    """Where it answers. `doors` has a path for each role, by the words of the tour page."""

    process: Running
    folder: Path
    console: str
    phones: str
    owner: str
    doors: dict[str, str]


async def start_demo(processes: Processes, *options: str) -> RunningDemo:
    """A fresh demo with a short past, once it has said its three addresses and they answer."""
    port, phones_port = free_port(), free_port()
    folder = processes.folder / "demo"
    where = ("--folder", str(folder), "--port", str(port), "--phones-port", str(phones_port))
    process = processes.stillon("demo", *where, "--weeks", "2", *options)
    await asyncio.to_thread(process.until, lambda: "Tour " in process.said(), seconds=SECONDS)
    said = process.said()
    addresses = dict(re.findall(r"^ +(Console|Phones|Tour) +(http\S+)$", said, re.MULTILINE))
    tour = await asyncio.to_thread(_read, port, "/tour")
    found = re.findall(r'<a href="(/setup/[^"]+)">([^<]+)</a>', tour)
    return RunningDemo(
        process=process,
        folder=folder,
        console=f"http://localhost:{port}",
        phones=addresses["Phones"],
        owner=addresses["Console"],
        doors={unescape(words): path for path, words in found},
    )


def _read(port: int, path: str) -> str:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        assert answer.status == 200, answer.status
        return answer.read().decode()
    finally:
        connection.close()
