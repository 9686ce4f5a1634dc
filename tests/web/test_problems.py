import io
import logging
import re

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.web.access_log import AccessLog
from bot.web.headers import ALWAYS
from tests.web.conftest import SECRET_WORDS, site, viewer

PAGES = {
    "/go/absent": 404, "/go/invalid": 422, "/go/taken": 409, "/go/forbidden": 403, "/go/misconfigured": 503,
    "/go/broken": 500, "/nowhere": 404, "/console/look": 200, "/static/nothing.css": 404, "/l/whatever": 404,
}  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
async def test_every_answer_has_its_status_and_all_headers(serve, path):
    client = await serve(site(who=viewer()))
    answer = await client.get(path)
    assert answer.status == PAGES[path]
    assert {name: answer.headers.get(name) for name in ALWAYS} == ALWAYS
    assert answer.headers["Server"] == "stillon"
    assert "Strict-Transport-Security" not in answer.headers


async def test_over_tls_browsers_are_told_to_stay_there(serve):
    client = await serve(site(origin="https://lee.example"))
    assert "max-age=63072000" in (await client.get("/nowhere")).headers["Strict-Transport-Security"]


async def test_an_unknown_exception_is_a_quiet_page_with_a_number_that_stands_in_the_log(serve, caplog):
    client = await serve(site())
    with caplog.at_level(logging.INFO):
        answer = await client.get("/go/broken")
    text = await answer.text()
    incident = re.search(r"<code>([0-9a-f]{8})</code>", text)
    assert incident is not None
    assert SECRET_WORDS not in text
    assert "RuntimeError" not in text
    logged = "\n".join(str(record.msg) + record.getMessage() for record in caplog.records)
    assert incident[1] in logged
    assert "RuntimeError" in logged
    assert SECRET_WORDS not in logged


async def test_a_fragment_gets_a_toast_and_leaves_the_page_alone(serve):
    client = await serve(site())
    answer = await client.post("/go/taken", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert answer.status == 403  # without a token it is not ours
    taken = await client.get("/go/taken", headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert taken.status == 409
    assert (taken.headers["HX-Retarget"], taken.headers["HX-Reswap"]) == ("#toasts", "innerHTML")
    assert "<html" not in await taken.text()


async def test_a_program_gets_problem_json(serve):
    client = await serve(site())
    answer = await client.get("/go/taken", headers={"Accept": "application/json"})
    assert answer.content_type == "application/problem+json"
    assert (await answer.json(content_type=None))["code"] == "time_taken"


async def test_a_dead_link_and_a_mistyped_one_are_the_same_bytes(serve):
    client = await serve(site())
    answers = [await client.get(path) for path in ("/l/AAAAAAAAAAAAAAAAAAAAAA", "/l/b", "/l/a/b/c", "/l/")]
    assert {answer.status for answer in answers} == {404}
    assert len({await answer.read() for answer in answers}) == 1
    assert not any("Set-Cookie" in answer.headers for answer in answers)


async def test_a_body_over_the_limit_is_413_and_changes_nothing(serve):
    client = await serve(site())
    answer = await client.post("/hook/in", data=io.BytesIO(b"x" * (2 * 1024 * 1024)))
    assert answer.status == 413
    assert "too large" in await answer.text()


async def test_a_page_that_takes_files_has_a_limit_of_its_own(serve):
    app = site(who=viewer())
    app.router.add_post("/console/import", _size)
    client = await serve(app)
    own = {"Sec-Fetch-Site": "same-origin", "X-CSRF-Token": "known-token"}
    fits, too_much = io.BytesIO(b"x" * (3 * 1024 * 1024)), io.BytesIO(b"x" * (5 * 1024 * 1024))
    answer = await client.post("/console/import", data=fits, headers=own)
    assert (answer.status, await answer.text()) == (200, str(3 * 1024 * 1024))
    assert (await client.post("/console/import", data=too_much, headers=own)).status == 413


async def _size(request: web.Request) -> web.Response:
    return web.Response(text=str(len(await request.read())))


async def test_a_wrong_method_is_405_and_names_the_right_ones(serve):
    client = await serve(site(who=viewer()))
    answer = await client.post("/console/look", data={"csrf": "known-token"}, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status == 405
    assert "GET" in answer.headers["Allow"]


async def test_only_listed_paths_take_unsafe_requests_without_a_form_of_ours(serve):
    client = await serve(site(who=viewer()))
    assert (await client.post("/hook/in", data=b"x")).status == 200
    assert (await client.post("/form", data={"a": "b"})).status == 403
    own = {"Sec-Fetch-Site": "same-origin"}
    assert (await client.post("/form", data={"csrf": "known-token"}, headers=own)).status == 200
    assert (await client.post("/form", data={}, headers={**own, "X-CSRF-Token": "known-token"})).status == 200
    assert (await client.post("/form", data={"csrf": "known-token"}, headers={"Origin": "null"})).status == 200
    for bad in ({"Origin": "http://localhost:9999"}, {"Sec-Fetch-Site": "none"}, {"Sec-Fetch-Site": "cross-site"}):
        assert (await client.post("/form", data={"csrf": "known-token"}, headers=bad)).status == 403


async def test_the_access_log_names_the_route_and_nothing_that_was_sent(caplog):
    server = TestServer(site())
    await server.start_server(access_log_class=AccessLog, access_log=logging.getLogger("access"))
    try:
        import aiohttp

        headers = {"Referer": "https://canary-referer.example", "User-Agent": "canary-agent"}
        with caplog.at_level(logging.DEBUG):
            async with aiohttp.ClientSession(headers=headers) as client:
                for path in ("/l/canarytoken?q=canaryquery", "/canarypath", "/console/look"):
                    await (await client.get(server.make_url(path))).read()
                await (await client.request("CANARY", server.make_url("/l/canarytoken"))).read()
    finally:
        await server.close()
    logged = "\n".join(f"{record.msg} {record.args}" for record in caplog.records if "access" in record.name)
    assert "/l/{token}" in logged
    assert "canary" not in logged.lower()


async def test_headers_are_also_on_answers_that_stream(serve):
    app = site()

    async def stream(request):
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"a")
        return response

    app.router.add_get("/stream", stream)
    answer = await (await serve(app)).get("/stream")
    assert answer.headers["Content-Security-Policy"] == ALWAYS["Content-Security-Policy"]
