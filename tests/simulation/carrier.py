"""The carrier as a model: it accepts, refuses, loses its answers, lags, and handles STOP by itself.

It keeps the protocol of messages/channels/base.py, so what is tested is our code and what is invented is the world.
The ledger is the truth: what it accepted is what people's phones got. Invariant: an attempt that was answered with
`Refused` was not accepted; of every other attempt the ledger alone knows.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, Protocol

from messages.channels.base import Accepted, Erasure, Listed, ListUnavailable, Outgoing, Refused, SendOutcome, Unknown
from messages.delivery_callback import Callback
from messages.inbound import Received
from scheduler.core.ids import Chance
from tests.simulation.journal import Journal
from tests.simulation.loop import LoopClock

STOP_WORDS = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout"})
START_WORDS = frozenset({"start", "yes", "unstop"})
UNDELIVERED = (30003, 30005, 30006, 30007, 30008, 30003, 30008)
OPTED_OUT = 21610
CLIMB = ("queued", "sending", "sent", "delivered")
ENDS = frozenset({"delivered", "undelivered"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How bad the carrier is, as chances of 1. The default is far worse than real life, on purpose."""

    storms: float = 0.25
    busy: float = 0.05
    refuse: float = 0.03
    error_before: float = 0.03
    error_after: float = 0.03
    reset_after: float = 0.04
    hang_before: float = 0.02
    hang_after: float = 0.03
    slow: float = 0.05
    rejected: float = 0.005
    list_down: float = 0.3
    list_lag: float = 20.0
    callback_mute: float = 0.2
    callback_lost: float = 0.2
    callback_doubled: float = 0.15
    callback_shuffled: float = 0.3
    callback_early: float = 0.1
    undelivered: float = 0.1
    late_word: float = 0.05
    erase_down: float = 0.1
    webhook_lost: float = 0.12
    webhook_doubled: float = 0.1


FAIR = Weather(
    storms=0, busy=0, refuse=0, error_before=0, error_after=0, reset_after=0, hang_before=0, hang_after=0, slow=0,
    rejected=0, list_down=0, list_lag=0, callback_mute=0, callback_lost=0, callback_doubled=0, callback_shuffled=0,
    callback_early=0, undelivered=0, late_word=0, erase_down=0, webhook_lost=0, webhook_doubled=0,
)  # fmt: skip


@dataclass(slots=True)
class Taken:
    """A message the carrier accepted."""

    sid: str
    ref: str
    attempt: int
    to: str
    body: str
    at: datetime
    listed_from: datetime
    status: str = "queued"
    code: int | None = None
    mute: bool = False
    ever_failed: bool = False
    heard: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Sent:
    """A text somebody sent to us."""

    sid: str
    sender: str
    body: str
    at: datetime
    opt_out_type: str | None


class World(Protocol):
    """Whom the carrier calls."""

    async def call_begins(self, outgoing: Outgoing) -> None: ...
    async def accepted(self, taken: Taken) -> None: ...
    async def status_webhook(self, callback: Callback) -> None: ...
    async def inbound_webhook(self, received: Received) -> None: ...
    def phone_rings(self, taken: Taken) -> None: ...


