"""Writing to the office behind a link: the same conversation as by text, answered on the page."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.conversation.speaking import speak
from bot.links.chat import MOST_AN_HOUR
from messages import consent, task_store
from messages.kinds import Channel
from messages.links import Purpose
from scheduler import tables
from scheduler.appointments import store as appointments
from scheduler.appointments.states import ParticipationState
from scheduler.calendar.wallclock import Span
from scheduler.people import store as people
from tests.links.conftest import Behind
from tests.rig.office import OWNER
from waitlist import offer_store
from waitlist.actions.join import join
from waitlist.actions.open_time import open_time
from waitlist.actions.wave import offer_by_hand


async def write(link: Behind, words: str, *, token: str | None = None) -> str:
    """Open the page and write something; what is answered."""
    here = f"/l/{token or link.token}/chat"
    shown = await (await link.site.get(here)).text()
    nonce = re.search(r'name="nonce" value="(\w+)"', shown)
    answer = await link.site.post(here, data={"nonce": nonce.group(1) if nonce else "", "words": words})
    return await answer.text()


def said(page: str) -> list[str]:
    return re.findall(r'class="chat-theirs">([^<]+)<', page)


async def count(link: Behind, table: str) -> int:
    async with link.office.record.read(link.office.practice_id) as r:
        return int((await r.conn.execute(select(func.count()).select_from(tables.metadata.tables[table]))).scalar_one())


async def test_coming_and_not_coming_are_the_same_as_by_text(behind) -> None:
    link: Behind = await behind()
    assert said(await write(link, "yes see you then")) == ["Confirmed, Tue, Mar 10, 3:00 PM. See you then."]
    assert (await link.visit()).state is ParticipationState.CONFIRMED
    (answer,) = said(await write(link, "sorry, can't make it"))
    assert answer.startswith("Thank you for telling us. Tue, Mar 10, 3:00 PM is cancelled.")
    assert (await link.visit()).state is ParticipationState.CANCELLED
    assert await link.texts("cancelled") == 1  # whoever has the number hears of it, with its undo
    assert await link.texts("confirmed") == 0
    assert said(await write(link, "U")) == ["Undone. Tue, Mar 10, 3:00 PM is yours again."]
    assert (await link.visit()).is_active


async def test_another_time_is_wished_for_and_taken_and_the_page_goes_on(behind) -> None:
    link: Behind = await behind()
    (offered,) = said(await write(link, "can we do 4 instead?"))
    assert offered.startswith("Tue, Mar 10, 4:00 PM is free. Reply 1 to move there, 2 to keep Tue, Mar 10, 3:00 PM.")
    page = await write(link, "1")
    assert said(page)[0].startswith("Moved to Tue, Mar 10, 4:00 PM and confirmed.")
    assert (await link.visit()).revision == 2
    assert (await link.get("chat"))[0] == 404  # the old link died with the old time
    token = re.search(r'action="/l/(\w+)/chat"', page)
    assert token is not None
    assert said(await write(link, "U", token=token.group(1))) == ["Undone. Tue, Mar 10, 3:00 PM is yours again."]


async def test_opening_the_page_writes_nothing_and_shows_nothing_said_before(behind) -> None:
    link: Behind = await behind()
    await write(link, "running 10 minutes late")
    before = (await count(link, "inbound"), await count(link, "audit_entry"))
    status, page = await link.get("chat")
    assert (status, said(page), "10 minutes late</p>" in page) == (200, [], False)
    assert (await count(link, "inbound"), await count(link, "audit_entry")) == before


async def test_words_without_the_proof_of_a_page_do_nothing(behind) -> None:
    link: Behind = await behind()
    answer = await link.site.post(f"/l/{link.token}/chat", data={"words": "N"})
    assert answer.status == 409
    assert (await link.visit()).is_active
    assert await count(link, "inbound") == 0


async def test_distress_on_the_page_is_answered_with_the_numbers_and_alerts_also_after_a_stop(behind) -> None:
    link: Behind = await behind()
    await link.stop()
    link = await link.again()
    (notice,) = said(await write(link, "i want to die"))
    assert "988" in notice
    async with link.office.record.read(link.office.practice_id) as r:
        kinds = set((await r.conn.execute(select(tables.task.c.kind))).scalars())
    assert "crisis" in kinds
    assert await link.texts("crisis_notice") == 0


async def test_stop_on_the_page_ends_texts(behind) -> None:
    link: Behind = await behind()
    page = await write(link, "please stop texting me")
    assert said(page)[0].startswith("You will get no more texts from us.")
    async with link.office.record.read(link.office.practice_id) as r:
        assert await consent.is_stopped(r, await link.number_ix(), Channel.SMS)


async def test_a_page_speaks_for_its_client_alone(behind, office) -> None:
    link: Behind = await behind()
    child = await office.client(1, phone_of=0)
    await office.book(child, at=(await link.visit()).starts_at.replace(hour=20), clinician=1)
    assert said(await write(link, "C")) == ["Confirmed, Tue, Mar 10, 3:00 PM. See you then."]


@pytest.mark.parametrize(("child_says", "parent_writes"), [("R", "1"), ("N", "U")])
async def test_what_another_of_the_same_phone_was_asked_is_not_answered_here(
    behind, office, child_says: str, parent_writes: str
) -> None:
    link: Behind = await behind()
    child = await office.client(1, phone_of=0)
    booked = await office.book(child, at=(await link.visit()).starts_at.replace(hour=20), clinician=1)
    async with office.record.write(office.practice_id, OWNER) as tx:
        (phone,) = [each for each in await people.contact_points(tx, child.id) if each.kind == "phone"]
        await speak(tx, child_says, client_id=child.id, number=phone.value, via="chat")
        before = await appointments.visit(tx, booked.participation_ids[0])
    await write(link, parent_writes)
    async with office.record.read(office.practice_id) as r:
        assert await appointments.visit(r, booked.participation_ids[0]) == before


async def test_an_offer_to_another_of_the_same_phone_is_not_taken_here(behind, office) -> None:
    link: Behind = await behind()
    visit = await link.visit()
    child = await office.client(1, phone_of=0)
    async with office.record.write(office.practice_id, OWNER) as tx:
        (phone,) = [each for each in await people.contact_points(tx, child.id) if each.kind == "phone"]
        entry_id = await join(tx, client_id=child.id, service_id=office.service_id)
        free = visit.starts_at + timedelta(hours=1)
        opening_id = await open_time(
            tx,
            clinician_id=office.clinician_ids[1],
            service_id=office.service_id,
            location_id=office.location_id,
            span=Span(free, free + timedelta(minutes=50)),
        )
        assert await offer_by_hand(tx, opening_id, entry_id) is not None
        assert await offer_store.held_by_number(tx, phone.value_ix)
    await write(link, "A")
    async with office.record.read(office.practice_id) as r:
        assert await offer_store.held_by_number(r, phone.value_ix)


@pytest.mark.parametrize("unheard", ["too_many", "no_phone"])
async def test_distress_is_seen_whatever_the_page_takes(behind, office, unheard: str) -> None:
    link: Behind = await behind()
    if unheard == "too_many":
        for _ in range(MOST_AN_HOUR):
            await write(link, "thanks")
    else:
        async with office.record.write(office.practice_id, OWNER) as tx:
            changed = tables.contact_point.update().where(tables.contact_point.c.practice_id == office.practice_id)
            await tx.conn.execute(changed.values(state="removed"))
    (answer,) = said(await write(link, "i want to die"))
    assert "988" in answer
    async with office.record.read(office.practice_id) as r:
        kinds = [each.kind for each in await task_store.live(r)]
    assert "crisis" in kinds


async def test_a_post_leads_to_a_page_that_can_be_reloaded(behind) -> None:
    link: Behind = await behind()
    here = f"/l/{link.token}/chat"
    nonce = re.search(r'name="nonce" value="(\w+)"', await (await link.site.get(here)).text())
    form = {"nonce": nonce.group(1), "words": "running 10 minutes late"}
    answer = await link.site.post(here, data=form, allow_redirects=False)
    assert answer.status == 303
    there = answer.headers["Location"]
    before = (await count(link, "inbound"), await count(link, "audit_entry"), await count(link, "task"))
    pages = [await (await link.site.get(there)).text() for _ in range(2)]
    assert said(pages[0]) == said(pages[1]) != []
    assert "running 10 minutes late</p>" in pages[0]
    assert (await count(link, "inbound"), await count(link, "audit_entry"), await count(link, "task")) == before
    link.office.record.clock.advance(timedelta(minutes=11))
    assert said(await (await link.site.get(there)).text()) == []


async def test_what_was_written_behind_another_link_is_not_shown(behind, office) -> None:
    link: Behind = await behind()
    child = await office.client(1, phone_of=0)
    async with office.record.write(office.practice_id, OWNER) as tx:
        (phone,) = [each for each in await people.contact_points(tx, child.id) if each.kind == "phone"]
        spoken = await speak(tx, "running late", client_id=child.id, number=phone.value, via="chat")
    page = await (await link.site.get(f"/l/{link.token}/chat?said={spoken.inbound_id}")).text()
    assert said(page) == []
    assert "running late</p>" not in page
    for wrong in ("x", "0" * 32, ""):
        assert said(await (await link.site.get(f"/l/{link.token}/chat?said={wrong}")).text()) == []


async def offered(link: Behind, office, client_id: str) -> None:
    """A time an hour after the visit is offered to a client."""
    async with office.record.write(office.practice_id, OWNER) as tx:
        entry_id = await join(tx, client_id=client_id, service_id=office.service_id)
        free = (await link.visit()).starts_at + timedelta(hours=2)
        opening_id = await open_time(
            tx,
            clinician_id=office.clinician_ids[1],
            service_id=office.service_id,
            location_id=office.location_id,
            span=Span(free, free + timedelta(minutes=50)),
        )
        assert await offer_by_hand(tx, opening_id, entry_id) is not None


async def test_a_letter_takes_an_offer_or_passes_and_the_page_says_so(behind, office) -> None:
    link: Behind = await behind()
    await offered(link, office, link.client.id)
    (answer,) = said(await write(link, "A"))
    assert answer.startswith("It&#39;s yours, Tue, Mar 10, 5:00 PM.")
    assert await link.texts("offer_won") == 1
    (answer,) = said(await write(link, "U"))
    assert "Undone" in answer


async def test_passing_on_the_page_is_thanked_there(behind, office) -> None:
    link: Behind = await behind()
    await offered(link, office, link.client.id)
    (answer,) = said(await write(link, "P"))
    assert answer.startswith("Thank you, we will offer it to somebody else.")


async def test_joining_the_list_on_the_page_is_said_there(behind) -> None:
    link: Behind = await behind()
    (answer,) = said(await write(link, "put me on the waitlist please"))
    assert answer.startswith("You are on the list for an opening.")


@pytest.mark.parametrize(
    ("language", "starts", "turned"),
    [
        ("fr", "Confirmé, mar 10 mars, 15:00.", False),
        ("zh", "已确认，3月10日周二 15:00。", False),
        ("ar", "تم التأكيد", True),
    ],
)
async def test_the_page_speaks_every_language_of_the_texts(behind, language: str, starts: str, turned: bool) -> None:
    link: Behind = await behind(language=language)
    _, page = await link.get("chat")
    assert f'<html lang="{language}"' in page
    assert ('dir="rtl"' in page) is turned
    assert "Write to us" not in page
    (answer,) = said(await write(link, "C"))
    assert answer.startswith(starts)
    assert (await link.get())[0] == 200  # days and times of the visit's own page


async def test_what_is_written_is_data(behind) -> None:
    link: Behind = await behind()
    page = await write(link, "<script>alert(1)</script>")
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


async def test_nobody_writes_all_day(behind) -> None:
    link: Behind = await behind()
    for _ in range(MOST_AN_HOUR):
        await write(link, "thanks")
    assert said(await write(link, "N"))[0].startswith("That is more than this page takes. Please call")
    assert (await link.visit()).is_active


@pytest.mark.parametrize("purpose", [Purpose.PREFERENCES])
async def test_spanish_is_answered_in_spanish(behind, purpose: Purpose) -> None:
    link: Behind = await behind(purpose, language="es")
    (answer,) = said(await write(link, "a que hora es mi cita?"))
    assert answer.startswith("Su próxima cita es mar 10 mar, 3:00 PM.")


async def test_whoever_has_no_phone_on_file_is_asked_to_call(behind, office) -> None:
    link: Behind = await behind()
    async with office.record.write(office.practice_id, OWNER) as tx:
        changed = tables.contact_point.update().where(tables.contact_point.c.practice_id == office.practice_id)
        await tx.conn.execute(changed.values(state="removed"))
    assert said(await write(link, "C"))[0].startswith("That is more than this page takes.")


async def test_words_from_a_page_that_grew_too_old_are_not_lost_and_not_yet_sent(behind) -> None:
    link: Behind = await behind()
    here = f"/l/{link.token}/chat"
    answer = await link.site.post(here, data={"nonce": "0" * 32, "words": "my <son> is sick"})
    assert answer.status == 409
    shown = await answer.text()
    assert "my &lt;son&gt; is sick</textarea>" in shown
    assert "Nothing was changed." in shown
    assert await count(link, "inbound") == 0
    foreign = {"Sec-Fetch-Site": "cross-site"}
    answer = await link.site.post(here, data={"nonce": "0" * 32, "words": "written elsewhere"}, headers=foreign)
    assert "written elsewhere" not in await answer.text()
