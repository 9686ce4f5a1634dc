"""Files a browser loads: style sheets, scripts, icons. Read once at the start, served from memory.

A name served carries a piece of its content's SHA-256, so a browser may keep it for ever and an upgrade is seen at
once. Style sheets are written in several source files and joined here. Invariant: everything is same-origin.
"""

import gzip
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable

from aiohttp import web

FOREVER = "public, max-age=31536000, immutable"
TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
}
CONSOLE_SHEETS = (
    "10-tokens",
    "20-base",
    "30-frame",
    "40-acts",
    "50-pieces",
    "56-daily",
    "60-week",
    "70-client",
    "80-office",
    "90-print",
)
CLIENT_SHEETS = ("10-tokens", "20-base", "40-acts", "70-client", "90-print")
MINUTES_A_ROW = 5


@dataclass(frozen=True, slots=True)
class Asset:
    """One file as it is served."""

    name: str
    content_type: str
    body: bytes
    packed: bytes


class Assets:
    """All files by the name that pages use and by the name that browsers ask for."""

    def __init__(self, sources: dict[str, bytes]) -> None:
        self._urls: dict[str, str] = {}
        self._served: dict[str, Asset] = {}
        for name, body in sources.items():
            stem, dot, suffix = name.rpartition(".")
            hashed = f"{stem}-{hashlib.sha256(body).hexdigest()[:16]}{dot}{suffix}"
            self._urls[name] = f"/static/{hashed}"
            self._served[hashed] = Asset(hashed, TYPES[dot + suffix], body, gzip.compress(body, mtime=0))

    def url(self, name: str) -> str:
        """The address of a file by its plain name, such as `console.css`.

        Raises:
            KeyError: there is no such file; a template names it wrongly.
        """
        return self._urls[name]

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer a browser. A name of an older build is answered like any unknown one."""
        asset = self._served.get(request.match_info["name"])
        if asset is None:
            raise web.HTTPNotFound
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        headers = {"Cache-Control": FOREVER, "Vary": "Accept-Encoding"}
        if packed:
            headers["Content-Encoding"] = "gzip"
        return web.Response(
            body=asset.packed if packed else asset.body,
            content_type=asset.content_type,
            charset="utf-8",
            headers=headers,
        )


@cache
def load_assets() -> Assets:
    """The files of `bot/static`, read once in a process."""
    static = files("bot") / "static"
    sources = {
        "console.css": _sheet(static, CONSOLE_SHEETS),
        "client.css": _sheet(static, CLIENT_SHEETS),
        "week.css": _week_rows(),
        "htmx.js": (static / "vendor" / "htmx.min.js").read_bytes(),
    }
    for entry in static.iterdir():
        if entry.is_file() and entry.name[entry.name.rfind(".") :] in TYPES:
            sources[entry.name] = entry.read_bytes()
    return Assets(sources)


def _sheet(static: Traversable, names: tuple[str, ...]) -> bytes:
    text = "".join((static / "css" / f"{name}.css").read_text(encoding="utf-8") for name in names)
    without_comments = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    return re.sub(r"\s*\n\s*", "\n", without_comments).strip().encode()


def _week_rows() -> bytes:
    """Row classes of the week grid: `at-N` begins N rows below the top, `for-N` is N rows long.

    They exist because the content policy forbids style attributes, which is where a row would otherwise be named.
    """
    starts = [f".at-{row}{{grid-row-start:{row + 1}}}" for row in range(24 * 60 // MINUTES_A_ROW + 1)]
    spans = range(1, 24 * 60 // MINUTES_A_ROW + 1)
    lengths = [f".for-{rows}{{grid-row-end:span {rows}}}" for rows in spans]
    return "\n".join(starts + lengths).encode()
