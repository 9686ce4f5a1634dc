"""Drawings made on the server: bars, columns, a trend, the touches of a visit, the cost of a text.

Pure: values in, SVG or a table with SVG in it out. No script, no style attribute, labels directly at what they name,
bars begin at zero, and each drawing is readable aloud and in print. Colours come from classes of the style sheet.
Invariant: every word that reaches the markup is escaped.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from markupsafe import Markup

Tone = Literal["brand", "muted", "attention", "urgent", "hold"]

WIDTH = 340
"""User units; about the pixels of a small phone, so that words keep their size there."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: its name, its length, the words for its length (`12 %`), and a quiet remark (`of 84`)."""

    name: str
    value: float
    words: str
    remark: str = ""
    tone: Tone = "brand"


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a trend."""

    name: str
    value: float
    words: str


@dataclass(frozen=True, slots=True)
class Touch:
    """One touch on the strip: hours before the visit, a short name (`2 d`), and a state of the chip table."""

    hours_before: float
    name: str
    state: str


def bars(title: str, shown: Sequence[Bar], *, sentence: str = "", longest: float | None = None) -> Markup:
    """Horizontal bars as a table, so that it reads as one. `longest` is the full width's value; else the greatest."""
    full = longest or max((bar.value for bar in shown), default=0) or 1
    rows = Markup("").join(_bar_row(bar, full) for bar in shown)
    return _figure(title, sentence, Markup('<table class="bars"><tbody>{}</tbody></table>').format(rows))


def _bar_row(bar: Bar, full: float) -> Markup:
    length = round(100 * max(0.0, bar.value) / full, 2)
    remark = Markup(" <small>{}</small>").format(bar.remark) if bar.remark else ""
    drawn = Markup(
        '<svg viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="plot-{}" width="{}" height="14"/></svg>'
    ).format(bar.tone, length)
    return Markup('<tr><th scope="row">{}</th><td>{}</td><td class="num">{}{}</td></tr>').format(
        bar.name, drawn, bar.words, remark
    )


def columns(title: str, shown: Sequence[Bar], *, sentence: str = "", tallest: float | None = None) -> Markup:
    """Upright columns from a zero baseline, such as one for each weekday; at most about eight."""
    full = tallest or max((bar.value for bar in shown), default=0) or 1
    base, height, step = 132, 104, WIDTH / max(1, len(shown))
    width = min(40.0, step * 0.64)
    drawn = []
    for place, bar in enumerate(shown):
        middle = step * (place + 0.5)
        tall = height * max(0.0, bar.value) / full
        drawn.append(
            Markup(
                '<rect class="plot-{}" x="{}" y="{}" width="{}" height="{}" rx="2"/>'
                '<text x="{}" y="{}" text-anchor="middle">{}</text>'
                '<text class="faint" x="{}" y="{}" text-anchor="middle">{}</text>'
            ).format(
                bar.tone,
                _n(middle - width / 2),
                _n(base - tall),
                _n(width),
                _n(tall),
                _n(middle),
                _n(base - tall - 6),
                bar.words,
                _n(middle),
                base + 18,
                bar.name,
            )
        )
    axis = Markup('<path class="axis" d="M0 {0}H{1}"/>').format(base, WIDTH)
    spoken = ", ".join(f"{bar.name} {bar.words} {bar.remark}".strip() for bar in shown)
    return _figure(title, sentence, _svg(f"{title}: {spoken}", 156, Markup("").join(drawn) + axis))


def trend(title: str, shown: Sequence[Point], *, sentence: str = "", highest: float | None = None) -> Markup:
    """A line over time from a zero baseline; only its first, last and highest point carry words."""
    if not shown:
        return Markup("")
    full = highest or max(point.value for point in shown) or 1
    left, right, base, height = 8, WIDTH - 8, 132, 96
    step = (right - left) / max(1, len(shown) - 1)
    at = [(left + step * place, base - height * max(0.0, point.value) / full) for place, point in enumerate(shown)]
    path = "M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in at)
    peak = max(range(len(shown)), key=lambda place: shown[place].value)
    named = sorted({0, peak, len(shown) - 1})
    labels = Markup("").join(_trend_label(shown[place], at[place]) for place in _spaced(named, at, peak))
    drawn = Markup(
        '<path class="axis" d="M0 {0}H{1}"/><path class="line" d="{2}"/>{3}'
        '<text class="faint" x="0" y="{4}">{5}</text><text class="faint" x="{1}" y="{4}" text-anchor="end">{6}</text>'
    ).format(base, WIDTH, path, labels, base + 18, shown[0].name, shown[-1].name if len(shown) > 1 else "")
    spoken = ", ".join(f"{point.name} {point.words}" for point in shown)
    return _figure(title, sentence, _svg(f"{title}: {spoken}", 156, drawn))


