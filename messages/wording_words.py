"""The closed word lists of the lint: what discloses a field of care, what shortens links, whom to call.

Data only; the checks are in `wording.py`. The one invariant: every entry is folded (lower case, no accents).
"""

import re
import unicodedata
from types import MappingProxyType
from typing import Final

from messages.kinds import Country

# Parts long and rare enough to be looked for inside words ("leetherapygroup" in a host name).
DISCLOSING_PARTS: Final = (
    "abortion",
    "addict",
    "adiccion",
    "adicto",
    "alcohol",
    "anorex",
    "ansiedad",
    "anxiet",
    "autism",
    "behavioral",
    "behavioural",
    "bipolar",
    "bulimi",
    "chemotherap",
    "conductual",
    "consejeria",
    "consejero",
    "counsel",
    "depress",
    "depresi",
    "desintoxica",
    "detox",
    "diagnos",
    "disorder",
    "divorce",
    "divorcio",
    "drogadic",
    "esquizofren",
    "fertility",
    "fertilidad",
    "hypnosis",
    "hypnotherap",
    "marital",
    "matrimonial",
    "medicacion",
    "medication",
    "mentalhealth",
    "methadone",
    "metadona",
    "oncolog",
    "psicolog",
    "psicotera",
    "psiquiatr",
    "psych",
    "recovery",
    "recuperacion",
    "rehab",
    "schizo",
    "sobriety",
    "sobriedad",
    "suboxone",
    "substance",
    "sustancias",
    "suicid",
    "terapeut",
    "terapia",
    "therap",
    "trastorno",
    "tratamiento",
    "trauma",
    "treatment",
)

# Words that disclose only when they stand alone.
DISCLOSING_WORDS: Final = frozenset(
    {
        "abuse",
        "abuso",
        "adhd",
        "anger",
        "anxious",
        "aba",
        "burnout",
        "cbt",
        "couples",
        "dbt",
        "duelo",
        "emdr",
        "grief",
        "hiv",
        "intake",
        "lcsw",
        "lmft",
        "lmhc",
        "lpc",
        "lpcc",
        "mental",
        "mentales",
        "ocd",
        "opioid",
        "pareja",
        "parejas",
        "prescription",
        "psyd",
        "ptsd",
        "receta",
        "sex",
        "sexual",
        "sexuales",
        "sober",
        "sobrio",
        "std",
        "sti",
        "tdah",
        "tept",
        "toc",
        "vih",
    }
)

SHORTENERS: Final = frozenset(
    {
        "adf.ly",
        "bit.do",
        "bit.ly",
        "bl.ink",
        "buff.ly",
        "cutt.ly",
        "goo.gl",
        "is.gd",
        "lnkd.in",
        "mcaf.ee",
        "ow.ly",
        "rb.gy",
        "rebrand.ly",
        "s.id",
        "shorturl.at",
        "soo.gd",
        "t.co",
        "t.ly",
        "tiny.cc",
        "tinyurl.com",
        "twil.io",
        "v.gd",
        "x.gd",
    }
)

# What a practice's own crisis notice must name (rules.md B2).
EMERGENCY_NUMBERS: Final = MappingProxyType(
    {
        Country.US: ("911", "988"),
        Country.CA: ("911", "988"),
        Country.GB: ("999",),
        Country.AU: ("000",),
        Country.OTHER: (),
    }
)

_WORD: Final = re.compile(r"[a-z0-9]+")


def folded_words(text: str) -> list[str]:
    """The words of `text` in lower case and without accents, in order."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(letter for letter in decomposed if not unicodedata.combining(letter)))
