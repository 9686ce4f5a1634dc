"""One received text on its way to an answer: who wrote it, what was open for them, and what it seems to mean.

Here lives the reading of the record that every act shares; acts change it. Invariant: whose visit a reply is about is
decided once, here, from what was asked, and never guessed among several.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from bot.conversation import question_store, said_store
from bot.conversation.question_store import NUMBERED, Question, QuestionKind, QuestionState
from bot.conversation.who_speaks import who_may_know
from messages import consent, whatsapp_store
from messages.inbound_store import Inbound
from messages.intents import Reading
from messages.kinds import Channel, Kind
from messages.particulars import Particulars
from messages.when import When
from scheduler.appointments import store as appointments
from scheduler.appointments.states import ParticipationState
from scheduler.appointments.store import Visit
from scheduler.core.record import Tx
from scheduler.people import store as people
from scheduler.people.store import ContactPoint, Practice
from waitlist import offer_store
from waitlist.offer_store import Offer

ASKS: Final = (Kind.REMINDER, Kind.RESCHEDULED_BY_STAFF)
"""Texts that ask for an answer about one visit."""

ABOUT_A_VISIT: Final = (
    *ASKS,
    Kind.BOOKED,
    Kind.REMINDER_CONFIRMED,
    Kind.CONFIRMED,
    Kind.MOVED,
    Kind.KEPT,
    Kind.UNSURE,
    Kind.LATE_NOTED,
    Kind.ARRIVED_NOTED,
    Kind.REMINDER_SET,
    Kind.UNDONE,
    Kind.VISIT_OR_STOP,
    Kind.OFFER_WON,
)
CALLED_OFF: Final = (Kind.CANCELLED, Kind.LATE_CANCELLED, Kind.CLINICIAN_CANCELLED)

NO_TIMES: Final = When()
UTC: Final = ZoneInfo("UTC")
LOOK_BACK: Final = timedelta(days=60)
LATELY: Final = timedelta(hours=24)
REPEATED: Final = timedelta(minutes=10)
"""An answer that comes again within this is the same answer, sent twice."""

LONGEST_VISIT: Final = timedelta(hours=12)
MOST_OPTIONS: Final = 3

_SHORT_ANSWERS: Final = ("code", "choice.")
"""The rules of letters and numbers."""


@dataclass(frozen=True, slots=True)
class Sender:
    """The number, and who has it on file.

    `points` are in use by people who may know of the client's visits; `others` are quarantined: somebody else's.
    `channel` is the one they wrote by and are answered on; `stopped` says that they had ended that one themselves.
    """

    address: str
    address_ix: bytes
    points: tuple[ContactPoint, ...]
    others: tuple[ContactPoint, ...]
    stopped: bool
    channel: Channel = Channel.SMS

    @property
    def client_ids(self) -> tuple[str, ...]:
        """Who may be writing, each once."""
        return tuple(dict.fromkeys(point.client_id for point in self.points))

    @property
    def only_client(self) -> str | None:
        """Who is writing, where only one can be."""
        clients = self.client_ids
        return clients[0] if len(clients) == 1 else None


@dataclass(frozen=True, slots=True)
class Situation:
    """What an answer of this number can be about.

    `meant` are the visits a plain C, R or N can mean: one is acted upon, of several it is asked which; `reminded`
    says that a reminder of one of them waits for its answer. `under_way` is a visit that has begun and nobody has
    marked: the client may be late for it. `called_off` is a visit that the last text said is
    cancelled: R then asks for another time for it. `numbered` is the open question of numbers, `lapsed` the offered
    times that a number may still answer although they are held no more.
    """

    meant: tuple[Visit, ...]
    reminded: bool
    under_way: Visit | None
    called_off: Visit | None
    numbered: Question | None
    lapsed: Question | None
    undo: Question | None
    offers: tuple[Offer, ...]
    offer_is_newest: bool

    @property
    def only_an_offer(self) -> bool:
        """Whether an offer is what was asked last, and no reminder waits for an answer beside it."""
        return bool(self.offers) and not self.reminded and (self.offer_is_newest or not self.meant)

    @property
    def given_up(self) -> Visit | None:
        """The visit that was called off, if the client did it."""
        gone = self.called_off
        return None if gone is None or gone.state is ParticipationState.CLINICIAN_CANCELLED else gone


@dataclass(frozen=True, slots=True)
class Answer:
    """What is said to somebody who waits for it on the line or on a page."""

    kind: Kind
    particulars: Particulars
    starts_at: datetime | None
    language: str | None = None

    def to_json(self) -> dict[str, Any]:
        """What is kept of it: a kind and closed fields."""
        about = self.starts_at or self.particulars.starts_at
        told = replace(self.particulars, starts_at=about, language=self.language).to_json()
        return {"kind": self.kind.value, "told": told}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Answer":
        """What `to_json` kept."""
        told = Particulars.from_json(kept["told"])
        return cls(Kind(kept["kind"]), replace(told, language=None), told.starts_at, told.language)


@dataclass(frozen=True, slots=True)
class Direct:
    """Somebody is there and is answered at once, by voice or on a page, instead of by text.

    They speak for one client. `about`: the only visit it is about, where a call or a page is about one.
    """

    client_id: str
    about: str | None = None
    answers: list[Answer] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Turn:
    """Everything an act needs to know.

    `language`: the one they wrote in, where none is on file for them. `when`: the times they named, on the clock that
    times are shown to them by, which is `zone`'s.
    """

    inbound: Inbound
    practice: Practice
    sender: Sender
    situation: Situation
    reading: Reading
    language: str | None = None
    when: When = NO_TIMES
    zone: ZoneInfo = UTC
    direct: Direct | None = None

    @property
    def channel(self) -> Channel:
        """The way the number is spoken to: the one it wrote by."""
        return self.sender.channel

    @property
    def client_id(self) -> str | None:
        """Whom this is about, as far as it is certain."""
        return self.sender.only_client

    @property
    def is_by_letter(self) -> bool:
        """Whether it is an answer by letter or number, as our texts ask for them."""
        return any(rule.startswith(_SHORT_ANSWERS) for rule in self.reading.why)

    def is_about(self, client_id: str | None) -> bool:
        """Whether this client is meant, or may be: a page or a call speaks for one of those who share a number."""
        return self.direct is None or self.direct.client_id == client_id

    def recipient(self, client_id: str | None) -> str | None:
        """The contact point of a client at this number; anybody's there, where it does not matter whose."""
        points = self.sender.points or self.sender.others
        mine = [point.id for point in points if point.client_id == client_id]
        return mine[0] if mine else (points[0].id if points else None)


