"""The page /console/report: what became of the visits, as rates with their denominators, drawn and as a table.

Counting is scheduler/reports/rates.py's, drawing plots.py's. Invariant: no rate is shown without what it is a part of,
and unmarked visits are shown as unmarked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from aiohttp import web
from babel import Locale
from babel.dates import format_skeleton
from babel.numbers import format_decimal

from bot.console import plots
from bot.console.desk import actor_of, reading, show, viewer_of
from bot.console.exports import download
from bot.console.report_words import BREAKDOWNS, COLUMNS, LEAD_WORDS, RATES, weekday_words
from bot.export.csv_file import csv_file
from bot.web import dates
from bot.web.forms import Form
from bot.web.keys import CLOCK, Viewer
from bot.web.typed import typed_day
from scheduler import access
from scheduler.calendar.wallclock import to_local
from scheduler.core.errors import Invalid
from scheduler.people import store as people
from scheduler.reports import store
from scheduler.reports.rates import Group, Rate, Report, VisitFact, count, summarise

HERE: Final = "/console/report"
A_QUARTER: Final = timedelta(days=91)
LONGEST: Final = timedelta(days=3 * 366)
FEW_WEEKS: Final = timedelta(days=100)
A_WEEK: Final = timedelta(days=7)


def install_report(app: web.Application) -> None:
    """Add the page and the same numbers as a file."""
    app.router.add_get(HERE, show_report, name="console.report")
    app.router.add_get(f"{HERE}.csv", download_report, name="console.report_csv")


@dataclass(frozen=True, slots=True)
class Asked:
    """What the report is about. `clinician_id` None is everybody; `fixed`: this reader sees one clinician only."""

    first: date
    last: date
    clinician_id: str | None
    fixed: bool
    form: Form
    clinicians: tuple[tuple[str, str], ...]
    facts: tuple[VisitFact, ...]

    def name_of(self, clinician_id: str) -> str:
        """A clinician's name."""
        return dict(self.clinicians).get(clinician_id, "Somebody")


async def show_report(request: web.Request) -> web.Response:
    """The numbers of a range of days, all clinicians or one."""
    asked = await _asked(request)
    viewer = viewer_of(request)
    now = request.config_dict[CLOCK].now()
    report = summarise(asked.facts, viewer.zone, now)
    today = dates.local(now, viewer.zone).date()
    context = {
        "form": asked.form,
        "asked": asked,
        "clinicians": asked.clinicians,
        "spans": _spans(today, asked),
        "overall": report.overall.counts,
        "headline": [_headline(key, report.overall, viewer) for key in RATES],
        "outcomes": _outcomes(report.overall, viewer),
        "plots": _plots(report, asked, viewer) if report.overall.counts.due else [],
        "columns": COLUMNS,
        "breakdowns": _breakdowns(report, asked, viewer),
        "csv": f"{HERE}.csv?{_query(asked)}",
    }
    return await show(request, "console/report.html", context, status=422 if asked.form.errors else 200)


async def download_report(request: web.Request) -> web.Response:
    """The table of the page as CSV: counts and rates, no client."""
    asked = await _asked(request)
    if asked.form.errors:
        raise Invalid("days_unreadable", field="first")
    viewer = viewer_of(request)
    report = summarise(asked.facts, viewer.zone, request.config_dict[CLOCK].now())
    header = ["group", "name", *(name for name, _, _ in COLUMNS), "no_show_per_cent", "no_show_denominator"]
    rows = [
        [group, words, *(read(line.counts) for _, _, read in COLUMNS), *_rate_cells(line.no_show_rate)]
        for group, words, line in _lines(report, asked, viewer)
    ]
    return download(csv_file(header, rows), f"visits-{asked.first}-{asked.last}.csv")


# --- what is asked ----------------------------------------------------------------------------------------------


