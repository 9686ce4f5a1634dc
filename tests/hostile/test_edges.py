"""Every route of the application, by every method, by anybody: headers always, no write by a safe method, no 5xx."""

import asyncio
import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient
from hypothesis import HealthCheck, given
from hypothesis import settings as times
from hypothesis import strategies as st
from sqlalchemy import func, select
from yarl import URL

from bot.web.headers import ALWAYS
from scheduler import tables
from scheduler.core.record import Record
from tests.console.test_reach import furnish
from tests.console.visitor import PRESSED
from tests.hostile.conftest import ACCOUNT, TOKEN, Enter
from tests.rig.office import Office

METHODS = ("GET", "HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE", "PROPFIND")
ODD_PATHS = (
    "/nowhere", "/static/../settings.py", "/static/%2e%2e%2fsettings.py", "/%00", "/%ff",
    "/l/%00", "/l/%ff", "/signin?a=%00", "/console/audit?who=%00", "/console/report?clinician=%00",
)  # fmt: skip


def paths(app: web.Application) -> list[str]:
    """An address for every route, with ids that are nobody's."""
    found = {resource.canonical for resource in app.router.resources()}
    return sorted(path.replace("{", "\0").split("\0")[0] + _filled(path) if "{" in path else path for path in found)


def _filled(path: str) -> str:
    first, *rest = path.split("{")[1:]
    parts = [("f" * 32) + part.partition("}")[2] for part in (first, *rest)]
    return "".join(parts)


async def rows(record: Record) -> dict[str, int]:
    """How many rows each table has, but the audit trail, to which reading a client's record adds."""
    async with record.read("") as r:
        wanted = [table for table in tables.metadata.sorted_tables if not table.name.startswith("audit_")]
        return {
            table.name: (await r.conn.execute(select(func.count()).select_from(table))).scalar_one() for table in wanted
        }


@pytest.mark.parametrize("engine_name", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True)
async def test_no_method_but_post_writes_anywhere_and_every_answer_is_dressed(
    office: Office, record: Record, site: TestClient, enter: Enter
) -> None:
    of = await furnish(office)
    owner = await enter("owner")
    assert site.app is not None
    there = [*paths(site.app), *ODD_PATHS]
    there += [path.replace("f" * 32, of.visit) for path in paths(site.app) if "f" * 32 in path]
    before = await rows(record)
    for path in there:
        for method in METHODS:
            for cookies in ({}, owner._mine):
                address = URL(path, encoded=True)
                answer = await site.request(method, address, cookies=cookies, allow_redirects=False)
                assert answer.status < 500, (method, path, answer.status)
                missing = [name for name in ALWAYS if name not in answer.headers]
                assert not missing, (method, path, missing)
                assert answer.headers["Server"] == "stillon"
                await answer.read()
    assert await rows(record) == before


@pytest.mark.parametrize("engine_name", ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)], indirect=True)
async def test_a_post_without_a_token_of_ours_changes_nothing_on_any_route(
    office: Office, record: Record, site: TestClient, enter: Enter
) -> None:
    of = await furnish(office)
    owner = await enter("owner")
    assert site.app is not None
    before = await rows(record)
    for path in paths(site.app):
        for at in {path, path.replace("f" * 32, of.visit), path.replace("f" * 32, of.client)}:
            for headers, data in (
                ({}, {}),
                ({"Sec-Fetch-Site": "cross-site"}, {"csrf": owner.csrf}),
                ({"Sec-Fetch-Site": "same-site"}, {"csrf": owner.csrf}),
                ({"Origin": "https://elsewhere.example"}, {"csrf": owner.csrf}),
                ({"Sec-Fetch-Site": "same-origin"}, {"csrf": owner.csrf[:-1]}),
            ):
                answer = await site.post(at, data=data, headers=headers, cookies=owner._mine, allow_redirects=False)
                assert answer.status in {403, 404, 405, 409}, (at, headers, answer.status)
    assert await rows(record) == before


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "elsewhere.example"},
        {"X-Forwarded-Host": "elsewhere.example", "X-Forwarded-Proto": "https", "Forwarded": "host=elsewhere.example"},
    ],
)
async def test_no_address_is_built_from_what_a_request_claims(
    office: Office, site: TestClient, enter: Enter, headers: dict[str, str]
) -> None:
    of, owner = await furnish(office), await enter("owner")
    made = await owner.post(f"/console/clients/{of.client}/link", **headers)
    invited = await owner.post(
        "/console/users", {"name": "Kim", "email": "kim@practice.example", "roles": "auditor"}, **headers
    )
    gone = await site.get("/console/today", headers=headers, allow_redirects=False)
    for answer in (made, invited):
        assert answer.status == 200
        assert "elsewhere" not in answer
    assert gone.headers["Location"] == "/signin"


FORM = "application/x-www-form-urlencoded"


