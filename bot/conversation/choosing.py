"""A number: one of the offered times is taken, and the old one is released in the same commit."""

from typing import Any, Final

from bot.conversation.another_visit import offer_another
from bot.conversation.asking_again import put_again
from bot.conversation.compared import times_named
from bot.conversation.hand_over import ask_staff, hand_over, nothing_open
from bot.conversation.new_times import days_wished, offer_times, offered_before, start_of
from bot.conversation.numbered import end_question
from bot.conversation.pointing import pointed_at
from bot.conversation.question_store import Option, Question, QuestionKind, QuestionState
from bot.conversation.say import say
from bot.conversation.turn import Turn
from bot.conversation.undoing import keep_undo
from bot.conversation.wished import says_when
from messages.kinds import Kind
from messages.particulars import Particulars
from scheduler.actions.book import book
from scheduler.actions.confirm import confirm
from scheduler.actions.move import Moved, move
from scheduler.appointments import store as appointments
from scheduler.appointments.store import Visit
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Tx

_YES: Final = frozenset({"confirm_weak", "confirm_strong"})
"""The lists of words that say yes."""


async def choose_time(tx: Tx, turn: Turn, question: Question, number: int) -> str:
    """Take the time with this number: the visit is moved there and confirmed, or booked there if it was cancelled.

    Where the words name another of the times than the number does, they are asked once more.
    """
    if _names_another(turn, question, number):
        return await put_again(tx, turn)
    option = question.option(number)
    visit = await appointments.visit(tx, question.participation_id or "")
    if option is None or visit is None:
        await ask_staff(tx, turn)
        return await nothing_open(tx, turn)
    if "keep" in option:
        return await keep_time(tx, turn, question)
    moves = visit.is_active and not option.get("book")
    taken = await (_move if moves else _book)(tx, question, visit, option)
    await end_question(tx, question, QuestionState.ANSWERED)
    if taken is None:
        return await _no_longer_held(tx, turn)
    now = await appointments.visit(tx, taken if isinstance(taken, str) else visit.participation_id)
    if isinstance(taken, Moved):
        particulars = Particulars(starts_at=taken.after, other_at=taken.before)
        await keep_undo(tx, turn, [_way_back(visit)])
        await say(tx, turn, Kind.MOVED, particulars, visit=now)
        return "moved"
    await keep_undo(tx, turn, [{"act": "book", "participation_id": taken}])
    await say(tx, turn, Kind.OFFER_WON, Particulars(starts_at=start_of(option)), visit=now)
    return "booked"


async def too_late_to_choose(tx: Tx, turn: Turn, lapsed: Question) -> str:
    """A number for times that are held no more, or were chosen from just now: how things stand, nothing changed."""
    visit = await appointments.visit(tx, lapsed.participation_id or "")
    if lapsed.state is QuestionState.ANSWERED and visit is not None and visit.is_active:
        await say(tx, turn, Kind.KEPT, Particulars(starts_at=visit.starts_at), visit=visit)
        return "kept"
    await end_question(tx, lapsed, QuestionState.EXPIRED)
    return await _no_longer_held(tx, turn)


async def other_times(tx: Tx, turn: Turn, question: Question) -> str:
    """None of these will do: others, as long as there are any."""
    visit = await appointments.visit(tx, question.participation_id or "")
    if visit is None:
        return await nothing_open(tx, turn)
    await end_question(tx, question, QuestionState.WITHDRAWN)
    if any(option.get("book") for option in question.options):
        return await offer_another(tx, turn, but_not=offered_before(question))
    return await offer_times(tx, turn, visit, but_not=offered_before(question), days=days_wished(question))


def named_choice(turn: Turn, question: Question) -> int | None:
    """The number of the one offered time that their words name ("the 4 o'clock one"); None when that is not one."""
    if not says_when(turn.when) or turn.when.soonest:
        return None
    fits = [
        option["n"]
        for option in question.options
        if "starts_at" in option and turn.when.covers(start_of(option).astimezone(turn.zone).replace(tzinfo=None))
    ]
    return fits[0] if len(fits) == 1 else None


async def none_of_these(tx: Tx, turn: Turn) -> str:
    """They said that no offered time will do."""
    question = _times_asked(turn)
    return await (hand_over(tx, turn) if question is None else other_times(tx, turn, question))


async def keep(tx: Tx, turn: Turn) -> str:
    """They said that they keep what they have."""
    question = _times_asked(turn)
    return await (hand_over(tx, turn) if question is None else keep_time(tx, turn, question))