async def _asked(request: web.Request) -> Asked:
    actor, viewer = actor_of(request), viewer_of(request)
    today = dates.local(request.config_dict[CLOCK].now(), viewer.zone).date()
    form = Form({name: request.query.get(name, "")[:40] for name in ("first", "last", "clinician")})
    form, first, last = _days(form, today)
    async with reading(request) as r:
        own = await access.own_clinician(r, actor, "report.read")
        known = await people.clinicians(r)
        listed = tuple((each.id, each.name) for each in known if own in {None, each.id})
        chosen = form.value("clinician") or None
        if chosen is not None and chosen not in dict(listed):
            chosen = None
        wanted = own if own is not None else chosen
        facts = await store.facts(r, first, last, clinician_id=wanted)
    form = Form({**form.values, "first": _shown(form, "first", first), "last": _shown(form, "last", last)}, form.errors)
    return Asked(first, last, wanted, own is not None, form, listed, facts)


def _shown(form: Form, name: str, day: date) -> str:
    return form.value(name) if form.error(name) else day.isoformat()


def _days(form: Form, today: date) -> tuple[Form, date, date]:
    """The range asked for; the last quarter where nothing, or nothing readable, was asked."""
    first, last = today - A_QUARTER, today
    read: dict[str, date] = {}
    for name, otherwise in (("first", first), ("last", last)):
        day = typed_day(form.value(name)) if form.value(name) else otherwise
        if day is None:
            form = form.with_error(name, "Choose a day from the calendar, or write it like 2026-03-31")
        else:
            read[name] = day
    if form.errors:
        return form, first, last
    if read["first"] > read["last"]:
        return form.with_error("last", "Choose a last day that is not before the first"), first, last
    if read["last"] - read["first"] > LONGEST:
        return form.with_error("first", "Choose at most three years"), first, last
    return form, read["first"], read["last"]


def _spans(today: date, asked: Asked) -> list[tuple[str, str, bool]]:
    """Ranges at one tap: words, address, whether it is the one shown."""
    month = today.replace(day=1)
    before = (month - timedelta(days=1)).replace(day=1)
    spans = (
        ("4 weeks", today - timedelta(days=27), today),
        ("3 months", today - A_QUARTER, today),
        ("This month", month, today),
        ("Last month", before, month - timedelta(days=1)),
        ("This year", today.replace(month=1, day=1), today),
    )
    kept = {"clinician": asked.clinician_id} if asked.clinician_id and not asked.fixed else {}
    return [
        (
            words,
            f"{HERE}?{urlencode({'first': first, 'last': last, **kept})}",
            (first, last) == (asked.first, asked.last),
        )
        for words, first, last in spans
    ]


def _query(asked: Asked) -> str:
    kept = {"clinician": asked.clinician_id} if asked.clinician_id and not asked.fixed else {}
    return urlencode({"first": asked.first, "last": asked.last, **kept})


# --- what is shown ----------------------------------------------------------------------------------------------


def per_cent(rate: Rate, locale: str) -> str:
    """A rate with one decimal, or a dash where there is nothing to divide by."""
    if rate.per_cent is None:
        return "none"
    return f"{format_decimal(round(rate.per_cent, 1), locale=Locale.parse(locale))}%"


def _headline(key: str, group: Group, viewer: Viewer) -> dict[str, Any]:
    words, meaning = RATES[key]
    rate: Rate = getattr(group, key)
    return {
        "word": words,
        "meaning": meaning,
        "number": per_cent(rate, viewer.locale),
        "more": f"{rate.part} of {rate.whole}",
        "denominator": rate.denominator,
    }


def _outcomes(group: Group, viewer: Viewer) -> Any:
    counts = group.counts
    tones: tuple[tuple[str, int, plots.Tone], ...] = (
        ("Kept", counts.attended, "brand"),
        ("Missed", counts.missed, "attention"),
        ("Cancelled late", counts.client_cancelled_late, "attention"),
        ("Cancelled in time", counts.client_cancelled, "muted"),
        ("Cancelled by us", counts.clinician_cancelled, "muted"),
        ("Unmarked", counts.unmarked, "hold"),
        ("Still ahead", counts.upcoming, "muted"),
    )
    shown = [
        plots.Bar(name, value, str(value), _share(value, counts.visits, viewer), tone) for name, value, tone in tones
    ]
    return plots.bars(
        "What became of them", shown, sentence=f"All {counts.visits} visits of these days; every visit is in one line."
    )


def _share(value: int, whole: int, viewer: Viewer) -> str:
    return per_cent(Rate(value, whole, ""), viewer.locale) if whole else ""


