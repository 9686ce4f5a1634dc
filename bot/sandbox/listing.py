"""Which texts does a list request ask for, and how is it paged?

Newest first, filtered as Twilio's list does. A text that has not left the queue has no DateSent yet: its creation
time stands in, so that a search by time also finds what was only just accepted. Invariant: following next_page_uri
shows every text once, even while new ones arrive.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from bot.sandbox.texts import API_VERSION, Text, Texts

_USUAL_PAGE = 50
_LARGEST_PAGE = 1000
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Between:
    """A stretch of time: from `start` on, before `end`; None is open."""

    start: datetime | None = None
    end: datetime | None = None

    def holds(self, moment: datetime) -> bool:
        """Is this moment inside?"""
        return (self.start is None or moment >= self.start) and (self.end is None or moment < self.end)


def page(texts: Texts, query: Mapping[str, str], *, account_sid: str, monotonic: float) -> dict[str, Any]:
    """One page of the list as Twilio's JSON has it; a query that makes no sense finds nothing less than all."""
    size = min(max(_whole(query.get("PageSize"), _USUAL_PAGE), 1), _LARGEST_PAGE)
    number = _whole(query.get("Page"), 0)
    below = _whole(query.get("PageToken", "").removeprefix("PA"), 0)
    wanted = _sent(query)
    found: list[Text] = []
    for text in texts.newest(to=query.get("To") or None, sender=query.get("From") or None):
        if "To" in query and text.inbound and wanted.start is not None and text.created_at < wanted.start:
            break  # A practice's number receives in the order of the clock, so nothing older can match.
        if (below and text.seq >= below) or not _matches(text, wanted, account_sid, monotonic):
            continue
        found.append(text)
        if len(found) > size:
            break
    shown = found[:size]
    more = len(found) > size
    return _document(shown, query, account_sid=account_sid, size=size, number=number, more=more)


def _matches(text: Text, wanted: Between, account_sid: str, monotonic: float) -> bool:
    return (
        text.listed
        and text.account_sid == account_sid
        and text.visible_at <= monotonic
        and wanted.holds(text.sent_at or text.created_at)
    )


def _document(
    shown: list[Text], query: Mapping[str, str], *, account_sid: str, size: int, number: int, more: bool
) -> dict[str, Any]:
    path = f"/{API_VERSION}/Accounts/{account_sid}/Messages.json"
    kept = {name: query[name] for name in ("To", "From", "DateSent", "DateSent>", "DateSent<") if name in query}

    def uri(page_number: int, **token: str) -> str:
        return f"{path}?{urlencode(kept | {'PageSize': size, 'Page': page_number} | token)}"

    return {
        "messages": [text.as_resource() for text in shown],
        "first_page_uri": uri(0),
        "next_page_uri": uri(number + 1, PageToken=f"PA{shown[-1].seq}") if more else None,
        "previous_page_uri": None,
        "page": number,
        "page_size": size,
        "start": number * size,
        "end": number * size + max(len(shown) - 1, 0),
        "uri": uri(number),
    }


def _sent(query: Mapping[str, str]) -> Between:
    """The stretch asked for. Both inequalities include their bound: the query reads `DateSent>=2026-09-30`."""
    exact = _moment(query.get("DateSent"))
    if exact is not None:
        start, length = exact
        # The SDK writes a date as that day's midnight, and means the day.
        return Between(start, start + (_DAY if start.time() == time.min else length))
    after = _moment(query.get("DateSent>"))
    before = _moment(query.get("DateSent<"))
    return Between(after and after[0], before and before[0] + before[1])


def _moment(words: str | None) -> tuple[datetime, timedelta] | None:
    """A date (a whole UTC day) or an instant (its second), or None when it is neither."""
    if not words:
        return None
    try:
        moment = datetime.fromisoformat(words)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment, _DAY if len(words) == len("2026-09-30") else timedelta(seconds=1)


def _whole(words: str | None, usual: int) -> int:
    return int(words) if words is not None and words.isascii() and words.isdigit() else usual
