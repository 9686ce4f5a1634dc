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
    "dependencia",
    "depresyon",
    "kalusugangpangisip",
    "pagkalulong",
    "pagpapayo",
    "therapie",
    "tramcam",
    "tamthan",
    "tamly",
    "terapeuta",
    "transtorno",
    "traitement",
    "toxicoman",
    "tratament",
    "santementale",
    "saudemental",
    "reeducation",
    "reabilita",
    "psiquiatra",
    "psicanal",
    "desintox",
    "deprim",
    "anxieuse",
    "anxieux",
    "alcooli",
    "alcoolic",
    "addiction",
    "aconselha",
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
        "thuoc",
        "nghien",
        "rehabilitasyon",
        "lulong",
        "gamot",
        "pagkabalisa",
        "viciado",
        "raiva",
        "casais",
        "casal",
        "luto",
        "sida",
        "colere",
        "deuil",
        "couple",
        "psy",
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

# Two words that disclose together.
DISCLOSING_PAIRS: Final = frozenset(
    {
        "sante mentale",
        "saude mental",
        "tam ly",
        "tam than",
        "tram cam",
        "tri lieu",
        "dieu tri",
        "tu van",
        "cai nghien",
        "kalusugang pangkaisipan",
        "kalusugang mental",
        "dependencia quimica",
    }
)

# Scripts without spaces or letters of ours: looked for anywhere in the text as it is written.
DISCLOSING_ANYWHERE: Final = (
    "心理", "精神", "治疗", "治療", "咨询", "諮商", "诊断", "診斷", "抑郁", "抑鬱",
    "焦虑", "焦慮", "戒毒", "戒酒", "成瘾", "自杀", "康复", "药物", "离婚", "性病",
    "علاج", "نفسي", "نفسيه", "نفسية", "اكتئاب", "قلق", "ادمان", "إدمان", "تاهيل", "تأهيل",
    "استشار", "تشخيص", "طلاق", "دواء", "صدمه", "صدمة",
)  # fmt: skip

_WORD: Final = re.compile(r"[a-z0-9]+")


def folded_words(text: str) -> list[str]:
    """The words of `text` in lower case and without accents, in order."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return _WORD.findall("".join(letter for letter in decomposed if not unicodedata.combining(letter)))
