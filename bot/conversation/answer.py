"""Answering one received text, in one transaction: law, distress, meaning, act, reply.

The order is fixed: STOP, START and HELP; signs of distress; a wrong number; then what was asked of this number last.
What is not surely understood goes to a person. Each act lives in a file of its own.
Invariant: a text acts once. Its row turns from new to handled in the transaction that does what it asks for.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final

from bot.conversation import crisis, law, said_store
from bot.conversation.another_day import has_another_in_mind, tell_the_day, visit_named
from bot.conversation.another_visit import offer_another
from bot.conversation.arrived import has_arrived
from bot.conversation.asking_again import put_again
from bot.conversation.cancelling import (
    after_cancelling,
    ask_about_the_next,
    cancel_all,
    cancel_visit,
    comes_after_all,
    said_before,
)
from bot.conversation.choosing import (
    choose_time,
    keep,
    named_choice,
    none_of_these,
    other_times,
    too_late_to_choose,
    unclear_choice,
)
from bot.conversation.compared import names_only
from bot.conversation.confirming import confirm_all, confirm_visit
from bot.conversation.errands import Errand, errand_of, without_list
from bot.conversation.for_the_office import asks_for_another_way, is_for_the_office, names_contact
from bot.conversation.hand_over import ask_staff, hand_over, leave_to_the_office, nothing_open
from bot.conversation.hearing import Ears, ears_of, language_of, understand
from bot.conversation.late import late_or_unsure, running_late
from bot.conversation.new_times import offer_times
from bot.conversation.not_sure import VISIT_WISHES, not_sure
from bot.conversation.offer_answer import pass_on, take_offer
from bot.conversation.question_store import QuestionKind
from bot.conversation.running_errands import DONE, run_errand
from bot.conversation.still_waiting import still_waiting
from bot.conversation.turn import Direct, Turn, sender_of, situation_of
from bot.conversation.under_way import about_visit_under_way
from bot.conversation.undoing import undo
from bot.conversation.which_visit import ask_which, numbering, visit_number, wish_of
from bot.conversation.who_speaks import may_change
from bot.conversation.wished import says_when
from bot.conversation.wrong_number import give_number_up
from messages import inbound as texts
from messages import whatsapp_store
from messages.inbound_store import Inbound
from messages.intents import Asked, Intent, IntentKind, Reading
from messages.kinds import Kind
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.core.record import Tx
from scheduler.people import store as people

_CHANGES: Final = frozenset({IntentKind.CANNOT_COME, IntentKind.RESCHEDULE})
_ERRANDS_AMONG: Final = frozenset({IntentKind.QUESTION, IntentKind.OTHER, IntentKind.RESCHEDULE, IntentKind.THANKS})
_CANCELLED: Final = frozenset({"cancelled", "cancelled_late"})
_FEW_WORDS: Final = 3
_LONGEST_WHY: Final = 120


async def handle(tx: Tx, inbound_id: str, direct: Direct | None = None) -> str | None:
    """Do what a text asks for and queue the answer; returns a word for what came of it.

    With `direct` the answers are kept there instead, for somebody who waits for them. None when the text was handled
    before, or somebody else is at it.

    Raises:
        Exception: whatever an act could not foresee. Then nothing is done, and the text stays new (due.py).
    """
    sender_ix = await texts.sender_ix(tx, inbound_id)
    if sender_ix is None:
        return None
    if not await said_store.lock_number(tx, sender_ix):
        return None
    inbound = await texts.read(tx, inbound_id)
    if inbound is None or inbound.state != "new":
        return None
    turn = await _turn(tx, inbound, direct)
    outcome = await _answer(tx, turn)
    await texts.handled(
        tx,
        inbound_id,
        reading=turn.reading.intents[0].kind.value,
        why=_why(turn),
        outcome=outcome,
        client_id=turn.client_id,
        kept_elsewhere=inbound.via in {None, whatsapp_store.VIA},
    )
    return outcome


async def _turn(tx: Tx, inbound: Inbound, direct: Direct | None) -> Turn:
    sender = await sender_of(tx, inbound, direct)
    situation = await situation_of(tx, sender, inbound.received_at, direct)
    practice = await people.practice(tx)
    clients = (await people.clients(tx, sender.client_ids)).values()
    ears = ears_of(clients, practice, inbound.received_at)
    found = understand(inbound.body, ears, sender, situation)
    if _only_leaves_the_list(inbound.body, found.reading, ears):
        found = replace(found, reading=Reading((Intent(kind=IntentKind.OTHER),), ("errand.leave_list",)))
    language = await language_of(tx, sender, clients, found.reading)
    return Turn(inbound, practice, sender, situation, found.reading, language, found.when, ears.zone, direct)


def _only_leaves_the_list(body: str, reading: Reading, ears: Ears) -> bool:
    """Words that sound like a stop and are about the waitlist; when anything else in them asks for a stop, they are."""
    stop = reading.get(IntentKind.STOP)
    if stop is None or stop.word is not None or errand_of(body) is not Errand.LEAVE_LIST:
        return False
    return ears.hear(without_list(body), Asked()).reading.get(IntentKind.STOP) is None


def _why(turn: Turn) -> str:
    """The rules that spoke, by the names of their lists: the phrases themselves would tell what was said."""
    return " ".join(dict.fromkeys(rule.partition(":")[0] for rule in turn.reading.why))[:_LONGEST_WHY]


async def _answer(tx: Tx, turn: Turn) -> str:
    obeyed = await law.obey(tx, turn)
    if turn.reading.get(IntentKind.CRISIS):
        return await crisis.alarm(tx, turn)
    if obeyed is not None:
        return obeyed
    if turn.reading.get(IntentKind.WRONG_NUMBER):
        return await give_number_up(tx, turn)
    if not turn.sender.points:
        return await _stranger(tx, turn)
    outcome = await still_waiting(tx, turn) or await _act(tx, turn)
    if _leaves_something_to_read(turn, outcome):
        await ask_staff(tx, turn)
    return outcome


def _leaves_something_to_read(turn: Turn, outcome: str) -> bool:
    """Whether a person has to see the text, whatever was done about it.

    Who ended texts hears nothing of what their text did. Words of leaving and a new number are for the office.
    """
    if outcome != "nothing_to_do" and turn.sender.stopped and turn.direct is None:
        return True
    if outcome in DONE:
        return False
    asks = turn.reading.leftover or turn.inbound.media_count or turn.reading.get(IntentKind.QUESTION)
    return bool(asks) or is_for_the_office(turn.inbound.body)


async def _stranger(tx: Tx, turn: Turn) -> str:
    """Nobody has this number on file, or only as somebody else's: nothing is acted upon or given away."""
    if turn.reading.kinds == (IntentKind.THANKS,):
        return "nothing_to_do"
    return await hand_over(tx, turn)


