"""Mistakes we could make, one line each, planted in our own code to see whether a simulated week finds them.

Each replaces a function (or value) of the product, or words within one, for as long as it is planted. Invariant: taken
out again, nothing of it is left; and what has vanished from the product cannot be planted.
"""

import inspect
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import bot.conversation.cancelling
import messages.claim
import messages.delivery_callback
import messages.gap_repair
import messages.outcome
import messages.settle
import messages.transmit
import scheduler.actions.book
import scheduler.actions.cancel
import waitlist.actions.claim
import waitlist.actions.expire
import waitlist.actions.wave
from messages import (
    callback_store,
    consent,
    consent_store,
    link_store,
    links,
    outbox,
    plan,
    redact_store,
    send_store,
    settle_store,
)
from messages.channels.base import Accepted, Refused, Unknown
from messages.consent import Stopped
from messages.delivery import heard
from messages.gap_repair import GapRepair
from messages.limits import Limits
from messages.outcome import Attempt
from messages.send_rules import ContactState, SendFacts
from messages.settle import Settler
from scheduler.appointments import store as appointments
from scheduler.calendar import store as calendar
from scheduler.core import audit
from scheduler.core.record import Tx
from waitlist import openings, texts

Patch = tuple[Any, str, Any]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A mistake: what it is, and what has to be replaced to make it."""

    name: str
    patches: Callable[[], list[Patch]]

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Make the mistake for a while."""
        kept = []
        try:
            for owner, name, new in self.patches():
                kept.append((owner, name, getattr(owner, name)))
                setattr(owner, name, new)
            yield
        finally:
            for owner, name, old in reversed(kept):
                setattr(owner, name, old)


class Vanished(Exception):
    """What a mistake was to be made in is not there any more: the mistake has to be thought of anew."""


def _edit(owner: Any, name: str, *changes: tuple[str, str]) -> Callable[[], list[Patch]]:
    """A function of the product with some of its words replaced, each of which has to be there."""

    def patches() -> list[Patch]:
        real = inspect.unwrap(getattr(owner, name))
        source = textwrap.dedent(inspect.getsource(real))
        for old, new in changes:
            if old not in source:
                raise Vanished(f"{name}: {old}")
            source = source.replace(old, new)
        made: dict[str, Any] = {}
        exec(source, vars(sys.modules[real.__module__]), made)  # noqa: S102 -- our own source, changed by ourselves
        return [(owner, name, made[name])]

    return patches


def _both(*several: Callable[[], list[Patch]]) -> Callable[[], list[Patch]]:
    return lambda: [patch for each in several for patch in each()]


def _gate_with(**wrong: Any) -> Callable[[], list[Patch]]:
    """The gate is told something that is not so."""
    return lambda: [(messages.claim, "SendFacts", lambda **facts: SendFacts(**{**facts, **wrong}))]


def _always(value: Any) -> Callable[..., Any]:
    async def answer(*_args: Any, **_given: Any) -> Any:
        return value

    return answer


def _nothing(owner: Any, name: str, value: Any = None) -> Callable[[], list[Patch]]:
    return lambda: [(owner, name, _always(value))]


# --- sending ----------------------------------------------------------------------------------------------------


def _no_deadline() -> list[Patch]:
    real = messages.transmit.Held
    return [
        (messages.transmit, "Held", lambda ready, _deadline, _looked_at: real(ready, 1e18, 1e18)),
        (messages.transmit, "NEVER", 1e18),
    ]


def _no_intent() -> list[Patch]:
    async def wanted(_r: Any, attempts: Any) -> frozenset[str]:
        return frozenset(attempts)

    return [(send_store, "write_intents", _always(None)), (send_store, "still_wanted", wanted)]


def _look_ignored() -> list[Patch]:
    real = send_store.still_wanted

    async def wanted(r: Any, attempts: Any) -> frozenset[str]:
        await real(r, attempts)
        return frozenset(attempts)

    return [(send_store, "still_wanted", wanted)]


