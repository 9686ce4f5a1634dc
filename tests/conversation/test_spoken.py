"""Whole conversations over a real line: a phone at the local carrier, signed webhooks, the worker, and back.

What is said stands in tests/conversation/transcripts; the rules of those files in spoken.py.
"""

from pathlib import Path

import pytest

from scheduler.core.record import Record
from tests.conversation.line import exchange, open_line
from tests.conversation.scene import local
from tests.conversation.spoken import FOLDER, Played, conversations
from tests.rig.clock import ManualClock

FILES = sorted(FOLDER.glob("*.txt"))
QUICK = ("preferences", "shared", "waitlist")
"""Files played on PostgreSQL by `make test`; the others by `make test-long`."""
BEGIN = local("03-04 10:00")


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_what_is_said(record: Record, clock: ManualClock, file: Path) -> None:
    await play_all(record, clock, file)


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
@pytest.mark.parametrize(
    "file",
    [pytest.param(file, marks=() if file.stem in QUICK else pytest.mark.long, id=file.stem) for file in FILES],
)
async def test_what_is_said_on_the_other_engine(record: Record, clock: ManualClock, file: Path) -> None:
    await play_all(record, clock, file)


async def play_all(record: Record, clock: ManualClock, file: Path) -> None:
    wrong: list[str] = []
    async with exchange(record) as exchanged:
        for place, conversation in enumerate(conversations(file)):
            clock.jump(BEGIN - clock.now())  # another practice, which knows nothing of what came before it
            sender = f"+1202555{2000 + place}"
            line = await open_line(record, clock, exchanged, sender, **conversation.practice)
            try:
                await Played(line, conversation).play()
            except AssertionError as failed:
                wrong.append(str(failed))
    assert not wrong, "\n\n" + "\n\n".join(wrong)


def test_there_are_sixty_conversations_in_two_languages() -> None:
    every = [conversation for file in FILES for conversation in conversations(file)]
    titles = [conversation.title for conversation in every]
    assert len(titles) >= 60
    assert len(set(titles)) == len(titles)
    spanish = [each for each in every if any("language=es" in line.words for line in each.lines)]
    assert len(spanish) >= 20
