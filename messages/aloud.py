"""The words of an answer that is shown on a page to somebody who waits for it. Pure.

Texts are composed when they leave (compose.py); this is for those who are answered at once. Invariant: the words come
from the same catalogues and the same closed fields as those of a text.
"""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from messages.kinds import Channel, Country, Kind, SafeFields
from messages.particulars import Particulars
from messages.render import Wordings, render
from scheduler.people.store import Practice


def answer_words(
    practice: Practice, kind: Kind, about: Particulars, starts_at: datetime | None, *, language: str, zone: ZoneInfo,
    today: date, wordings: Wordings,
) -> str:  # fmt: skip
    """What a text would say, without the label in front: whoever reads it knows whose page it is."""
    fields = _fields(practice, about, starts_at, zone, today)
    words = render(
        kind, fields, language=language, channel=Channel.SMS, wordings=wordings, plain_letters=False
    ).text.removeprefix(practice.label)
    words = words.lstrip(":： ")  # noqa: RUF001 -- Chinese has a wide colon
    return words[:1].upper() + words[1:]


def _fields(
    practice: Practice, about: Particulars, starts_at: datetime | None, zone: ZoneInfo, today: date
) -> SafeFields:
    return SafeFields(
        label=practice.label,
        office_phone=practice.office_phone,
        starts_at=_there(starts_at if about.starts_at is None else about.starts_at, zone),
        other_at=_there(about.other_at, zone),
        deadline=_there(about.deadline, zone),
        options=tuple(each.astimezone(zone) for each in about.options),
        sent_on=today,
        count=about.count,
        late_hours=about.late_hours,
        late_minutes=about.late_minutes,
        country=Country(practice.crisis_country) if practice.crisis_country in set(Country) else Country.OTHER,
    )


def _there(instant: datetime | None, zone: ZoneInfo) -> datetime | None:
    return None if instant is None else instant.astimezone(zone)
