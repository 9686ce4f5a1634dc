"""What is true at the carrier right now, and what can be done to it?

Holds the texts, the opt-outs, the ledger and the switched-on faults; the edges (rest.py, control.py, phones.py) only
translate to and from it. Not here: a text's life after acceptance (journey.py) and inbound texts (inbound.py).
Invariant: a create is in the ledger before anyone hears of it, and an opted-out pair gets nothing.
"""

import asyncio
import secrets
from base64 import b64encode
from collections import deque
from collections.abc import Coroutine, Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.sandbox import problems
from bot.sandbox.admission import Draft, review
from bot.sandbox.call import Call
from bot.sandbox.config import Account, SandboxConfig, Sender
from bot.sandbox.encoding import segments, smart_encoded
from bot.sandbox.faults import FaultPlan, Faults
from bot.sandbox.journal import Journal, Line
from bot.sandbox.ledger import Ledger
from bot.sandbox.problems import Problem
from bot.sandbox.texts import FINAL, Text, Texts
from bot.sandbox.webhooks import Webhooks
from bot.sandbox.whatsapp import NOT_THERE, OUTSIDE_WINDOW, is_whatsapp, plain, window_is_open
from scheduler.core.clock import Clock, ShiftedClock

_LONGEST_QUEUE_SECONDS = 36000
_ALERTS_KEPT = 1000
# Twilio waits about this long for a receipt before it treats `sent` as the last word.
_RECEIPT_WAIT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Alert:
    """What Twilio would show in its debugger."""

    at: str
    sid: str
    code: int
    url: str


@dataclass(frozen=True, slots=True)
class Received:
    """An inbound text and what the webhook did with it; times are seconds of the monotonic clock."""

    sid: str
    phone: str
    to: str
    posted_at: float
    answered_at: float
    attempts: int
    status: int
    error_code: int | None


