"""Fees at the console: decided on their evidence by those who may, taken back, judged again, listed and exported."""

import csv
import io
from datetime import timedelta

import pytest

from bot.console.fee_policy import read_terms
from bot.web.forms import Form
from scheduler.actions.attend import attend
from scheduler.actions.cancel import cancel
from scheduler.actions.clients import edit_client
from scheduler.actions.fee_policy import accept_fee_policy, save_fee_policy
from scheduler.audit_store import Narrowed, leaf
from scheduler.fees import store
from scheduler.fees.ledger import EntryKind
from scheduler.people.client_fields import ClientFields
from tests.console.conftest import SignIn
from tests.rig.clock import ManualClock
from tests.rig.office import FRONT_DESK, OWNER, Known, Office, local

POLICY = {
    "window_hours": "24",
    "mode": "percent",
    "value": "50",
    "grace_misses": "0",
    "text": "A day's notice, please.",
}


async def agreed(office: Office, number: int, clock: ManualClock) -> Known:
    """A client who signed the policy in force, which is made if there is none."""
    client = await office.client(number)
    async with office.record.write(office.practice_id, OWNER) as tx:
        if not await store.fee_policies(tx):
            await save_fee_policy(tx, window_hours=24, mode="percent", value=50, grace_misses=0, text="Notice, please.")
        await accept_fee_policy(tx, client.id, 1)
    clock.advance(timedelta(minutes=1))
    return client


async def late(office: Office, client: Known, *, words: str = "kid is ill", clinician: int = 0) -> str:
    """The client cancels tomorrow's visit this afternoon; returns the place."""
    booked = await office.book(client, at=local("2026-03-04 14:00"), clinician=clinician)
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await cancel(tx, booked.participation_ids[0], by="client", words=words)
    return booked.participation_ids[0]


async def missed(office: Office, client: Known, clock: ManualClock) -> str:
    booked = await office.book(client, at=local("2026-03-04 11:00"), clinician=1)
    clock.advance(timedelta(hours=2))
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await attend(tx, booked.participation_ids[0], "missed")
    return booked.participation_ids[0]


async def newest(office: Office, visit: str):
    async with office.record.read(office.practice_id) as r:
        entry = await store.newest_entry(r, visit)
        assert entry is not None
        return entry


async def test_the_queue_shows_evidence_and_approving_can_be_undone(office: Office, enter: SignIn, clock: ManualClock):
    ana = await agreed(office, 0, clock)
    visit = await late(office, ana)
    biller = await enter("biller")
    page = await biller.get("/console/fees")
    assert "Cancelled late, 3 h 59 min before, told the office" in page
    assert "policy 1, signed Mar 4, 2026" in page
    assert "$75.00" in page
    page = await biller.press(f"/console/fees/{visit}/approve", {"step": "1"})
    assert page.toast == "Fee approved."
    assert "Nothing to decide" in page
    assert f'action="/console/fees/{visit}/undo"' in page
    page = await biller.press(f"/console/fees/{visit}/undo")
    assert "To decide" in page
    assert "$75.00" in page
    assert (await newest(office, visit)).kind is EntryKind.PROPOSED


async def test_a_fee_is_waived_with_a_reason_and_a_sealed_note(office: Office, enter: SignIn, clock: ManualClock):
    visit = await late(office, await agreed(office, 0, clock))
    biller = await enter("biller")
    path = f"/console/fees/{visit}/waive"
    page = await biller.post(path, {"step": "1", "reason": "", "note": "she called twice"})
    assert page.status == 422
    assert "Choose a reason" in page
    assert "she called twice" in page, "what was typed is kept"
    page = await biller.post(path, {"step": "1", "reason": "other", "note": ""})
    assert "Write a few words about it" in page
    page = await biller.press(path, {"step": "1", "reason": "illness", "note": "she called twice"})
    assert page.toast == "Fee waived."
    page = await biller.get(f"/console/fees/{visit}")
    assert "Waived" in page
    assert "Illness" in page
    assert "she called twice" in page
    assert "Illness" in await biller.get("/console/fees?show=decided")


async def test_what_the_client_wrote_is_shown_to_whoever_decides_and_entered(
    office: Office, enter: SignIn, clock: ManualClock
):
    ana = await agreed(office, 0, clock)
    visit = await late(office, ana, words="my kid has a fever")
    biller = await enter("biller")
    assert "my kid has a fever" not in await biller.get("/console/fees")
    assert "my kid has a fever" in await biller.get(f"/console/fees/{visit}")
    async with office.record.read(office.practice_id) as r:
        found = await leaf(r, Narrowed(subject="client", subject_id=ana.id, actor_id=biller.user_id))
    assert [entry.action for entry in found.entries] == ["client.read"]


