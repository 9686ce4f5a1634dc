"""Machines made of network namespaces: each has a link of its own to the database and one to the carrier.

A link is cut by taking down its far end: what is sent into it vanishes without a word, as in a partitioned network,
and what the kernel still holds is sent again when it is mended. Needs root. Invariant: everything made here has a name
of this process's, and is gone when `machines` is left; no other interface of this machine is touched.
"""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.rig.process import free_port

NET = 77  # 10.77.0.0/16, which nobody else here uses


class NotPermitted(Exception):
    """This user may not make network namespaces; the text says what the system said."""


@dataclass(frozen=True, slots=True)
class Machine:
    """A namespace. `database` and `carrier` are the addresses it reaches them at."""

    name: str
    number: int
    database: tuple[str, int]
    carrier: tuple[str, int]

    @property
    def enter(self) -> tuple[str, ...]:
        """What to write before a command that is to run there."""
        return ("ip", "netns", "exec", self.name)

    def cut(self, link: str) -> None:
        """From now on nothing passes: `link` is `d` (database) or `c` (carrier)."""
        _ip("link", "set", _near(self.number, link), "down")

    def mend(self, link: str) -> None:
        """It passes again."""
        _ip("link", "set", _near(self.number, link), "up")


@asynccontextmanager
async def machines(count: int, *, database: Path, carrier_port: int) -> AsyncIterator[list[Machine]]:
    """So many machines that reach a database (its unix socket) and a carrier on this one.

    Raises:
        NotPermitted: only root may.
    """
    with _namespaces(count):
        made, servers = [], []
        try:
            for number in range(count):
                machine = Machine(
                    _name(number), number, _address(number, "d", free_port()), _address(number, "c", carrier_port)
                )
                servers.append(await _relay(machine.database, lambda: asyncio.open_unix_connection(str(database))))
                servers.append(
                    await _relay(machine.carrier, lambda: asyncio.open_connection("127.0.0.1", carrier_port))
                )
                made.append(machine)
            yield made
        finally:
            for server in servers:
                server.close()


@contextmanager
def _namespaces(count: int) -> Iterator[None]:
    try:
        for number in range(count):
            _make(number)
        yield
    finally:
        for number in range(count):
            subprocess.run(["ip", "netns", "del", _name(number)], check=False, capture_output=True)
            for link in "dc":
                subprocess.run(["ip", "link", "del", _near(number, link)], check=False, capture_output=True)


def _make(number: int) -> None:
    name = _name(number)
    _ip("netns", "add", name)
    _ip("-n", name, "link", "set", "lo", "up")
    for link in "dc":
        near, far = _near(number, link), f"{link}0"
        _ip("link", "add", near, "type", "veth", "peer", "name", far, "netns", name)
        _ip("addr", "add", f"{_address(number, link, 0)[0]}/24", "dev", near)
        _ip("link", "set", near, "up")
        _ip("-n", name, "addr", "add", f"10.{NET}.{_block(number, link)}.2/24", "dev", far)
        _ip("-n", name, "link", "set", far, "up")


def _name(number: int) -> str:
    return f"stillon-{os.getpid()}-{number}"


def _near(number: int, link: str) -> str:
    return f"st{os.getpid() % 100_000}{link}{number}"


def _block(number: int, link: str) -> int:
    return 2 * number + "dc".index(link)


def _address(number: int, link: str, port: int) -> tuple[str, int]:
    return (f"10.{NET}.{_block(number, link)}.1", port)


def _ip(*words: str) -> None:
    try:
        done = subprocess.run(["ip", *words], check=False, capture_output=True, text=True)
    except OSError as error:
        raise NotPermitted(str(error)) from None
    if done.returncode:
        raise NotPermitted(done.stderr.strip())


Opened = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _relay(address: tuple[str, int], open_other: "object") -> asyncio.Server:
    """Pass bytes on, both ways, until either side ends."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            other_reader, other_writer = await open_other()  # type: ignore[operator]  # an awaitable opener
        except OSError:
            writer.transport.abort()
            return
        try:
            await asyncio.wait(
                {asyncio.create_task(_pump(reader, other_writer)), asyncio.create_task(_pump(other_reader, writer))},
                return_when=asyncio.FIRST_COMPLETED,
            )
        finally:
            for each in (writer, other_writer):
                with suppress(Exception):
                    each.close()

    return await asyncio.start_server(serve, *address)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while some := await reader.read(65536):
            writer.write(some)
            await writer.drain()