def _unknown_at_once() -> list[Patch]:
    async def unknown(tx: Tx, attempt: Attempt, outcome: Unknown, _limits: Limits) -> None:
        await messages.outcome._wait(tx, attempt, 0.0, outcome.why)

    return [(messages.outcome, "_unknown", unknown)]


def _unknown_is(wrong: Callable[[Attempt], Any]) -> Callable[[], list[Patch]]:
    real = messages.outcome.record_outcomes

    async def record(tx: Tx, attempts: Sequence[Attempt], limits: Limits) -> None:
        told = [replace(each, outcome=wrong(each)) if isinstance(each.outcome, Unknown) else each for each in attempts]
        await real(tx, told, limits)

    return lambda: [(messages.transmit, "record_outcomes", record)]


def _no_settle_wait() -> list[Patch]:
    return [(Limits, "settle_span", timedelta(0)), (messages.settle, "LOOKS", 1)]


def _list_unread() -> list[Patch]:
    async def look(_self: Settler, waiting: Any) -> Any:
        return messages.settle._Seen(waiting, ())

    return [(Settler, "_looked", look)]


def _list_down_is_empty() -> list[Patch]:
    real = Settler._looked

    async def look(self: Settler, waiting: Any) -> Any:
        seen = await real(self, waiting)
        return seen if seen.listed is not None else messages.settle._Seen(waiting, ())

    return [(Settler, "_looked", look)]


def _words_not_compared() -> list[Patch]:
    return [
        (messages.settle, "_is_it", lambda _tx, wanted, listed: messages.settle._not_before(listed.created_at, wanted))
    ]


def _expired_goes_back() -> list[Patch]:
    real = settle_store.expire_intents

    async def expire(tx: Tx, settle_at: datetime) -> tuple[str, ...]:
        found = await real(tx, settle_at)
        for message_id in found:
            attempt = await send_store.attempt_of(tx, message_id)
            await send_store.resolve(tx, message_id, attempt, ("unknown",), {"state": "pending", "due_at": tx.now})
        return found

    return [(settle_store, "expire_intents", expire)]


def _last_word_wins() -> list[Patch]:
    async def take(tx: Tx, message_id: str, sid: str) -> None:
        said = await callback_store.deliveries(tx, sid)
        state = heard(said[-1].status)
        if state.status is not None:
            await callback_store.set_status(
                tx, message_id, state.status.value, None, failed=False, sent=False, final=False
            )

    return [(messages.delivery_callback, "_take_status", take)]


# --- STOP -------------------------------------------------------------------------------------------------------


def _stop_forgotten() -> list[Patch]:
    return [(consent, "_stop", _always(Stopped(again=False)))]


def _stop_recalls_nothing() -> list[Patch]:
    return [(outbox, "cancel_for_address", _always(0)), (consent_store, "on_the_way", _always(0))]


# --- rules ------------------------------------------------------------------------------------------------------


def _late_by_an_hour() -> list[Patch]:
    real = scheduler.actions.cancel.cancel_class
    wrong = lambda at, start, hours, by: real(at, start, hours + 1, by)  # noqa: E731 -- one line each
    return [(scheduler.actions.cancel, "cancel_class", wrong)]


def _late_by_processing() -> list[Patch]:
    real = bot.conversation.cancelling.cancel

    async def cancel(tx: Tx, place: str, **given: Any) -> Any:
        return await real(tx, place, **{**given, "received_at": None})

    return [(bot.conversation.cancelling, "cancel", cancel)]


def _notes_without(*actions: str) -> Callable[[], list[Patch]]:
    real = Tx.note

    def note(self: Tx, action: str, *given: Any, **detail: Any) -> None:
        if action not in actions:
            real(self, action, *given, **detail)

    return lambda: [(Tx, "note", note)]


def _chain_restarts() -> list[Patch]:
    real = audit._lock_head

    async def lock(*given: Any) -> tuple[int, bytes]:
        seq, link = await real(*given)
        return seq, link if seq % 7 else audit.GENESIS

    return [(audit, "_lock_head", lock)]


