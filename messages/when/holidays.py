"""Reads holidays by name: "Christmas Eve", "nochebuena", "Labor Day", "viernes santo"; of the United States and Mexico.

Only names that mean one date to everybody; a day that falls differently in the two countries is `Mark.SOME_DAY`. The
one invariant: the date is the next one, today counting.
"""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from types import MappingProxyType
from typing import Final

from messages.when.almanac import DAY, WEEK, Calendar, Found
from messages.when.pieces import Days, Mark

_MONDAY: Final = 0
_THURSDAY: Final = 3
_SUNDAY: Final = 6


def easter(year: int) -> date:
    """Easter Sunday of the western churches (Butcher's method)."""
    golden, century = year % 19, year // 100
    leaps, rest = divmod(century, 4)
    epact = (19 * golden + century - leaps - (century - (century + 8) // 25 + 1) // 3 + 15) % 30
    weekday = (32 + 2 * rest + 2 * (year % 100 // 4) - epact - year % 100 % 4) % 7
    late = (golden + 11 * epact + 22 * weekday) // 451
    month, day = divmod(epact + weekday - 7 * late + 114, 31)
    return date(year, month, day + 1)


def _fixed(month: int, day: int) -> Callable[[int], date]:
    return lambda year: date(year, month, day)


def _nth(number: int, weekday: int, month: int, *, plus: int = 0) -> Callable[[int], date]:
    return lambda year: nth_weekday(year, month, weekday, number) + DAY * plus


def _easter(plus: int) -> Callable[[int], date]:
    return lambda year: easter(year) + timedelta(days=plus)


def nth_weekday(year: int, month: int, weekday: int, number: int) -> date:
    """The first, second ... such weekday of a month; -1 is its last."""
    if number > 0:
        first = date(year, month, 1)
        return first + DAY * ((weekday - first.weekday()) % WEEK + WEEK * (number - 1))
    following = date(year + month // 12, month % 12 + 1, 1)
    return following - DAY * ((following.weekday() - weekday - 1) % WEEK + 1)


_NAMES: Final[Mapping[Callable[[int], date], str]] = {
    _fixed(1, 1): "new years day/new years/ano nuevo/dia de ano nuevo/el ano nuevo/dia primero de ano",
    _fixed(1, 6): "dia de reyes/reyes/reyes magos/three kings day/epiphany/dia de los reyes magos",
    _fixed(1, 5): "vispera de reyes/la vispera de reyes",
    _nth(3, _MONDAY, 1): "mlk day/mlk/martin luther king day/martin luther king jr day",
    _fixed(2, 2): "groundhog day/candelaria/dia de la candelaria/la candelaria",
    _fixed(2, 14): "valentines day/valentines/valentine day/san valentin/dia de san valentin/dia del amor y la amistad",
    _nth(3, _MONDAY, 2): "presidents day/president day",
    _fixed(2, 24): "dia de la bandera",
    _fixed(3, 14): "pi day",
    _easter(-47): "mardi gras/fat tuesday/shrove tuesday/martes de carnaval",
    _easter(-46): "ash wednesday/miercoles de ceniza",
    _fixed(3, 17): "st patricks day/st patricks/st pattys day/st pattys/st paddys day/st paddys/saint patricks day"
    "/saint patricks/paddys day/san patricio/dia de san patricio/st patrick day",
    _easter(-7): "palm sunday/domingo de ramos",
    _easter(-3): "jueves santo/maundy thursday",
    _easter(-2): "good friday/viernes santo",
    _easter(-1): "sabado de gloria/holy saturday/sabado santo",
    _easter(0): "easter/easter sunday/domingo de pascua/domingo de resurreccion",
    _easter(1): "easter monday/lunes de pascua",
    _fixed(4, 1): "april fools/april fools day/april fool day/april fools joke",
    _fixed(4, 15): "tax day",
    _fixed(4, 22): "earth day",
    _fixed(5, 5): "cinco de mayo",
    _nth(-1, _MONDAY, 5): "memorial day",
    _fixed(6, 14): "flag day",
    _fixed(6, 19): "juneteenth",
    _nth(3, _SUNDAY, 6): "fathers day/father day/dia del padre/dia de los padres",
    _fixed(7, 4): "fourth of july/independence day/cuatro de julio",
    _nth(1, _MONDAY, 9): "labor day/labour day",
    _nth(2, _MONDAY, 10): "columbus day/indigenous peoples day",
    _fixed(2, 13): "galentines day/galentines",
    _fixed(3, 19): "san jose/dia de san jose",
    _fixed(5, 4): "star wars day/may the fourth/may the 4th/may the 4th be with you/may the fourth be with you",
    _fixed(6, 24): "dia de san juan/noche de san juan/san juan",
    _fixed(7, 1): "canada day",
    _fixed(7, 25): "dia de santiago",
    _fixed(8, 15): "dia de la asuncion/la asuncion",
    _fixed(10, 12): "dia de la hispanidad/dia del pilar/el pilar",
    _nth(4, _THURSDAY, 11, plus=2): "small business saturday",
    _nth(4, _THURSDAY, 11, plus=5): "giving tuesday",
    _fixed(12, 8): "dia de la inmaculada/la inmaculada/la purisima",
    _fixed(10, 31): "halloween/noche de brujas",
    _fixed(11, 1): "all saints day/all saints/todos los santos/dia de todos los santos/todos santos",
    _fixed(11, 2): "dia de muertos/dia de los muertos/day of the dead/all souls day",
    _nth(1, _MONDAY, 11, plus=1): "election day/dia de las elecciones",
    _fixed(11, 11): "veterans day/veteran day/dia de los veteranos",
    _nth(
        4, _THURSDAY, 11
    ): "thanksgiving/thanksgiving day/turkey day/thanksgivin/sanguivin/sangivin/san givin/tanksgiving"
    "/tanksgivin/dia del pavo/dia del sanguivin/accion de gracias/dia de accion de gracias",
    _nth(4, _THURSDAY, 11, plus=-1): "thanksgiving eve",
    _nth(4, _THURSDAY, 11, plus=1): "black friday/viernes negro",
    _nth(4, _THURSDAY, 11, plus=4): "cyber monday",
    _fixed(11, 20): "dia de la revolucion",
    _fixed(12, 12): "dia de la virgen/dia de la virgen de guadalupe/dia de guadalupe",
    _fixed(12, 24): "christmas eve/nochebuena/noche buena/vispera de navidad/la vispera de navidad",
    _fixed(12, 25): "christmas/christmas day/navidad/dia de navidad/la navidad",
    _fixed(12, 26): "boxing day",
    _fixed(12, 28): "dia de los inocentes/dia de los santos inocentes",
    _fixed(12, 31): "new years eve/new year eve/nye/nochevieja/noche vieja/fin de ano/vispera de ano nuevo/ano viejo"
    "/despedida de ano/la despedida de ano",
}
# Different days in the United States and in Mexico, or many days.
_ASKED: Final = (
    "mothers day/mother day/dia de las madres/dia de la madre/dia del nino/dia del trabajo/dia de la independencia"
    "/semana santa/holy week/spring break/hanukkah/passover/ramadan/eid/lent/cuaresma/kwanzaa/lunar new year"
    "/chinese new year/the holidays/the holiday/las fiestas/dia de la raza/dia del maestro/posadas/leap year"
    "/super bowl/the super bowl/dia de la constitucion/first day of spring/first day of summer/first day of fall"
    "/first day of winter/first day of school/superbowl/dia de la mujer/dia del trabajador/carnaval/carnavales/ferias"
    "/puente/el puente/feriado/dia feriado/dia festivo/holiday/holidays/fiesta/fiestas"
    "/super bowl sunday/day light savings/daylight savings"
)
_BY_NAME: Final[Mapping[tuple[str, ...], Callable[[int], date] | None]] = MappingProxyType(
    {tuple(name.split()): day for day, names in _NAMES.items() for name in names.split("/") if name}
    | {tuple(name.split()): None for name in _ASKED.split("/")}
)
_LONGEST: Final = max(map(len, _BY_NAME))
_LEADS: Final = frozenset({"the", "el", "la", "on"})
# Around a holiday's name these make a stretch of it, which everybody draws differently.
_AROUND: Final = frozenset({"eve", "weekend", "week", "break", "season", "time", "puente"})
_LEAP_DAY: Final = (("leap", "day"), ("dia", "bisiesto"))


def holiday_at(words: tuple[str, ...], at: int, calendar: Calendar) -> Found | None:
    """The holiday that is named from `at` on."""
    found = _named(words, at, at, calendar)
    return found or (_named(words, at, at + 1, calendar) if words[at] in _LEADS else None)


def _named(words: tuple[str, ...], at: int, start: int, calendar: Calendar) -> Found | None:
    for length in range(min(_LONGEST, len(words) - start), 0, -1):
        name = words[start : start + length]
        if name in _LEAP_DAY:
            return Days((_leap_day(calendar.today),)), start + length - at
        if name in _BY_NAME:
            around = words[start + length : start + length + 1]
            if around and around[0] in _AROUND:
                return Mark.SOME_DAY, start + length + 1 - at
            rule = _BY_NAME[name]
            return (Days((_next(rule, calendar.today),), fixed=True) if rule else Mark.SOME_DAY), start + length - at
    return None


def _next(rule: Callable[[int], date], today: date) -> date:
    this_year = rule(today.year)
    return this_year if this_year >= today else rule(today.year + 1)


def _leap_day(today: date) -> date:
    year = today.year + -today.year % 4
    day = date(year, 2, 29)
    return day if day >= today else date(year + 4, 2, 29)
