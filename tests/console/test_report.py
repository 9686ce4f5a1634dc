"""The report: rates with their denominators, the range and the reach they are about, and the same as a file."""

import csv
import io
from datetime import timedelta

import pytest

from scheduler.actions.attend import attend
from scheduler.actions.cancel import cancel
from scheduler.core.record import Tx
from tests.console.conftest import SignIn
from tests.rig.canary import canary
from tests.rig.clock import ManualClock
from tests.rig.office import FRONT_DESK, Office, local


@pytest.fixture
async def history(office: Office, clock: ManualClock) -> None:
    """On 5 March: one kept, one missed, one late and one early cancellation, one by the practice, one unmarked."""
    clients = [await office.client(number) for number in range(6)]
    first = [await office.book(clients[n], at=local(f"2026-03-05 {9 + n:02}:00"), clinician=n % 2) for n in range(6)]
    places = [booked.participation_ids[0] for booked in first]

    async def act(tx: Tx, number: int, by: str) -> None:
        await cancel(tx, places[number], by=by)

    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await act(tx, 2, "practice")
        await act(tx, 5, "client")
    clock.advance(timedelta(hours=12))
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await act(tx, 3, "client")
    clock.advance(timedelta(days=1))
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await attend(tx, places[0], "arrived")
        await attend(tx, places[1], "missed")


RANGE = "first=2026-03-05&last=2026-03-05"


async def test_rates_stand_beside_what_they_are_part_of(enter: SignIn, history: None):
    page = await (await enter("owner")).get(f"/console/report?{RANGE}")
    assert page.status == 200
    assert "<dd>33.3% <small>1 of 3</small></dd>" in page, "no-shows: missed of kept, missed and cancelled late"
    assert "visits that were kept, missed or cancelled late; unmarked ones are left out" in page
    assert "<strong>1 past visit is not marked.</strong>" in page
    assert "All 6 visits of these days" in page
    assert "Clinician 1" in page


async def test_the_file_holds_the_numbers_of_the_page(enter: SignIn, history: None):
    sent = await (await enter("auditor")).get(f"/console/report.csv?{RANGE}")
    assert sent.headers["Content-Disposition"] == 'attachment; filename="visits-2026-03-05-2026-03-05.csv"'
    rows = list(csv.DictReader(io.StringIO(sent.text.removeprefix("\ufeff"))))
    whole = rows[0]
    assert (whole["group"], whole["visits"], whole["kept"], whole["missed"]) == ("all", "6", "1", "1")
    assert (whole["no_show_per_cent"], whole["no_show_denominator"]) == ("33.3", "3")
    outcomes = ("kept", "missed", "cancelled_late", "cancelled_in_time", "cancelled_by_us", "unmarked", "ahead")
    for row in rows:
        assert sum(int(row[name]) for name in outcomes) == int(row["visits"]), row["name"]
    for group in ("clinician", "weekday", "lead_time"):
        assert sum(int(row["visits"]) for row in rows if row["group"] == group) == 6


async def test_one_clinician_and_what_a_clinician_may_see(office: Office, enter: SignIn, history: None):
    owner = await enter("owner")
    page = await owner.get(f"/console/report?{RANGE}&clinician={office.clinician_ids[1]}")
    assert "All 3 visits of these days" in page
    assert ", Clinician 2</p>" in page
    mine = await enter("clinician", clinician=office.clinician_ids[0])
    page = await mine.get(f"/console/report?{RANGE}&clinician={office.clinician_ids[1]}")
    assert "All 3 visits of these days" in page
    assert "Clinician 2" not in page
    assert 'name="clinician"' not in page


async def test_a_second_role_widens_what_a_clinician_sees(office: Office, enter: SignIn, history: None):
    page = await (await enter("clinician", "biller", clinician=office.clinician_ids[0])).get(f"/console/report?{RANGE}")
    assert "All 6 visits" in page


async def test_nothing_to_report_leads_on(enter: SignIn):
    page = await (await enter("owner")).get("/console/report")
    assert "No visits on these days" in page


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("first=soon", "Choose a day from the calendar"),
        ("first=2026-03-05&last=2026-03-04", "Choose a last day that is not before the first"),
        ("first=2019-01-01&last=2026-03-04", "Choose at most three years"),
    ],
)
async def test_days_that_do_not_fit_are_said(enter: SignIn, query: str, sentence: str):
    owner = await enter("owner")
    page = await owner.get(f"/console/report?{query}")
    assert page.status == 422
    assert sentence in page
    assert (await owner.get(f"/console/report.csv?{query}")).status == 422


async def test_no_client_is_named(office: Office, enter: SignIn, history: None):
    owner = await enter("owner")
    shown = (await owner.get(f"/console/report?{RANGE}")).text + (await owner.get(f"/console/report.csv?{RANGE}")).text
    assert not any(canary(number).family in shown for number in range(6))
