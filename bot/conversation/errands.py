"""Errands beside an answer: "when is my next visit?", "put me on the waitlist", "in Spanish please". Pure.

Looked at only where the reading found nothing to act upon (messages/intents): a question, or words it did not know.
None of these takes anything away that a word could not give back. The one invariant: an errand is named outright or it
is none, and a text that could be about ending texts is never one, save where the waitlist is named.
"""

from enum import StrEnum
from types import MappingProxyType
from typing import Final

from messages.intents.normalise import normalise
from messages.intents.phrases import phrase_group


class Errand(StrEnum):
    """What somebody may want that no letter stands for."""

    NEXT_VISIT = "next_visit"
    BOOK = "book"
    JOIN_LIST = "join_list"
    PAUSE_LIST = "pause_list"
    LEAVE_LIST = "leave_list"
    ON_LIST = "on_list"
    ENGLISH = "english"
    SPANISH = "spanish"
    FRENCH = "french"
    PORTUGUESE = "portuguese"
    VIETNAMESE = "vietnamese"
    CHINESE = "chinese"
    TAGALOG = "tagalog"
    ARABIC = "arabic"
    EMAIL = "email"
    HOURS = "hours"
    REMIND = "remind"
    WHO = "who"


LANGUAGES: Final = MappingProxyType(
    {
        Errand.ENGLISH: "en",
        Errand.SPANISH: "es",
        Errand.FRENCH: "fr",
        Errand.PORTUGUESE: "pt",
        Errand.VIETNAMESE: "vi",
        Errand.CHINESE: "zh",
        Errand.TAGALOG: "tl",
        Errand.ARABIC: "ar",
    }
)


def _in_the_language(name: str, *own: str) -> tuple[str, ...]:
    """How a language is asked for in English, and in itself."""
    return (
        f"^ in? {name} please|thanks? $",
        f"text|write|message|reply|respond|talk|speak|send|answer me|us|it|them? in {name}",
        f"prefer|want|like|need * {name}",
        f"can|could|do you|u? * in|speak {name}",
        *own,
    )


