"""The phrases that bind times together, mean something else than they seem to, or cannot be told, in plain form.

Data only; longer phrases are looked for first. The one invariant: what is not surely about time is a word.
"""

from typing import Final

from messages.when.pieces import Mark


def _phrases(table: dict[Mark, str]) -> dict[tuple[str, ...], Mark]:
    return {tuple(phrase.split()): mark for mark, phrases in table.items() for phrase in phrases.split("|")}


PHRASES: Final = _phrases(
    {
        Mark.AT: "at|@|around|about|approx|approximately|roughly|like|circa|a la|a las|como a las|como a la|a eso de las|a eso de "
        "la|sobre las|sobre la|alrededor de las|alrededor de la|tipo|tipo las|hacia las|alas|at about|at around|at like|"
        "closer to|close to|cerca de las|para las|para la|ala",
        Mark.AFTER: "after|past|later than|from after|anytime after|any time after|sometime after|despues de las|"
        "despues de la|despues de|despues del|despues|pasadas las|luego de las|luego de la|"
        "mas tarde de las|mas tarde que las|posterior a las|at the earliest after|after about|"
        "after around|since|hasta despues de las|hasta despues de la|despues como de las|anything past|"
        "solo despues de las",
        Mark.NOT_BEFORE: "no earlier than|not earlier than|not before|cant before|not until|wont be free until|"
        "no puedo antes de las|no puedo antes de la|no puedo antes de|no puedo antes del|no antes de las|"
        "no antes de la|no antes de|no antes del|earliest i can do is|nothing before|nada antes de las|"
        "nada antes de la|nada antes del|cant come before|cant do before|cant make it before|"
        "cant make it until|cant come until|cant do anything before|nothing earlier than|"
        "no puedo llegar antes de las|no puedo ir antes de las|not free until|not available until|"
        "not available before|unavailable until|unavailable before|busy until|busy till|ocupada hasta las|"
        "ocupado hasta las|ocupada hasta la|ocupado hasta la|not free before|no puedo hasta las|"
        "no puedo hasta la|no puedo hasta|no puedo hasta el|cant until|cant till|cant be there before|"
        "cant be there until|cant get there before|cant get there until|starting|starting at|beginning at|"
        "starting from|a partir de las|a partir de la|a partir de|a partir del|desde las|desde la|"
        "desde el|as of|desde|out of town until|away until|traveling until|on vacation until|"
        "fuera hasta el",
        Mark.UNTIL: "by|until|til|till|hasta las|hasta la|hasta el|hasta|up to|up until|a mas tardar el|at the latest by|no later than|"
        "not later than|not after",
        Mark.BEFORE: "before|earlier than|prior to|anytime before|any time "
        "before|sometime before|antes de las|antes de la|antes de|antes del|antes|no despues de "
        "las|no despues de la|no despues de|no despues del|no mas tarde de las|no mas tarde de la|a mas tardar a las|a mas tardar|"
        "no puedo despues de las|no puedo despues de la|no puedo despues de|cant after|nothing after|nothing past|"
        "cant come after|cant do after|nothing later than|nada despues de las|nada despues de la|not past|cant do anything after|"
        "not available after|unavailable after|not free after|before about|before around|cant make it after",
        Mark.FROM: "from|de las|de la|de|del",
        Mark.TO: "to|through|thru|al|a|para el|para",
        Mark.BETWEEN: "between|btwn|btw|betwn|entre las|entre la|entre el|entre|anytime between",
        Mark.OR: "or|o|u|or maybe|o tal vez|or else|o quizas|and or|or on|o si no|o bien|or even|o el|o la|o las|o a las|o a la",
        Mark.AND: "and|y|e|n|and then|y el|y la|y las|y los|plus|also|tambien|as well as",
        Mark.ONWARDS: "or later|or after|onwards|onward|and later|and after|and on|on|and up|en adelante|o mas tarde|o despues|y despues|"
        "at the earliest|or so later|o mas|in adelante|para adelante",
        Mark.OR_EARLIER: "or earlier|or before|and before|and earlier|o antes|o mas temprano|at the latest|como maximo|y antes",
        Mark.EXCEPT: "except|except for|excluding|but not|other than|apart from|aside from|besides|anything but|not on|just not|"
        "menos|excepto|salvo|pero no|que no sea|que no sean|exceptuando|a excepcion de|a excepcion del|ni|nor|minus|only not|"
        "as long as its not|anywhere but|solo no|todo menos|any day but|any time but|cualquier dia menos|no el|no los|pero no el|"
        "fuera de|aparte de|aparte del|quitando|en excepto|menos el|menos los|excepto el|salvo el|y no|y no el|and not",
        Mark.INSTEAD_OF: "instead of|rather than|in place of|en vez de|en vez del|en lugar de|en lugar del|as opposed to|en vez de las|"
        "en lugar de las|en vez de la|en lugar de la|mejor que",
        Mark.NOT: "not|no",
        Mark.CANNOT: "cant|cannot|can not|wont|wont be|dont|doesnt|doesnt work|dont work|unable|isnt|not able|unavailable|not available|"
        "not free|busy|booked|not good|no good|wont work|not work|couldnt|never|hate|bad for|is bad|impossible|conflict|not going|"
        "no puedo|no podre|no podria|no podemos|no me queda|no me sirve|no me funciona|no me conviene|no estoy disponible|ocupada|"
        "ocupado|no voy|no ire|no estare|imposible|ya no puedo|no puede|no funciona|no sirve|tampoco|out of town|on vacation|traveling|"
        "away|no quiero|no va a poder|no vamos|no tengo tiempo|out|full|off limits|too early|too late|muy temprano|muy tarde|"
        "not possible|havent|not working|no queda bien|no me va bien|no me viene bien|no alcanzo|cancel|cancelar|miss|skip|missing|"
        "trabajo|working",
        Mark.POSSIBLE: "can|could|can i|can we|can you|could we|could i|lets|id rather|id prefer|prefer|"
        "works|work|would work|is good|is better|is fine|available|free|open|puede|puedo|podria|podriamos|podemos|mejor|"
        "prefiero|me queda|me sirve|si puedo|quisiera|seria|tal vez|anything|something|any chance|do you have|are you free|"
        "me gustaria|would like|id like|want|i want|need|necesito|quiero|tienen|hay|tiene|algo|only|just|solo|only free|im free|"
        "can make|i can|we can|ill take|should work|might work|would be|algun|alguna|se puede|any",
        Mark.PROPOSE: "how about|what about|can we do|could we do|can i do|could i do|can you do|could you do|lets do|make it|maybe|que tal|"
        "can we make it|could we make it|que tal si|do|can we say|lets say|how bout|what bout|hows|would|does|could you make it|can "
        "i come|could i come|i can come|can come|get me in|see me|squeeze me in|i could do|i can do|we can do|puedo ir|puedo llegar|puedo venir",
        Mark.MOVE: "move|moved|switch|change|changed|reschedule|push|bump|swap|shift|move it|move my|change my|cambiar|mover|pasar|"
        "cambie|cambio|correr|reprogramar|mueva|cambiarla|moverla|pasarla|reagendar|recorrer|postpone|switch my|swap my|cambiar mi|"
        "mover mi|pasar mi|cambia|mueve|pasame|muevanme|cambienme|adelantar|adelantarla|aplazar|posponer",
        Mark.MINE: "my|our|mi|nuestra|mis|her|his|current|original|original one",
        Mark.HAVE_ALREADY: "i have an appointment|i have an appt|i have appt|have an appointment|got an appointment|appointment is|appt is|"
        "my appointment is|tengo cita|tengo una cita|mi cita es|tengo la cita|scheduled for|scheduled on|booked for|i am scheduled|"
        "is scheduled for|supposed to come|im down for|agendada para|supposed to be|i have a session|tenia cita|tengo turno|had one|"
        "had an appointment|had an appt|have one|have one scheduled|i currently have|currently have",
        Mark.ENDS: "get off|gets off|got off|off work|get out|gets out|out of work|out of school|done|done with|finish|finishes|ends|over|"
        "off at|out at|salgo|sale|salimos|termino|termina|acabo|work til|work until|work till|lets out|clock out|off shift|leave work|"
        "land|landing|flight|meeting|class|clase|junta|reunion|pick up|pickup|starts|start|empieza|entro|school|escuela|open till|close|"
        "closes|fasting|last ate|open until|cierran|abren|flight|vuelo|born|naci|woke|llegue|got there|surgery|turns|bday|birthday",
        Mark.BUT: "but|however|pero|though|so|unless|although|because|porque|cuz|since",
        Mark.ASK: "same time|same day|mismo dia|misma hora|usual time|regular time|usual|the usual|after work|after school|after class|"
        "before work|before school|despues del trabajo|despues de la escuela|antes del trabajo|despues de clases|saliendo del trabajo|"
        "end of the day|end of day|eod|cob|end of the month|end of month|fin de mes|fin del mes|finales de mes|in a few days|in a few "
        "weeks|en unos dias|en unas semanas|in a couple weeks|in a bit|later on|midnight|medianoche|the following|sometime soon|"
        "the other day|otro dia|next time|la proxima vez|the day before|the day after|el dia antes|el dia despues|un dia antes|"
        "an hour later|an hour earlier|a bit later|a little later|half an hour later|una hora mas tarde|una hora antes|a day earlier|"
        "a day later|30 min later|the week before|before that|after that|beginning of the month|principios de mes|early next month|"
        "later this month|in a while|despues de comer|after dinner|before dinner|after the holidays|after the holiday|despues de las "
        "fiestas|after thanksgiving|before thanksgiving|after christmas|before christmas|after new years|despues de navidad|antes de "
        "navidad|thanksgiving|christmas|navidad|new years|easter|semana santa|labor day|memorial day|july 4th weekend",
        Mark.SOONEST: "asap|as soon as possible|soonest|earliest|first available|lo antes posible|cuanto antes|lo mas pronto posible|"
        "next available|soonest available|earliest available|the sooner the better|lo mas pronto|la primera disponible|primer "
        "espacio|first opening|next opening|as early as possible|lo mas temprano posible|sooner",
        Mark.LINK: "on|of|the|in|for|this|el|los|las|la|en|por|dia|that|ese|this coming|coming|some time|sometime|anytime|any time|"
        "during|durante|during the|day|time|would be|ok|good|que|days|otherwise|late",
        Mark.IS: "is|are",
        Mark.ALL_DAY: "all day|todo el dia|anytime on|any time on|whole day|the whole day|all day long|any time that day",
        Mark.PAST: "yesterday|ayer|last night|anoche|last week|la semana pasada|antier|anteayer|pasado|ago|last month|el mes pasado|"
        "last time|la vez pasada|earlier today|hace",
    }
)
"""Longest first by the scanner. Words of LINK bind and mean nothing."""