def _part(name: str, content: bytes, head: str = "") -> bytes:
    """A multipart body of one part, its boundary `b`."""
    return f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n{head}\r\n'.encode() + content + b"\r\n--b--\r\n"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (f"{FORM}; charset=nope", b"a=b"),
        (f"{FORM}; charset=raw_unicode_escape", rb"csrf=\ud800&nonce=\ud800"),
        (f"{FORM}; charset=utf-7", b"csrf=+2AA-&nonce=+2AA-"),
        (FORM, b"a=\xff\xfe"),
        (FORM, b"csrf=%00"),
        ("multipart/form-data", b"a=b"),
        ("multipart/form-data; boundary=b", b"--b\r\ngarbage"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
        ("multipart/form-data; boundary=b", _part("_charset_", b"x" * 40)),
        ("multipart/form-data; boundary=b", _part("csrf", b"\xff")),
    ],
)
@pytest.mark.parametrize("path", ["/signin", "/l/{}/confirm".format("a" * 22), "/console/search"])
async def test_a_body_that_is_no_form_is_told_so(
    site: TestClient, office: Office, enter: Enter, path: str, kind: str, body: bytes
) -> None:
    owner = await enter("owner")
    answer = await site.post(path, data=body, headers={"Content-Type": kind, **PRESSED}, cookies=owner._mine)
    assert answer.status in {400, 403, 404}
    assert "nosniff" in answer.headers["X-Content-Type-Options"]


@pytest.mark.parametrize("path", ["/signin", "/l/{}/confirm".format("a" * 22), "/twilio/{}/inbound".format("a" * 32)])
@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (f"{FORM}; charset=punycode", b"a" * 60_000 + b"-" + b"9" * 60_000),
        (
            "multipart/form-data; boundary=b",
            _part("a", b"a" * 60_000 + b"-" + b"9" * 60_000, "Content-Type: text/plain; charset=punycode\r\n"),
        ),
    ],
)
async def test_nobody_chooses_a_charset_that_takes_its_time(
    site: TestClient, office: Office, monkeypatch: pytest.MonkeyPatch, path: str, kind: str, body: bytes
) -> None:
    """A megabyte in it keeps the whole process busy for half a minute."""
    asked: list[str] = []
    monkeypatch.setattr("encodings.punycode.punycode_decode", lambda *_: asked.append("punycode"))
    answer = await site.post(path, data=body, headers={"Content-Type": kind})
    assert answer.status in {400, 403, 404}
    assert not asked


async def test_an_address_that_is_none_leads_to_the_door(site: TestClient, office: Office) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": "http://["}
    assert (await site.get("/console/today", headers=headers)).status == 401


async def test_a_cookie_that_is_no_text_of_ours_is_nobodys(site: TestClient, office: Office) -> None:
    answer = await raw(site, b"GET /console/today HTTP/1.1\r\nHost: x\r\nCookie: stillon-session=\xff\xfe\r\n")
    assert answer.startswith(b"HTTP/1.1 303 ")


async def test_what_is_not_even_a_request_is_logged_like_one(site: TestClient, caplog) -> None:
    for odd in (b"BREW /l/abc HTTP/1.1\r\nHost: x\r\n", b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n"):
        assert (await raw(site, odd)).split(b"\r\n")[0].endswith(b"400 Bad Request")
    assert "AssertionError" not in caplog.text


async def raw(site: TestClient, head: bytes) -> bytes:
    """The answer to a request no client of ours would send."""
    reader, writer = await asyncio.open_connection(str(site.host), int(site.port or 0))
    writer.write(head + b"Connection: close\r\n\r\n")
    answer = await reader.read(100_000)
    writer.close()
    await writer.wait_closed()
    return answer


ODD = st.one_of(
    st.text(max_size=60),
    st.text("0123456789\u0660\u00b2-+.e", max_size=40),
    st.binary(max_size=40),
    st.sampled_from(["9" * 39, "-1", "\x00", "STOP", "stop\u200b", "\ufeffC", "x" * 1600, "\U0001f44d" * 400]),
)
NAMES = ("From", "To", "Body", "NumMedia", "MessageStatus", "ErrorCode", "OptOutType", "Extra", "MessageSid")
FIELDS = st.lists(st.tuples(st.sampled_from(NAMES), ODD), max_size=10)


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")


def signed_body(url: str, fields: list[tuple[str, str | bytes]]) -> tuple[str, str]:
    """A body and the signature that the carrier would give it, as far as the fields are text."""
    pairs = {(name, _bytes(value).decode("utf-8", "replace")) for name, value in fields}
    text = url + "".join(name + value for name, value in sorted(pairs))
    digest = hmac.new(TOKEN.encode(), text.encode("utf-8", "replace"), hashlib.sha1).digest()
    body = "&".join(f"{name}={quote_from_bytes(_bytes(value), safe='')}" for name, value in fields)
    return body, base64.b64encode(digest).decode()


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
async def test_what_a_carrier_posts_is_taken_or_refused_and_never_breaks(
    office: Office, site: TestClient, record: Record
) -> None:
    known = {"AccountSid": ACCOUNT, "MessageSid": "SM" + "3" * 32, "From": "+12065550142", "To": "+12025550199"}
    seen: set[int] = set()

    async def post(fields: list[tuple[str, str | bytes]], tail: str) -> int:
        path = f"/twilio/{office.practice_id}/{tail}"
        body, signature = signed_body("http://127.0.0.1" + path, fields)
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        return (await site.post(path, data=body, headers=headers)).status

    loop = asyncio.get_running_loop()

    @times(max_examples=120, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(FIELDS, st.sampled_from(["inbound", f"status?m={'a' * 32}&a=1", "status?m=%00&a=%C2%B2"]))
    def tried(odd: list[tuple[str, Any]], tail: str) -> None:
        names = {name for name, _ in odd}
        fields = [*((n, v) for n, v in known.items() if n not in names), *dict(odd).items()]
        status = asyncio.run_coroutine_threadsafe(post(fields, tail), loop).result(30)
        seen.add(status)
        assert status < 500, (status, fields, tail)

    await asyncio.to_thread(tried)
    assert seen & {200, 204}
