"""The benchmark's own carrier: it takes texts as Twilio's API does, counts them, and does nothing else.

A process of its own on a bare protocol, so that the measured side is the slower one: `stillon sandbox` is the carrier
that behaves. It answers every create with 201 and a whole message resource, after `--latency-ms` if asked to.
`GET /ledger` tells what was accepted,
`GET /arrivals` when, `POST /forget` begins anew. Invariant: each accepted text is counted under the
message id of its status callback, so that one that came twice shows.
"""

import argparse
import asyncio
import json
import re
import resource
import sys
from collections import Counter
from collections.abc import Sequence
from email.utils import format_datetime
from typing import Final, cast

import uvloop

from scheduler.core.clock import SystemClock

CLOCK: Final = SystemClock()
READY: Final = "carrier ready on port"
_LENGTH: Final = re.compile(rb"\r\ncontent-length:\s*(\d+)", re.IGNORECASE)
_REFERENCE: Final = re.compile(rb"(?:%3F|\?)m%3D([0-9a-zA-Z]{1,64})")
_CREATE: Final = re.compile(rb"POST \S*/2010-04-01/Accounts/(AC\w{32})/Messages\.json ")
_LIST: Final = re.compile(rb"GET \S*/2010-04-01/Accounts/AC\w{32}/Messages\.json")
_NOWHERE: Final = b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


class Ledger:
    """What was accepted since the last `forget`."""

    def __init__(self) -> None:
        self._made = 0
        self.forget()

    def forget(self) -> None:
        """Begin to count anew."""
        self._by_reference: Counter[bytes] = Counter()
        self._first_at: dict[bytes, float] = {}
        self._nameless = 0

    def accept(self, body: bytes) -> int:
        """Count one text; returns its number."""
        named = _REFERENCE.search(body)
        if named is None:
            self._nameless += 1
        else:
            self._by_reference[named.group(1)] += 1
            self._first_at.setdefault(named.group(1), CLOCK.now().timestamp())
        self._made += 1
        return self._made

    def arrivals(self) -> dict[str, float]:
        """When each text came first (seconds since 1970), by its message id."""
        return {reference.decode(): at for reference, at in self._first_at.items()}

    def told(self) -> dict[str, float]:
        """The counts, and the processor time of this process so far."""
        used = resource.getrusage(resource.RUSAGE_SELF)
        return {
            "accepted": self._nameless + self._by_reference.total(),
            "references": len(self._by_reference),
            "twice": sum(count > 1 for count in self._by_reference.values()),
            "cpu_seconds": used.ru_utime + used.ru_stime,
        }


class Answers(asyncio.Protocol):
    """One connection: requests are answered in their order, each after the latency."""

    def __init__(self, ledger: Ledger, page: bytes, latency: float) -> None:
        self._ledger = ledger
        self._page = page
        self._latency = latency
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the way back."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is one in all but its bases

    def data_received(self, data: bytes) -> None:
        """Answer every whole request that has come."""
        self._buffer += data
        while (head := self._buffer.find(b"\r\n\r\n")) >= 0:
            length = _LENGTH.search(self._buffer, 0, head)
            end = head + 4 + (int(length.group(1)) if length else 0)
            if len(self._buffer) < end:
                return
            self._answer(self._buffer[:head], self._buffer[head + 4 : end])
            self._buffer = self._buffer[end:]

    def _answer(self, head: bytes, body: bytes) -> None:
        create = _CREATE.match(head)
        if create is None:
            self._write(self._about_itself(head))
            return
        sid = b"SM%032x" % self._ledger.accept(body)
        answer = self._page.replace(b"SID_OF_MESSAGE", sid).replace(b"SID_OF_ACCOUNT", create.group(1))
        answer = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
            len(answer),
            answer,
        )
        if self._latency:
            asyncio.get_running_loop().call_later(self._latency, self._write, answer)
        else:
            self._write(answer)

    def _about_itself(self, head: bytes) -> bytes:
        if head.startswith(b"POST /forget "):
            self._ledger.forget()
        elif head.startswith(b"GET /arrivals "):
            return _ok(self._ledger.arrivals())
        elif _LIST.match(head):
            return _ok({"messages": [], "next_page_uri": None, "page": 0, "page_size": 50})
        elif not head.startswith(b"GET /ledger "):
            return _NOWHERE
        return _ok(self._ledger.told())

    def _write(self, answer: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(answer)


def _ok(answer: object) -> bytes:
    told = json.dumps(answer).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(told), told)


def message_page() -> bytes:
    """A message resource as Twilio answers a create, with places for the two sids."""
    made = format_datetime(CLOCK.now())
    path = "/2010-04-01/Accounts/SID_OF_ACCOUNT/Messages/SID_OF_MESSAGE"
    return json.dumps(
        {
            "account_sid": "SID_OF_ACCOUNT",
            "api_version": "2010-04-01",
            "body": "Bench Office: your visit is Tue Mar 10, 10:00 AM. Reply C to confirm, N if you cannot come.",
            "date_created": made,
            "date_sent": None,
            "date_updated": made,
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": "+12025550199",
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "sid": "SID_OF_MESSAGE",
            "status": "queued",
            "subresource_uris": {"media": f"{path}/Media.json"},
            "to": "+12025550100",
            "uri": f"{path}.json",
        }
    ).encode()


async def serve(host: str, port: int, latency: float) -> None:
    """Answer until this process is ended; the port is printed once it listens."""
    ledger, page = Ledger(), message_page()
    server = await asyncio.get_running_loop().create_server(
        lambda: Answers(ledger, page, latency), host, port, backlog=1024
    )
    sys.stdout.write(f"{READY} {server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main(arguments: Sequence[str] | None = None) -> None:
    """Run it: `python -m bot.bench.carrier --port 8027 --latency-ms 80`."""
    parser = argparse.ArgumentParser(description="A light carrier for benchmarks.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--latency-ms", type=float, default=0.0)
    given = parser.parse_args(arguments)
    uvloop.run(serve(given.host, given.port, given.latency_ms / 1000))


if __name__ == "__main__":
    main()
