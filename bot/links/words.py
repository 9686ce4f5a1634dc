"""What the pages behind a link say, in every language of the texts. The words of texts live in messages/catalog.

Rules for every sentence: short, warm, neutral; the most useful fact first; no specialty, no blame, nobody's name.
English and Spanish stand here, the further languages in `languages/`; what one of them lacks is said in English.
Invariant: all languages have the same keys and the same {fields}.
"""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType
from typing import Final

from messages.catalog import LEFT_TO_RIGHT, MORE_LANGUAGES, RIGHT_TO_LEFT, language_of

ENGLISH: Mapping[str, str] = {
    "title": "Your visit",
    "call": "Call {phone}",
    "settings": "Texts and language",
    "write": "Write to us",
    "late_note": "It is inside {hours} hours, so the office may apply its late policy.",
    # confirm
    "confirm.title": "Your visit",
    "confirm.act": "I'll be there",
    "confirm.change": "Pick another time",
    "confirm.cannot": "I can't make it",
    "confirm.already": "You have confirmed. See you then.",
    # cannot make it
    "cannot.title": "Can't make it?",
    "cannot.text": "We'll let the office know. You can pick another time right after.",
    "cannot.late": "Thank you for telling us.",
    "cannot.act": "Cancel this visit",
    "cannot.change": "Pick another time instead",
    "cannot.keep": "Keep my visit",
    # pick a new time
    "pick.title": "Pick a new time",
    "pick.text": "Your visit on {when} stays until you choose.",
    "pick.more": "Show more times",
    "pick.none": "No other time is open just now.",
    "pick.none_text": "Your visit stays as it is. The office can help: {phone}.",
    "pick.keep": "Keep my visit",
    # an offered time
    "claim.title": "A time opened",
    "claim.until": "You can take it until {deadline}. The first yes has it.",
    "claim.release": "Your visit on {when} is released when you take this one.",
    "claim.kept": "If you pass, you stay on the list.",
    "claim.act": "Take it",
    "claim.pass": "Pass",
    # preferences
    "prefs.title": "Texts and language",
    "prefs.language": "Language",
    "prefs.channel": "How we reach you",
    "prefs.text": "Text",
    "prefs.email": "Email",
    "prefs.whatsapp": "WhatsApp",
    "prefs.save": "Save",
    "prefs.stop": "Stop all texts",
    # opt out
    "stop.title": "Stop all texts?",
    "stop.text": "We will not text this number again. Your visits stay as they are.",
    "stop.act": "Stop all texts",
    "stop.keep": "Keep texts",
    # done
    "done.confirmed": "Confirmed",
    "done.confirmed_text": "See you then.",
    "done.cancelled": "Cancelled",
    "done.cancelled_text": "Thank you for telling us.",
    "done.moved": "Moved and confirmed",
    "done.moved_text": "See you then.",
    "done.claimed": "It's yours",
    "done.claimed_text": "See you then.",
    "done.passed": "Passed",
    "done.passed_text": "Your place on the list is kept.",
    "done.noted": "Kept for you",
    "done.noted_text": "The office looks at it and answers by text.",
    "done.call": "Kept for you: please call",
    "done.call_text": "Call the office soon to take this time.",
    "done.taken": "That time has just been taken",
    "done.taken_text": "You are first to hear of the next one.",
    "done.taken_kept": "Your visit on {when} is unchanged.",
    "done.saved": "Saved",
    "done.saved_text": "It holds from now on.",
    "done.stopped": "Texts are stopped",
    "done.stopped_text": "To get them again, reply START to any of our texts.",
    "done.undone": "Undone",
    "done.undone_text": "Everything is as it was.",
    "done.undo": "Undo",
    "done.undo_until": "Possible until {deadline}.",
    # write to the office
    "chat.title": "Write to us",
    "chat.text": "As in a text: “can we do 4 instead?”, “running 10 minutes late”, or just a letter.",
    "chat.keys": "C: I'll be there. R: another time. N: I can't come.",
    "chat.key.C": "I'll be there",
    "chat.key.R": "another time",
    "chat.key.N": "I can't come",
    "chat.key.U": "undo",
    "chat.key.L": "I'll be late",
    "chat.key.A": "take it",
    "chat.key.P": "pass",
    "chat.label": "Your message",
    "chat.act": "Send",
    "chat.noted": "Thank you, we have it.",
    "chat.call": "That is more than this page takes. Please call {phone}.",
    "chat.watched": "This page is for scheduling and is not watched at all hours.",
    # gone
    "gone.title": "This link is no longer in use",
    "gone.text": "It may have run out, or something newer has taken its place. "
    "Look at our latest text, or call the office.",
    # errors on a page
    "again.title": "Please try once more",
    "again.text": "Nothing was changed. Use the button again.",
}

