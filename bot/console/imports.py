"""The page /console/import: a file is brought, tried out, looked at, and then imported or not.

Reading and writing is scheduler/imports' work, in the background of import_desk.py. Invariant: nothing of a file is
written before somebody has seen what it would do, and no page or file repeats what a cell held.
"""

from dataclasses import replace
from http import HTTPStatus
from typing import Any, Final

from aiohttp import web

from bot.console.desk import actor_of, after, reading, show, viewer_of
from bot.console.exports import download
from bot.console.import_desk import ImportDesk, Job
from bot.console.import_words import FIELD_WORDS, KIND_WORDS, NEXT_STEP, summary
from bot.export.csv_file import csv_file
from bot.web.forms import EMPTY, Form, sent_form
from bot.web.readable import SentFile, posted
from scheduler import access
from scheduler.core.actor import Actor, Via
from scheduler.core.errors import NotFound
from scheduler.core.record import Record
from scheduler.imports.columns import FileKind
from scheduler.imports.reasons import BadCell
from scheduler.imports.report import Options, Report
from scheduler.people import store as people

HERE: Final = "/console/import"
ONE: Final = HERE + "/{job:[0-9a-f]{32}}"
LARGEST: Final = 64 * 1024 * 1024
"""Bytes of a file. The application lets requests of this path be as large."""

MOST_CELLS: Final = 100
UNFIT: Final = HTTPStatus.UNPROCESSABLE_ENTITY
DESK: Final = web.AppKey("import_desk", ImportDesk)


def install_imports(app: web.Application, record: Record) -> None:
    """Add the page, its steps, and the desk where files wait."""
    app[DESK] = ImportDesk(record)
    app.on_cleanup.append(_rest)
    app.router.add_get(HERE, show_start, name="console.imports")
    app.router.add_post(HERE, bring, name="console.import_bring")
    app.router.add_get(ONE, show_job, name="console.import_job")
    app.router.add_post(f"{ONE}/apply", apply, name="console.import_apply")
    app.router.add_post(f"{ONE}/forget", forget, name="console.import_forget")
    app.router.add_get(f"{ONE}/problems.csv", download_problems, name="console.import_problems")


async def _rest(app: web.Application) -> None:
    await app[DESK].rest()


async def show_start(request: web.Request) -> web.Response:
    """Where a file is chosen."""
    return await _start_page(request, EMPTY)


async def bring(request: web.Request) -> web.Response:
    """Take a file and try it out."""
    actor = _importer(request)
    form = await sent_form(request)
    sent = (await posted(request)).get("file")
    if not isinstance(sent, SentFile):
        return await _start_page(request, form.with_error("file", "Choose a CSV file"), UNFIT)
    options, form = await _options(request, form)
    if form.errors:
        return await _start_page(request, form, UNFIT)
    kind = next((each for each in FileKind if each.value == form.value("kind")), None)
    job = request.app[DESK].bring(actor, viewer_of(request).practice_id, sent.content, kind, options)
    return after(request, f"{HERE}/{job.id}")


async def show_job(request: web.Request) -> web.Response:
    """How a file stands: being tried, tried, being imported, done."""
    job = _job(request)
    context: dict[str, Any] = {
        "job": job,
        "report": job.report,
        "summary": summary(job.stage, job.report, job.options) if job.report else "",
        "next_step": NEXT_STEP.get(job.report.source.kind, "") if job.report and job.report.source else "",
        "kind_words": KIND_WORDS,
        "used": _used(job.report),
        "cells": _cells(job.report),
        "more_cells": _cell_count(job.report) - MOST_CELLS,
        "part": "console/_import_job.html",
    }
    return await show(request, "console/import_job.html", context, part="console/_import_job.html")


async def apply(request: web.Request) -> web.Response:
    """Import what was tried; with `skip_bad` the good rows only."""
    job = _job(request)
    form = await sent_form(request)
    request.app[DESK].take_in(job, _importer(request), skip_bad=form.value("skip_bad") == "yes")
    return after(request, f"{HERE}/{job.id}")


async def forget(request: web.Request) -> web.Response:
    """Throw the file away."""
    request.app[DESK].forget(_job(request))
    return after(request, HERE)


async def download_problems(request: web.Request) -> web.Response:
    """Lines, columns and reasons of everything that does not fit, to mend the file by."""
    report = _job(request).report
    rows = [(cell.line, cell.column, cell.words) for cell in (*report.bad, *report.left_out)] if report else []
    return download(csv_file(("line", "column", "reason"), rows), "import-problems.csv")


def _importer(request: web.Request) -> Actor:
    """The viewer, as whoever imports.

    Raises:
        Forbidden: their roles lack `import.run`.
    """
    actor = actor_of(request)
    access.require(actor, "import.run")
    return replace(actor, via=Via.IMPORT)


def _job(request: web.Request) -> Job:
    actor = _importer(request)
    job = request.app[DESK].find(actor, viewer_of(request).practice_id, request.match_info["job"])
    if job is None:
        raise NotFound("import")
    return job


async def _options(request: web.Request, form: Form) -> tuple[Options, Form]:
    """What was ticked and chosen. A service or place that is none of the practice's is refused."""
    async with reading(request) as r:
        services = {each.id for each in await people.services(r, active_only=True)}
        places = {each.id for each in await people.locations(r, active_only=True)}
    service, place = form.value("service") or None, form.value("location") or None
    if service is not None and service not in services:
        form = form.with_error("service", "Choose from the list")
    if place is not None and place not in places:
        form = form.with_error("location", "Choose from the list")
    agreed = frozenset(channel for channel in ("sms", "email") if form.value(f"agreed_{channel}") == "yes")
    return Options(
        agreed=agreed,
        default_service_id=service,
        default_location_id=place,
        past_took_place=form.value("past_took_place") == "yes",
    ), form


async def _start_page(request: web.Request, form: Form, status: HTTPStatus = HTTPStatus.OK) -> web.Response:
    access.require(actor_of(request), "import.run")
    async with reading(request) as r:
        services = await people.services(r, active_only=True)
        places = await people.locations(r, active_only=True)
    context = {
        "form": form,
        "kinds": [(kind.value, words) for kind, words in KIND_WORDS.items()],
        "services": [(each.id, each.name) for each in services],
        "places": [(each.id, each.name) for each in places],
        "largest": LARGEST // (1024 * 1024),
    }
    return await show(request, "console/import.html", context, status=status)


def _used(report: Report | None) -> list[tuple[str, str]]:
    """Header as written, and what it was taken for."""
    if report is None or report.source is None:
        return []
    return [(header, FIELD_WORDS.get(name, name.replace("_", " "))) for name, header in report.source.used]


def _cells(report: Report | None) -> list[tuple[str, BadCell]]:
    """The first of what does not fit, in the order of the file."""
    if report is None:
        return []
    both = [("bad", cell) for cell in report.bad] + [("left_out", cell) for cell in report.left_out]
    return sorted(both, key=lambda pair: pair[1].line)[:MOST_CELLS]


def _cell_count(report: Report | None) -> int:
    return len(report.bad) + len(report.left_out) if report else 0
