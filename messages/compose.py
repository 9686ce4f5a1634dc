"""Joining a message with its words: the only module that knows both records and texts.

A row says what it is about; the practice, the visit as it is now, the reader's language and zone and a link say the
rest. Nothing else can get into a text, since `SafeFields` has no place for it. Invariant: composing one attempt after
another gives the same link, so a later attempt can be told from a stranger's text and from no earlier one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from messages import links
from messages.kinds import Channel, Country, Kind, Purpose, SafeFields, VisitNeed, traits
from messages.link_store import MessageLink, NewLink
from messages.particulars import Particulars
from messages.render import CannotRenderError, Rendered, Wordings, render
from messages.segments import sms_text
from messages.send_row_store import SendRow
from messages.wording import text_is_safe
from scheduler.calendar.wallclock import zone_of
from scheduler.core.record import Reading, Tx
from scheduler.core.vault import TOKEN_CHARS
from scheduler.people.store import Practice

MAX_SEGMENTS: Final = 3  # more than this is a wording gone wrong, not a text
_GONE_FOR: Final = timedelta(hours=24)
# No secret of 131 bits will ever be one of these.
_LINK_STANDS_FOR: Final = "0" * TOKEN_CHARS
_STOP_STANDS_FOR: Final = "1" * TOKEN_CHARS
_PREFERENCES_FOR: Final = timedelta(days=60)  # an opt-out in a mail has to work for a month at least

Links = Mapping[tuple[str, str], MessageLink]
"""The links messages have from earlier attempts, by message and purpose."""


class Composed(NamedTuple):
    """Final words. `new_links` are to be written if, and only if, the message goes on its way.

    By WhatsApp, `content_sid` names the approved template that speaks instead of the text, filled with `variables`.
    """

    text: str
    subject: str | None
    segments: int
    new_links: tuple[NewLink, ...] = ()
    variables: tuple[str, ...] = ()
    content_sid: str | None = None

    def __repr__(self) -> str:
        """How long it is; words, and the secret of the link in them, have no place in a log."""
        return f"Composed(segments={self.segments})"


@dataclass(frozen=True, slots=True)
class CannotCompose:
    """There are no proper words for the message; `why` is a code."""

    why: str


OwnWords = tuple[tuple[str, tuple[tuple[str, str], ...]], ...]
"""A practice's own wordings as a value that can be compared: by kind, by language."""


@dataclass(frozen=True, slots=True, eq=False)
class Desk:
    """What every message of a practice is composed with. `public_url` is an origin without a slash at its end.

    Compared by identity: `desk_of` gives the same one for as long as nothing has changed.
    """

    practice: Practice
    own_words: OwnWords
    public_url: str


def desk_of(practice: Practice, wordings: Wordings, public_url: str) -> Desk:
    """The desk of a practice with the wordings in force."""
    words = tuple(sorted((kind, tuple(sorted(by_language.items()))) for kind, by_language in wordings.items()))
    return _desk(practice, words, public_url)


@lru_cache(maxsize=256)
def _desk(practice: Practice, own_words: OwnWords, public_url: str) -> Desk:
    return Desk(practice, own_words, public_url)


def compose(tx: Tx, desk: Desk, row: SendRow, known: Links) -> Composed | CannotCompose:
    """The words of a message as they would leave now."""
    linked = _link(tx, desk, row, known)
    stop = _stop_link(tx, desk, row, known)
    zone = zone_name_of(desk, row)
    about = _About(
        kind=kind_now(row),
        channel=row.channel,
        language=language_of(desk, row),
        told=row.fields,
        starts_at=row.fields.starts_at or (row.visit.starts_at if row.visit else None),
        zone=zone,
        there=row.visit.zone if row.visit else desk.practice.zone,
        today=_today(tx.now, zone),
        link=linked.stands_for,
        stop_link=stop.stands_for,
    )
    drawn = _drawn(desk, about)
    if isinstance(drawn, CannotCompose):
        return drawn
    new = tuple(made.row for made in (linked, stop) if made.row is not None)
    text = drawn.text.replace(_LINK_STANDS_FOR, linked.token).replace(_STOP_STANDS_FOR, stop.token)
    variables = tuple(each.replace(_LINK_STANDS_FOR, linked.token) for each in drawn.variables)
    return Composed(text, drawn.subject, drawn.segments.count, new, variables)


class _About(NamedTuple):
    """All that the words depend on, besides the desk. Instants are UTC: equal ones in two zones read differently."""

    kind: Kind
    channel: Channel
    language: str
    told: Particulars
    starts_at: datetime | None
    zone: str
    there: str
    today: date
    link: str
    stop_link: str


@lru_cache(maxsize=4096)
def _drawn(desk: Desk, about: _About) -> Rendered | CannotCompose:
    """The words with stand-ins for the secrets of links: the same for everybody who is told the same time.

    A stand-in is as long as a secret and of its letters, so neither length nor safety depends on which one it is.
    """
    try:
        drawn = render(
            about.kind,
            _fields(desk, about),
            language=about.language,
            channel=about.channel,
            wordings={kind: dict(words) for kind, words in desk.own_words},
            plain_letters=desk.practice.plain_letters,
        )
    except CannotRenderError as refused:
        return CannotCompose(refused.code)
    if about.channel is Channel.SMS and drawn.segments.count > MAX_SEGMENTS:
        return CannotCompose("too_long")
    if not text_is_safe(drawn, label=desk.practice.label, max_segments=MAX_SEGMENTS):
        return CannotCompose("disclosing")
    return drawn