async def test_two_who_decide_at_once_do_not_both_succeed(office: Office, enter: SignIn, clock: ManualClock):
    visit = await late(office, await agreed(office, 0, clock))
    first, second = await enter("biller"), await enter("owner")
    await first.press(f"/console/fees/{visit}/approve", {"step": "1"})
    answer = await second.post(f"/console/fees/{visit}/waive", {"step": "1", "reason": "goodwill"})
    assert answer.status == 409
    assert "This has changed in the meantime" in answer
    assert (await newest(office, visit)).kind is EntryKind.APPROVED


async def test_a_decision_is_taken_back_with_a_reason_and_judged_again(
    office: Office, enter: SignIn, clock: ManualClock
):
    visit = await missed(office, await agreed(office, 0, clock), clock)
    owner = await enter("owner")
    await owner.press(f"/console/fees/{visit}/approve", {"step": "1"})
    page = await owner.post(f"/console/fees/{visit}/reverse", {"step": "2", "reason": "wish"})
    assert page.status == 422
    page = await owner.press(f"/console/fees/{visit}/reverse", {"step": "2", "reason": "wrong_decision"})
    assert page.toast == "Taken back."
    page = await owner.press(f"/console/fees/{visit}/propose")
    assert page.toast.startswith("A fee is proposed")
    assert (await newest(office, visit)).step == 4


async def test_without_an_accepted_policy_nothing_is_charged_and_the_page_says_what_to_do(
    office: Office, enter: SignIn, clock: ManualClock
):
    await agreed(office, 0, clock)
    visit = await late(office, await office.client(1))
    desk = await enter("front_desk")
    page = await desk.get("/console/fees?show=none")
    assert "The client has not accepted this policy" in page
    page = await desk.press(f"/console/fees/{visit}/propose")
    assert page.toast.startswith("Judged again: no fee")


async def test_medicaid_is_blocked_and_exceptions_need_grounds(office: Office, enter: SignIn, clock: ManualClock):
    ana = await agreed(office, 0, clock)
    async with office.record.write(office.practice_id, OWNER) as tx:
        await edit_client(tx, ana.id, ClientFields(ana.who.given, ana.who.family, payer="medicaid"))
    visit = await late(office, ana)
    owner = await enter("owner")
    assert "Medicaid: charging is blocked" in await owner.get(f"/console/fees/{visit}")
    page = await owner.post(f"/console/fees/{visit}/propose", {"override": "yes"})
    assert page.status == 422
    assert "Write a few words about it" in page
    page = await owner.press(f"/console/fees/{visit}/propose", {"override": "yes", "note": "state plan, section 4"})
    assert page.toast.startswith("A fee is proposed")
    assert "Medicaid: proposed although it is blocked" in await owner.get("/console/fees")


async def test_a_clinician_sees_the_fees_of_their_own_visits_only(office: Office, enter: SignIn, clock: ManualClock):
    mine = await late(office, await agreed(office, 0, clock), clinician=0)
    other = await late(office, await agreed(office, 1, clock), clinician=1)
    clinician = await enter("clinician", clinician=office.clinician_ids[0])
    page = await clinician.get("/console/fees")
    assert mine in page
    assert other not in page
    assert "Approve" not in page
    assert (await clinician.get(f"/console/fees/{other}")).status == 404
    assert (await clinician.post(f"/console/fees/{mine}/approve", {"step": "1"})).status == 403
    ledger = await clinician.post("/console/fees/ledger.csv", {"first": "2026-03-01", "last": "2026-03-31"})
    assert len(ledger.text.strip().splitlines()) == 2


async def test_an_unknown_case_is_not_found(office: Office, enter: SignIn, clock: ManualClock):
    owner = await enter("owner")
    booked = await office.book(await office.client(0), at=local("2026-03-05 14:00"))
    for visit in ("0" * 32, booked.participation_ids[0]):
        assert (await owner.get(f"/console/fees/{visit}")).status == 404
        assert (await owner.post(f"/console/fees/{visit}/approve", {})).status == 404
        assert (await owner.post(f"/console/fees/{visit}/undo", {})).status == 404


# ---- the policy -----------------------------------------------------------------------------------------------------


async def test_a_policy_is_tried_in_an_example_and_saved_as_a_version(office: Office, enter: SignIn):
    owner = await enter("owner")
    page = await owner.get("/console/fees/policy")
    assert "There is no fee policy yet" in page
    part = await owner.post(
        "/console/fees/policy/example", POLICY, **{"HX-Request": "true", "HX-Request-Type": "partial"}
    )
    assert "Thu, Mar 12, 3:00" in part
    assert "Wed, Mar 11, 3:00" in part
    assert "$75.00" in part
    assert "<html" not in part
    page = await owner.press("/console/fees/policy", POLICY)
    assert page.toast == "Saved as version 1. It binds whoever accepts it from now on."
    page = await owner.press("/console/fees/policy", {**POLICY, "mode": "amount", "value": "60.50"})
    assert "Within 24 hours, $60.50, no free miss" in page
    async with office.record.read(office.practice_id) as r:
        assert [version.value for version in await store.fee_policies(r)] == [6050, 50]


