"""The words of time in English and Spanish, in plain form: lower case, without accents or apostrophes.

Data only. Both languages are read together, because people mix them and their phones do not tell. The one invariant:
a word stands in a table only if it means that in a text to a practice nearly every time.
"""

from datetime import time
from typing import Final


def _named(rows: tuple[str, ...], first: int = 0) -> dict[str, int]:
    return {word: number for number, row in enumerate(rows, first) for word in row.split()}


WEEKDAYS: Final = _named(
    (
        "monday mon mondays lunes lun mondy munday",
        "tuesday tue tues tuesdays martes teusday tuesdy",
        "wednesday wed weds wednesdays miercoles mier mierc wensday wendsday wednsday",
        "thursday thu thur thurs thursdays jueves juev thrusday thirsday thurday",
        "friday fri fridays viernes vier vie firday",
        "saturday saturdays sabado sabados satuday",
        "sunday sundays domingo domingos",
    )
)
# These are words of another meaning too, and name the day only beside another word of time.
SHORT_WEEKDAYS: Final = {"sat": 5, "sun": 6, "mar": 1, "mie": 2, "jue": 3, "sab": 5, "dom": 6}
MONTHS: Final = _named(
    (
        "january jan enero ene",
        "february feb febrero",
        "march marzo",
        "april apr abril abr",
        "mayo",
        "june jun junio",
        "july jul julio",
        "august aug agosto ago",
        "september sept sep septiembre setiembre",
        "october oct octubre",
        "november nov noviembre",
        "december dec diciembre dic",
    ),
    1,
)
# Months only beside a number: "may" is a verb, "mar" also a Tuesday, "ago" is English.
DOUBTFUL_MONTHS: Final = {"may": 5, "mar": 3, "ago": 8}

# What thumbs and endings of endearment make of words: read as the word in full.
SHORT_FORMS: Final = {
    "wk": "week",
    "wks": "weeks",
    "nxt": "next",
    "nex": "next",
    "til": "until",
    "till": "until",
    "mornin": "morning",
    "xmas": "christmas",
    "thrs": "thursday",
    "prox": "proximo",
    "pa": "para",
    "mananita": "manana",
    "lunecito": "lunes",
    "juevecito": "jueves",
    "viernesito": "viernes",
    "sabadito": "sabado",
    "dominguito": "domingo",
    "nochecita": "noche",
    "tardecito": "tarde",
    "tardesito": "tarde",
    "wkend": "weekend",
    "wknd": "weekend",
    "asi": "so",
    "frm": "from",
    "fron": "from",
    "abt": "about",
    "arnd": "around",
    "aroun": "around",
    "befor": "before",
    "bfore": "before",
    "aftr": "after",
    "btween": "between",
    "beetween": "between",
    "oclk": "oclock",
    "tomoz": "tomorrow",
    "fortnite": "fortnight",
    "qtr": "quarter",
    "quater": "quarter",
    "qarter": "quarter",
    "quinse": "quince",
    "dose": "doce",
    "trese": "trece",
    "catorse": "catorce",
    "dosce": "doce",
    "dieziseis": "dieciseis",
    "diesiseis": "dieciseis",
    "bentiuno": "veintiuno",
    "beinte": "veinte",
    "veite": "veinte",
    "trienta": "treinta",
    "treita": "treinta",
    "sabao": "sabado",
    "sabdo": "sabado",
    "miercole": "miercoles",
    "juevez": "jueves",
    "lune": "lunes",
    "vierne": "viernes",
    "martez": "martes",
    "luns": "lunes",
    "sesiom": "sesion",
    "oclcok": "oclock",
    "twelv": "twelve",
    "eigth": "eight",
    "thirdy": "thirty",
    "fourty": "forty",
    "nuebe": "nueve",
    "quatro": "cuatro",
    "dies": "diez",
    "sinco": "cinco",
    "onse": "once",
    "trez": "tres",
    "ora": "hora",
    "oras": "horas",
    "asta": "hasta",
    "dsps": "despues",
    "dspues": "despues",
    "desp": "despues",
    "dps": "despues",
    "horita": "ahorita",
    "lnes": "lunes",
    "lues": "lunes",
    "oy": "hoy",
    "hoi": "hoy",
    "mnn": "manana",
    "tempra": "temprano",
    "nobiembre": "noviembre",
    "disiembre": "diciembre",
    "dicienbre": "diciembre",
    "d": "de",
    "q": "que",
    "k": "que",
    "qe": "que",
    "xq": "porque",
    "pq": "porque",
    "porq": "porque",
    "aunq": "aunque",
    "pasao": "pasado",
    "delante": "adelante",
    "lante": "adelante",
    "alante": "adelante",
    "palante": "adelante",
    "mnna": "manana",
    "mna": "manana",
}

