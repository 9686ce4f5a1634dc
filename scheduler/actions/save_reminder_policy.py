"""A new version of the reminder policy: from its commit on everything that still waits is planned by it.

The practice's own wordings travel with the version; whether they read well is judged before (messages/wording.py).
Invariant: keys of touches keep their meaning over versions, so nothing already sent is sent again.
"""

from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError

from scheduler.core.errors import Conflict, Invalid
from scheduler.core.record import Tx
from scheduler.events import PolicyChanged
from scheduler.reminders import store
from scheduler.reminders.policy import Policy, PolicyInvalidError, Touch, parse_policy, to_dict
from scheduler.reminders.store import Wordings

LONGEST_WORDING = 1000


async def save_reminder_policy(
    tx: Tx, touches: Sequence[Touch], wordings: Wordings, *, based_on: int | None = None
) -> int:
    """Put a policy in force; returns its version.

    `based_on` is the version the editor saw: a newer one in the meantime is a conflict, not overwritten.

    Raises:
        Invalid: policy_invalid (each problem: `parse_policy`) or wording_too_long.
        Conflict: policy_changed_meanwhile.
    """
    newest = (await store.policy_in_force(tx)).version
    if based_on not in {None, newest}:
        raise Conflict("policy_changed_meanwhile", version=newest)
    version = newest + 1
    try:
        parse_policy(to_dict(Policy(version, tuple(touches))))
    except PolicyInvalidError as invalid:
        raise Invalid("policy_invalid", field=invalid.problems[0].where) from invalid
    if any(len(text) > LONGEST_WORDING for texts in wordings.values() for text in texts.values()):
        raise Invalid("wording_too_long", field="wordings", longest=LONGEST_WORDING)
    try:
        async with tx.conn.begin_nested():
            await store.insert_version(tx, version, touches, wordings)
    except IntegrityError:
        raise Conflict("policy_changed_meanwhile", version=version) from None
    tx.note("reminder_policy.saved", "reminder_policy", str(version), touches=len(touches))
    tx.emit(PolicyChanged(version))
    return version
