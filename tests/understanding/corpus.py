"""Reads the corpora and says which half a line is in.

Half of every corpus may be looked at while rules are written; the other half, chosen by a hash of the line, is only
measured. Nothing here knows what the rules are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent
NEW_YORK = ZoneInfo("America/New_York")
NOW = datetime(2026, 11, 18, 10, 15, tzinfo=NEW_YORK)
"""When the times of the corpora were written: a Wednesday."""


def held_back(text: str) -> bool:
    """Whether a line is measured and not looked at."""
    return sha256(text.encode()).digest()[0] % 2 == 1


def lines(name: str) -> Iterator[tuple[str, str]]:
    """Text and answer of each line of a corpus."""
    for line in (HERE / f"{name}.txt").read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("# "):
            text, _, answer = line.rpartition(" => ")
            yield text, answer


def times(language: str) -> Iterator[tuple[str, tuple[str, ...], datetime]]:
    """Text, the answers that are right, and when it is written, of each line about times in a language."""
    for name in (f"when_{language}", f"when_more_{language}", f"when_wild_{language}"):
        now = NOW
        for line in (HERE / f"{name}.txt").read_text("utf-8").splitlines():
            if line.startswith("# now "):
                now = datetime.fromisoformat(line.removeprefix("# now ")).replace(tzinfo=NEW_YORK)
            elif line.strip() and not line.startswith("# "):
                text, _, answers = line.rpartition(" => ")
                yield text, tuple(answers.split(" | ")), now


@dataclass(frozen=True)
class Figures:
    """How many of how many, of one corpus."""

    right: int
    asked: int
    wrong: int

    @property
    def all(self):
        return self.right + self.asked + self.wrong


def edge(written: str):
    """ "11-19T15:00", "11-19" or "T15:00"."""
    day, _, hour = written.partition("T")
    clock = time.fromisoformat(hour) if hour else time()
    if not day:
        return clock
    month, number = map(int, day.split("-"))
    return datetime.combine(date(2027 if month < 11 else 2026, month, number), clock)


def distress(language: str) -> Iterator[tuple[str, str]]:
    """Sign and text of each line about distress: "!" must raise the alarm, "~" is an idiom, "." is ordinary."""
    return signed(f"crisis_{language}")


def signed(name: str) -> Iterator[tuple[str, str]]:
    """Sign and text of each line of a corpus whose lines begin with one of the three signs."""
    for line in (HERE / f"{name}.txt").read_text("utf-8").splitlines():
        if line[:2] in {"! ", "~ ", ". "}:
            yield line[0], line[2:]
