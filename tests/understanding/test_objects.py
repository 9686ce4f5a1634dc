"""An act that names something else than the visit, or only part of it, or somebody else, is asked about and not done.

Every way of saying no stands with every thing it may be about, so that no thing is dealt with by its own sentence; the
same acts about a visit must still be understood.
"""

from itertools import product

import pytest

from messages.intents import Asked, IntentKind, Question, read

REMINDER, OFFER = Asked(question=Question.REMINDER), Asked(question=Question.OFFER)
TIMES = Asked(question=Question.TIMES, options=3)
NO, YES = IntentKind.CANNOT_COME, IntentKind.CONFIRM
ACTS = {
    "en": "cancel {} | please cancel {} | i need to cancel {} | i can't make {} | can't do {} | skip {}",
    "es": "cancelen {} | quiero cancelar {} | tengo que cancelar {} | cancelen {} por favor",
}
NO_VISITS = {
    "en": "my pizza | the stairs | my ride | the newspaper | our cable | my gym thing tomorrow | her cake",
    "es": "mi transporte | el cobro | la pizza | mi viaje | el gimnasio | mi tarjeta | la luz",
}
VISITS = {
    "en": "my appointment | the 2pm | my next session | our tuesday | my sons appointment | the 15th",
    "es": "mi cita | la cita del jueves | mi proxima sesion | la cita de mañana | la consulta | el martes",
}


def rows(written: str) -> list[str]:
    return [each.strip() for each in written.split("|")]


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_no_to_something_else_cancels_no_visit(language: str) -> None:
    pairs = product(rows(ACTS[language]), rows(NO_VISITS[language]))
    done = [text for act, thing in pairs if NO in read(text := act.format(thing), asked=REMINDER).kinds]
    assert done == []


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_no_to_a_visit_is_one(language: str) -> None:
    pairs = product(rows(ACTS[language]), rows(VISITS[language]))
    missed = [text for act, visit in pairs if NO not in read(text := act.format(visit), asked=REMINDER).kinds]
    assert missed == []


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        # only how, with whom or how long
        ("i can't come in person", REMINDER),
        ("won't be able to pay", REMINDER),
        ("no puedo ir sola", REMINDER),
        ("no voy a poder pagar", REMINDER),
        # of somebody else, or of another visit
        ("my husband can't make it", REMINDER),
        ("nuestra vecina no puede ir", REMINDER),
        ("i can't make the one after that", REMINDER),
        ("no pude ir ayer", REMINDER),
        # something stands
        ("drop the 4pm, keep the 2pm", REMINDER),
        ("cancel everything except the 12th", REMINDER),
        ("a la otra sí, a esta no puedo ir", REMINDER),
        # taken back, or written to somebody dear
        ("can't make it. autocorrect! NOW coming", REMINDER),
        ("confirmed. wait no", REMINDER),
        ("no puedo ir, ay no, sí", REMINDER),
        ("hey babe i can't make it", REMINDER),
        ("mi amor no puedo ir", REMINDER),
        # letters that contradict
        ("yes, N", REMINDER),
        ("confirm my cancellation", REMINDER),
        # an absence notice, and our own words
        ("Automatic reply: I am not in today", REMINDER),
        ("This mailbox is no longer monitored", OFFER),
        ("Lee Office: cita mar 10. Responda C confirmar, R cambiar, N si no puede. STOP=salir", REMINDER),
        # an hour is no number
        ("at 2", TIMES),
        ("a las 2", TIMES),
        # about the list, or to be given to nobody
        ("yes, i'd like to stay on the list", OFFER),
        ("somebody take it", OFFER),
        ("no se la den a nadie", OFFER),
    ],
)
def test_what_is_meant_otherwise_is_not_done(text: str, asked: Asked) -> None:
    acts = {NO, YES, IntentKind.STOP, IntentKind.TAKE, IntentKind.PASS, IntentKind.CHOOSE}
    assert acts.isdisjoint(read(text, asked=asked).kinds)


@pytest.mark.parametrize(
    "text",
    [
        "stop calling, text me instead",
        "remove my old number and use this one",
        "deje de llamar, solo textos",
        "stop worrying, i'll be there",
    ],
)
def test_another_way_of_writing_is_no_end_of_texts(text: str) -> None:
    assert IntentKind.STOP not in read(text, asked=REMINDER).kinds


@pytest.mark.parametrize("text", ["stop texting me only call", "Confirmed. Kindly stop the texts", "stop it, enough"])
def test_an_end_of_texts_is_one_all_the_same(text: str) -> None:
    assert IntentKind.STOP in read(text, asked=REMINDER).kinds


def test_ones_own_words_beside_ours_are_read() -> None:
    text = "Lee Office: visit Tue, Mar 10. Reply C to confirm, R to change, N if you can't. STOP=opt out\ni'll be there"
    assert read(text, asked=REMINDER).kinds == (YES,)
