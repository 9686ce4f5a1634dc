"""The documentation leads somewhere: each link, each file it names, and a way to each page."""

import re
from pathlib import Path

import pytest

from tests.rig.process import ROOT

PAGES = sorted((ROOT / "docs").rglob("*.md"))
TOLD = [ROOT / "README.md", ROOT / "CHANGELOG.md", *PAGES, *sorted((ROOT / "deploy").rglob("*.md"))]
_LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")
_FILE = re.compile(r"(?<![\w/.<])((?:bot|deploy|docs|messages|migrations|scheduler|tests|waitlist)/[\w./-]*\w)")


def _named(page: Path) -> list[Path]:
    text = page.read_text(encoding="utf-8")
    linked = [page.parent / each for each in _LINK.findall(text) if "://" not in each]
    return linked + [ROOT / each for each in _FILE.findall(text)]


@pytest.mark.parametrize("page", TOLD, ids=lambda page: str(page.relative_to(ROOT)))
def test_whatever_a_page_names_is_there(page: Path):
    assert [str(each.relative_to(ROOT)) for each in _named(page) if not each.exists()] == []


def test_the_map_leads_to_every_page():
    known = {each.resolve() for each in _named(ROOT / "docs" / "README.md")}
    lost = [page for page in PAGES if page not in known and not any(folder in page.parents for folder in known)]
    assert [page.name for page in lost if page.name != "README.md"] == []


def test_a_link_to_nowhere_would_be_noticed(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("[a](nowhere.md#part), [b](https://x.example/y), `bot/nowhere.py`", encoding="utf-8")
    assert [each.exists() for each in _named(page)] == [False, False]