async def _act(tx: Tx, turn: Turn) -> str:
    several = [intent for intent in turn.reading.intents if intent.number is not None]
    if len(several) > 1 and await numbering(tx, turn) is None:
        return await ask_which(tx, turn, several[0].kind)
    if len(several) > 1:
        outcomes = [await _numbered(tx, turn, intent) for intent in several]
        return outcomes[0]
    arrival = await has_arrived(tx, turn)
    if arrival is not None:
        return arrival
    intent = _foremost(turn)
    errand = errand_of(turn.inbound.body) if intent.kind in _ERRANDS_AMONG else None
    outcome = await run_errand(tx, turn, errand, intent) if errand is not None else None
    return outcome or await _one(tx, turn, intent)


async def _one(tx: Tx, turn: Turn, intent: Intent) -> str:
    if intent.number is not None:
        return await _numbered(tx, turn, intent)
    if intent.kind is IntentKind.CHOOSE:
        return await _every(tx, turn)
    if intent.kind in VISIT_WISHES:
        return await _wish(tx, turn, intent)
    return await _PLAIN[intent.kind](tx, turn)


def _foremost(turn: Turn) -> Intent:
    """The meaning to act on: who cannot come and asks for another time keeps the old one until it is chosen."""
    reading = turn.reading
    return reading.get(IntentKind.RESCHEDULE) or reading.intents[0]


# --- wishes about a visit ---------------------------------------------------------------------------------------


async def _wish(tx: Tx, turn: Turn, intent: Intent) -> str:
    meant = turn.situation.meant
    special = await _special(tx, turn, intent)
    if special is not None:
        return special
    if turn.situation.only_an_offer and (not meant or intent.kind is IntentKind.CANNOT_COME):
        return await _about_the_offer(tx, turn, intent)
    if not meant:
        return await _about_no_visit(tx, turn, intent)
    if len({visit.appointment_id for visit in meant}) < len(meant):
        return await _together(tx, turn, intent, meant)
    only = meant[0] if len(meant) == 1 else visit_named(turn, intent.kind)
    if only is not None and not intent.every:
        return await _do(tx, turn, intent.kind, only)
    return await (_do_all(tx, turn, intent.kind, meant) if intent.every else ask_which(tx, turn, intent.kind))


