"""Reads the plainest times of six further languages: "lundi à 10h", "amanhã às 15h", "明天下午3点", "alas 3 ng hapon".

One day, one date, one hour, one part of the day, from `plain_forms.toml`; sentences are not read. The one invariant: a
text is read only if every word of it is known, else it is asked about.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from typing import Any, Final

from messages.when.almanac import DAY, Calendar
from messages.when.bind import Frame, spans
from messages.when.phrase import Dates, Hours, Limit
from messages.when.pieces import Clock, Days, Part
from messages.when.reading import Grain, MustAskError, Span, When
from messages.when.words import AFTERNOON, EVENING, MORNING

_TABLES: Final[Mapping[str, Any]] = tomllib.loads(files(__package__).joinpath("plain_forms.toml").read_text("utf-8"))
LANGUAGES: Final = frozenset(_TABLES)
_PARTS: Final = {"morning": MORNING, "afternoon": AFTERNOON, "evening": EVENING}
_MINUTES: Final = {"half_past": 30, "quarter_past": 15}
_BOUNDS: Final = frozenset({"after", "before"})
_NEAR: Final = {"today": 0, "tomorrow": 1, "day_after": 2}
_NUMBERS: Final = (
    r"(?P<clock>\d{1,2}\s?[h:]\s?[0-5]\d(?!\d))|(?P<slashed>\d{1,2}/\d{1,2}(?!\d))|(?P<number>\d{1,2}(?!\d))|"
)
_AMPM: Final = r"(?P<half>(?<![^\W\d])[ap]\.?m\b\.?)|"
_SPLIT: Final = re.compile(r"\d+")
_LONGEST: Final = 200
_MONTH_FIRST: Final = "zh"
_EITHER: Final = "tl"


def read_plain(text: str, language: str, *, now: datetime) -> When:
    """The time a text in one of `LANGUAGES` names, on the local wall clock of `now`; asked where not all is known."""
    try:
        wished = _wished(text[:_LONGEST], language, now.replace(tzinfo=None))
    except MustAskError:
        return When(ask=True, why=("when.other_language",))
    return When(wished, why=tuple(f"when.{span.kind}" for span in wished))


def _wished(text: str, language: str, now: datetime) -> tuple[Span, ...]:
    found = _Found()
    for kind, value in _cut(_folded(text), language):
        found.take(kind, value)
    found.check()
    limits = found.limits(Calendar(now.date()), language)
    return tuple(spans(limits, Frame(now))) if limits else ()


def _folded(text: str) -> str:
    lower = unicodedata.normalize("NFKD", text.casefold())
    return (
        "".join(letter for letter in lower if not unicodedata.combining(letter))
        .replace("\u0111", "d")
        .replace("\u2019", "'")
        .replace("\u0629", "\u0647")
    )


@cache
def _patterns(language: str) -> tuple[re.Pattern[str], Mapping[str, tuple[str, int]]]:
    """What finds the words of a language, longest first, and what each means."""
    meanings: dict[str, tuple[str, int]] = {}
    for group, words in _TABLES[language].items():
        for number, forms in enumerate(words):
            meanings |= {_folded(form): (group, number) for form in forms.split("|")}
    longest = sorted(meanings, key=len, reverse=True)
    edge = ("", "") if language == "zh" else (r"(?<![^\W\d])", r"(?![^\W\d])")
    words_found = "|".join(map(re.escape, longest))
    return re.compile(
        f"{_AMPM}(?P<word>{edge[0]}(?:{words_found}){edge[1]})|{_NUMBERS}(?P<other>[^\\s.,!?;\u061f\u3002\uff0c]+?)(?=\\s|\\W|$)"
    ), meanings


def _cut(text: str, language: str) -> Iterator[tuple[str, str | int]]:
    pattern, meanings = _patterns(language)
    for match in pattern.finditer(text):
        kind = match.lastgroup or "other"
        if kind != "word":
            yield kind, match[0]
            continue
        group, number = meanings[match[0]]
        yield group, number


@dataclass(slots=True)
class _Found:
    """The parts of a time as they are met; a second one of a kind is asked about."""

    said: dict[str, str | int] = field(default_factory=dict)
    waiting: int | None = None  # a number that may be an hour or a day
    after_at: bool = False

    def take(self, kind: str, value: str | int) -> None:
        """Notes one word, number or name."""
        if kind == "other":
            raise MustAskError("unknown_word")
        if kind == "number":
            self._number(int(value))
        elif kind == "hour":
            self._settle("hour")
        elif kind == "numbers":
            self._number(int(value) + 1)
        elif kind in _MINUTES:
            self._note("minute", _MINUTES[kind])
        elif kind in _BOUNDS:
            self._note("bound", kind)
            self.after_at = "hour" not in self.said and "clock" not in self.said
        elif kind == "months":
            self._note("month", value)
            self._settle("of_month")
        elif kind == "at":
            self.after_at = True
        elif kind != "fillers":
            self._note(
                "part" if kind in _PARTS else "near" if kind in _NEAR else kind,
                kind if kind in {*_PARTS, *_NEAR} else value,
            )

    def _number(self, number: int) -> None:
        if self.after_at:
            self._note("hour", number)
            self.after_at = False
        elif "month" in self.said and "of_month" not in self.said:
            self._note("of_month", number)
        elif self.waiting is not None:
            raise MustAskError("numbers")
        else:
            self.waiting = number

    def _settle(self, name: str) -> None:
        if self.waiting is not None:
            self._note(name, self.waiting)
            self.waiting = None

    def _note(self, name: str, value: str | int) -> None:
        if name in self.said:
            raise MustAskError("said_twice")
        self.said[name] = value

    def check(self) -> None:
        """Refuses what is left over."""
        if self.waiting is not None and ("half" in self.said or "part" in self.said):
            self._settle("hour")
        if self.waiting is not None or ("hour" in self.said and "clock" in self.said):
            raise MustAskError("number_unread")
        timed = "hour" in self.said or "noon" in self.said
        if ("minute" in self.said and "hour" not in self.said) or (
            "bound" in self.said and not timed and "clock" not in self.said
        ):
            raise MustAskError("of_no_hour")

    def limits(self, calendar: Calendar, language: str) -> list[Limit]:
        """The limits that were said, as the sentences of other languages give them."""
        days = {day for day in (self._near(calendar), self._weekday(calendar), self._date(calendar, language)) if day}
        if len(days) > 1:
            raise MustAskError("days_disagree")
        found = [Limit(Dates(Days((day,)))) for day in days]
        found += [Limit(Hours("part", part=Part(*_PARTS[str(self.said["part"])])))] if "part" in self.said else []
        clock = self._clock()
        return found + ([Limit(Hours(str(self.said.get("bound", "at")), clock))] if clock else [])

    def _near(self, calendar: Calendar) -> date | None:
        return calendar.today + DAY * _NEAR[str(self.said["near"])] if "near" in self.said else None

    def _weekday(self, calendar: Calendar) -> date | None:
        if "days" not in self.said:
            return None
        weekday, near = int(self.said["days"]), self._near(calendar)
        if near is not None:
            return near if near.weekday() == weekday else calendar.coming(weekday)
        dated = "month" in self.said or "slashed" in self.said
        return None if dated else calendar.coming(weekday)

    def _date(self, calendar: Calendar, language: str) -> date | None:
        if "slashed" in self.said:
            first, second = map(int, _SPLIT.findall(str(self.said["slashed"])))
            if language == _EITHER and first != second and max(first, second) <= 12:  # noqa: PLR2004 -- months
                raise MustAskError("order_of_date")
            month, day = (first, second) if language == _MONTH_FIRST or second > 12 else (second, first)  # noqa: PLR2004 -- months
        elif "month" in self.said and "of_month" in self.said:
            month, day = int(self.said["month"]) + 1, int(self.said["of_month"])
        elif "month" in self.said:
            raise MustAskError("month_alone")
        else:
            return None
        found = calendar.of_year(month, day)
        weekday = self.said.get("days")
        if found is None or (weekday is not None and found.weekday() != weekday):
            raise MustAskError("no_such_date")
        return found

    def _clock(self) -> Clock | None:
        half = str(self.said.get("half", ""))[:1]
        if "clock" in self.said:
            hour, minute = map(int, _SPLIT.findall(str(self.said["clock"])))
            return self._valid(Clock(hour, minute, half, Grain.MINUTE))
        if "hour" in self.said:
            minute = int(self.said.get("minute", 0))
            return self._valid(Clock(int(self.said["hour"]), minute, half, Grain.MINUTE if minute else Grain.HOUR))
        return Clock(12, 0, "p") if "noon" in self.said else None

    def _valid(self, clock: Clock) -> Clock:
        if clock.hour > 23 or (clock.half and not 1 <= clock.hour <= 12):  # noqa: PLR2004 -- the clock
            raise MustAskError("no_such_hour")
        return clock
