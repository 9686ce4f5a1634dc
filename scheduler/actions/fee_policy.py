"""Fee policies and who agreed to them.

A new version binds nobody by itself: a fee is proposed only under a version the client accepted before the event.
Invariant: what a client accepted is never changed afterwards, neither its text nor the date.
"""

from datetime import datetime

from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Tx
from scheduler.fees import store
from scheduler.fees.rules import FULL_PER_CENT
from scheduler.people import store as people

MODES = frozenset({"percent", "amount"})
HOWS = frozenset({"signed", "link", "import", "verbal"})
LONGEST_TEXT = 4000
LONGEST_WINDOW_HOURS = 14 * 24
MOST_GRACE = 10
HIGHEST_AMOUNT = 10_000_000


async def save_fee_policy(tx: Tx, *, window_hours: int, mode: str, value: int, grace_misses: int, text: str) -> int:
    """Put a version in force; returns its number.

    `value` is per cent of the service's fee (mode percent) or minor currency units (mode amount); `grace_misses`
    events of a client pass free first; `text` is what clients accept. The window decides from now on when a
    cancellation is late.

    Raises:
        Invalid: mode_unknown, number_out_of_range or text_length; `field` names the argument.
        Conflict: fee_policy_changed_meanwhile.
    """
    _check_policy(window_hours, mode, value, grace_misses, text)
    newest = await store.fee_policies(tx)
    version = newest[0].version + 1 if newest else 1
    values = {
        "version": version,
        "window_hours": window_hours,
        "mode": mode,
        "value": value,
        "grace_misses": grace_misses,
        "text": text.strip(),
    }
    if not await store.insert_policy(tx, values):
        raise Conflict("fee_policy_changed_meanwhile", version=version)
    tx.note("fee_policy.saved", "fee_policy", str(version))
    return version


async def accept_fee_policy(
    tx: Tx, client_id: str, version: int, *, how: str = "signed", accepted_at: datetime | None = None
) -> bool:
    """Note that a client accepted a version; False when that was on file already, whose date then stands.

    `accepted_at` may lie in the past (a form signed on paper, an import), never ahead.

    Raises:
        NotFound: no such client or version.
        Invalid: how_unknown or accepted_ahead.
    """
    if how not in HOWS:
        raise Invalid("how_unknown", field="how")
    if accepted_at is not None and accepted_at > tx.now:
        raise Invalid("accepted_ahead", field="accepted_at")
    if await people.client(tx, client_id) is None:
        raise NotFound("client", client=client_id)
    if version not in {each.version for each in await store.fee_policies(tx)}:
        raise NotFound("fee_policy", version=version)
    new = await store.insert_acceptance(tx, client_id, version, how, accepted_at or tx.now)
    if new:
        tx.note("fee_policy.accepted", "client", client_id, version=version, how=how)
    return new


def _check_policy(window_hours: int, mode: str, value: int, grace_misses: int, text: str) -> None:
    if mode not in MODES:
        raise Invalid("mode_unknown", field="mode")
    highest = FULL_PER_CENT if mode == "percent" else HIGHEST_AMOUNT
    ranges = {
        "window_hours": (window_hours, LONGEST_WINDOW_HOURS),
        "value": (value, highest),
        "grace_misses": (grace_misses, MOST_GRACE),
    }
    for name, (given, high) in ranges.items():
        if not 0 <= given <= high:
            raise Invalid("number_out_of_range", field=name, low=0, high=high)
    if not 0 < len(text.strip()) <= LONGEST_TEXT:
        raise Invalid("text_length", field="text", longest=LONGEST_TEXT)