HOURS: Final = _named(
    (
        "one una uno",
        "two dos",
        "three tres",
        "four cuatro",
        "five cinco",
        "six seis",
        "seven siete",
        "eight ocho",
        "nine nueve",
        "ten diez",
        "eleven once",
        "twelve doce",
    ),
    1,
)
NUMBERS: Final = HOURS | {"a": 1, "an": 1, "un": 1, "couple": 2, "par": 2, "few": 0, "unos": 0, "unas": 0}
MINUTES: Final = {
    "fifteen": 15,
    "quince": 15,
    "thirty": 30,
    "treinta": 30,
    "media": 30,
    "cuarto": 15,
    "ten": 10,
    "diez": 10,
    "twenty": 20,
    "veinte": 20,
    "five": 5,
    "cinco": 5,
    "veinticinco": 25,
    "oh": 0,
}
TENS: Final = {
    "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "treinta": 30, "cuarenta": 40, "cincuenta": 50,
}  # fmt: skip
DAY_NUMBERS: Final = HOURS | _named(
    (
        "first primero 1ero 1ro",
        "second",
        "third",
        "fourth",
        "fifth",
        "sixth",
        "seventh",
        "eighth",
        "ninth",
        "tenth",
        "eleventh",
        "twelfth",
        "thirteenth trece",
        "fourteenth catorce",
        "fifteenth quince",
        "sixteenth dieciseis",
        "seventeenth diecisiete",
        "eighteenth dieciocho",
        "nineteenth diecinueve",
        "twentieth veinte",
        "veintiuno",
        "veintidos",
        "veintitres",
        "veinticuatro",
        "veinticinco",
        "veintiseis",
        "veintisiete",
        "veintiocho",
        "veintinueve",
        "thirtieth treinta",
    ),
    1,
)

# From when up to when, source: the conventions in docs/understanding.md.
MORNING: Final = (time(8), time(12))
AFTERNOON: Final = (time(12), time(17))
EVENING: Final = (time(17), time(21))
LUNCH: Final = (time(12), time(13))
PARTS: Final = {
    "morning": MORNING,
    "mornings": MORNING,
    "mananas": MORNING,
    "afternoon": AFTERNOON,
    "afternoons": AFTERNOON,
    "aft": AFTERNOON,
    "aftn": AFTERNOON,
    "arvo": AFTERNOON,
    "daytime": (time(8), time(17)),
    "morn": MORNING,
    "evening": EVENING,
    "evenings": EVENING,
    "eve": EVENING,
    "night": EVENING,
    "nights": EVENING,
    "nite": EVENING,
    "noche": EVENING,
    "noches": EVENING,
    "lunch": LUNCH,
    "lunchtime": LUNCH,
    "almuerzo": LUNCH,
}
EARLY: Final = {MORNING: (time(8), time(10)), AFTERNOON: (time(12), time(15)), EVENING: (time(17), time(19))}
MIDDLE: Final = {MORNING: (time(9), time(11)), AFTERNOON: (time(14), time(16)), EVENING: (time(18), time(20))}
LATE: Final = {MORNING: (time(10), time(12)), AFTERNOON: (time(15), time(17)), EVENING: (time(19), time(21))}
NARROWED: Final = {"early": EARLY, "earlier": EARLY, "mid": MIDDLE, "late": LATE, "later": LATE}

TODAY: Final = frozenset({"today", "hoy", "2day", "tday", "tdy"})
TOMORROW: Final = frozenset(
    {
        "tomorrow",
        "tmrw",
        "tmr",
        "tmw",
        "tmrow",
        "tomorow",
        "tommorow",
        "tommorrow",
        "tomm",
        "tom",
        "2moro",
        "2morrow",
        "tomoro",
        "tmro",
        "tmrrw",
        "tomarrow",
        "tomorrows",
        "tmmrw",
        "2mrw",
        "tomorro",
        "tomrrow",
    }
)
TONIGHT: Final = frozenset({"tonight", "tonite", "2nite", "2night"})
MANANA: Final = frozenset({"manana", "mnana", "maniana", "manan"})

# What may be said before the word that makes it a part of the day in Spanish ("mas tarde" is no afternoon).
OF_THE_DAY: Final = frozenset(
    {"la", "las", "esta", "este", "por", "en", "cualquier", "cada", "toda", "una", "tempranito"}
)

# What stands between a day and its hour.
BEFORE_HOURS: Final = frozenset(
    {
        "at", "a", "al", "en", "por", "around", "after", "before", "between", "entre", "como", "tipo", "sobre", "alas",
        "despues", "antes", "hasta", "desde", "from", "de", "btwn", "any", "anytime", "in",
    }
)  # fmt: skip
