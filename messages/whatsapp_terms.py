"""A practice begins or ends writing by WhatsApp: from which number, by which approved templates.

It is off until somebody switches it on. No agreement on health privacy covers WhatsApp (rules.md A7), so where that law
holds it takes a practice that says it knows, and each client's own wish on a form. Invariant: whenever this changes,
what waits to leave is planned anew, so that nothing waits for a way that is shut.
"""

from collections.abc import Mapping

from messages import whatsapp_store as store
from messages.kinds import Kind
from messages.plan import replan
from messages.whatsapp import VARIABLES, Terms, is_content_sid
from scheduler.appointments import store as appointments
from scheduler.core.errors import Invalid
from scheduler.core.record import Tx
from scheduler.people import store as people
from scheduler.people.phone import NotAPhone, parse_phone


async def write_by_whatsapp(
    tx: Tx, number: str, templates: Mapping[tuple[Kind, str], str], *, knows_the_risk: bool
) -> None:
    """Write from this number, with these templates by kind and language.

    Raises:
        Invalid: risk_not_known, template_unknown (`field` is kind-language), sender_unreadable.
    """
    practice = await people.practice(tx)
    if practice.region == "US" and not knows_the_risk:
        raise Invalid("risk_not_known", field="knows")
    for (kind, language), sid in templates.items():
        if kind not in VARIABLES or not is_content_sid(sid):
            raise Invalid("template_unknown", field=f"{kind.value}-{language}")
    read = parse_phone(number, practice.region)
    if isinstance(read, NotAPhone):
        raise Invalid("sender_unreadable", field="number")
    await store.put(tx, Terms(read, dict(templates)))
    tx.note("whatsapp.set", "practice", tx.practice_id, templates=len(templates))
    await _plan_anew(tx)


async def end_whatsapp(tx: Tx) -> bool:
    """Write no more that way; clients get texts where they agreed to them. False when it was off."""
    ended = await store.remove(tx)
    if ended:
        tx.note("whatsapp.ended", "practice", tx.practice_id)
        await _plan_anew(tx)
    return ended


async def _plan_anew(tx: Tx) -> None:
    await replan(tx, await appointments.active_from(tx, tx.now), reason="policy_changed")