async def _together(tx: Tx, turn: Turn, intent: Intent, visits: Sequence[Visit]) -> str:
    """Two who come together and share a phone: numbers could not tell them apart, so a person does."""
    if intent.kind is IntentKind.CONFIRM or intent.every:
        return await _do_all(tx, turn, intent.kind, visits)
    if intent.kind is IntentKind.LATE:
        return await running_late(tx, turn, visits[0])
    return await hand_over(tx, turn)


async def _special(tx: Tx, turn: Turn, intent: Intent) -> str | None:
    """What comes before the visits ahead: one that has begun, times that were offered, one that was called off."""
    if turn.situation.under_way is not None and turn.situation.numbered is None:
        outcome = await about_visit_under_way(tx, turn, intent, turn.situation.under_way)
        if outcome is not None:
            return outcome
    if intent.kind is IntentKind.CANNOT_COME and said_before(turn):
        return await ask_about_the_next(tx, turn)
    if intent.kind is IntentKind.RESCHEDULE and _wishes_for_no_other_time(turn):
        return await hand_over(tx, turn, answer=Kind.QUESTION_POINTER)
    return await _another_time(tx, turn) if intent.kind is IntentKind.RESCHEDULE else None


def _wishes_for_no_other_time(turn: Turn) -> bool:
    """“Text me at 555 0123 instead", "can we do it over zoom tomorrow": open times would be no answer."""
    text = turn.inbound.body
    if asks_for_another_way(text):
        return all(names_only(turn.when, visit.starts_at.astimezone(turn.zone)) for visit in turn.situation.meant)
    return names_contact(text) and not says_when(turn.when)


async def _another_time(tx: Tx, turn: Turn) -> str | None:
    """R after times were offered asks for others; R after a cancellation asks for a time in its place."""
    question, called_off = turn.situation.numbered, turn.situation.called_off
    if question is not None and question.kind is QuestionKind.TIMES:
        number = named_choice(turn, question)
        if number and "?" in turn.inbound.body:
            return await put_again(tx, turn)  # asked once more is not chosen
        return await (choose_time(tx, turn, question, number) if number else other_times(tx, turn, question))
    if called_off is not None and await may_change(tx, turn.sender.points, called_off.client_id):
        return await offer_times(tx, turn, called_off)
    return None


async def _about_no_visit(tx: Tx, turn: Turn, intent: Intent) -> str:
    """No visit is ahead: they may have just cancelled it."""
    if turn.situation.given_up is not None:
        return await after_cancelling(tx, turn, intent, turn.situation.given_up)
    return await (offer_another if intent.kind is IntentKind.RESCHEDULE else nothing_open)(tx, turn)


async def _about_the_offer(tx: Tx, turn: Turn, intent: Intent) -> str:
    """A letter meant for visits, where only an offer was asked about: C takes it, N passes; both can be undone.

    Whoever wishes for another time than the one offered is told its letters once more, and a person reads the wish.
    """
    if intent.kind is IntentKind.CONFIRM:
        return await take_offer(tx, turn)
    if intent.kind is IntentKind.CANNOT_COME:
        return await pass_on(tx, turn)
    await ask_staff(tx, turn)
    return await put_again(tx, turn)


async def _do(tx: Tx, turn: Turn, wish: IntentKind, visit: Visit) -> str:
    if wish in _CHANGES and not await may_change(tx, turn.sender.points, visit.client_id):
        return await leave_to_the_office(tx, turn, visit)
    if has_another_in_mind(turn, wish, visit):
        return await tell_the_day(tx, turn, visit)
    if wish is IntentKind.CONFIRM:
        late = turn.reading.get(IntentKind.LATE) is not None
        outcome = await confirm_visit(tx, turn, visit, quietly=late)
        return await running_late(tx, turn, visit) if late and outcome == "confirmed" else outcome
    if wish is IntentKind.CANNOT_COME:
        outcome = await cancel_visit(tx, turn, visit)
        if outcome in _CANCELLED and _names_another_day(turn):
            await _offer_in_its_place(tx, turn, visit)
        return outcome
    if wish is IntentKind.RESCHEDULE:
        return await offer_times(tx, turn, visit)
    return await (running_late if wish is IntentKind.LATE else late_or_unsure)(tx, turn, visit)


def _names_another_day(turn: Turn) -> bool:
    """“Can't come Tuesday, anything Wednesday?": a day that would do is named beside the one that does not."""
    when = turn.when
    return (
        bool(when.spans)
        and bool(when.without)
        and says_when(when)
        and when.rest <= 1
        and len(turn.situation.meant) == 1
    )