def _plots(report: Report, asked: Asked, viewer: Viewer) -> list[Any]:
    drawn = [
        plots.bars(
            "Time lost, by clinician",
            [
                plots.Bar(asked.name_of(g.key), g.lost_rate.per_cent or 0, per_cent(g.lost_rate, viewer.locale),
                          f"of {g.counts.due}", "attention" if _stands_out(g, report) else "brand")
                for g in report.by_clinician
            ],
            sentence=f"Missed and cancelled late, of {report.overall.lost_rate.denominator}.",
        ),
        plots.columns(
            "No-show rate, by weekday",
            [_column(g, weekday_words(g.key, viewer.locale), viewer) for g in report.by_weekday if g.counts.visits],
            sentence="The weekday of the visit.",
        ),
        plots.columns(
            "No-show rate, by lead time",
            [_column(g, LEAD_WORDS[g.key][0], viewer) for g in report.by_lead_time],
            sentence="Days from booking to visit.",
        ),
    ]  # fmt: skip
    points = _points(asked, viewer)
    if len(points) > 1:
        drawn.append(plots.trend("No-show rate over time", points, sentence=_period_sentence(asked)))
    return drawn


def _column(group: Group, words: str, viewer: Viewer) -> plots.Bar:
    rate = group.no_show_rate
    return plots.Bar(words, rate.per_cent or 0, per_cent(rate, viewer.locale), f"of {rate.whole}")


def _stands_out(group: Group, report: Report) -> bool:
    """Half as much again as everybody together, and not by two or three visits."""
    mine, all_of_us = group.lost_rate.per_cent, report.overall.lost_rate.per_cent
    return mine is not None and bool(all_of_us) and group.lost_rate.part >= 5 and mine > 1.5 * (all_of_us or 0)  # noqa: PLR2004 -- see above


def _points(asked: Asked, viewer: Viewer) -> list[plots.Point]:
    by_week = asked.last - asked.first < FEW_WEEKS
    groups: dict[date, list[VisitFact]] = {}
    for fact in asked.facts:
        groups.setdefault(_period(fact, viewer.zone, by_week=by_week), []).append(fact)
    points = []
    for start, facts in sorted(groups.items()):
        rate = Group("", count(facts, max(fact.starts_at for fact in facts))).no_show_rate
        if rate.per_cent is not None:
            points.append(plots.Point(_period_words(start, viewer.locale, by_week=by_week), rate.per_cent,
                                      per_cent(rate, viewer.locale)))  # fmt: skip
    return points


def _period(fact: VisitFact, zone: ZoneInfo, *, by_week: bool) -> date:
    day = to_local(fact.starts_at, zone).date()
    return day - timedelta(days=day.weekday()) if by_week else day.replace(day=1)


def _period_words(start: date, locale: str, *, by_week: bool) -> str:
    return format_skeleton("MMMd" if by_week else "yMMM", start, locale=Locale.parse(locale))


def _period_sentence(asked: Asked) -> str:
    return "By week." if asked.last - asked.first < FEW_WEEKS else "By month."


def _lines(report: Report, asked: Asked, viewer: Viewer) -> list[tuple[str, str, Group]]:
    """Every line of the table: breakdown, name, numbers."""
    lines = [("all", "All visits", report.overall)]
    lines += [("clinician", asked.name_of(g.key), g) for g in report.by_clinician]
    lines += [("weekday", weekday_words(g.key, viewer.locale, wide=True), g) for g in report.by_weekday]
    lines += [("lead_time", LEAD_WORDS[g.key][1], g) for g in report.by_lead_time]
    return lines


def _breakdowns(report: Report, asked: Asked, viewer: Viewer) -> list[dict[str, Any]]:
    lines = _lines(report, asked, viewer)
    return [
        {
            "words": words,
            "lines": [
                {
                    "name": name,
                    "cells": [read(group.counts) for _, _, read in COLUMNS],
                    "rate": per_cent(group.no_show_rate, viewer.locale),
                    "whole": group.no_show_rate.whole,
                }
                for key, name, group in lines
                if key == breakdown and (group.counts.visits or breakdown == "all")
            ],
        }
        for breakdown, words in BREAKDOWNS
    ]


def _rate_cells(rate: Rate) -> Sequence[str | int]:
    return ("" if rate.per_cent is None else f"{rate.per_cent:.1f}", rate.whole)
