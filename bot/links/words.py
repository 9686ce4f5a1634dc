"""What the pages behind a link say, in English and Spanish. The words of texts live in messages/catalog.

Rules for every sentence: short, warm, neutral; the most useful fact first; no specialty, no blame, nobody's name.
Pure. Invariant: both languages have the same keys and the same {fields}.
"""

from collections.abc import Mapping

ENGLISH: Mapping[str, str] = {
    "title": "Your visit",
    "call": "Call {phone}",
    "settings": "Texts and language",
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
    "claim.until": "We hold it for you until {deadline}.",
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
    "claim.until": "Se la guardamos hasta {deadline}.",
    "claim.release": "Su cita del {when} queda libre si toma esta.",
    "claim.kept": "Si esta vez no puede, sigue en la lista.",
    "claim.act": "La tomo",
    "claim.pass": "Esta vez no",
    "prefs.title": "Mensajes e idioma",
    "prefs.language": "Idioma",
    "prefs.channel": "Cómo le avisamos",
    "prefs.text": "Mensaje de texto",
    "prefs.email": "Correo electrónico",
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
    "gone.title": "Este enlace ya no está en uso",
    "gone.text": "Puede que haya vencido o que algo más reciente lo haya reemplazado. "
    "Mire nuestro último mensaje o llame a la oficina.",
    "again.title": "Por favor, inténtelo otra vez",
    "again.text": "No se cambió nada. Use el botón de nuevo.",
}

LANGUAGES: Mapping[str, Mapping[str, str]] = {"en": ENGLISH, "es": SPANISH}


def say(language: str, key: str, **fields: str) -> str:
    """The words for `key`, with its fields filled in; English when the language is not spoken here.

    Raises:
        KeyError: no such key, or a field is missing.
    """
    spoken = LANGUAGES.get(language.partition("_")[0], ENGLISH)
    return spoken[key].format(**fields)
