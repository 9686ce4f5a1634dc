"""The pages that tests open: only this machine, and no error goes unseen."""

import pytest
from aiohttp import web
from pytest_aiohttp.plugin import AiohttpServer

from tests.rig.browser import Pages, axe_violations

pytestmark = pytest.mark.browser

GOOD = '<!doctype html><html lang="en"><title>Good</title><main><h1>Hello</h1></main>'
BAD = "<!doctype html><html><main><button></button></main>"
POLICY = {"Content-Security-Policy": "default-src 'none'; script-src 'self'"}


@pytest.fixture
async def site(aiohttp_server: AiohttpServer) -> str:
    async def show(request: web.Request) -> web.Response:
        body = {
            "good": GOOD,
            "bad": BAD,
            "inline": GOOD + "<script>document.title = 'no'</script>",
            "far": GOOD + "<img alt='' src='http://192.0.2.1/x.png'>",
            "throws": GOOD + "<script src='/js'></script>",
        }[request.match_info["name"]]
        headers = {} if request.match_info["name"] == "far" else POLICY
        return web.Response(text=body, content_type="text/html", headers=headers)

    async def script(_request: web.Request) -> web.Response:
        return web.Response(text="throw new Error('oops')", content_type="text/javascript")

    app = web.Application()
    app.router.add_get("/page/{name}", show)
    app.router.add_get("/js", script)
    server = await aiohttp_server(app)
    return f"http://127.0.0.1:{server.port}/page/"


async def test_a_good_page_opens_as_asked(pages: Pages, site: str):
    page = await pages.open(site + "good", width=390, dark=True, locale="es-US")
    assert await page.inner_text("h1") == "Hello"
    assert await page.evaluate("innerWidth") == 390
    assert await page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    assert await page.evaluate("navigator.language") == "es-US"


async def test_a_page_without_javascript_runs_none(pages: Pages, site: str):
    page = await pages.open(site + "throws", javascript=False)
    assert await page.inner_text("h1") == "Hello"


@pytest.mark.parametrize(
    ("name", "complaint"),
    [("inline", "content policy"), ("throws", "script error: oops"), ("far", "request to 192.0.2.1")],
)
async def test_what_a_page_does_wrong_fails_the_test(pages: Pages, site: str, name: str, complaint: str):
    await pages.open(site + name)
    with pytest.raises(AssertionError, match=complaint):
        await pages.close()
    pages.complaints.clear()


async def test_axe_finds_what_is_wrong_under_a_strict_policy(pages: Pages, site: str):
    found = await axe_violations(await pages.open(site + "bad"))
    assert {line.partition(":")[0] for line in found} >= {"button-name", "html-has-lang", "document-title"}


async def test_axe_is_content_with_a_good_page(pages: Pages, site: str):
    assert await axe_violations(await pages.open(site + "good")) == []
