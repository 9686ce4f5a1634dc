"""What follows when a message does not reach anybody: another try, another channel, an opt-out, a person's call.

The carrier's codes and what each asks for are delivery.py's table. Invariant: nothing is sent again unless the first
surely did not arrive, and what nobody could be told becomes a person's task.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from messages import another_way, consent, outbox
from messages import undeliverable_store as past
from messages.consent import StopSource
from messages.crash_points import reach
from messages.delivery import ErrorAction, ErrorRule, error_rule
from messages.kinds import MessageClass, Purpose, VisitNeed, traits
from messages.send_row_store import SendRow, send_rows
from messages.send_rules import Refusal
from messages.tasks import TaskKind, open_task
from scheduler.core.record import Tx
from scheduler.events import ContactChanged, MessageUndeliverable
from scheduler.people import client_edit_store

_OUR_TROUBLE: Final = frozenset({Refusal.TEXT_UNSAFE, Refusal.SENDER_UNREGISTERED})
_OUT_OF_TIME: Final = frozenset({Refusal.TOO_LATE, Refusal.OUTSIDE_WINDOW, Refusal.OVER_CAP})
_ABOUT_THE_WAY: Final = frozenset(
    {
        Refusal.RECIPIENT_CHANGED,
        Refusal.NO_CONSENT,
        Refusal.OPTED_OUT,
        Refusal.CLIENT_PREFERENCE,
        Refusal.NUMBER_INVALID,
        Refusal.NUMBER_QUARANTINED,
        Refusal.NO_TEMPLATE,
    }
)
# A phone that is off comes back; one that is off for so many texts in a row is a number nobody uses (rules.md A4).
SEVERAL: Final = 4
# One text taken for spam is chance, several on a day are a wording, a link or a registration (rules.md A4, "on rate").
FILTERED_A_DAY: Final = 3
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What was set going instead."""

    again: bool
    elsewhere: bool

    @property
    def anything(self) -> bool:
        """Whether the person will still be told without staff."""
        return self.again or self.elsewhere


NOTHING: Final = FollowUp(again=False, elsewhere=False)


async def dropped(tx: Tx, row: SendRow, reason: Refusal) -> None:
    """Follow up a message that must not leave any more, where that means somebody is not told of something.

    What is no longer so (moved, confirmed, offered to another) needs no telling. What could not go this way goes
    another, or becomes a task: a notice always, a planned touch if it was tried before, took another's place or has no
    template on its channel, since planning itself sees to the touches whose way has changed.
    """
    if traits(row.kind).message_class is MessageClass.OFFER and reason is not Refusal.OFFER_CLOSED:
        tx.emit(MessageUndeliverable(row.id))  # the waitlist goes on to the next
    if reason in _OUR_TROUBLE:
        await trouble(tx, reason.value)
    if reason not in _OUR_TROUBLE | _OUT_OF_TIME | _ABOUT_THE_WAY or _is_moot(row):
        return
    tried = row.attempt > 0 or reason is Refusal.NO_TEMPLATE or await _takes_a_place(tx, row)
    is_notice = row.touch is None and row.participation_id is not None and _tells_of_visit(row)
    if not (tried or is_notice) or (_tells_of_visit(row) and await another_way.elsewhere(tx, row)):
        return
    await _nobody_told(tx, row, TaskKind.UNDELIVERABLE if tried else TaskKind.CALL)


async def _takes_a_place(tx: Tx, row: SendRow) -> bool:
    return len(await past.tried_so_far(tx, row.id)) > 1


async def failed(tx: Tx, message_id: str, code: int | None) -> FollowUp:
    """Follow up a message the carrier refused for good or could not deliver."""
    rows = await send_rows(tx, (message_id,))
    if not rows:
        return NOTHING
    row, rule = rows[0], error_rule(code)
    await _learn(tx, row, rule, code)
    await _alarm(tx, rule, code)
    reach("undeliverable.learnt")
    if _is_moot(row):
        return NOTHING
    again = await another_way.again(tx, row, rule)
    elsewhere = not again and rule.next_channel and await _elsewhere(tx, row, rule)
    if again or elsewhere:
        await _ask_for_a_better_number(tx, row, rule)
    else:
        tx.emit(MessageUndeliverable(row.id))
        if rule.staff_task or _tells_of_visit(row):
            await _nobody_told(tx, row, TaskKind.UNDELIVERABLE)
    reach("undeliverable.followed_up")
    return FollowUp(again, elsewhere)


async def _elsewhere(tx: Tx, row: SendRow, rule: ErrorRule) -> bool:
    return await another_way.elsewhere(tx, row, leave_channel=another_way.leaves_channel(rule))