@lru_cache(maxsize=64)
def _today(now: datetime, zone: str) -> date:
    return now.astimezone(zone_of(zone)).date()


def body_hash(r: Reading, text: str) -> bytes:
    """A keyed hash of a text as carriers may give it back: blanks at the ends and look-alike letters do not count."""
    return r.vault.blind(r.practice_id, "body", sms_text(text).strip())


def language_of(desk: Desk, row: SendRow) -> str:
    """The language the reader is written to in."""
    own = row.person.language if row.person else None
    return row.fields.language or own or desk.practice.language


def zone_name_of(desk: Desk, row: SendRow) -> str:
    """The zone the reader's times are shown in, and the send window is kept in."""
    own = row.person.zone if row.person else None
    return own or desk.practice.zone


def kind_now(row: SendRow) -> Kind:
    """A reminder to somebody who has confirmed since it was planned says so."""
    if row.kind is Kind.REMINDER and row.visit is not None and row.visit.confirmed:
        return Kind.REMINDER_CONFIRMED
    return row.kind


def _fields(desk: Desk, about: _About) -> SafeFields:
    zone, told = zone_of(about.zone), about.told
    return SafeFields(
        label=desk.practice.label,
        office_phone=desk.practice.office_phone,
        starts_at=_local(about.starts_at, zone),
        other_at=_local(told.other_at, zone),
        deadline=_local(told.deadline, zone),
        options=tuple(each.astimezone(zone) for each in told.options),
        sent_on=about.today,
        link=about.link,
        stop_link=about.stop_link,
        count=told.count,
        late_hours=told.late_hours,
        late_minutes=told.late_minutes,
        country=_country(desk.practice.crisis_country),
        show_zone=_is_elsewhere(about),
        several=told.several,
        weekly=told.weekly,
        asks=told.asks,
    )


def _local(instant: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if instant is None else instant.astimezone(zone)


def _country(code: str) -> Country:
    return Country(code) if code in set(Country) else Country.OTHER


def _is_elsewhere(about: _About) -> bool:
    """Whether the reader's clock shows another time than that of the place the visit is at."""
    instant = about.starts_at or next(iter(about.told.options), None)
    if instant is None:
        return False
    here, there = zone_of(about.zone), zone_of(about.there)
    return instant.astimezone(here).utcoffset() != instant.astimezone(there).utcoffset()


# --- links ------------------------------------------------------------------------------------------------------


class _Linked(NamedTuple):
    """What is printed in place of the link until its secret is put in, the secret, and the row to write for it.

    There is no row where an earlier attempt has written it, and no secret where the address holds none.
    """

    stands_for: str
    token: str = ""
    row: NewLink | None = None

    def __repr__(self) -> str:
        """What stands for it; the secret has no place in a log."""
        return f"_Linked({self.stands_for!r})"


_NO_LINK: Final = _Linked("")


def _link(tx: Tx, desk: Desk, row: SendRow, known: Links) -> _Linked:
    if "link" not in traits(row.kind).required:
        return _NO_LINK
    if traits(row.kind).purpose is Purpose.STAFF:
        return _Linked(f"{desk.public_url}/console/inbox")
    if row.offer_id is not None:
        # Beyond the deadline: the page says how it ended, takes a late yes to a free time, and takes a claim back.
        ends = row.fields.starts_at or row.fields.deadline or row.useful_until
        return _linked(tx, desk, row, known, links.Purpose.OFFER, ends)
    return _linked(tx, desk, row, known, links.Purpose.VISIT, _visit_link_ends(tx.now, row))


def _visit_link_ends(now: datetime, row: SendRow) -> datetime:
    starts_at = row.visit.starts_at if row.visit else row.useful_until
    return max(starts_at, now + _GONE_FOR) if traits(row.kind).visit is VisitNeed.GONE else starts_at


def _stop_link(tx: Tx, desk: Desk, row: SendRow, known: Links) -> _Linked:
    if row.channel is not Channel.EMAIL or row.contact_point_id is None:
        return _NO_LINK
    return _linked(tx, desk, row, known, links.Purpose.PREFERENCES, tx.now + _PREFERENCES_FOR)


def _linked(tx: Tx, desk: Desk, row: SendRow, known: Links, purpose: links.Purpose, expires_at: datetime) -> _Linked:
    earlier = known.get((row.id, purpose.value))
    if earlier is not None:
        return _Linked(_printed(desk, purpose), tx.vault.link_token(earlier.id))
    if row.client_id is None:
        return _NO_LINK
    speaks_of_time = purpose is links.Purpose.VISIT and traits(row.kind).visit is VisitNeed.ACTIVE
    made_row, made = links.new(
        tx,
        purpose,
        client_id=row.client_id,
        expires_at=expires_at,
        contact_point_id=row.contact_point_id,
        participation_id=row.participation_id if purpose is links.Purpose.VISIT else None,
        offer_id=row.offer_id if purpose is links.Purpose.OFFER else None,
        message_id=row.id,
        revision=row.visit.revision if speaks_of_time and row.visit else None,
    )
    return _Linked(_printed(desk, purpose), made.token, made_row)


@lru_cache(maxsize=512)
def _printed(desk: Desk, purpose: links.Purpose) -> str:
    stands_for = _STOP_STANDS_FOR if purpose is links.Purpose.PREFERENCES else _LINK_STANDS_FOR
    return desk.public_url + links.path_of(stands_for)