class Carrier:
    """One carrier. `clock` runs ahead of the given one by the demo's offset; waiting stays in real time."""

    def __init__(self, config: SandboxConfig, clock: Clock) -> None:
        self.config = config
        self.clock = ShiftedClock(clock)
        self.plan = FaultPlan(config.faults)
        self.texts = Texts()
        self.ledger = Ledger(config.ledger_path)
        self.journal = Journal(config.state_path)
        self.webhooks = Webhooks(self.clock, config.webhook_concurrency)
        self.opt_outs: set[tuple[str, str]] = set()
        self.titles: dict[str, str] = {one.number: one.title for one in config.phones}
        self.alerts: deque[Alert] = deque(maxlen=_ALERTS_KEPT)
        self.received: dict[str, Received] = {}
        self.calls: dict[str, Call] = {}
        self.on_phones: dict[str, str] = {}
        """What phones still show of texts whose words the carrier has forgotten since; not kept for a later run."""
        self.callback_tails: dict[str, asyncio.Task[None]] = {}
        self.closing = asyncio.Event()
        self._departures: dict[str, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._index_config()

    def open(self) -> None:
        """Make ready: remember what an earlier run knew, and take up its posts. Needs a running loop."""
        self.webhooks.open()
        for kind, value in self.journal.read():
            self._restore(kind, value)
        self.journal.begin(self._remembered())

    async def close(self) -> None:
        """Stop everything under way and let go of files and connections."""
        self.closing.set()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.webhooks.close()
        self.ledger.close()
        self.journal.close()

    def reconfigure(self, changes: Mapping[str, Any]) -> None:
        """Replace parts of the configuration (pydantic.ValidationError when they make no sense)."""
        self.config = SandboxConfig.model_validate(self.config.model_dump() | dict(changes))
        self._index_config()
        self.texts.changed()

    def set_faults(self, faults: Faults) -> None:
        """Replace all faults; chance starts again from their seed."""
        self.plan = FaultPlan(faults)

    def account_for(self, authorization: str) -> Account | None:
        """The account these credentials (the whole Authorization header) belong to."""
        return self._by_authorization.get(authorization)

    def account(self, sid: str | None) -> Account:
        """The account of this sid, or the main one."""
        return self._by_account_sid.get(sid or "", self.config.accounts[0])

    def sender(self, number: str) -> Sender | None:
        """The configured sender of this number."""
        return self._senders.get(number)

    def consider(self, form: Mapping[str, str]) -> Draft | Problem:
        """Decide about a create without doing anything yet."""
        verdict = review(form, self.config, self.is_opted_out)
        if isinstance(verdict, Draft) and self._queue_wait(verdict.sender) > _LONGEST_QUEUE_SECONDS:
            return problems.QUEUE_FULL
        code = self.plan.refusal_code(verdict.to) if isinstance(verdict, Draft) else None
        return verdict if code is None else problems.of_code(code)

    def accept(
        self,
        draft: Draft,
        *,
        account: Account,
        arrived: float,
        answer: str,
        params: Mapping[str, str],
        direction: str = "outbound-api",
    ) -> Text:
        """Take a create on: from here it exists. Its journey is started separately."""
        now = self.clock.now()
        monotonic = self.clock.monotonic()
        encoded = params.get("SmartEncoded") == "true" or self.plan.strikes("smart_encoded")
        body = smart_encoded(draft.body) if encoded else draft.body
        parts = segments(body)
        text = Text(
            seq=self.texts.next_seq(),
            sid=("MM" if params.get("MediaUrl") else "SM") + secrets.token_hex(16),
            account_sid=account.sid,
            direction=direction,
            sender=draft.sender,
            to=draft.to,
            body=body,
            status=_first_status(draft),
            created_at=now,
            updated_at=now,
            segments=parts,
            service_sid=draft.service_sid,
            callback_url=draft.callback_url,
            validity_seconds=draft.validity_seconds,
            hold_seconds=self._hold(draft, parts),
            visible_at=monotonic + self.plan.list_lag(),
            lost_code=self._not_by_whatsapp(draft, now),
        )
        entry = self.ledger.write(
            sid=text.sid, account_sid=account.sid, at=now, arrived=arrived, accepted=monotonic, answer=answer,
            params=params,
        )  # fmt: skip
        if self.journal.kept:
            self.journal.note("accepted", asdict(entry))
        self.add(text)
        return text

    def add(self, text: Text) -> None:
        """Take a text into the record."""
        self.texts.add(text)
        self.remember(text)

    def remember(self, text: Text) -> None:
        """Note a text's present state for a later run."""
        self.texts.changed()
        if self.journal.kept:
            self.journal.note("text", text.as_saved())

    def redact(self, text: Text) -> Problem | None:
        """Empty the body, once the text has arrived or will not."""
        if not self._settled(text):
            return problems.IN_PROGRESS
        self.on_phones.setdefault(text.sid, text.body)
        text.body = ""
        text.updated_at = self.clock.now()
        self.remember(text)
        return None

    def delete(self, text: Text) -> Problem | None:
        """Forget the text, under the same condition."""
        if not self._settled(text):
            return problems.IN_PROGRESS
        self.texts.drop(text)
        self.journal.note("gone", text.sid)
        return None

    def is_opted_out(self, practice_side: str, phone: str) -> bool:
        """Has this phone sent STOP to this number or Messaging Service?"""
        return (practice_side, phone) in self.opt_outs

    def set_opt_out(self, practice_side: str, phone: str, *, out: bool) -> None:
        """Block or unblock a pair."""
        pair = (practice_side, phone)
        (self.opt_outs.add if out else self.opt_outs.discard)(pair)
        self.journal.note("opt_out", [*pair, out])
        self.texts.changed()

    def name_phone(self, number: str, title: str) -> None:
        """Show this number on the page of phones, under this title."""
        self.titles[number] = title
        self.journal.note("phone", [number, title])
        self.texts.changed()

    def alert(self, sid: str, code: int, url: str) -> None:
        """Enter something in the debugger."""
        self.alerts.append(Alert(self.clock.now().isoformat(), sid, code, url))

    def spawn(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Let something go on by itself until it ends or the carrier closes."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def idle(self) -> None:
        """Wait until nothing is under way: every text at its end, every post answered or given up."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def unfinished(self) -> Iterator[Text]:
        """Outbound texts an earlier run left on their way."""
        return (text for text in self.texts if not text.inbound and text.listed and text.status not in FINAL)

    def _index_config(self) -> None:
        self._by_account_sid = {one.sid: one for one in self.config.accounts}
        self._by_authorization = {
            "Basic " + b64encode(f"{one.sid}:{token}".encode()).decode(): one
            for one in self.config.accounts
            for token in (one.token, one.second_token)
            if token
        }
        self._senders = {one.number: one for one in self.config.senders}

    def _settled(self, text: Text) -> bool:
        if text.status in FINAL:
            return True
        waited = self.clock.now() - text.updated_at
        return text.status == "sent" and waited.total_seconds() >= _RECEIPT_WAIT_SECONDS

    def _not_by_whatsapp(self, draft: Draft, now: datetime) -> int | None:
        """Why WhatsApp will not bring it, found out only on the way."""
        if not is_whatsapp(draft.to):
            return None
        if plain(draft.to) in self.config.not_on_whatsapp:
            return NOT_THERE
        heard = (each.created_at for each in self.texts.newest(sender=draft.to) if each.to == draft.sender)
        return None if draft.templated or window_is_open(heard, now) else OUTSIDE_WINDOW

    def _queue_wait(self, sender: str) -> float:
        return max(0.0, self._departures.get(sender, 0.0) - self.clock.monotonic())

    def _hold(self, draft: Draft, parts: int) -> float:
        """Seconds until the text leaves the queue; takes the sender's next places in it."""
        if draft.send_at is not None:
            return max(0.0, (draft.send_at - self.clock.now()).total_seconds())
        wait = self._queue_wait(draft.sender)
        if self.config.sender_rate is not None:
            self._departures[draft.sender] = self.clock.monotonic() + wait + parts / self.config.sender_rate
        return wait + self.plan.faults.queue_seconds + self.config.pace.queued

    def _restore(self, kind: str, value: Any) -> None:
        match kind:
            case "text":
                self._restore_text(value)
            case "gone":
                if (text := self.texts.get(value)) is not None:
                    self.texts.drop(text)
            case "opt_out":
                side, phone, out = value
                (self.opt_outs.add if out else self.opt_outs.discard)((side, phone))
            case "phone":
                self.titles[value[0]] = value[1]
            case "accepted":
                self.ledger.restore(value)

    def _restore_text(self, saved: dict[str, Any]) -> None:
        fresh = Text.from_saved(saved)
        known = self.texts.get(fresh.sid)
        if known is None:
            self.texts.add(fresh)
            return
        known.status, known.body = fresh.status, fresh.body
        known.sent_at, known.updated_at, known.error_code = fresh.sent_at, fresh.updated_at, fresh.error_code

    def _remembered(self) -> Iterator[Line]:
        yield from (("accepted", asdict(entry)) for entry in self.ledger.find())
        yield from (("text", text.as_saved()) for text in self.texts)
        yield from (("opt_out", [side, phone, True]) for side, phone in sorted(self.opt_outs))
        yield from (("phone", [number, title]) for number, title in self.titles.items())


def _first_status(draft: Draft) -> str:
    if draft.send_at is not None:
        return "scheduled"
    return "queued" if draft.service_sid is None else "accepted"
