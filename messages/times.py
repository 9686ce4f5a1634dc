"""Dates and times as clients read them in a text, in hand-checked patterns per language.

Formatting only: which zone a time is shown in was decided when the instant was converted. The one invariant: every
form of a Latin script is within GSM-7 once `sms_text` has taken the accents GSM-7 lacks.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class _Style:
    """How one language writes: names, the order of day and month, and the clock."""

    days: tuple[str, ...]
    months: tuple[str, ...]
    day_pattern: str
    list_pattern: str
    twelve_hours: bool


_EN_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EN_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_ES_DAYS: Final = ("lun", "mar", "mié", "jue", "vie", "sáb", "dom")
_ES_MONTHS: Final = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")

_NUMBERED_MONTHS: Final = tuple(map(str, range(1, 13)))
_AR_MONTHS: Final = (
    "يناير",
    "فبراير",
    "مارس",
    "أبريل",
    "مايو",
    "يونيو",
    "يوليو",
    "أغسطس",
    "سبتمبر",
    "أكتوبر",
    "نوفمبر",
    "ديسمبر",
)
_FR_MONTHS: Final = (
    "janv",
    "févr",
    "mars",
    "avr",
    "mai",
    "juin",
    "juil",
    "août",
    "sept",
    "oct",
    "nov",
    "déc",
)
_TL_MONTHS: Final = ("Ene", "Peb", "Mar", "Abr", "May", "Hun", "Hul", "Ago", "Set", "Okt", "Nob", "Dis")

# Patterns of a day in a sentence and in a list.
_DAY_MONTH: Final = ("{name} {day} {month}", "{name} {day} {month}")
_SLASHED: Final = ("{name} {day}/{month}", "{name} {day}/{month}")
_CHARACTERS: Final = ("{month}月{day}日{name}", "{month}月{day}日{name}")

_EN_US: Final = _Style(_EN_DAYS, _EN_MONTHS, "{name}, {month} {day}", "{name} {month} {day}", twelve_hours=True)
_EN_GB: Final = _Style(_EN_DAYS, _EN_MONTHS, "{name} {day} {month}", "{name} {day} {month}", twelve_hours=False)
_EN_AU: Final = _Style(_EN_DAYS, _EN_MONTHS, "{name} {day} {month}", "{name} {day} {month}", twelve_hours=True)
_ES_US: Final = _Style(_ES_DAYS, _ES_MONTHS, "{name} {day} {month}", "{name} {day} {month}", twelve_hours=True)
_ES_ES: Final = _Style(_ES_DAYS, _ES_MONTHS, "{name} {day} {month}", "{name} {day} {month}", twelve_hours=False)

_FR: Final = _Style(("lun", "mar", "mer", "jeu", "ven", "sam", "dim"), _FR_MONTHS, *_DAY_MONTH, twelve_hours=False)
_PT: Final = _Style(
    ("seg", "ter", "qua", "qui", "sex", "sáb", "dom"),
    ("jan", "fev", "mar", "abr", "mai", "jun", "jul", "ago", "set", "out", "nov", "dez"),
    *_DAY_MONTH,
    twelve_hours=False,
)
_VI: Final = _Style(("T2", "T3", "T4", "T5", "T6", "T7", "CN"), _NUMBERED_MONTHS, *_SLASHED, twelve_hours=False)
_ZH: Final = _Style(
    ("周一", "周二", "周三", "周四", "周五", "周六", "周日"), _NUMBERED_MONTHS, *_CHARACTERS, twelve_hours=False
)
_TL: Final = _Style(("Lun", "Mar", "Miy", "Huw", "Biy", "Sab", "Lin"), _TL_MONTHS, *_DAY_MONTH, twelve_hours=True)
_AR: Final = _Style(
    ("الاثنين", "الثلاثاء", "الأربعاء", "الخميس", "الجمعة", "السبت", "الأحد"),
    _AR_MONTHS,
    "{name} {day} {month}",
    "{day} {month}",
    twelve_hours=False,
)

_STYLES: Final = {
    "fr": _FR,
    "pt": _PT,
    "vi": _VI,
    "zh": _ZH,
    "tl": _TL,
    "fil": _TL,
    "ar": _AR,
    "en": _EN_US,
    "en-gb": _EN_GB,
    "en-ie": _EN_GB,
    "en-au": _EN_AU,
    "en-nz": _EN_AU,
    "es": _ES_US,
    "es-es": _ES_ES,
}

# North American zones by the short names people there use all year; others show their offset.
_GENERIC_ZONES: Final = {
    "EST": "ET",
    "EDT": "ET",
    "CST": "CT",
    "CDT": "CT",
    "MST": "MT",
    "MDT": "MT",
    "PST": "PT",
    "PDT": "PT",
    "AKST": "AKT",
    "AKDT": "AKT",
    "HST": "HT",
    "GMT": "UK",
    "BST": "UK",
}


def short_day(instant: datetime, language: str) -> str:
    """A date such as "Wed, Sep 30", "Wed 30 Sep" or "mié 30 sep"."""
    style = _style(language)
    return _day(style, style.day_pattern, instant)


def day_name(instant: datetime, language: str) -> str:
    """A weekday such as "Wed" or "mié"."""
    return _style(language).days[instant.weekday()]


def clock_time(instant: datetime, language: str) -> str:
    """A time such as "4:00 PM" or "16:00"."""
    if not _style(language).twelve_hours:
        return f"{instant.hour:02d}:{instant.minute:02d}"
    half, hour = divmod(instant.hour, 12)
    return f"{hour or 12}:{instant.minute:02d} {'PM' if half else 'AM'}"


def numbered(options: tuple[datetime, ...], language: str) -> str:
    """Choices such as "1: Tue Oct 6 3:00 PM. 2: Tue Oct 6 4:00 PM", in the tightest form that reads well."""
    style = _style(language)
    return ". ".join(
        f"{number}: {_day(style, style.list_pattern, instant)} {clock_time(instant, language)}"
        for number, instant in enumerate(options, start=1)
    )


def zone_name(instant: datetime) -> str:
    """The zone of an aware instant for a reader: "ET" in New York, "GMT+2" where no short name is in daily use.

    The same letters mean other places elsewhere (CST is also China's), so the short names are used for the
    zones of the Americas, Hawaii and the United Kingdom alone.
    """
    info = instant.tzinfo
    region = info.key if isinstance(info, ZoneInfo) else ""
    short = _GENERIC_ZONES.get(instant.tzname() or "")
    if short and (region.startswith(("America/", "US/", "Pacific/Honolulu")) or region == "Europe/London"):
        return short
    offset = instant.utcoffset()
    minutes = int(offset.total_seconds()) // 60 if offset else 0
    if not minutes:
        return "GMT"
    hours, rest = divmod(abs(minutes), 60)
    return f"GMT{'+' if minutes > 0 else '-'}{hours}" + (f":{rest:02d}" if rest else "")


def _style(language: str) -> _Style:
    tag = language.replace("_", "-").casefold()
    return _STYLES.get(tag) or _STYLES.get(tag.split("-")[0]) or _EN_US


def _day(style: _Style, pattern: str, instant: datetime) -> str:
    name, month = style.days[instant.weekday()], style.months[instant.month - 1]
    return pattern.format(name=name, month=month, day=instant.day)
