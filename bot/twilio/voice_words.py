"""What is said in a call, in every language of the texts, and the voices that say it.

Nothing before a key is pressed tells whose call it is about or what for; on a machine only who to call back. Invariant:
all languages have the same keys and the same {fields}: label, phone, day, time, hours, number.
"""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final, NamedTuple

from messages.catalog import MORE_LANGUAGES

ENGLISH: Final[Mapping[str, str]] = {
    "greeting": "Hello. This is a call from {label}. To hear your message, please press any key.",
    "voicemail": "Hello. This is {label}. Please call us back at {phone}. Thank you.",
    "reminder": "You are expected on {day}, at {time}.",
    "confirmed_already": "You are expected on {day}, at {time}, and you have confirmed. Thank you.",
    "called_off": "We are sorry. Your visit on {day}, at {time}, is called off.",
    "now_at": "Your visit is now on {day}, at {time}.",
    "menu": "To confirm, press 1. For another time, press 2. If you cannot come, press 3. "
    "To end these calls, press 9. To hear this again, press 0.",
    "menu_gone": "For another time, press 2. To end these calls, press 9. To hear this again, press 0.",
    "changed": "This has changed since we called. Please call {phone}.",
    "confirmed": "Thank you. {day}, at {time}, is confirmed. Goodbye.",
    "cancelled": "Thank you for telling us. {day}, at {time}, is cancelled. To take this back, press 8. Otherwise, "
    "just hang up.",
    "late_cancelled": "Thank you for telling us. {day}, at {time}, is cancelled. Inside {hours} hours the office's "
    "late policy may apply. To take this back, press 8. Otherwise, just hang up.",
    "undone": "It is taken back. {day}, at {time}, is yours again. Goodbye.",
    "moved": "You are now expected on {day}, at {time}, and it is confirmed. Goodbye.",
    "option": "For {day}, at {time}, press {number}.",
    "keep": "To keep what you have, just hang up.",
    "none": "There is no other time open just now. The office will call you. Goodbye.",
    "office": "Thank you. The office will get in touch, or call {phone}. Goodbye.",
    "stopped": "We will not call this number again. Goodbye.",
    "kept": "Thank you, we have noted that. Goodbye.",
    "sorry": "We are sorry, we cannot read your message just now. We will be in touch later. Goodbye.",
    "goodbye": "Goodbye.",
}
SPANISH: Final[Mapping[str, str]] = {
    "greeting": "Hola. Le llamamos de {label}. Para escuchar su mensaje, oprima cualquier tecla.",
    "voicemail": "Hola. Habla {label}. Por favor llámenos al {phone}. Gracias.",
    "reminder": "Le esperamos el {day}, a las {time}.",
    "confirmed_already": "Le esperamos el {day}, a las {time}, y ya confirmó. Gracias.",
    "called_off": "Lo sentimos. Su cita del {day}, a las {time}, queda cancelada.",
    "now_at": "Su cita es ahora el {day}, a las {time}.",
    "menu": "Para confirmar, oprima 1. Para otra hora, oprima 2. Si no puede venir, oprima 3. "
    "Para no recibir más llamadas, oprima 9. Para escuchar de nuevo, oprima 0.",
    "menu_gone": "Para otra hora, oprima 2. Para no recibir más llamadas, oprima 9. Para escuchar de nuevo, oprima 0.",
    "changed": "Esto cambió después de nuestra llamada. Por favor llame al {phone}.",
    "confirmed": "Gracias. {day}, a las {time}, queda confirmada. Hasta pronto.",
    "cancelled": "Gracias por avisarnos. {day}, a las {time}, queda cancelada. Para deshacerlo, oprima 8. Si no, "
    "puede colgar.",
    "late_cancelled": "Gracias por avisarnos. {day}, a las {time}, queda cancelada. A menos de {hours} horas puede "
    "aplicar la norma de aviso. Para deshacerlo, oprima 8. Si no, puede colgar.",
    "undone": "Deshecho. {day}, a las {time}, sigue siendo suya. Hasta pronto.",
    "moved": "Ahora le esperamos el {day}, a las {time}, y queda confirmada. Hasta pronto.",
    "option": "Para el {day}, a las {time}, oprima {number}.",
    "keep": "Para mantener su cita, puede colgar.",
    "none": "Por ahora no hay otra hora libre. La oficina le llamará. Hasta pronto.",
    "office": "Gracias. La oficina se comunicará con usted, o llame al {phone}. Hasta pronto.",
    "stopped": "No volveremos a llamar a este número. Hasta pronto.",
    "kept": "Gracias, lo hemos anotado. Hasta pronto.",
    "sorry": "Disculpe, ahora no podemos leer su mensaje. Le contactaremos más tarde. Hasta pronto.",
    "goodbye": "Hasta pronto.",
}


def _load(language: str) -> Mapping[str, str]:
    return MappingProxyType(
        tomllib.loads(files(__package__).joinpath("languages", f"{language}.toml").read_text("utf-8"))
    )


LANGUAGES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {"en": ENGLISH, "es": SPANISH, **{language: _load(language) for language in MORE_LANGUAGES}}
)


class Voice(NamedTuple):
    """The carrier's name for a language and, where its own voices do not speak it, for the voice."""

    language: str
    name: str | None = None


VOICES: Final[Mapping[str, Voice]] = MappingProxyType(
    {
        "en": Voice("en-US"),
        "es": Voice("es-MX"),
        "fr": Voice("fr-CA"),
        "pt": Voice("pt-BR"),
        "vi": Voice("vi-VN", "Google.vi-VN-Standard-A"),
        "zh": Voice("cmn-CN", "Polly.Zhiyu"),
        "tl": Voice("fil-PH", "Google.fil-PH-Standard-A"),
        "ar": Voice("arb", "Polly.Zeina"),
    }
)


def spoken(language: str, key: str, **fields: object) -> str:
    """The words for `key` with its fields filled in; English where a language is not spoken here.

    Raises:
        KeyError: no such key, or a field is missing.
    """
    words = LANGUAGES.get(language, ENGLISH)[key].format(**fields)
    return words.replace("..", ".")  # a time may end in one of its own: "12:30 p. m."
