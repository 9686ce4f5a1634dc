"""A day and an hour are read right, or asked, whatever is said in front of them, behind, or of another day.

Every day, hour and way of saying them stands with every aside, so that no aside is dealt with by its own sentence.
"""

from itertools import product

import pytest

from tests.understanding.test_figures import times_in

DAYS = {
    "en": {"tuesday": "11-24", "dec 3rd": "12-03", "a week from friday": "11-27"},
    "es": {"el martes": "11-24", "el 24": "11-24", "de hoy en ocho": "11-25"},
}
HOURS = {
    "en": {"at 3": "T15:00", "11ish": "T11:00", "6 in the evening": "T18:00"},
    "es": {"a las 3": "T15:00", "tipo 11": "T11:00", "a las 6 de la tarde": "T18:00"},
}
SAID = {
    "en": ["{day} {hour}", "{hour}, {day}", "how about {day}? {hour}", "{day} works, {hour}"],
    "es": ["{day} {hour}", "{hour}, {day}", "que tal {day}? {hour}", "{day} me queda, {hour}"],
}
ASIDES = {
    "en": """
sorry! ... | ... my kid has a fever | ... before my shift | ... if its not snowing | ... because im off then | ... lol
my son jake needs one. ... | ... since i work nights | ... i have 2 dogs | ... theres 3 of us | ... its for my mom
so sorry i missed you yesterday. ... | ... and thanks for last time | ... i live 20 minutes away
... unless youre full | i am 67 and slow but ... | ... sorry for the late reply | ... even though i hate mornings
... my copay is 25 | the kids are driving me nuts but ... | ... bc the car is in the shop
... once the baby is asleep | ... nothing else works | hi its tina. ... | ... instead of what i have
... cant do any other time | ... with dr 2nd floor | ... room 3 right | ok so ... | ... so i can make it to work after
... it only takes 30 minutes right | ... she is 4 | ... i was sick last week
""",
    "es": """
perdon! ... | ... mi niño tiene calentura | ... antes de entrar a trabajar | ... si no llueve
... porque ese dia descanso | mi hijo necesita una. ... | ... ya que trabajo de noche | ... tengo 2 perros
... vamos 3 | ... es para mi mama | ... jaja | disculpe que no fui ayer. ... | ... y gracias por lo de la vez pasada
... vivo a 20 minutos | ... a menos que este lleno | tengo 67 años y camino despacio pero ...
... perdon por contestar tarde | ... aunque no me gusta madrugar | ... va? | hola soy tina. ...
... en vez de la que tengo | ... es lo unico que puedo | ... primero dios | ... si dios quiere | ok entonces ...
... asi alcanzo a llegar al trabajo | ... son 25 de copago | ... estuve enferma la semana pasada
""",
}

TURNED_DOWN = {
    "en": """
cant do {x}, how about {y} | {x} is bad, {y} | not {x}, {y} | {y} instead of {x} | move me from {x} to {y}
forget {x}, make it {y} | i have {x} but need {y} | {x} doesnt work for me. {y}? | {x}? no, {y} | {x}... sorry, {y}
{x} i mean {y} | rather {y} than {x} | my appt is {x}, can i switch to {y} | something came up {x}. {y} maybe?
im out of town {x}, {y} works | {y}, not {x} | {x}, no, {y} | need to cancel {x} and book {y}
you offered {x} but {y} is better | i missed {x}, is {y} free | {y} please, {x} i have court
""",
    "es": """
{x} no puedo, que tal {y} | {x} no, {y} | no {x}, {y} | {y} en vez de {x} | paseme de {x} a {y}
tengo {x} pero necesito {y} | {x} no me sirve. {y}? | {x}? no, {y} | {x}... perdon, {y} | {x} digo {y}
no alcanzo {x} asi que {y} | me cambia {x} por {y} | mi cita es {x}, la puedo cambiar para {y}
se me complico {x}. {y} se puede? | ando fuera {x}, {y} si puedo | {y}, no {x} | cancelo {x} y agendo {y}
me ofrecio {x} pero {y} es mejor | no fui {x}, hay lugar {y}? | {y} por favor, {x} tengo corte
""",
}
OTHER_DAYS = {"en": ["friday", "the 30th", "next wednesday"], "es": ["el viernes", "el 30", "el miercoles que viene"]}


def forms(written):
    return [form.strip() for line in written.split("\n") for form in line.split("|") if form.strip()]


@pytest.mark.parametrize("language", ["en", "es"])
def test_a_day_that_is_turned_down_is_never_the_wish(language):
    got = []
    for form, other, (day, date), (hour, clock) in product(
        forms(TURNED_DOWN[language]), OTHER_DAYS[language], DAYS[language].items(), HOURS[language].items()
    ):
        text = form.format(x=other, y=f"{day} {hour}")
        got.append((text, times_in(text, language), date + clock))
    assert [each for each in got if each[1] not in {each[2], "ask", "-"}] == []
    assert sum(found == wanted for _, found, wanted in got) >= 0.9 * len(got)


@pytest.mark.parametrize("language", ["en", "es"])
def test_asides_change_no_day_and_no_hour(language):
    got = []
    for (day, date), (hour, clock), said, aside in product(
        DAYS[language].items(), HOURS[language].items(), SAID[language], forms(ASIDES[language])
    ):
        text = aside.replace("...", said.format(day=day, hour=hour))
        got.append((text, times_in(text, language), date + clock))
    assert [each for each in got if each[1] not in {each[2], "ask", "-"}] == []
    assert sum(found == wanted for _, found, wanted in got) >= 0.9 * len(got)
