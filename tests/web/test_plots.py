import re
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.console import plots
from bot.console.plots import Bar, Point, Touch

amounts = st.floats(min_value=0, max_value=1e6, allow_nan=False)
names = st.text(max_size=12).filter(lambda text: all(sign.isprintable() for sign in text))


def _parsed(markup) -> ET.Element:
    return ET.fromstring(f"<x>{markup}</x>")  # noqa: S314 -- our own output


@given(st.lists(st.tuples(names, amounts), max_size=8))
def test_bars_are_in_proportion_and_begin_at_zero(rows):
    drawn = _parsed(plots.bars("Title", [Bar(name, value, f"{value}") for name, value in rows]))
    widths = [float(rect.get("width")) for rect in drawn.iter("rect")]
    greatest = max((value for _, value in rows), default=0)
    assert widths == [pytest.approx(100 * value / (greatest or 1), abs=0.01) for _, value in rows]


@given(st.lists(st.tuples(names, amounts), min_size=1, max_size=8))
def test_columns_stand_on_one_baseline(rows):
    drawn = _parsed(plots.columns("Title", [Bar(name, value, "w") for name, value in rows]))
    feet = [float(rect.get("y")) + float(rect.get("height")) for rect in drawn.iter("rect")]
    assert feet == [pytest.approx(132, abs=0.2)] * len(rows)


@given(st.lists(st.tuples(names, amounts), min_size=1, max_size=30))
def test_a_trend_stays_inside_its_picture(rows):
    drawn = _parsed(plots.trend("Title", [Point(name, value, "w") for name, value in rows]))
    for circle in drawn.iter("circle"):
        assert 0 <= float(circle.get("cx")) <= plots.WIDTH
        assert 0 <= float(circle.get("cy")) <= 132


@given(st.lists(st.floats(min_value=0, max_value=2000, allow_nan=False), max_size=8))
def test_touches_stand_in_the_order_of_time(hours):
    drawn = _parsed(plots.touch_strip([Touch(hour, "x", "planned") for hour in hours], "Wed"))
    places = [float(circle.get("cx")) for circle in drawn.iter("circle")]
    assert places == sorted(places, reverse=True)
    assert all(0 <= place <= plots.WIDTH for place in places)


@given(names)
def test_whatever_stands_in_a_name_is_escaped(name):
    evil = f"{name}<script>\"'&"
    for drawn in (
        plots.bars(evil, [Bar(evil, 1, evil, evil)], sentence=evil),
        plots.columns(evil, [Bar(evil, 1, evil)]),
        plots.trend(evil, [Point(evil, 1, evil)]),
        plots.touch_strip([Touch(4, evil, "planned")], evil),
    ):
        assert "<script" not in drawn
        _parsed(drawn)


def test_nothing_to_draw_is_no_mistake():
    assert "<rect" not in plots.bars("Nothing", [])
    assert plots.trend("Nothing", []) == ""
    assert "none" in plots.touch_strip([], "Wed")


@pytest.mark.parametrize(
    ("units", "size", "count", "words"),
    [
        (0, 160, 1, "0 of 160 characters, 1 text"),
        (160, 160, 1, "160 of 160"),
        (161, 153, 2, "161 of 306 characters, 2 texts"),
    ],
)
def test_the_meter_says_what_a_text_costs(units, size, count, words):
    drawn = str(plots.segment_meter(units, size, count))
    assert words in drawn
    filled = sum(float(width) for width in re.findall(r'class="used"[^>]*width="([\d.]+)"', drawn))
    assert filled <= plots.WIDTH