_VISIT = "appointment|appointments|appt|visit|visits|session|sessions"
_CITA = "cita|citas|consulta|sesion|turno"
_DAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"
_STANDS = "on|happening|good|scheduled|booked|set|meeting"
_WHEN = f"{_DAYS}|tomorrow|tonight|morning|afternoon|evening|day|night|later"
_PHRASES: Final = {
    Errand.ON_LIST: (
        "am|are i|we still? on|in the|your list|waitlist",
        "am|are i|we still? on|in the|your wait|waiting|cancellation list",
        "can i|we stay|keep|remain * the|your list",
        "sigo|estoy|seguimos|quedo|quedarme en la lista",
    ),
    Errand.PAUSE_LIST: (
        "pause|suspend|snooze|freeze * waitlist",
        "pause|suspend|snooze|freeze * wait|waiting|cancellation|cancelation list",
        "waitlist * pause|paused|suspended",
        "wait|waiting|cancellation|cancelation list * pause|paused|suspended",
        "waitlist * on hold",
        "wait|waiting|cancellation|cancelation list * on hold",
        "pausar|pausen|pause|pausa|suspender|suspendan|suspenda * lista de espera|cancelaciones",
    ),
    Errand.LEAVE_LIST: (
        "take|remove|get|drop|delete|pull me|us? * waitlist",
        "take|remove|get|drop|delete|pull me|us? * waiting|wait|cancellation|cancelation list",
        "off|leave|from the|your? waitlist",
        "off|leave|from the|your? wait|waiting|cancellation|cancelation list",
        "dont|not|no want|need|longer * waitlist",
        "dont|not|no want|need|longer * wait|waiting|cancellation|cancelation list",
        "quiteme|quitenme|quitarme|saqueme|saquenme|sacarme|borreme|borrenme|elimineme * lista de espera|cancelaciones",
        "salir|salirme de la lista de espera|cancelaciones",
        "no quiero|necesito estar|seguir? en? la? lista de espera|cancelaciones",
    ),
    Errand.JOIN_LIST: (
        "put|add|get|place|sign|keep me|us? * waitlist",
        "put|add|get|place|sign|keep me|us? * wait|waiting|cancellation|cancelation list",
        "join|on the|your|a waitlist",
        "join|on the|your|a wait|waiting|cancellation|cancelation list",
        "let me know|no if|when|should * earlier|sooner|opens|open|cancels|cancel|free|available",
        "text|tell|call|notify me if|when * earlier|sooner|opens|cancels|free|available",
        "if|when anything|something|anyone|someone|somebody|one * opens|open|cancels|earlier|sooner",
        "quiero|quisiera|puedo|pongame|ponganme|pongan * lista de espera|cancelaciones",
        "anoteme|anotenme|apunteme|apuntenme|agregueme * lista de espera|cancelaciones",
        "en la lista de espera|cancelaciones",
        "avis~ si|cuando * abre|antes|cancela|cancelan|libera|hueco|libre",
        "si|cuando se|alguien? desocupa|abre|libera|cancela|cancelan * avis~",
    ),
    Errand.WHO: (
        "who|whos is|are|was|am? this|that|you|u? $",
        "who|whos is|am|are i|this|you? texting|messaging|writing|talking|speaking",
        "is|are|am this|that|you|u|i * robot|bot|chatbot|automated|automatic|machine|computer|ai|human|person",
        "real|actual|live|human person|human|being",
        "talk|speak|chat|text to|with a|an|some? person|human|someone|somebody|operator",
        "whose|what number is this|that $",
        "do i know you",
        "con? quien es|habla|escribe|eres|hablo|me $|escribe|habla",
        "es|eres|son|hablo con? un|una|usted? robot|bot|maquina|automatico|persona|computadora",
        "hablar con alguien|persona|humano",
        "hablar con una|un persona|humano|asesor|operador",
    ),
    Errand.NEXT_VISIT: (
        f"when|whens is|are my|our|the next? {_VISIT}",
        f"when|whens my|our next? {_VISIT}",
        f"what|whats|which time|day|date is|are|was my|our|the * {_VISIT}",
        f"what|whats is? my|our next? {_VISIT} time|date|day",
        f"what|whats is? my|our next {_VISIT}",
        f"whats|what time|day is? my|our {_VISIT}",
        "did|have you|they * cancel|cancelled|canceled",
        "what time|day|date did you|they say|mean",
        "which|what days|dates|times am|are|do i|we come|coming|in|scheduled|booked|have",
        "when do|am i next? come|coming|scheduled|booked|due|in|see|seeing",
        "when|what|whats time|day|date? is|was it|that|this|mine again|$",
        "when is|was|are it|that|mine|we again|$|scheduled|on|at",
        f"is|was it|that|this on|at|this|for? {_DAYS}|tomorrow|today|next|morning|afternoon|noon|# * or",
        f"am|are i|we|u|you still|all? in|down|on|set for|tomorrow|today|tonight|{_DAYS}",
        f"is my|our|the next? {_VISIT} * on|at|today|tomorrow|still|for",
        f"are|is|am|was we|i|it|this|that|my|our|the|everything {_VISIT}? * still|back {_STANDS}",
        f"still {_STANDS} for|at|on|tomorrow|today|tonight|{_DAYS}",
        "we|were|im still on|good|set $|for|at|tomorrow|today|tonight",
        f"is|was|did|has|have my|our|the next? {_VISIT} * confirmed|cancelled|canceled|moved|changed",
        f"do i have an|any? {_VISIT} * coming|booked|scheduled|soon|up|tomorrow|today|week|next|$",
        f"remind me|us when|what * {_VISIT}",
        f"cuando es|era|tengo|sera mi|la|nuestra? proxima|siguiente? {_CITA}",
        f"cual es mi|la proxima|siguiente {_CITA}",
        f"a? que hora|dia|fecha es|tengo|era mi|la|nuestra? proxima? {_CITA}",
        f"para cuando es|tengo mi|la? {_CITA}",
        "cuando me toca",
        "sigue|seguimos|sigo en pie",
        f"sigue|esta|sigo|estoy mi|la|nuestra? {_CITA}? confirmada|agendada|cancelada|apuntada|anotada|programada",
        f"si|todavia|aun|entonces hay|tengo|tenemos|tenia {_CITA}",
        "a? que hora|dia|fecha es|era|me? toca|tengo|seria? $",
        "cuando es|era|seria $",
        "a? que hora|dia|fecha dijo|dijeron|era|decia",
        "me|nos la cancelaron|cancelo $",
        f"tengo alguna? {_CITA} * pendiente|programada|agendada|manana|hoy|semana|$",
    ),
    Errand.REMIND: (
        "remind me|us again",
        f"remind|text|message me|us * {_WHEN}",
        f"send|give me|us a|another reminder * {_WHEN}",
        "recuerdeme|recuerdenme|recuerdame|recordarme * otra|de|el|la|manana|lunes|martes|miercoles|jueves|viernes",
    ),
    Errand.BOOK: (
        f"book|schedule|make|set|get|arrange up? another|an|a|my|our next|new|follow|followup|up? up? {_VISIT}",
        f"need|want|like to? come? have? another|an|a|my next|new|follow|followup|up? up? {_VISIT}",
        "book|schedule|make|set|need|want a? follow up|ups",
        "book|schedule|make|set|need|want a? followup",
        "schedule|book me|us again|next",
        f"hacer|agendar|reservar|pedir|programar|sacar|apartar otra|una|mi|la? proxima|nueva|siguiente? {_CITA}",
        f"quiero|necesito|quisiera|ocupo otra|una proxima|nueva|siguiente? {_CITA}",
    ),
    Errand.SPANISH: _in_the_language(
        "spanish",
        "^ en? espanol por? favor|gracias? $",
        "en espanol por favor",
        "escribame|escribanme|escribir|hablo|mandeme|mandenme|contesteme|prefiero|quiero|puede|pueden * espanol",
        "no hablo|entiendo|leo|se * ingles",
    ),
    Errand.FRENCH: _in_the_language(
        "french", "^ en? francais svp|merci? $", "en francais svp|merci", "francais sil vous plait"
    ),
    Errand.PORTUGUESE: _in_the_language("portuguese", "^ em? portugues por? favor? $", "em portugues por favor"),
    Errand.VIETNAMESE: _in_the_language("vietnamese", "^ bang? tieng viet $", "bang tieng viet"),
    Errand.CHINESE: _in_the_language("chinese|mandarin"),
    Errand.TAGALOG: _in_the_language("tagalog|filipino", "^ sa? tagalog $", "sa tagalog"),
    Errand.ARABIC: _in_the_language("arabic"),
    Errand.ENGLISH: _in_the_language(
        "english",
        "dont|not|cant|no speak|read|understand|know * spanish",
        "^ en? ingles por? favor|gracias? $",
        "escribame|escribanme|mandeme|mandenme|prefiero|quiero|puede|pueden * ingles",
    ),
    Errand.EMAIL: (
        "email|mail me|us instead|please|from|only|$",
        "email instead",
        "instead email",
        "by|via|through|use|prefer|want|like email|emails|mail",
        "prefer|rather * email|emails",
        "por|prefiero|mejor|quiero correo|email|mail",
        "mandeme|mandenme|escribame|escribanme|enviame|envieme|prefiero|mejor * correo|email",
    ),
    Errand.HOURS: (
        "dont|not|never|no text|texts|message|messages|write * before|after|until|till|at|in|during",
        "text|message|write me|us? only|just * in|after|before|between|on|during",
        "only|just text|message|write * in|after|before|between|during",
        "text|message me in the evening|evenings|morning|mornings|afternoon|afternoons * only|$",
        "no me|nos escriban|escriba|manden|mande|envien|textos|mensajes * antes|despues|por|en",
        "solo|solamente|unicamente * por|en|despues|antes la|las|de",
        "escribanme|escribame|mandenme|mensajes solo|solamente * por|despues|antes|entre",
    ),
}
_GROUPS: Final = MappingProxyType(
    {errand: phrase_group((errand.value, phrase) for phrase in phrases) for errand, phrases in _PHRASES.items()}
)
_THE_LIST: Final = (
    *("waitlist", "wait list", "waiting list", "cancellation list", "cancelation list"),
    *("lista de espera", "lista de cancelaciones"),
)
_WITH_LIST: Final = (Errand.ON_LIST, Errand.PAUSE_LIST, Errand.LEAVE_LIST, Errand.JOIN_LIST)
_WITHOUT_LIST: Final = tuple(errand for errand in _PHRASES if errand not in {Errand.PAUSE_LIST, Errand.LEAVE_LIST})
_ONE_MORE: Final = phrase_group(
    ("more", phrase)
    for phrase in ("another|next|new|follow|followup|otra|proxima|siguiente|nueva|again", "follow up|ups")
)
_OPEN: Final = phrase_group(
    ("open", phrase)
    for phrase in (
        "available|availability|open|opening|openings|free|earlier|sooner|move|change|reschedule|instead|your|another",
        "disponible|libre|hueco|antes|cambiar|mover|otra",
    )
)
_INSTEAD: Final = phrase_group(
    ("instead", phrase)
    for phrase in (
        "instead|rather|move|change|reschedule|cambiar|mover|reprogramar",
        "en vez|lugar",
        "another|otra time|day|hora|dia",
    )
)
_ALL_OF_THEM: Final = frozenset({"days", "dates", "times", "appointments", "visits", "sessions", "citas", "dias"})
_TEXTS: Final = phrase_group(
    ("texts", phrase)
    for phrase in ("text|texts|texting|message|messages|messaging|write|writing|textos|mensajes|escrib~|mand~|envi~",)
)