@dataclass
class SimCarrier:
    """A way out of messages/transmit.py, and the phones behind it."""

    clock: LoopClock
    journal: Journal
    chance: Chance
    weather: Weather
    handles_stop: bool
    spawn: Callable[[Coroutine[Any, Any, None]], object]
    keeps_list: bool = True
    ledger: list[Taken] = field(default_factory=list)
    received: list[Sent] = field(default_factory=list)
    blocked: set[str] = field(default_factory=set)
    forgotten: set[str] = field(default_factory=set)
    world: World | None = None
    _storm: bool = False
    _spell_ends: datetime = datetime(1, 1, 1, tzinfo=UTC)
    _numbers: "count[int]" = field(default_factory=lambda: count(1))

    # --- what we ask of it ------------------------------------------------------------------------------------

    async def send(self, outgoing: Outgoing) -> SendOutcome:
        assert self.world is not None
        await self.world.call_begins(outgoing)
        fate = self._fate()
        self.journal.count(f"send.{fate}")
        # The request is on its way: whatever becomes of the worker that made it, the carrier will deal with it.
        answer: asyncio.Future[SendOutcome] = asyncio.get_running_loop().create_future()
        self.spawn(self._deal(outgoing, fate, answer))
        return await asyncio.shield(answer)

    async def list_sent(self, to: str, since: datetime) -> Sequence[Listed]:
        await self.clock.sleep(self.chance.uniform(0.05, 0.4))
        if self.chance.random() < self.weather.list_down:
            raise ListUnavailable("down")
        now = self.clock.now()
        seen = [each for each in self.ledger if each.to == to and each.listed_from <= now]
        # Whole seconds, as the carrier counts.
        listed = [
            Listed(each.sid, each.status, each.code, each.at.replace(microsecond=0), each.to, "", self._kept(each))
            for each in seen
        ]
        return [each for each in reversed(listed) if each.created_at >= since.replace(microsecond=0)]

    async def erase(self, sid: str) -> Erasure:
        """Forget the words of a message; refused until it has come to its end."""
        await self.clock.sleep(self.chance.uniform(0.05, 0.4))
        if self.chance.random() < self.weather.erase_down:
            return Erasure.NOT_NOW
        taken = next((each for each in self.ledger if each.sid == sid), None)
        if taken is not None and taken.status not in ENDS:
            return Erasure.TOO_EARLY
        self.forgotten.add(sid)
        self.journal.say("carrier", f"forgets the words of {sid[-4:]}")
        return Erasure.ERASED

    async def list_received(self, at: str, since: datetime) -> Sequence[Listed]:
        await self.clock.sleep(self.chance.uniform(0.05, 0.4))
        if self.chance.random() < self.weather.list_down:
            raise ListUnavailable("down")
        return [
            Listed(each.sid, "received", None, each.at.replace(microsecond=0), at, each.sender, self._kept(each))
            for each in self.received
            if each.at.replace(microsecond=0) >= since.replace(microsecond=0)
        ]

    def _kept(self, each: "Taken | Sent") -> str:
        return "" if each.sid in self.forgotten else each.body

    # --- what it does with a message --------------------------------------------------------------------------

    def _stormy(self) -> float:
        """How much worse than usual it is: trouble comes in spells of minutes, not evenly."""
        now = self.clock.now()
        if now >= self._spell_ends:
            self._storm = self.chance.random() < self.weather.storms
            self._spell_ends = now + timedelta(seconds=self.chance.uniform(60, 900))
        return 3.0 if self._storm else 1.0

    def _fate(self) -> str:
        w = self.weather
        roll = self.chance.random() / self._stormy()
        for fate in ("busy", "refuse", "error_before", "error_after", "reset_after", "hang_before", "hang_after",
                     "slow", "rejected"):  # fmt: skip
            roll -= getattr(w, fate)
            if roll < 0:
                return fate
        return "fine"

    async def _deal(self, outgoing: Outgoing, fate: str, answer: "asyncio.Future[SendOutcome]") -> None:
        await self.clock.sleep(self.chance.uniform(0.03, 0.6) if fate != "slow" else self.chance.uniform(3, 7.5))
        before: dict[str, SendOutcome] = {
            "busy": Refused(permanent=False, retry_after=self.chance.choice([None, 1.0, 20.0])),
            "refuse": Refused(permanent=False),
            "error_before": Unknown("server_error"),
            "rejected": Refused(permanent=True, code=self.chance.choice([21211, 21614])),
        }
        if fate in before:
            self._answer(answer, before[fate])
            return
        if fate == "hang_before":
            return
        if self.handles_stop and outgoing.to in self.blocked:
            self._answer(answer, Refused(permanent=True, code=OPTED_OUT))
            return
        taken = self._accept(outgoing)
        if fate == "hang_after":
            return
        lost: dict[str, SendOutcome] = {"error_after": Unknown("server_error"), "reset_after": Unknown("reset")}
        await self.clock.sleep(self.chance.uniform(0.01, 0.2))
        self._answer(answer, lost.get(fate, Accepted(taken.sid, "queued")))

    @staticmethod
    def _answer(answer: "asyncio.Future[SendOutcome]", outcome: SendOutcome) -> None:
        if not answer.done():
            answer.set_result(outcome)

    def _accept(self, outgoing: Outgoing) -> Taken:
        now = self.clock.now()
        lag = self.chance.uniform(0, self.weather.list_lag)
        taken = Taken(
            sid=f"SM{next(self._numbers):032x}",
            ref=outgoing.reference,
            attempt=outgoing.attempt,
            to=outgoing.to,
            body=outgoing.text,
            at=now,
            listed_from=now + timedelta(seconds=lag),
            mute=self.chance.random() < self.weather.callback_mute,
        )
        self.ledger.append(taken)
        self.journal.say("carrier", f"accepts {short(taken.ref)}/{taken.attempt} as {taken.sid[-4:]}")
        assert self.world is not None
        self.spawn(self.world.accepted(taken))
        self.spawn(self._walk(taken))
        return taken

    async def _walk(self, taken: Taken) -> None:
        """The way to the phone, told by callbacks that are not to be relied on."""
        early = self.chance.random() < self.weather.callback_early
        self._tell(taken, "queued", None, 0.0 if early else 0.3)
        ends = "delivered"
        if self.chance.random() < self.weather.undelivered:
            ends, taken_code = "undelivered", self.chance.choice(UNDELIVERED)
        else:
            taken_code = None
        for status in (*CLIMB[1:3], ends):
            await self.clock.sleep(self.chance.uniform(0.2, 4.0))
            taken.status = status
            taken.code = taken_code if status == ends else None
            taken.ever_failed = taken.code is not None
            self._tell(taken, status, taken.code, 0.1)
        if ends == "delivered":
            assert self.world is not None
            self.world.phone_rings(taken)
        elif self.chance.random() < self.weather.late_word:
            # Carriers have been seen to call a text undelivered and then delivered.
            await self.clock.sleep(self.chance.uniform(1, 600))
            taken.status, taken.code = "delivered", None
            self._tell(taken, "delivered", None, 0.1)
            self.world.phone_rings(taken) if self.world else None

    def _tell(self, taken: Taken, status: str, code: int | None, delay: float) -> None:
        if taken.mute or self.chance.random() < self.weather.callback_lost:
            return
        times = 2 if self.chance.random() < self.weather.callback_doubled else 1
        for _ in range(times):
            late = self.chance.uniform(0, 25) if self.chance.random() < self.weather.callback_shuffled else delay
            self.spawn(self._call_back(taken, status, code, late))

    async def _call_back(self, taken: Taken, status: str, code: int | None, delay: float) -> None:
        await self.clock.sleep(delay)
        assert self.world is not None
        callback = Callback(message_id=taken.ref, attempt=taken.attempt, sid=taken.sid, status=status, error_code=code)
        await self.world.status_webhook(callback)

    # --- what people send -------------------------------------------------------------------------------------

    def text_from(self, sender: str, body: str) -> Sent:
        """Somebody texts our number."""
        word = body.strip().casefold()
        kind = None
        if self.handles_stop and word in STOP_WORDS:
            self.blocked.add(sender)
            kind = "STOP"
        elif self.handles_stop and word in START_WORDS and sender in self.blocked:
            self.blocked.discard(sender)
            kind = "START"
        sent = Sent(f"IM{next(self._numbers):032x}", sender, body, self.clock.now(), kind)
        self.received.append(sent)
        if self.chance.random() >= self.weather.webhook_lost:
            for _ in range(2 if self.chance.random() < self.weather.webhook_doubled else 1):
                self.spawn(self._deliver(sent))
        return sent

    async def _deliver(self, sent: Sent) -> None:
        await self.clock.sleep(self.chance.uniform(0.05, 1.5))
        assert self.world is not None
        await self.world.inbound_webhook(
            Received(sid=sent.sid, sender=sent.sender, body=sent.body, opt_out_type=sent.opt_out_type)
        )


class SimMail:
    """A mail server: it takes what it is given, and sometimes nobody hears whether it did."""

    keeps_list = False

    def __init__(self, clock: LoopClock, chance: Chance, begins: Callable[[Outgoing], Awaitable[None]]) -> None:
        self._clock = clock
        self._chance = chance
        self._begins = begins
        self.accepted: list[Outgoing] = []

    async def send(self, outgoing: Outgoing) -> SendOutcome:
        await self._begins(outgoing)
        await self._clock.sleep(self._chance.uniform(0.05, 0.5))
        roll = self._chance.random()
        if roll < 0.05:
            return Refused(permanent=False)
        self.accepted.append(outgoing)
        return Unknown("reset") if roll > 0.95 else Accepted(f"<{len(self.accepted)}@mail>", "accepted")

    async def list_sent(self, to: str, since: datetime) -> Sequence[Listed]:
        return ()

    async def list_received(self, at: str, since: datetime) -> Sequence[Listed]:
        return ()


def short(message_id: str) -> str:
    """An id as a person can tell it from the others."""
    return message_id[-6:]