async def _offer_in_its_place(tx: Tx, turn: Turn, visit: Visit) -> None:
    gone = await appointments.visit(tx, visit.participation_id)
    if gone is not None:
        await offer_times(tx, turn, gone)


async def _do_all(tx: Tx, turn: Turn, wish: IntentKind, visits: Sequence[Visit]) -> str:
    if wish is IntentKind.CONFIRM:
        return await confirm_all(tx, turn, visits)
    if wish is IntentKind.CANNOT_COME:
        for visit in visits:
            if not await may_change(tx, turn.sender.points, visit.client_id):
                return await leave_to_the_office(tx, turn, visit)
        return await cancel_all(tx, turn, visits)
    return await ask_which(tx, turn, wish)


# --- answers by number ------------------------------------------------------------------------------------------


async def _numbered(tx: Tx, turn: Turn, intent: Intent) -> str:
    number = intent.number or 0
    question = turn.situation.numbered
    times = question is not None and question.kind is QuestionKind.TIMES
    if question is not None and times and intent.kind in {IntentKind.CHOOSE, IntentKind.CONFIRM}:
        return await choose_time(tx, turn, question, number)
    if intent.kind is IntentKind.CHOOSE and question is None and turn.situation.lapsed is not None:
        return await too_late_to_choose(tx, turn, turn.situation.lapsed)
    shown = question if question is not None and not times else await numbering(tx, turn)
    if shown is None:
        return await _never_numbered(tx, turn, intent)
    visit = await visit_number(tx, shown, number)
    if visit is None or not visit.is_active:
        return await nothing_open(tx, turn)
    return await _do(tx, turn, wish_of(shown, number) if intent.kind is IntentKind.CHOOSE else intent.kind, visit)


async def _never_numbered(tx: Tx, turn: Turn, intent: Intent) -> str:
    """A number where we gave none: it is asked, unless there is only one visit it can mean."""
    meant = turn.situation.meant
    if intent.kind not in VISIT_WISHES or not meant:
        return await hand_over(tx, turn)
    if len(meant) == 1 and intent.number == 1:
        return await _do(tx, turn, intent.kind, meant[0])
    return await ask_which(tx, turn, intent.kind) if len(meant) > 1 else await hand_over(tx, turn)


async def _every(tx: Tx, turn: Turn) -> str:
    question = turn.situation.numbered
    if question is None or question.kind is not QuestionKind.WHICH_VISIT:
        return await hand_over(tx, turn)
    chosen = [await visit_number(tx, question, option["n"]) for option in question.options]
    standing = [visit for visit in chosen if visit is not None and visit.is_active]
    return await _do_all(tx, turn, wish_of(question, 1), standing) if standing else await nothing_open(tx, turn)


# --- everything else --------------------------------------------------------------------------------------------


async def _nothing(_tx: Tx, turn: Turn) -> str:
    """Thanks needs no answer and confirms nothing."""
    return "nothing_to_do" if not turn.reading.leftover else "handed_over"


async def _question(tx: Tx, turn: Turn) -> str:
    """A question is for a person; one about a time is answered with open ones, one about an offer with its letters."""
    if turn.situation.only_an_offer:
        await ask_staff(tx, turn)
        return await put_again(tx, turn)
    gone, asked = turn.situation.given_up, turn.situation.numbered
    if gone is not None and not turn.situation.meant and comes_after_all(turn.inbound.body):
        return await after_cancelling(tx, turn, turn.reading.intents[0], gone)
    about_times = bool(turn.situation.meant) or (asked is not None and asked.kind is QuestionKind.TIMES)
    if says_when(turn.when) and turn.when.rest <= _FEW_WORDS and about_times:
        return await _wish(tx, turn, Intent(kind=IntentKind.RESCHEDULE))
    return await hand_over(tx, turn, answer=Kind.QUESTION_POINTER)


_PLAIN: Final[dict[IntentKind, Callable[[Tx, Turn], Awaitable[str]]]] = {
    IntentKind.VISIT_OR_STOP: law.visit_or_stop,
    IntentKind.TAKE: take_offer,
    IntentKind.PASS: pass_on,
    IntentKind.UNDO: undo,
    IntentKind.NONE_OF_THESE: none_of_these,
    IntentKind.KEEP: keep,
    IntentKind.UNCLEAR_CHOICE: unclear_choice,
    IntentKind.THANKS: _nothing,
    IntentKind.QUESTION: _question,
    IntentKind.OTHER: not_sure,
}