_IN_OTHER_LETTERS: Final = MappingProxyType(
    {
        **dict.fromkeys(("中文", "用中文", "请用中文", "说中文", "请说中文"), Errand.CHINESE),
        **dict.fromkeys(("بالعربية", "بالعربي", "العربية"), Errand.ARABIC),
    }
)
"""Languages that phrases, which are of Latin letters, cannot ask for in themselves."""


def errand_of(text: str) -> Errand | None:
    """The errand a text names outright; None when it names none."""
    whole = _IN_OTHER_LETTERS.get(text.strip(" .!?。！？؟"))  # noqa: RUF001 -- their own signs
    if whole is not None:
        return whole
    line = normalise(text).whole.spoken
    asked = _WITH_LIST if _names_list(line) else _WITHOUT_LIST
    found = next((errand for errand in asked if _GROUPS[errand].first(line) is not None), None)
    about_texts = _TEXTS.first(line) is not None
    return None if found is Errand.HOURS and not about_texts else found


def asks_for_one_more(text: str) -> bool:
    """Whether a visit is asked for besides the one there is: "another", "my next", "a follow-up"; never "instead"."""
    line = normalise(text).whole.spoken
    return _ONE_MORE.first(line) is not None and _INSTEAD.first(line) is None


def asks_what_is_open(text: str) -> bool:
    """Whether open times are asked about rather than one's own visit: "when is your next opening"."""
    return _OPEN.first(normalise(text).whole.spoken) is not None


def without_list(text: str) -> str:
    """The text without its words about leaving the waitlist: what is left may still ask for an end of texts."""
    return _GROUPS[Errand.LEAVE_LIST].erase(normalise(text).whole.spoken)


def asks_for_all(text: str) -> bool:
    """Whether several visits are asked about: "which days am I coming"."""
    return not _ALL_OF_THEM.isdisjoint(normalise(text).tokens)


def names_list(text: str) -> bool:
    """Whether the waitlist itself is named: then it is meant, and no other time."""
    return _names_list(normalise(text).whole.spoken)


def _names_list(line: str) -> bool:
    return any(f" {name} " in line for name in _THE_LIST)