async def _ask_for_a_better_number(tx: Tx, row: SendRow, rule: ErrorRule) -> None:
    """The person is told another way, and yet somebody has to look at the number: one task, however many texts fail."""
    if rule.staff_task:
        about = row.contact_point_id or (row.address_ix or b"").hex()[:32]
        dedupe = f"number_fails:{about}"
        await open_task(tx, TaskKind.NUMBER_FAILS, dedupe=dedupe, client_id=row.client_id, message_id=row.id)


async def _alarm(tx: Tx, rule: ErrorRule, code: int | None) -> None:
    """Tell staff that something is set wrong; of texts taken for spam, when they become many."""
    if not rule.alarm or code is None:
        return
    by_rate = rule.action is ErrorAction.FILTERED_ALARM
    if by_rate and await past.failed_of_late(tx, code, tx.now - _DAY) < FILTERED_A_DAY:
        return
    await trouble(tx, f"carrier_{code}")


async def outcome_lost(tx: Tx, message_id: str) -> None:
    """Follow up a message of which nobody can say whether it arrived: it is not sent again, a person is asked."""
    for row in await send_rows(tx, (message_id,)):
        tx.emit(MessageUndeliverable(row.id))
        if _tells_of_visit(row) and not _is_moot(row):
            await _nobody_told(tx, row, TaskKind.UNDELIVERABLE)


async def arrived_after_all(tx: Tx, message_id: str) -> None:
    """Take back what was set going when a message seemed lost, as far as it has not left."""
    await outbox.cancel_ids(tx, await past.in_place_of(tx, message_id), "arrived_after_all")


def _tells_of_visit(row: SendRow) -> bool:
    return traits(row.kind).message_class in {MessageClass.TOUCH, MessageClass.NOTICE}


def _is_moot(row: SendRow) -> bool:
    """Whether what it said is no longer so: moved, cancelled or restored since, the visit has texts of its own."""
    need = traits(row.kind).visit
    if row.visit is None or need is VisitNeed.ANY:
        return False
    return row.visit.active is not (need is VisitNeed.ACTIVE) or row.revision not in {None, row.visit.revision}


async def _learn(tx: Tx, row: SendRow, rule: ErrorRule, code: int | None) -> None:
    """Record what the code says about the number."""
    why = f"carrier_{code}"
    if rule.action in {ErrorAction.SYNC_OPT_OUT, ErrorAction.CHANNEL_OPT_OUT} and row.address_ix is not None:
        alone = rule.action is ErrorAction.CHANNEL_OPT_OUT
        stopped = await consent.stop_address_ix(tx, row.address_ix, row.channel, StopSource.CARRIER, alone=alone)
        if not stopped.again:
            dedupe = f"opted_out:{row.address_ix.hex()[:32]}"
            await open_task(tx, TaskKind.OPTED_OUT, dedupe=dedupe, client_id=row.client_id, message_id=row.id)
    if row.contact_point_id is None:
        return
    if rule.action is ErrorAction.NOT_ON_CHANNEL:
        # The number is as good as before for everything else; who agreed has to agree anew once they are there.
        await consent.withdraw(tx, row.contact_point_id, row.channel, Purpose.REMINDERS, wording=why, how="carrier")
    if rule.action in {ErrorAction.NUMBER_INVALID, ErrorAction.SWITCH_CHANNEL} or await _is_off_for_good(tx, row, rule):
        await _take_out_of_use(tx, row.contact_point_id, "invalid", why)
    if rule.action is ErrorAction.QUARANTINE:
        await _take_out_of_use(tx, row.contact_point_id, "quarantined", why)


async def _is_off_for_good(tx: Tx, row: SendRow, rule: ErrorRule) -> bool:
    if rule.action is not ErrorAction.RETRY_THEN_NEXT or row.address_ix is None:
        return False
    codes = await past.latest_codes(tx, row.address_ix, row.channel, SEVERAL)
    return len(codes) == SEVERAL and all(code is not None and error_rule(code) is rule for code in codes)


async def _take_out_of_use(tx: Tx, contact_point_id: str, state: str, why: str) -> None:
    """Nothing goes there until staff have looked; one that was changed meanwhile is left as it is."""
    owner = await outbox.owner_of(tx, contact_point_id)
    if await client_edit_store.set_contact(tx, contact_point_id, "active", {"state": state}):
        tx.note(f"contact_point.{state}", "contact_point", contact_point_id, client=owner.client_id, reason=why)
        tx.emit(ContactChanged(owner.client_id))


async def _nobody_told(tx: Tx, row: SendRow, kind: TaskKind) -> None:
    await open_task(
        tx,
        kind,
        dedupe=f"undeliverable:{row.id}",
        client_id=row.client_id,
        message_id=row.id,
        participation_id=row.participation_id,
    )


async def trouble(tx: Tx, why: str) -> None:
    """Something of ours or at the carrier is set wrong: one urgent task, however many messages run into it."""
    await open_task(tx, TaskKind.SENDING_TROUBLE, dedupe=f"sending:{why}", urgent=True)
