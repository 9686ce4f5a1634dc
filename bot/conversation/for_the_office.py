"""What only the office can act on: somebody leaves, has another number, would rather be seen by video. Pure.

Invariant: what is found here brings a text to a person and changes nothing.
"""

import re
from typing import Final

from messages.intents.normalise import normalise
from messages.intents.phrases import phrase_group

_THERAPY: Final = "therapy|therapist|counseling|counselor|counsellor|treatment|sessions|program|psychiatrist"
_LEAVING: Final = phrase_group(
    ("leaving", phrase)
    for phrase in (
        "not|wont|dont come|coming|be|want|need * anymore|back",
        f"done|finished|through|quit|quitting|stopping|stop|ending|end|leaving with? my|the|all? {_THERAPY}",
        f"found|seeing|have|got|switched|switching|changing another|a|new|different|to? new|different? {_THERAPY}",
        "im|were|am|are|be moving to|away|out",
        "i|we|ive|weve moved to|away|out",
        "isnt|not|doesnt|didnt|wasnt helping|help|working",
        "cancel|cancelling all|every|everything * my|the|our? *",
        "all my|the|our|of my|the? appointments|sessions|visits",
        "ya no quiero|voy|vamos|necesito * ir|venir|mas|terapia",
        "me|nos mudo|mude|mudamos|voy|vamos a",
        "encontre|tengo otro|otra|nuevo|nueva terapeuta|psicologo|psicologa|doctor|doctora",
        "no me esta? ayudando|sirve|ayuda|sirviendo",
        "todas mis|las citas",
    )
)
_ANOTHER_WAY: Final = phrase_group(
    ("another_way", phrase)
    for phrase in (
        "over|by|via|on|through|as|do a|the? zoom|video|facetime|phone|call|teams|doxy",
        "virtual|virtually|telehealth|teletherapy|telemed~|teladoc|remote|remotely|online|zoom",
        "por zoom|video|telefono|videollamada|whatsapp",
        "videollamada|virtual|en linea",
    )
)
_ADDRESS: Final = re.compile(r"(?:\d[ .()+-]*){10,}|[^\s@]+@[^\s@]+\.\w")
"""A telephone number or a mail address."""


def is_for_the_office(text: str) -> bool:
    """Whether it tells of leaving the practice, or gives a number or address to be written down."""
    return names_contact(text) or _LEAVING.first(normalise(text).whole.spoken) is not None


def asks_for_another_way(text: str) -> bool:
    """Whether a visit by video or telephone is spoken of."""
    return _ANOTHER_WAY.first(normalise(text).whole.spoken) is not None


def names_contact(text: str) -> bool:
    """Whether a telephone number or a mail address stands in it."""
    return _ADDRESS.search(text) is not None
