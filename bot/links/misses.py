"""Guesses are slowed down: too many dead links from one address, and nothing is looked up for it.

Counted in memory only, because safe methods never write. The answer stays the very same page, so that a guesser
cannot tell a refusal from a miss. There is no such limit for all addresses together: 131 bits are guessed by nobody,
and whoever asked for enough dead links would close everybody's. Invariant: no address is stored or logged, a restart
forgets all, and whoever cannot be told from others is not refused on their account.
"""

from collections import OrderedDict
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

from scheduler.core.clock import Clock

PER_ADDRESS: Final = 30
WINDOW_SECONDS: Final = 60.0
REMEMBERED: Final = 10_000
ONE_HOUSEHOLD: Final = 64
"""Bits of an IPv6 address that one connection has to itself; the rest it chooses."""


def asker(peer: str, forwarded: str) -> str:
    """Who asks, as far as it can be told; empty where it cannot.

    Args:
        peer: the address the connection comes from.
        forwarded: the header X-Forwarded-For. It counts only if the peer is of this machine or of a private network, a
            proxy of ours, and of it only the last entry, which is the proxy's own.
    """
    address = _address(peer)
    if address is None or address.is_private:
        address = _address(forwarded.rpartition(",")[2].strip())
    if isinstance(address, IPv6Address):
        return str(ip_network((address, ONE_HOUSEHOLD), strict=False))
    return str(address or "")


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


class Misses:
    """How many dead links were asked for in the last minute."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def too_many(self, who: str) -> bool:
        """Whether this `asker` has guessed enough for now."""
        return self._current(who) >= PER_ADDRESS

    def count(self, who: str) -> None:
        """One more dead link."""
        if not who:
            return
        count = self._current(who)
        began, _ = self._counts.pop(who, (0.0, 0))
        self._counts[who] = (began, count + 1) if count else (self._clock.monotonic(), 1)
        while len(self._counts) > REMEMBERED:
            self._counts.popitem(last=False)

    def _current(self, who: str) -> int:
        began, count = self._counts.get(who, (0.0, 0))
        return count if self._clock.monotonic() - began < WINDOW_SECONDS else 0
