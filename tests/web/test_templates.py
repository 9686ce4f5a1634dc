import re
from pathlib import Path

import jinja2
import pytest
from jinja2 import nodes

from bot.web.pages import templates
from tests.web.conftest import site, viewer

ROOT = Path(__file__).parents[2] / "bot"
TEMPLATES = sorted(path for path in ROOT.glob("*/templates/**/*.html") if "sandbox" not in path.parts)
FORM = re.compile(r"<form\b[^>]*>.*?</form>", re.DOTALL | re.IGNORECASE)


def _text(path: Path) -> str:
    return re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_holds_nothing_the_content_policy_refuses(path):
    text = _text(path)
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=", text)
    assert not re.search(r"<style\b|<script\b(?![^>]*\bsrc=)", text)
    assert not re.search(r"(?:src|href)\s*=\s*[\"']?(?:https?:)?//", text)
    assert "|safe" not in text.replace(" ", "")
    assert not re.search(r"hx-on|\bjs:|hx-vals=[\"']js", text)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_form_that_posts_carries_its_proof(path):
    for form in FORM.findall(_text(path)):
        if not re.search(r"method=[\"']post", form, re.IGNORECASE):
            continue
        proof = 'name="nonce"' if "links" in path.parts else "csrf_field()"
        assert proof in form, form[:120]


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_template_parses_and_names_only_templates_that_exist(path):
    parsed = jinja2.Environment(autoescape=True).parse(path.read_text(encoding="utf-8"))
    for node in parsed.find_all((nodes.Extends, nodes.FromImport, nodes.Import, nodes.Include)):
        if isinstance(node.template, nodes.Const):
            package, _, name = str(node.template.value).partition("/")
            assert (ROOT / package / "templates" / name).is_file()


def test_pages_without_a_console_link_no_scripts():
    for path in ROOT.glob("links/templates/*.html"):
        assert "<script" not in path.read_text(encoding="utf-8")


def test_what_is_printed_is_escaped_and_a_missing_variable_is_an_error():
    template = templates().from_string("{{ given }}")
    assert template.render(given="<b>&") == "&lt;b&gt;&amp;"
    with pytest.raises(jinja2.UndefinedError):
        template.render()


async def test_no_cookie_is_set_by_a_page_without_a_form(serve):
    client = await serve(site(who=viewer()))
    assert "Set-Cookie" not in (await client.get("/console/look")).headers


async def test_the_theme_is_remembered_and_leads_back_inside_only(serve):
    client = await serve(site(who=viewer()))

    async def choose(theme: str, back: str):
        fields = {"csrf": "known-token", "theme": theme, "back": back}
        own = {"Sec-Fetch-Site": "same-origin"}
        return await client.post("/console/theme", data=fields, headers=own, allow_redirects=False)

    answer = await choose("dark", "/console/look")
    assert (answer.status, answer.headers["Location"]) == (303, "/console/look")
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert 'data-theme="dark"' in await (await client.get("/console/look")).text()
    for elsewhere in (
        "https://evil.example",
        "//evil.example",
        "/console//evil",
        "/console/\\evil",
        "",
        "/console/a\r\nb",
    ):
        assert (await choose("light", elsewhere)).headers["Location"] == "/console/today"
    await choose("sepia", "/console/look")
    assert "data-theme" not in await (await client.get("/console/look")).text()
