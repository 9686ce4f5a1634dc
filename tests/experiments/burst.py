"""Posts that all leave at once, each on a connection of its own, as from so many phones; and how long each took.

The client is as light as it can be, since it shares the machine with what it measures: requests are bytes made
beforehand, one thread has all connections, an answer ends with its connection. Invariant: a time runs from before the
connection is asked for to the last byte of the answer, with whatever the client itself held up in it.
"""

import asyncio
import errno
import select
import socket
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import Final
from urllib.parse import urlencode, urlsplit

AGAIN_AFTER: Final = (0.2, 0.4, 0.8, 1.6)
"""Seconds after which whoever got no answer asks again; the last for all further times."""
AT_ONCE: Final = 64 * 1024
_UNDER_WAY: Final = {0, errno.EINPROGRESS}


@dataclass(frozen=True, slots=True)
class Post:
    """A request, whole, and where it goes."""

    host: str
    port: int
    bytes: bytes


@dataclass(frozen=True, slots=True)
class Answered:
    """The last answer, how long it took since the first try, and how many tries got none."""

    seconds: float
    status: int
    page: str
    in_vain: int


def post(url: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> Post:
    """A form as it goes over the line. The host is a number: nothing is looked up while it is measured."""
    parts, body = urlsplit(url), urlencode(fields).encode()
    lines = {
        "Host": parts.netloc,
        "Content-Type": "application/x-www-form-urlencoded",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **headers,
    }
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return Post(parts.hostname or "", parts.port or 80, f"POST {parts.path} HTTP/1.1\r\n{head}\r\n".encode() + body)


async def all_at_once(posts: Sequence[Post], *, patience: float) -> list[Answered]:
    """Answers in the order of the posts. Whoever is refused, cut off or told to come again tries until answered.

    Raises:
        TimeoutError: somebody was not answered within `patience` seconds.
    """
    return await asyncio.to_thread(_Burst(posts).answers, patience)


@dataclass(slots=True)
class _Phone:
    """One who asks. `unsent`: what has not gone over the line yet."""

    wanted: Post
    place: int
    began: float = 0.0
    in_vain: int = 0
    unsent: bytes = b""
    heard: bytearray = field(default_factory=bytearray)


class _Burst:
    """All phones, and what the system says of their connections."""

    def __init__(self, posts: Sequence[Post]) -> None:
        self._phones = [_Phone(wanted, place) for place, wanted in enumerate(posts)]
        self._lines: dict[int, tuple[socket.socket, _Phone]] = {}
        self._again: list[tuple[float, int]] = []
        self._answered: dict[int, Answered] = {}
        self._epoll = select.epoll()

    def answers(self, patience: float) -> list[Answered]:
        """Ask, until everybody is answered."""
        until = time.monotonic() + patience
        with self._closing():
            for phone in self._phones:
                phone.began = time.monotonic()
                self._ask(phone)
            while len(self._answered) < len(self._phones):
                if time.monotonic() > until:
                    raise TimeoutError
                self._hear()
        return [self._answered[phone.place] for phone in self._phones]

    @contextmanager
    def _closing(self) -> Iterator[None]:
        try:
            yield
        finally:
            for line, _ in self._lines.values():
                line.close()
            self._epoll.close()

    def _ask(self, phone: _Phone) -> None:
        line = socket.socket()
        line.setblocking(False)
        if line.connect_ex((phone.wanted.host, phone.wanted.port)) not in _UNDER_WAY:
            self._ended(line, phone)
            return
        phone.unsent, phone.heard = phone.wanted.bytes, bytearray()
        self._lines[line.fileno()] = line, phone
        self._epoll.register(line, select.EPOLLIN | select.EPOLLOUT)

    def _hear(self) -> None:
        now = time.monotonic()
        while self._again and self._again[0][0] <= now:
            self._ask(self._phones[heappop(self._again)[1]])
        for number, _ in self._epoll.poll(max(0.0, self._again[0][0] - now) if self._again else 1.0):
            line, phone = self._lines[number]
            try:
                over = self._speak(line, phone) if phone.unsent else self._listen(line, phone)
            except BlockingIOError:
                continue
            except OSError:
                over = True
            if over:
                # Closing is not enough: a program that is just being started may hold a copy for a moment.
                self._epoll.unregister(number)
                del self._lines[number]
                self._ended(line, phone)

    def _speak(self, line: socket.socket, phone: _Phone) -> bool:
        phone.unsent = phone.unsent[line.send(phone.unsent) :]
        if not phone.unsent:
            self._epoll.modify(line, select.EPOLLIN)
        return False

    def _listen(self, line: socket.socket, phone: _Phone) -> bool:
        """Whether the other side has hung up."""
        heard = line.recv(AT_ONCE)
        phone.heard += heard
        return not heard

    def _ended(self, line: socket.socket, phone: _Phone) -> None:
        """The connection is over: an answer, or none, and then they ask again."""
        line.close()
        seconds = time.monotonic() - phone.began
        status, page = _read(bytes(phone.heard))
        if status in range(200, 500):
            self._answered[phone.place] = Answered(seconds, status, page, phone.in_vain)
            return
        phone.heard = bytearray()
        heappush(self._again, (phone.began + seconds + AGAIN_AFTER[min(phone.in_vain, 3)], phone.place))
        phone.in_vain += 1


def _read(answer: bytes) -> tuple[int, str]:
    """The status and the page; zero where the connection ended before the answer did."""
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    length = next((int(line[15:]) for line in lines if line.lower().startswith("content-length:")), -1)
    return (int(lines[0].split()[1]), body.decode()) if len(body) == length else (0, "")
