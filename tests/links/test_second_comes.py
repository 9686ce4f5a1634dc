"""The page of somebody whose yes came second: another free time is one press away, where one fits."""

import re
from datetime import timedelta

import pytest
from aiohttp.test_utils import TestClient
from sqlalchemy import update

from messages import links
from messages.links import Purpose
from messages.outbox_store import messages_of
from scheduler import tables
from scheduler.actions.cancel import cancel
from tests.rig.clock import ManualClock
from tests.rig.office import FRONT_DESK, Known, Office, local
from waitlist import entry_store, offer_store
from waitlist.actions.join import join
from waitlist.actions.offer_time import offer_time
from waitlist.actions.save_policy import save_policy
from waitlist.due import do_due
from waitlist.offer_store import OfferState
from waitlist.opening_store import OpeningKind


async def asked(office: Office, clock: ManualClock, accept: str = "auto") -> tuple[Known, Known]:
    """Two who are asked about the same Thursday at two."""
    gone, first, second = [await office.client(number) for number in range(3)]
    booked = await office.book(gone, at=local("2026-03-05 14:00"))
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await save_policy(tx, {"mode": "everybody", "accept": accept})
        for client in (first, second):
            await join(tx, client_id=client.id, service_id=office.service_id)
        await cancel(tx, booked.participation_ids[0], by="client")
    clock.advance(timedelta(hours=1))
    await do_due(office.record, office.practice_id)
    return first, second


async def link_of(office: Office, client: Known) -> str:
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        (held,) = await offer_store.offers(tx, client_ids=(client.id,), states=(OfferState.HELD,))
        made = await links.make(
            tx, Purpose.OFFER, client_id=client.id, expires_at=held.starts_at, offer_id=held.id,
            contact_point_id=held.contact_point_id,
        )  # fmt: skip
    return f"/l/{made.token}"


async def take(site: TestClient, path: str) -> str:
    """Open the page and press the button."""
    shown = await (await site.get(path)).text()
    nonce = re.search(r'name="nonce" value="(\w+)"', shown)
    assert nonce is not None
    answer = await site.post(f"{path}/claim", data={"nonce": nonce.group(1)})
    return await answer.text()


async def test_another_free_time_is_one_press_away(office: Office, site: TestClient, clock: ManualClock) -> None:
    first, second = await asked(office, clock)
    mine, theirs = await link_of(office, first), await link_of(office, second)
    shown = await (await site.get(theirs)).text()
    nonce = re.search(r'name="nonce" value="(\w+)"', shown)
    assert nonce is not None
    await _all_left(office)
    assert "It&#39;s yours" in await take(site, mine)
    page = await (await site.post(f"{theirs}/claim", data={"nonce": nonce.group(1)})).text()
    assert "has just been taken" in page
    other = re.search(r'href="(/l/\w{22})">See another free time', page)
    assert other is not None
    assert "It&#39;s yours" in await take(site, other.group(1))
    async with office.record.read(office.practice_id) as r:
        offers = await offer_store.offers(r, client_ids=(second.id,), states=(OfferState.CLAIMED,))
    assert [each.kind for each in offers] == [OpeningKind.INSTEAD]


async def _all_left(office: Office) -> None:
    """The offers' own texts have left: of what nobody has heard, nobody is told the end."""
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        m = tables.message
        await tx.conn.execute(
            update(m).where(m.c.kind == "offer").values(state="sent", intent_at=tx.now, sent_at=tx.now)
        )


async def test_a_claim_is_taken_back_on_its_page_within_its_minutes(
    office: Office, site: TestClient, clock: ManualClock
) -> None:
    first, _ = await asked(office, clock)
    mine = await link_of(office, first)
    page = await take(site, mine)
    assert f'action="{mine}/undo"' in page
    assert "Possible until" in page
    clock.advance(timedelta(minutes=5))
    nonce = re.search(r'name="nonce" value="(\w+)"', await (await site.get(mine)).text())
    assert nonce is not None
    page = await (await site.post(f"{mine}/undo", data={"nonce": nonce.group(1)})).text()
    assert "Everything is as it was" in page
    async with office.record.read(office.practice_id) as r:
        (mine_again,) = await entry_store.entries_of(r, first.id)
        claimed = await offer_store.offers(r, client_ids=(first.id,), states=(OfferState.CLAIMED,))
    assert (mine_again.state, claimed) == ("waiting", ())


async def test_a_claim_is_not_taken_back_on_its_page_afterwards(
    office: Office, site: TestClient, clock: ManualClock
) -> None:
    first, _ = await asked(office, clock)
    mine = await link_of(office, first)
    page = await take(site, mine)
    nonce = re.search(r'name="nonce" value="(\w+)"', page)
    assert nonce is not None
    clock.advance(timedelta(minutes=16))
    page = await (await site.post(f"{mine}/undo", data={"nonce": nonce.group(1)})).text()
    assert "It&#39;s yours" in page
    assert "/undo" not in page


async def test_how_often_a_time_comes_round_is_said(office: Office, site: TestClient, clock: ManualClock) -> None:
    bob = await office.client(1)
    async with office.record.write(office.practice_id, FRONT_DESK) as tx:
        await join(tx, client_id=bob.id, service_id=office.service_id, weekly=True)
        await offer_time(
            tx,
            clinician_id=office.clinician_ids[0],
            service_id=office.service_id,
            location_id=office.location_id,
            starts_at=local("2026-03-05 14:00"),
            every_weeks=2,
        )
    await do_due(office.record, office.practice_id)
    mine = await link_of(office, bob)
    assert "Every 2 weeks from then on" in await (await site.get(mine)).text()
    assert "Every 2 weeks from then on" in await take(site, mine)
    async with office.record.read(office.practice_id) as r:
        told = {each.kind: (each.fields.weekly, each.fields.count) for each in await messages_of(r, bob.id)}
    assert told["offer"] == told["offer_won"] == (True, 2)


async def test_after_the_deadline_a_time_that_nobody_has_can_still_be_had(
    office: Office, site: TestClient, clock: ManualClock
) -> None:
    first, second = await asked(office, clock)
    await _all_left(office)
    mine, theirs = await link_of(office, first), await link_of(office, second)
    clock.advance(timedelta(hours=3))
    await do_due(office.record, office.practice_id)
    page = await (await site.get(mine)).text()
    assert f'action="{mine}/claim"' in page
    assert "It&#39;s yours" in await take(site, mine)
    assert "has just been taken" in await (await site.get(theirs)).text()


@pytest.mark.parametrize(("accept", "kept"), [("approve", "Kept for you"), ("call", "Kept for you: please call")])
async def test_where_the_desk_settles_yeses_a_time_is_kept_for_one_and_the_other_is_next_in_line(
    office: Office, site: TestClient, clock: ManualClock, accept: str, kept: str
) -> None:
    first, second = await asked(office, clock, accept)
    mine, theirs = await link_of(office, first), await link_of(office, second)
    shown = await (await site.get(mine)).text()
    assert "Ask for it" in shown
    assert "The first yes has it" not in shown
    assert f"<h1>{kept}</h1>" in await take(site, mine)
    page = await take(site, theirs)
    assert "<h1>Next in line</h1>" in page
    assert "Kept for you" not in page
    assert "<h1>Next in line</h1>" in await (await site.get(theirs)).text()
    assert f"<h1>{kept}</h1>" in await (await site.get(mine)).text()
