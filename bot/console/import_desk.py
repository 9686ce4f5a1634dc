"""Files on their way in: held in memory between the trial run and the import, and worked on in the background.

A file never touches a disk in the clear and is let go once it is imported, thrown away, or half an hour old. The work
itself is scheduler/imports/run.py's. Invariant: only whoever brought a file reaches it, and a page that is closed or a
browser that goes away stops nothing.
"""

import asyncio
import secrets
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

import structlog

from scheduler.core.actor import Actor
from scheduler.core.record import Record
from scheduler.imports.columns import FileKind
from scheduler.imports.report import Options, Outcome, Phase, Report
from scheduler.imports.run import run_import

KEPT_SECONDS: Final = 30 * 60
MOST_FILES: Final = 5
"""Files of one practice held at a time; the oldest one at rest makes room."""

_log = structlog.get_logger("stillon.import")


class Stage(StrEnum):
    """Where a file stands."""

    TRYING = "trying"
    TRIED = "tried"
    IMPORTING = "importing"
    DONE = "done"
    BROKEN = "broken"

    @property
    def busy(self) -> bool:
        """Whether something goes on in the background."""
        return self in {Stage.TRYING, Stage.IMPORTING}


@dataclass(slots=True)
class Job:
    """One file. `raw` is empty once it is no longer needed."""

    id: str
    practice_id: str
    user_id: str
    kind: FileKind | None
    options: Options
    size: int
    raw: bytes = field(repr=False)
    brought_at: float
    stage: Stage = Stage.TRYING
    phase: Phase = Phase.READING
    done: int = 0
    whole: int = 0
    report: Report | None = None

    @property
    def per_cent(self) -> int:
        """How far the present phase is."""
        return min(100, 100 * self.done // self.whole) if self.whole else 0


class ImportDesk:
    """All files at hand."""

    def __init__(self, record: Record) -> None:
        self._record = record
        self._jobs: dict[str, Job] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def bring(self, actor: Actor, practice_id: str, raw: bytes, kind: FileKind | None, options: Options) -> Job:
        """Take a file and try it out in the background; nothing is written."""
        self._make_room(practice_id)
        now = self._record.clock.monotonic()
        job = Job(secrets.token_hex(16), practice_id, actor.id or "", kind, options, len(raw), raw, now)
        self._jobs[job.id] = job
        self._start(self._try(job, actor))
        return job

    def find(self, actor: Actor, practice_id: str, job_id: str) -> Job | None:
        """The file of that id, if this person brought it and it is still at hand."""
        self._let_old_go()
        job = self._jobs.get(job_id)
        mine = job is not None and (job.practice_id, job.user_id) == (practice_id, actor.id)
        return job if mine else None

    def take_in(self, job: Job, actor: Actor, *, skip_bad: bool) -> bool:
        """Import a file that was tried, in the background; False when it is not waiting for that."""
        if job.stage is not Stage.TRIED or not job.raw:
            return False
        job.stage, job.phase, job.done, job.whole = Stage.IMPORTING, Phase.READING, 0, 0
        job.options = replace(job.options, skip_bad=skip_bad, dry_run=False)
        self._start(self._import(job, actor))
        return True

    def forget(self, job: Job) -> None:
        """Throw a file away that nothing is being done with."""
        if not job.stage.busy:
            self._jobs.pop(job.id, None)

    async def rest(self) -> None:
        """Wait until nothing is being done: at shutdown, and in tests."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _try(self, job: Job, actor: Actor) -> None:
        # With skip_bad the trial also says what the good rows alone would come to.
        options = replace(job.options, dry_run=True, skip_bad=True)
        job.report = await self._run(job, actor, options)
        if job.report is not None:
            job.stage = Stage.TRIED if job.report.outcome is Outcome.DRY_RUN else Stage.DONE
        self._drop_if_over(job)

    async def _import(self, job: Job, actor: Actor) -> None:
        job.report = await self._run(job, actor, job.options)
        if job.report is not None:
            job.stage = Stage.DONE
        self._drop_if_over(job)

    async def _run(self, job: Job, actor: Actor, options: Options) -> Report | None:
        try:
            return await run_import(
                self._record, job.practice_id, actor, job.raw, kind=job.kind, options=options, progress=_watch(job)
            )
        except Exception as error:  # noqa: BLE001 -- the page says so; what it was is in the log, without its text
            job.stage = Stage.BROKEN
            _log.exception("import.broken", error=type(error).__name__, practice_id=job.practice_id)
            return None

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _drop_if_over(self, job: Job) -> None:
        if job.stage is not Stage.TRIED:
            job.raw = b""

    def _make_room(self, practice_id: str) -> None:
        self._let_old_go()
        mine = [job for job in self._jobs.values() if job.practice_id == practice_id and not job.stage.busy]
        for job in sorted(mine, key=lambda job: job.brought_at)[: max(0, len(mine) - MOST_FILES + 1)]:
            del self._jobs[job.id]

    def _let_old_go(self) -> None:
        oldest = self._record.clock.monotonic() - KEPT_SECONDS
        for job in [job for job in self._jobs.values() if job.brought_at < oldest and not job.stage.busy]:
            del self._jobs[job.id]


def _watch(job: Job) -> Callable[[Phase, int, int], None]:
    def watch(phase: Phase, done: int, whole: int) -> None:
        job.phase, job.done, job.whole = phase, done, whole

    return watch
