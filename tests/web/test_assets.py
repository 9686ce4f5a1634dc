import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest

from bot.web.assets import FOREVER, load_assets
from bot.web.icons import icon
from tests.web.conftest import site

ROOT = Path(__file__).parents[2]
MANIFESTS = (ROOT / "bot/static/vendor/manifest.json", ROOT / "tests/vendor/manifest.json")


def _entries():
    return [entry for manifest in MANIFESTS for entry in json.loads(manifest.read_text())]


@pytest.mark.parametrize("entry", _entries(), ids=lambda entry: entry["file"])
def test_a_vendored_file_is_byte_for_byte_what_the_manifest_says(entry):
    assert hashlib.sha256((ROOT / entry["file"]).read_bytes()).hexdigest() == entry["sha256"]
    assert all(entry[field] for field in ("licence", "version", "name"))


def test_every_vendored_file_is_in_a_manifest():
    listed = {entry["file"] for entry in _entries()}
    folders = ("bot/static/vendor", "bot/static/icons", "tests/vendor")
    there = {
        str(path.relative_to(ROOT))
        for folder in folders
        for path in (ROOT / folder).iterdir()
        if path.suffix in {".js", ".svg", ".css"}
    }
    assert there == listed


async def test_an_asset_is_served_for_ever_under_a_hashed_name_and_only_there(serve):
    client = await serve(site())
    url = load_assets().url("console.css")
    assert re.fullmatch(r"/static/console-[0-9a-f]{16}\.css", url)
    answer = await client.get(url)
    assert answer.headers["Cache-Control"] == FOREVER
    assert answer.headers["Content-Type"].startswith("text/css")
    assert (await client.get("/static/console.css")).status == 404
    assert (await client.get("/static/../keys.py")).status == 404


async def test_an_asset_is_packed_for_browsers_that_can_unpack(serve):
    client = await serve(site())
    url = load_assets().url("htmx.js")
    plain = await client.get(url, headers={"Accept-Encoding": "identity"})
    assert "Content-Encoding" not in plain.headers
    packed = await client.get(url, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert await packed.read() == await plain.read()


def test_style_sheets_stay_small():
    static = load_assets()
    sizes = {name: len(gzip.compress(asset.body)) for name, asset in static._served.items()}
    console = next(size for name, size in sizes.items() if name.startswith("console-") and name.endswith(".css"))
    client = next(size for name, size in sizes.items() if name.startswith("client-"))
    assert console < 12_000
    assert client < 5_000


def test_an_unknown_asset_or_icon_is_an_error_at_once():
    with pytest.raises(KeyError):
        load_assets().url("nothing.css")
    with pytest.raises(KeyError):
        icon("nothing")


def test_an_icon_is_decoration_unless_it_is_named():
    assert 'aria-hidden="true"' in icon("check")
    assert 'aria-label="Done &lt;b&gt;"' in icon("check", "Done <b>")


# ---- colours --------------------------------------------------------------------------------------------------------

TEXT_PAIRS = [
    ("ink", "paper"),
    ("ink", "surface"),
    ("ink", "sunken"),
    ("muted", "paper"),
    ("muted", "surface"),
    ("muted", "sunken"),
    ("brand", "paper"),
    ("brand", "surface"),
    ("on-brand", "brand"),
    ("on-brand", "brand-deep"),
    ("ink", "brand-soft"),
    ("brand-deep", "brand-soft"),
    ("attention", "paper"),
    ("attention", "attention-soft"),
    ("ink", "attention-soft"),
    ("urgent", "paper"),
    ("urgent", "surface"),
    ("on-urgent", "urgent"),
    ("ink", "urgent-soft"),
    ("hold", "paper"),
    ("hold", "hold-soft"),
    ("paper", "ink"),
    ("urgent", "urgent-soft"),
    ("muted", "brand-soft"),
]
GRAPHIC_PAIRS = [("edge", "surface"), ("edge", "paper"), ("brand", "surface"), ("hold", "paper")]


def _palettes() -> dict[str, dict[str, str]]:
    text = (ROOT / "bot/static/css/10-tokens.css").read_text()
    blocks = re.findall(r"(:root[^{]*)\{(.*?)\}", text, re.DOTALL)
    found = {selector.strip(): dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", body)) for selector, body in blocks}
    return {
        "light": found[":root"],
        "dark": found[':root[data-theme="dark"]'],
        "system": found[':root:not([data-theme="light"])'],
    }


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_dark_by_hand_and_dark_by_the_system_are_the_same_colours():
    palettes = _palettes()
    assert palettes["dark"] == palettes["system"]
    assert palettes["dark"].keys() == palettes["light"].keys()


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), TEXT_PAIRS)
def test_text_pairs_have_enough_contrast(mode, front, back):
    palette = _palettes()[mode]
    assert _contrast(palette[front], palette[back]) >= 4.5


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize(("front", "back"), GRAPHIC_PAIRS)
def test_graphic_pairs_have_enough_contrast(mode, front, back):
    palette = _palettes()[mode]
    assert _contrast(palette[front], palette[back]) >= 3.0