def _spaced(named: Sequence[int], at: Sequence[tuple[float, float]], peak: int) -> list[int]:
    """Drop the words of the peak where they would lie over those of an end."""
    ends = [place for place in named if place != peak]
    crowded = any(abs(at[peak][0] - at[place][0]) < 48 for place in ends)  # noqa: PLR2004 -- about the width of "12.5 %"
    return ends if crowded else list(named)


def _trend_label(point: Point, at: tuple[float, float]) -> Markup:
    x, y = at
    anchor = "start" if x < 40 else "end" if x > WIDTH - 40 else "middle"  # noqa: PLR2004 -- keeps words inside
    return Markup(
        '<circle class="dot" cx="{0}" cy="{1}" r="4"/><text x="{2}" y="{3}" text-anchor="{4}">{5}</text>'
    ).format(
        _n(x),
        _n(y),
        _n(x - 4 if anchor == "start" else x + 4 if anchor == "end" else x),
        _n(y - 11),
        anchor,
        point.words,
    )


def touch_strip(shown: Sequence[Touch], visit: str, *, now_hours_before: float | None = None) -> Markup:
    """Touches drawn against a visit. The scale is the square root of the hours, so that near ones keep apart.

    `visit` names the visit's time at the right end; `now_hours_before` draws the part already past in colour.
    """
    farthest = max([touch.hours_before for touch in shown] + [now_hours_before or 0, 24]) * 1.15
    left, right, line = 4, WIDTH - 14, 30

    def x(hours: float) -> float:
        return right - (right - left) * math.sqrt(max(0.0, hours) / farthest)

    drawn = [Markup('<path class="axis" d="M{} {}H{}"/>').format(left, line, right)]
    if now_hours_before is not None:
        drawn.append(Markup('<path class="axis done" d="M{} {}H{}"/>').format(left, line, _n(x(now_hours_before))))
    edge = float(WIDTH)
    for touch in sorted(shown, key=lambda touch: touch.hours_before):
        place = x(touch.hours_before)
        name = touch.name if edge - place > 26 else ""  # noqa: PLR2004 -- room for a name such as "24 h"
        edge = place if name else edge
        drawn.append(
            Markup(
                '<circle class="{}" cx="{}" cy="{}" r="6"/><text x="{}" y="{}" text-anchor="middle">{}</text>'
            ).format(touch.state, _n(place), line, _n(place), line + 24, name)
        )
    drawn.append(Markup('<rect class="visit" x="{}" y="16" width="6" height="28" rx="3"/>').format(right))
    drawn.append(Markup('<text class="visit-label" x="{}" y="10" text-anchor="end">{}</text>').format(WIDTH, visit))
    spoken = ", ".join(f"{touch.name} before: {touch.state}" for touch in shown)
    return Markup('<div class="strip">{}</div>').format(
        _svg(f"Touches before the visit, {visit}: {spoken or 'none'}", 58, Markup("").join(drawn))
    )


def segment_meter(units: int, size: int, count: int, *, alphabet: str = "plain") -> Markup:
    """What a text costs: `units` used of `size` per segment, `count` segments; `alphabet` is plain or full.

    Plain letters (GSM-7) fit 160 to a text, full ones (any emoji or most accents make it so) 70.
    """
    shown = max(1, count)
    gap = 2.0 if shown > 1 else 0.0
    width = (WIDTH - gap * (shown - 1)) / shown
    boxes = []
    for place in range(shown):
        part = min(1.0, max(0.0, (units - place * size) / size))
        left = place * (width + gap)
        boxes.append(Markup('<rect x="{}" width="{}" height="6" rx="3"/>').format(_n(left), _n(width)))
        boxes.append(
            Markup('<rect class="used" x="{}" width="{}" height="6" rx="3"/>').format(_n(left), _n(width * part))
        )
    letters = " with special letters" if alphabet == "full" else ""
    parts = "1 text" if count == 1 else f"{count} texts"
    return Markup(
        '<div class="meter{}"><svg viewBox="0 0 {} 6" preserveAspectRatio="none" aria-hidden="true">{}</svg>'
        "<p>{} of {} characters{}, {}</p></div>"
    ).format(" over" if count > 1 else "", WIDTH, Markup("").join(boxes), units, size * shown, letters, parts)


def _figure(title: str, sentence: str, drawn: Markup) -> Markup:
    said = Markup("<p>{}</p>").format(sentence) if sentence else ""
    return Markup('<figure class="plot"><figcaption><h2>{}</h2>{}</figcaption>{}</figure>').format(title, said, drawn)


def _svg(spoken: str, height: int, drawn: Markup) -> Markup:
    return Markup('<svg viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>').format(WIDTH, height, spoken, drawn)


def _n(value: float) -> str:
    """A coordinate, short."""
    return f"{value:.1f}".rstrip("0").rstrip(".")