async def test_without_script_the_example_is_a_page_that_keeps_what_was_typed(office: Office, enter: SignIn):
    owner = await enter("owner")
    page = await owner.post("/console/fees/policy/example", {**POLICY, "value": "25"})
    assert 'value="25"' in page
    assert "$37.50" in page
    assert "<html" in page


@pytest.mark.parametrize(
    ("changed", "where"),
    [
        ({"window_hours": "x"}, "window_hours"),
        ({"window_hours": "9999"}, "window_hours"),
        ({"mode": "guess"}, "mode"),
        ({"value": "101"}, "value"),
        ({"mode": "amount", "value": "-3"}, "value"),
        ({"mode": "amount", "value": "99999999"}, "value"),
        ({"grace_misses": "11"}, "grace_misses"),
        ({"text": "  "}, "text"),
    ],
)
def test_a_policy_at_fault_says_where(changed: dict[str, str], where: str):
    terms, form = read_terms(Form({**POLICY, **changed}), "USD")
    assert terms is None
    assert list(form.errors) == [where]


async def test_a_policy_at_fault_is_not_saved_and_nothing_typed_is_lost(office: Office, enter: SignIn):
    owner = await enter("owner")
    page = await owner.post("/console/fees/policy", {**POLICY, "value": "101", "text": "Our own words"})
    assert page.status == 422
    assert "Error: Fee policy" in page
    assert "Enter a number from 0 to 100" in page
    assert "Our own words" in page
    async with office.record.read(office.practice_id) as r:
        assert await store.fee_policies(r) == ()


# ---- the ledger -----------------------------------------------------------------------------------------------------


async def test_the_ledger_sums_what_is_owed_and_leaves_as_csv(office: Office, enter: SignIn, clock: ManualClock):
    visit = await late(office, await agreed(office, 0, clock))
    second = await missed(office, await agreed(office, 1, clock), clock)
    owner = await enter("owner")
    await owner.press(f"/console/fees/{visit}/approve", {"step": "1"})
    await owner.press(f"/console/fees/{visit}/reverse", {"step": "2", "reason": "wrong_decision"})
    await owner.press(f"/console/fees/{second}/approve", {"step": "1"})
    page = await owner.get("/console/fees/ledger?first=2026-03-01&last=2026-03-31")
    assert "<dd>$150.00</dd>" in page
    assert "<dt>Owed, after what was taken back</dt><dd>$75.00</dd>" in page
    sent = await owner.post("/console/fees/ledger.csv", {"first": "2026-03-01", "last": "2026-03-31"})
    assert sent.headers["Content-Disposition"] == 'attachment; filename="fees-2026-03-01-2026-03-31.csv"'
    rows = list(csv.DictReader(io.StringIO(sent.text.removeprefix("\ufeff"))))
    assert sum(float(row["effect_on_sum_owed"]) for row in rows) == 75
    assert {row["billable_to_insurer"] for row in rows} == {"no"}
    assert [row["entry"] for row in rows if row["event"] == "Cancelled late"] == ["Proposed", "Approved", "Taken back"]


async def test_making_the_file_is_entered_in_the_audit_chain(office: Office, enter: SignIn, clock: ManualClock):
    await late(office, await agreed(office, 0, clock))
    biller = await enter("biller")
    assert (await biller.get("/console/fees/ledger.csv")).status in {404, 405}
    await biller.post("/console/fees/ledger.csv", {"first": "2026-03-01", "last": "2026-03-31"})
    async with office.record.read(office.practice_id) as r:
        (entry,) = (await leaf(r, Narrowed(actor_id=biller.user_id, actions=("records.",)))).entries
    assert dict(entry.detail) == {
        "what": "fee_ledger", "rows": 1, "first_day": "2026-03-01", "last_day": "2026-03-31",
    }  # fmt: skip


async def test_an_empty_ledger_says_so(office: Office, enter: SignIn):
    page = await (await enter("owner")).get("/console/fees/ledger")
    assert page.status == 200
    assert "Nothing was entered on these days" in page


async def test_days_that_do_not_fit_are_said(office: Office, enter: SignIn):
    owner = await enter("owner")
    page = await owner.get("/console/fees/ledger?first=2026-03-31&last=2026-03-01")
    assert page.status == 422
    assert "Choose a last day that is not before the first" in page
    assert (await owner.post("/console/fees/ledger.csv", {"first": "soon"})).status == 422
