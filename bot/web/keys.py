"""Names under which the application and a request carry what pages need. No behaviour.

Invariant: a request has a VIEWER only after its session was checked in this very request.
"""

from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from aiohttp import web

from scheduler.core.clock import Clock


@dataclass(frozen=True, slots=True)
class Site:
    """Where the installation is reached from outside.

    `origin` is scheme, host and port without a path, from the settings: never taken from a request.
    """

    origin: str

    @property
    def secure(self) -> bool:
        """Whether visitors come over TLS; only a loopback installation does without."""
        return urlsplit(self.origin).scheme == "https"


@dataclass(frozen=True, slots=True)
class Viewer:
    """The signed-in person, as pages need them. Rights are asked of `scheduler.access`, not read off here."""

    practice_id: str
    user_id: str
    name: str
    roles: frozenset[str]
    clinician_id: str | None
    practice_label: str
    zone: ZoneInfo
    locale: str
    csrf: str
    demo: bool

    @property
    def initials(self) -> str:
        """Two letters for the mark beside the menu."""
        words = self.name.split()
        return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


SITE = web.AppKey("site", Site)
CLOCK = web.AppKey("clock", Clock)
VIEWER = web.RequestKey("viewer", Viewer)