# --- calendar and waitlist --------------------------------------------------------------------------------------


def _holds_stay() -> list[Patch]:
    real = calendar.give_back

    async def give_back(tx: Tx, *, appointment_id: str | None = None, holder_id: str | None = None) -> int:
        return await real(tx, appointment_id=appointment_id) if appointment_id else 0

    return [(calendar, "give_back", give_back)]


def _any_offer_wins() -> list[Patch]:
    real = waitlist.actions.claim._read

    async def read(tx: Tx, offer_id: str) -> Any:
        return replace(await real(tx, offer_id), state=waitlist.actions.claim.OfferState.HELD)

    return [(waitlist.actions.claim, "_read", read)]


def _links_outlive_moves() -> list[Patch]:
    real = links.new

    def new(*given: Any, **named: Any) -> Any:
        return real(*given, **{**named, "revision": None})

    return [(links, "new", new)]


def _asks_the_confirmed() -> list[Patch]:
    return [(plan, "on_confirmed", _always(None)), *_gate_with(only_if_unconfirmed=False)()]


_VERIFIED: Final = ContactState.VERIFIED
MUTATIONS: Final[tuple[Mutation, ...]] = (
    Mutation("a worker that stood still posts as if no time had passed", _no_deadline),
    Mutation("nobody looks once more before posting", _look_ignored),
    Mutation("the last look may be old", lambda: [(messages.transmit, "FRESH_SECONDS", 1e9)]),
    Mutation("a text is posted without its intent", _no_intent),
    Mutation("an unknown outcome is retried at once", _unknown_at_once),
    Mutation("a lost answer is taken for a refusal", _unknown_is(lambda _: Refused(permanent=False))),
    Mutation("a lost answer is taken for a success", _unknown_is(lambda each: Accepted(f"?{each.message_id}", ""))),
    Mutation("a doubt is looked up at once, and once only", _no_settle_wait),
    Mutation("the carrier's list is not asked", _list_unread),
    Mutation("a list that is down counts as an empty one", _list_down_is_empty),
    Mutation("a found text is matched without its words", _words_not_compared),
    Mutation("a sid may be found for two messages", _nothing(settle_store, "sids_taken", value=frozenset())),
    Mutation("the intents of a dead worker are left alone", _nothing(settle_store, "any_expired", value=False)),
    Mutation("the intents of a dead worker are posted again", _expired_goes_back),
    Mutation("the last word about a delivery wins", _last_word_wins),
    Mutation("STOP is not recorded", _stop_forgotten),
    Mutation("STOP is not looked at when claiming", _gate_with(opted_out=False)),
    Mutation("STOP recalls nothing and is acknowledged at once", _stop_recalls_nothing),
    Mutation("STOP is never acknowledged", _nothing(consent, "acknowledge_stops", value=0)),
    Mutation("consent is not asked", _gate_with(consented=True)),
    Mutation("a number out of use is written to", _gate_with(recipient_current=True, contact_state=_VERIFIED)),
    Mutation(
        "the caps are not counted",
        _edit(messages.claim, "_verdict", ('facts.sent.get(row.address_ix or b"", ())', "()")),
    ),
    Mutation("the caps' day is UTC's", _gate_with(zone="UTC")),
    Mutation("the send window is not looked at", _gate_with(window=None)),
    Mutation(
        "the send window is the practice's, not the client's",
        _edit(
            messages.claim,
            "_verdict",
            ("_window_for(practice, row, zone_name_of(facts.desk, row),", "_window_for(practice, row, practice.zone,"),
        ),
    ),
    Mutation("a text is sent however late", _gate_with(useful_until=datetime(2099, 1, 1, tzinfo=UTC))),
    Mutation("the revision is not looked at when claiming", _gate_with(revision_current=True)),
    Mutation("a cancelled visit is not noticed when claiming", _gate_with(visit_active=None)),
    Mutation("a move leaves its old texts waiting", _nothing(plan, "on_moved")),
    Mutation("a cancellation leaves its texts waiting", _nothing(plan, "on_cancelled")),
    Mutation("a confirmed visit is asked about again", _asks_the_confirmed),
    Mutation("late is counted from when a text is read", _late_by_processing),
    Mutation("late begins an hour early", _late_by_an_hour),
    Mutation("missed webhooks are not fetched", _nothing(GapRepair, "run", value=0)),
    Mutation("a cancelled message leaves no entry", _notes_without("message.cancelled")),
    Mutation("an offer's end leaves no entry", _notes_without("offer.expired")),
    Mutation("the audit chain is broken now and then", _chain_restarts),
    Mutation("booked time leaves its offers standing", _nothing(openings, "on_time_taken")),
    Mutation("holds are not given back", _holds_stay),
    Mutation("an offered time is not held", _nothing(waitlist.actions.wave, "_held", value=True)),
    Mutation("an offer that ended may be claimed", _any_offer_wins),
    Mutation("losers are not told", lambda: [(texts, "lost", _always(None)), (texts, "withdrawn", _always(None))]),
    Mutation("an offer past its deadline stays held", _nothing(waitlist.actions.expire, "expire_overdue", value=0)),
    Mutation("a link outlives the move of its visit", _links_outlive_moves),
    Mutation("a STOP leaves links alive", _nothing(links, "revoke_for", value=0)),
    Mutation("an expired link still opens", _edit(link_store, "_is_alive", (' and row["expires_at"] > now', ""))),
    Mutation("a revoked link still opens", _edit(link_store, "_is_alive", ('row["revoked_at"] is None and ', ""))),
    Mutation(
        "a STOP is acknowledged while a text is on its way",
        _edit(consent, "_acknowledge", ("on_the_way and tx.now - stopped.at < DRAIN", "False")),
    ),
    Mutation(
        "a START from before a STOP takes it back",
        _both(
            _edit(consent, "start", ("said_at < before.at", "False")),
            _edit(consent, "has_stopped", ("found.at <= by", "True")),
        ),
    ),
    Mutation(
        "planned texts leave while they are held back",
        _edit(messages.claim, "_below", ("planned_paused", "planned_paused and False")),
    ),
    Mutation(
        "an intent is taken for expired at once",
        _edit(settle_store, "expire_intents", ("message.c.deadline <= tx.now", "message.c.id != ''")),
    ),
    Mutation(
        "a late answer takes back what a callback said",
        _edit(messages.outcome, "_is_plain", (" and now.sid is None", "")),
    ),
    Mutation(
        "an outcome is written for whichever attempt is under way",
        _both(
            _edit(messages.outcome, "_is_plain", ("now.attempt == attempt.attempt and ", "")),
            _edit(
                send_store,
                "resolve",
                (
                    "and_(message.c.state.in_(sorted(origins)), message.c.attempt == attempt)",
                    "message.c.state.in_(sorted(origins))",
                ),
            ),
        ),
    ),
    Mutation(
        "visits are booked without their buffers",
        _edit(
            scheduler.actions.book,
            "with_buffers",
            ("span.starts_at - before, span.ends_at + after", "span.starts_at, span.ends_at"),
        ),
    ),
    Mutation(
        "a visit is moved without a new revision",
        _edit(appointments, "set_time", ("revision=before.revision + 1", "revision=before.revision")),
    ),
    Mutation("a restored visit leaves its opening open", _nothing(openings, "on_restored")),
    Mutation(
        "words are erased while a doubt could be settled by them",
        _edit(redact_store, "_sent", (", ~in_doubt.exists()", "")),
    ),
    Mutation(
        "an offer may be claimed after its deadline",
        _edit(waitlist.actions.claim, "claim", ("(received_at or tx.now) > offer.expires_at", "False")),
    ),
    Mutation(
        "a hold ends before its offer",
        _edit(waitlist.actions.wave, "hold_expiry", ("deadline + timedelta", "deadline - timedelta")),
    ),
    Mutation(
        "a missed text counts from when it was fetched",
        _edit(messages.gap_repair, "_received", ("received_at=listed.created_at", "received_at=None")),
    ),
)
