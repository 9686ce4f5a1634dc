"""Every form of the console, found by walking it, sent with what no form should send: refused, never broken."""

import re
from random import Random
from urllib.parse import quote_from_bytes, urlsplit

import pytest
from aiohttp.test_utils import TestClient
from yarl import URL

from tests.console.test_reach import furnish
from tests.console.visitor import PRESSED, Visitor
from tests.hostile.conftest import Enter
from tests.hostile.shown_forms import Page, ShownForm
from tests.rig.office import Office

NASTY: tuple[str | bytes, ...] = (
    "", " ", "\x00", "a\x00b", b"\xff\xfe", b"\xed\xa0\x80", "-1", "0", "9" * 5000, "9" * 25, "1e999", "NaN", "\u00b2",
    "\u0663", "0x10", "1_000", "2026-02-30", "0001-01-01", "9999-12-31", "10000-01-01", "2026-03-08", "2026-W10-1",
    "02:30", "24:00", "25:61", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00", "2026-03-08T02:30",
    "0" * 32, "f" * 32, "../../etc/passwd", "//elsewhere.example", "<script>alert(1)</script>", "{{ 7*7 }}",
    "{0.__class__}", "%s%n", "' OR 1=1 --", "\u202egnp.exe", "\U0001f600" * 300, "\r\nSet-Cookie: a=b",
    "America/Nowhere", "../UTC", "yes", "off", "all", "null", "true", "+12065550142" * 9, "a@b" * 2000,
)  # fmt: skip
PER_SHAPE = 3
TRIES = 10
LONGEST_QUERY = 6000
LEFT_OUT = ("/signout", "/account/password")
"""What would end the walk, or spends its time hashing passwords."""

Sent = tuple[str, str | bytes]


def shape(path: str) -> str:
    """A path without its ids and query, so that a thousand visits count as one page."""
    return re.sub(r"[0-9a-f]{32}", "*", urlsplit(path).path)


async def walk(somebody: Visitor) -> list[ShownForm]:
    """Every form on the pages reachable by links from the day, a few pages of each shape."""
    waiting, seen, counts = ["/console/today", "/console/look", "/account"], set(), dict[str, int]()
    forms: dict[tuple[str, tuple[str, ...]], ShownForm] = {}
    while waiting:
        path = waiting.pop(0)
        if path in seen or not path.startswith(("/console", "/account")):
            continue
        seen.add(path)
        counts[shape(path)] = counts.get(shape(path), 0) + 1
        if counts[shape(path)] > PER_SHAPE:
            continue
        answer = await somebody.get(path)
        assert answer.status in {200, 303, 404}, (path, answer.status)
        shown = Page(path, answer.text)
        waiting += [answer.location, *shown.links]
        for form in shown.forms:
            names = tuple(sorted({name for name, _ in form.pressed()}))
            forms.setdefault((shape(form.action), names), form)
    return list(forms.values())


def spoilt(form: ShownForm, chance: Random, tries: int) -> list[list[Sent]]:
    """The form's fields with one of them absent, doubled or nasty: so many of the possible ways."""
    fields = form.pressed()
    made: list[list[Sent]] = [list(fields)]
    for at, (name, _) in enumerate(fields):
        if name == "csrf":
            continue
        rest: list[Sent] = [*fields[:at], *fields[at + 1 :]]
        made += [rest, [*fields, (name, "again")]]
        made += [[*rest, (name, value)] for value in NASTY]
    return chance.sample(made, min(tries, len(made)))


def encoded(fields: list[Sent]) -> str:
    """A body; bytes stand in it as they are, valid or not."""

    def escape(text: str | bytes) -> str:
        return quote_from_bytes(text if isinstance(text, bytes) else text.encode("utf-8"), safe="")

    return "&".join(f"{escape(name)}={escape(value)}" for name, value in fields)


async def send(site: TestClient, somebody: Visitor, form: ShownForm, fields: list[Sent]) -> int:
    """Send a form as a browser of this person would, whatever stands in it; the status of the answer."""
    body, mine = encoded(fields), somebody._mine
    if form.method == "get":
        path = form.action.partition("?")[0] + "?" + body[:LONGEST_QUERY]
        return (await site.get(URL(path, encoded=True), cookies=mine, allow_redirects=False)).status
    headers = {**PRESSED, "Content-Type": "application/x-www-form-urlencoded"}
    return (await site.post(form.action, data=body, headers=headers, cookies=mine, allow_redirects=False)).status


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("engine_name", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True)
async def test_no_form_of_the_console_breaks(office: Office, site: TestClient, enter: Enter) -> None:
    await furnish(office)
    owner, chance, broken = await enter("owner"), Random(1), []
    forms = await walk(owner)
    assert len(forms) > 50
    for form in forms:
        if form.action.startswith(LEFT_OUT):
            continue
        for fields in spoilt(form, chance, TRIES):
            status = await send(site, owner, form, fields)
            if status >= 500:
                odd = [(name, value[:40]) for name, value in fields if (name, value) not in form.pressed()]
                broken.append((status, form.method, shape(form.action), odd))
    assert broken == []
