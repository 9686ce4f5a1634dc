"""What one received text seems to mean where it came in: in which language and on whose clock it is read.

Reading itself is messages/understanding.py's; what was asked of the number is turn.py's. Invariant: words that could
answer two questions answer neither.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from bot.conversation import said_store
from bot.conversation.question_store import QuestionKind
from bot.conversation.turn import LATELY, Sender, Situation
from messages.intents import Asked, Intent, IntentKind, Reading
from messages.intents import Question as AskedFor
from messages.intents.lexicon import LANGUAGES
from messages.understanding import Understanding
from messages.understanding import understand as understood
from scheduler.calendar.wallclock import zone_of
from scheduler.core.record import Tx
from scheduler.people.store import Client, Practice

_LANGUAGE_LISTS: Final = tuple(f"{language}." for language in LANGUAGES)


@dataclass(frozen=True, slots=True)
class Ears:
    """With what a text is read: the language it is likely in, when it was written, and on whose clock."""

    language: str
    written: datetime
    zone: ZoneInfo

    def hear(self, body: str, asked: Asked, bookable: Sequence[datetime] = ()) -> Understanding:
        """What a text means as an answer to what was asked."""
        return understood(
            body, asked=asked, language=self.language, now=self.written, zone=self.zone, bookable=bookable
        )


def ears_of(known: Collection[Client], practice: Practice, written: datetime) -> Ears:
    """How a number's texts are read: by what its clients have on file, where they agree, else by the practice."""
    languages = {client.language for client in known if client.language}
    zones = {client.zone for client in known if client.zone}
    return Ears(
        language=languages.pop() if len(languages) == 1 else practice.language,
        written=written,
        zone=zone_of(zones.pop() if len(zones) == 1 else practice.zone),
    )


def understand(body: str, ears: Ears, sender: Sender, situation: Situation) -> Understanding:
    """What a text means in its situation.

    With an offer and a reminder both waiting for an answer, free words that would mean two things mean neither: a
    person reads them. Letters are told apart in any case. An "ok" that answers nothing, from somebody with several
    visits ahead, is a kind word: they are not asked which one.
    """
    if situation.lapsed is not None:
        options = len(situation.lapsed.options)
        late = ears.hear(body, Asked(question=AskedFor.TIMES, options=options, opted_out=sender.stopped))
        if late.reading.kinds == (IntentKind.CHOOSE,):
            return late
    asked = _asked(sender, situation)
    found = ears.hear(body, asked, _offered(situation))
    kinds = found.reading.kinds
    unasked = len(situation.meant) > 1 and not situation.reminded
    if unasked and kinds == (IntentKind.CONFIRM,):
        plain = ears.hear(body, replace(asked, question=AskedFor.NOTHING))
        return plain if plain.reading.kinds == (IntentKind.THANKS,) else found
    if asked.question is AskedFor.REMINDER and situation.offers:
        of_the_offer = ears.hear(body, replace(asked, question=AskedFor.OFFER))
        if of_the_offer.reading.kinds[0] is not kinds[0]:
            neither = Reading((Intent(kind=IntentKind.OTHER),), ("offer_or_visit",), leftover=True)
            return replace(found, reading=neither)
    return found


def _offered(situation: Situation) -> tuple[datetime, ...]:
    """The times they were given to choose from."""
    question = situation.numbered
    if question is None or question.kind is not QuestionKind.TIMES:
        return ()
    return tuple(datetime.fromisoformat(each["starts_at"]) for each in question.options if "starts_at" in each)


async def language_of(tx: Tx, sender: Sender, known: Collection[Client], reading: Reading) -> str | None:
    """The language of the words that were understood, if it is one, and none of the clients prefers one.

    A letter or a number is of no language: then it is the one they were last understood in.
    """
    if any(client.language for client in known):
        return None
    written = _language_in(reading.why)
    if written is not None:
        return written
    before = await said_store.understood_by(tx, sender.address_ix, tx.now - LATELY)
    return next(filter(None, (_language_in(why.split()) for why in before)), None)


def _language_in(rules: Iterable[str]) -> str | None:
    """The language of the lists that spoke; none when they are of several."""
    written = {rule[:2] for rule in rules if rule[:3] in _LANGUAGE_LISTS}
    return written.pop() if len(written) == 1 else None


def _asked(sender: Sender, situation: Situation) -> Asked:
    numbered = situation.numbered
    visits = len(situation.meant)
    if numbered is not None:
        kind = AskedFor.TIMES if numbered.kind is QuestionKind.TIMES else AskedFor.WHICH_VISIT
        return Asked(question=kind, options=len(numbered.options), visits=visits, opted_out=sender.stopped)
    if situation.only_an_offer:
        return Asked(question=AskedFor.OFFER, visits=visits, opted_out=sender.stopped)
    question = AskedFor.REMINDER if visits else AskedFor.NOTHING
    return Asked(question=question, visits=visits, opted_out=sender.stopped)