async def unclear_choice(tx: Tx, turn: Turn) -> str:
    """No number: unless their words point at one of the offered times, or at others, the question is put again."""
    question = _times_asked(turn)
    if question is None:
        return await put_again(tx, turn)
    number = named_choice(turn, question) or _pointed_at(turn, question)
    if number is not None:
        return await choose_time(tx, turn, question, number)
    if await _names_what_stands(tx, turn, question):
        return await keep_time(tx, turn, question)
    return await (other_times(tx, turn, question) if names_other(turn, question) else put_again(tx, turn))


def _times_asked(turn: Turn) -> Question | None:
    question = turn.situation.numbered
    return question if question is not None and question.kind is QuestionKind.TIMES else None


def _pointed_at(turn: Turn, question: Question) -> int | None:
    """By “the last one", “the Wednesday one", or a plain yes where only one time was offered."""
    numbered = [option for option in question.options if "starts_at" in option]
    starts = [start_of(option).astimezone(turn.zone).replace(tzinfo=None) for option in numbered]
    place = pointed_at(turn.inbound.body, starts)
    if place is None and len(starts) == 1 and _says_only_yes(turn):
        place = 0
    return None if place is None else int(numbered[place]["n"])


def _says_only_yes(turn: Turn) -> bool:
    """A yes and nothing else; a thumb under an offer of times says only that they have seen it."""
    lists = {rule.partition(":")[0].partition(".")[2] for rule in turn.reading.why}
    return bool(lists) and lists <= _YES and not turn.reading.leftover and not says_when(turn.when)


async def _names_what_stands(tx: Tx, turn: Turn, question: Question) -> bool:
    """Whether the hour they name is that of the visit they have."""
    visit = await appointments.visit(tx, question.participation_id or "")
    if visit is None or not visit.is_active or turn.when.ask:
        return False
    local = visit.starts_at.astimezone(turn.zone).replace(tzinfo=None)
    return local.time() in times_named(turn.when) and turn.when.covers(local)


def _names_another(turn: Turn, question: Question, number: int) -> bool:
    """“The 2nd", where the first of the times is on the 2nd; a number alone is one, whatever hour it could be."""
    return named_choice(turn, question) not in {None, number} and len(turn.inbound.body.split()) > 1


def names_other(turn: Turn, question: Question) -> bool:
    """Whether their words wish for a time that is not among those offered."""
    starts = [start_of(option) for option in question.options if "starts_at" in option]
    local = [start.astimezone(turn.zone).replace(tzinfo=None) for start in starts]
    return says_when(turn.when) and bool(turn.when.spans) and not any(turn.when.covers(each) for each in local)


async def keep_time(tx: Tx, turn: Turn, question: Question) -> str:
    """They would rather keep what they have."""
    await end_question(tx, question, QuestionState.ANSWERED)
    visit = await appointments.visit(tx, question.participation_id or "")
    if visit is None or not visit.is_active:
        return await nothing_open(tx, turn)
    await say(tx, turn, Kind.KEPT, Particulars(starts_at=visit.starts_at), visit=visit)
    return "kept"


async def _move(tx: Tx, question: Question, visit: Visit, option: Option) -> Moved | None:
    try:
        async with tx.conn.begin_nested():
            return await move(
                tx,
                visit.appointment_id,
                starts_at=start_of(option),
                clinician_id=option["clinician_id"],
                by="client",
                own_holder=question.id,
            )
    except (Conflict, Invalid):
        return None


async def _book(tx: Tx, question: Question, visit: Visit, option: Option) -> str | None:
    """A new visit in place of a cancelled one; the place that was booked."""
    try:
        async with tx.conn.begin_nested():
            booked = await book(
                tx,
                clinician_id=option["clinician_id"],
                service_id=visit.service_id,
                location_id=option["location_id"],
                client_ids=(visit.client_id,),
                starts_at=start_of(option),
                told=False,
                own_holder=question.id,
            )
    except (Conflict, Invalid, NotFound):
        return None
    await confirm(tx, booked.participation_ids[0])
    return booked.participation_ids[0]


def _way_back(visit: Visit) -> dict[str, Any]:
    return {
        "act": "move",
        "participation_id": visit.participation_id,
        "appointment_id": visit.appointment_id,
        "clinician_id": visit.clinician_id,
        "before": visit.starts_at.isoformat(),
    }


async def _no_longer_held(tx: Tx, turn: Turn) -> str:
    await say(tx, turn, Kind.TIMES_EXPIRED)
    return "times_expired"
