"""Instants, days and amounts as staff read them: in the practice's zone and locale. Texts to clients have their own.

Pure: values in, words out. Invariant: an instant without a zone is refused, so a page cannot show a wrong hour quietly.
"""

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency, get_currency_precision

NARROW_SPACE, HARD_SPACE = "\u202f", "\u00a0"
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def locale_of(language: str, region: str) -> str:
    """How dates are written in a language: as in that country, where it is one of the languages spoken there."""
    return _LOCALES.get(language) or f"{language}_{region}"


_LOCALES = {"fr": "fr", "pt": "pt", "vi": "vi", "zh": "zh", "tl": "fil", "ar": "ar"}


def local(instant: datetime, zone: ZoneInfo) -> datetime:
    """The wall-clock time of an instant.

    Raises:
        ValueError: the instant has no zone.
    """
    if instant.tzinfo is None:
        raise ValueError("naive_datetime")
    return instant.astimezone(zone)


def clock_time(instant: datetime, zone: ZoneInfo, locale: str) -> str:
    """Hour and minute, such as 3:00 PM or 15:00, as the locale says; never breaks at the end of a line."""
    text = format_time(local(instant, zone), "short", locale=Locale.parse(locale))
    return text.replace(NARROW_SPACE, HARD_SPACE).replace(" ", HARD_SPACE)


def short_day(day: date, locale: str) -> str:
    """Weekday, month and day, such as Wed, Sep 30."""
    return format_skeleton("MMMEd", day, locale=Locale.parse(locale))


def long_day(day: date, locale: str) -> str:
    """Wednesday, September 30, spelt out; the year is left to the reader."""
    reader = Locale.parse(locale)
    weekday, month_day = format_date(day, "EEEE", locale=reader), format_skeleton("MMMMd", day, locale=reader)
    if reader.language == "zh":
        return f"{month_day}{weekday}"
    return f"{weekday}{'،' if reader.language == 'ar' else ','} {month_day}"


def full_date(day: date, locale: str) -> str:
    """Month, day and year, such as Sep 30, 2026."""
    return format_date(day, "medium", locale=Locale.parse(locale))


def moment(instant: datetime, zone: ZoneInfo, locale: str) -> str:
    """Day and time, such as Wed, Sep 30, 3:00 PM."""
    return f"{short_day(local(instant, zone).date(), locale)}, {clock_time(instant, zone, locale)}"


def time_or_day(instant: datetime, now: datetime, zone: ZoneInfo, locale: str) -> str:
    """The time alone of what is on the same day as `now`; day and time of all else."""
    same = local(instant, zone).date() == local(now, zone).date()
    return clock_time(instant, zone, locale) if same else moment(instant, zone, locale)


def ago(instant: datetime, now: datetime, zone: ZoneInfo, locale: str) -> str:
    """How long ago, shortly: now, 5 min ago, 3 h ago, and from a day on the date itself. The future reads `in ...`."""
    gap = abs(now - instant)
    if gap < MINUTE:
        return "now"
    if gap >= DAY:
        return moment(instant, zone, locale)
    amount = f"{gap // MINUTE} min" if gap < HOUR else f"{gap // HOUR} h"
    return f"in {amount}" if instant > now else f"{amount} ago"


def money(minor: int, currency: str, locale: str) -> str:
    """An amount given in minor units (cents), with the currency's own number of decimals."""
    places = get_currency_precision(currency)
    return format_currency(Decimal(minor).scaleb(-places), currency, locale=Locale.parse(locale))


def decimal_amount(minor: int, currency: str) -> Decimal:
    """An amount given in minor units as a plain number, for files that other programs read."""
    return Decimal(minor).scaleb(-get_currency_precision(currency))