async def sender_of(tx: Tx, inbound: Inbound, direct: Direct | None = None) -> Sender:
    """Who has the number on file; of several only the one a page or a call is about."""
    found = await people.contact_points_at(tx, inbound.sender_ix)
    in_use = await who_may_know(tx, [point for point in found if point.state != "quarantined"])
    if direct is not None:
        in_use = tuple(point for point in in_use if point.client_id == direct.client_id)
    others = tuple(point for point in found if point.state == "quarantined")
    channel = Channel.WHATSAPP if inbound.via == whatsapp_store.VIA else Channel.SMS
    stopped = await consent.has_stopped(tx, inbound.sender_ix, channel, by=inbound.received_at)
    return Sender(inbound.sender, inbound.sender_ix, in_use, others, stopped, channel)


async def situation_of(tx: Tx, sender: Sender, received_at: datetime, direct: Direct | None = None) -> Situation:
    """What is open for the number, as of the moment its text arrived."""
    visits = await _visits(tx, sender)
    if direct is not None and direct.about is not None:
        visits = tuple(visit for visit in visits if visit.participation_id == direct.about)
    upcoming = [visit for visit in visits if visit.is_active and visit.starts_at > tx.now]
    said = await said_store.about_visits(tx, sender.address_ix, (*ABOUT_A_VISIT, *CALLED_OFF), tx.now - LOOK_BACK)
    offers = await offer_store.held_by_number(tx, sender.address_ix)
    if direct is not None:
        offers = tuple(offer for offer in offers if offer.client_id == direct.client_id)
    newest_said = said[0].at if said else None
    asked = await question_store.lately(tx, sender.address_ix, tx.now - LATELY)
    if direct is not None:
        asked = tuple(question for question in asked if question.client_id == direct.client_id)
    numbered = _open(asked, NUMBERED, received_at)
    meant, reminded = _meant(upcoming, said)
    return Situation(
        meant=meant,
        reminded=reminded,
        under_way=_under_way(tx, sender, visits),
        called_off=await _called_off(tx, sender, said),
        numbered=numbered,
        lapsed=None if numbered else _lapsed(tx, asked, newest_said),
        undo=_open(asked, (QuestionKind.UNDO,), received_at),
        offers=offers,
        offer_is_newest=bool(offers) and (newest_said is None or offers[-1].offered_at >= newest_said),
    )