NOT_TIMES: Final = tuple(
    tuple(phrase.split())
    for phrase in (
        "good morning|good afternoon|good evening|good night|buenos dias|buen dia|buenas tardes|buenas noches|buenas|feliz tarde|"
        "have a good day|have a great day|have a nice day|have a good evening|have a good night|have a good weekend|have a great "
        "weekend|have a nice weekend|linda tarde|bonita tarde|bonito dia|bonita noche|feliz noche|buena tarde|happy friday|happy "
        "monday|mas tarde|llego tarde|voy tarde|muy tarde|un poco tarde|tarde de|por la tarde que viene|se me hizo tarde|late night|"
        "one of|one more|one time|one day|a second|a sec|one second|a minute|one minute|just a second|second one|first one|third one|"
        "the second|the first|la primera|el primero|la segunda|el segundo|at all|at least|at most|at home|by the way|"
        "all night|toda la noche|toda la tarde|these days|estos dias|every day|cada dia|day care|mental health day|"
        "for the day|of the day|new day|24 hours|24 hour|48 hours|48 hour|one on one|911|988|9 1 1|24 7|50 50|a day|no one|nobody|"
        "a m i|one way|anyone|no problem|no worries|no thanks|no thank you|no gracias|no hay problema|no se|may i|may be|may not|may have|"
        "it may|i may|we may|que pase|the sun|sun is|de nada|day off|may need|lunch break|last day|ultimo dia"
    ).split("|")
)
