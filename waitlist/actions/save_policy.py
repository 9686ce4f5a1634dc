"""Give the waitlist other terms: a new version, everybody's turn by its weights, and nobody rests by older ones."""

from dataclasses import dataclass
from typing import Any

from scheduler.core.errors import Conflict
from scheduler.core.record import Tx
from waitlist import entry_store, policy_store
from waitlist.actions.stay import end_rests
from waitlist.policy import Policy, policy_of
from waitlist.turns import turn_of


@dataclass(frozen=True, slots=True)
class Saved:
    """The version in force from now on, and how many had gone quiet by the one before and are asked again."""

    policy: Policy
    taken_up: int


async def save_policy(tx: Tx, terms: dict[str, Any], *, based_on: int | None = None) -> Saved:
    """Put a new version in force. Offers that are out keep the deadline that was promised.

    What `terms` leaves out has its standard value.

    Raises:
        Invalid: a term is out of its bounds; `field` says which.
        Conflict: `saved_meanwhile`, when the version in force is not the one it is `based_on`.
    """
    before = await policy_store.policy(tx)
    if based_on is not None and before.version != based_on:
        raise Conflict("saved_meanwhile", version=before.version)
    made = policy_of(terms, before.version + 1)
    await policy_store.add_policy(tx, made.terms(), made.version, tx.actor.id)
    if made.weights != before.weights:
        waiting = await entry_store.entries(tx)
        await policy_store.set_turns(
            tx, {each.id: turn_of(entry_store.standing_of(each), made.weights) for each in waiting}
        )
    taken_up = await end_rests(tx, made.quiet_after)
    told = {"version": made.version, "mode": made.mode.value, "taken_up": taken_up}
    tx.note("waitlist_policy.saved", "waitlist_policy", None, **told)
    return Saved(made, taken_up)