def _open(questions: Sequence[Question], kinds: Sequence[QuestionKind], received_at: datetime) -> Question | None:
    return next((each for each in questions if each.kind in kinds and each.open_at(received_at)), None)


def _lapsed(tx: Tx, asked: Sequence[Question], newest_said: datetime | None) -> Question | None:
    """Offered times, the last thing that was said to this number, that can no longer be had by their numbers."""
    last = next((question for question in asked if question.kind is QuestionKind.TIMES), None)
    if last is None or last.state is QuestionState.WITHDRAWN or tx.now - last.asked_at > LATELY:
        return None
    answered_since = last.state is QuestionState.ANSWERED and tx.now - last.asked_at > REPEATED
    spoken_since = last.state is not QuestionState.ANSWERED and newest_said is not None and newest_said > last.asked_at
    return None if answered_since or spoken_since else last


def _meant(upcoming: Sequence[Visit], said: Sequence[said_store.Said]) -> tuple[tuple[Visit, ...], bool]:
    """The visits an answer can mean, and whether a reminder of one of them is unanswered.

    The only one there is; else those a reminder asked about and nobody has answered; else those spoken of within a
    day of the last text about any; else the soonest few.
    """
    reminded = {each.participation_id for each in said if each.kind in ASKS}
    unanswered = [visit for visit in upcoming if visit.participation_id in reminded and visit.confirmed_at is None]
    if len(upcoming) <= 1:
        return tuple(upcoming), bool(unanswered)
    if unanswered:
        return tuple(unanswered[:MOST_OPTIONS]), True
    ids = {visit.participation_id for visit in upcoming}
    spoken_of = [each for each in said if each.participation_id in ids]
    recent = {each.participation_id for each in spoken_of if spoken_of[0].at - each.at <= LATELY}
    lately = [visit for visit in upcoming if visit.participation_id in recent]
    return tuple((lately or list(upcoming))[:MOST_OPTIONS]), False


async def _visits(tx: Tx, sender: Sender) -> tuple[Visit, ...]:
    """All their visits that are not surely over."""
    if not sender.client_ids:
        return ()
    return await appointments.visits_of_any(tx, sender.client_ids, since=tx.now - LONGEST_VISIT)


def _under_way(tx: Tx, sender: Sender, visits: Sequence[Visit]) -> Visit | None:
    for client_id in sender.client_ids:
        for visit in visits:
            begun = visit.client_id == client_id and visit.starts_at <= tx.now < visit.ends_at
            if begun and visit.is_active and visit.attendance == "unmarked":
                return visit
    return None


async def _called_off(tx: Tx, sender: Sender, said: Sequence[said_store.Said]) -> Visit | None:
    if not said or said[0].kind not in CALLED_OFF or tx.now - said[0].at > 2 * LATELY:
        return None
    visit = await appointments.visit(tx, said[0].participation_id)
    mine = visit is not None and visit.client_id in sender.client_ids
    return visit if visit is not None and mine and not visit.is_active else None