SPANISH: Mapping[str, str] = {
    "title": "Su cita",
    "call": "Llamar al {phone}",
    "settings": "Mensajes e idioma",
    "write": "Escríbanos",
    "late_note": "Faltan menos de {hours} horas, así que la oficina puede aplicar su política de aviso tardío.",
    "confirm.title": "Su cita",
    "confirm.act": "Sí, voy",
    "confirm.change": "Elegir otra hora",
    "confirm.cannot": "No puedo ir",
    "confirm.already": "Ya confirmó. Le esperamos.",
    "cannot.title": "¿No puede venir?",
    "cannot.text": "Avisaremos a la oficina. Después puede elegir otra hora.",
    "cannot.late": "Gracias por avisarnos.",
    "cannot.act": "Cancelar esta cita",
    "cannot.change": "Mejor elegir otra hora",
    "cannot.keep": "Mantener mi cita",
    "pick.title": "Elija otra hora",
    "pick.text": "Su cita del {when} se mantiene hasta que elija.",
    "pick.more": "Ver más horas",
    "pick.none": "Por ahora no hay otra hora libre.",
    "pick.none_text": "Su cita sigue igual. La oficina puede ayudarle: {phone}.",
    "pick.keep": "Mantener mi cita",
    "claim.title": "Se abrió una hora",
    "claim.until": "Puede tomarla hasta {deadline}. Es de quien responda primero.",
    "claim.release": "Su cita del {when} queda libre si toma esta.",
    "claim.kept": "Si esta vez no puede, sigue en la lista.",
    "claim.act": "La tomo",
    "claim.pass": "Esta vez no",
    "prefs.title": "Mensajes e idioma",
    "prefs.language": "Idioma",
    "prefs.channel": "Cómo le avisamos",
    "prefs.text": "Mensaje de texto",
    "prefs.email": "Correo electrónico",
    "prefs.whatsapp": "WhatsApp",
    "prefs.save": "Guardar",
    "prefs.stop": "No recibir más mensajes",
    "stop.title": "¿No recibir más mensajes?",
    "stop.text": "No enviaremos más mensajes a este número. Sus citas siguen igual.",
    "stop.act": "No recibir más mensajes",
    "stop.keep": "Seguir recibiéndolos",
    "done.confirmed": "Confirmada",
    "done.confirmed_text": "Le esperamos.",
    "done.cancelled": "Cancelada",
    "done.cancelled_text": "Gracias por avisarnos.",
    "done.moved": "Cambiada y confirmada",
    "done.moved_text": "Le esperamos.",
    "done.claimed": "Es suya",
    "done.claimed_text": "Le esperamos.",
    "done.passed": "De acuerdo, esta vez no",
    "done.passed_text": "Conserva su lugar en la lista.",
    "done.noted": "Se la guardamos",
    "done.noted_text": "La oficina lo revisa y le responde por mensaje.",
    "done.call": "Se la guardamos: llame por favor",
    "done.call_text": "Llame pronto a la oficina para tomar esta hora.",
    "done.taken": "Esa hora se acaba de ocupar",
    "done.taken_text": "Será la primera persona en saber de la próxima.",
    "done.taken_kept": "Su cita del {when} sigue igual.",
    "done.saved": "Guardado",
    "done.saved_text": "Vale desde ahora.",
    "done.stopped": "Ya no recibirá mensajes",
    "done.stopped_text": "Para volver a recibirlos, responda START a cualquiera de nuestros mensajes.",
    "done.undone": "Deshecho",
    "done.undone_text": "Todo está como antes.",
    "done.undo": "Deshacer",
    "done.undo_until": "Es posible hasta {deadline}.",
    "chat.title": "Escríbanos",
    "chat.text": "Como en un mensaje: «¿podemos a las 4?», «llego 10 minutos tarde», o solo una letra.",
    "chat.keys": "C: sí, voy. R: otra hora. N: no puedo ir.",
    "chat.key.C": "sí, voy",
    "chat.key.R": "otra hora",
    "chat.key.N": "no puedo ir",
    "chat.key.U": "deshacer",
    "chat.key.L": "llego tarde",
    "chat.key.A": "la tomo",
    "chat.key.P": "esta vez no",
    "chat.label": "Su mensaje",
    "chat.act": "Enviar",
    "chat.noted": "Gracias, lo recibimos.",
    "chat.call": "Es más de lo que admite esta página. Por favor llame al {phone}.",
    "chat.watched": "Esta página es para citas y no se atiende a toda hora.",
    "gone.title": "Este enlace ya no está en uso",
    "gone.text": "Puede que haya vencido o que algo más reciente lo haya reemplazado. "
    "Mire nuestro último mensaje o llame a la oficina.",
    "again.title": "Por favor, inténtelo otra vez",
    "again.text": "No se cambió nada. Use el botón de nuevo.",
}


def _load(language: str) -> Mapping[str, str]:
    return MappingProxyType(
        tomllib.loads(files(__package__).joinpath("languages", f"{language}.toml").read_text("utf-8"))
    )


LANGUAGES: Final[Mapping[str, Mapping[str, str]]] = MappingProxyType(
    {"en": ENGLISH, "es": SPANISH, **{language: _load(language) for language in MORE_LANGUAGES}}
)


def say(language: str, key: str, **fields: str) -> str:
    """The words for `key`, with its fields filled in; in English what the language (any tag) has no words for.

    Raises:
        KeyError: no such key, or a field is missing.
    """
    spoken = language_of(language)
    words = LANGUAGES[spoken].get(key) or ENGLISH[key]
    if "phone" in fields and spoken in RIGHT_TO_LEFT:
        fields["phone"] = LEFT_TO_RIGHT + fields["phone"]
    return words.format(**fields)
