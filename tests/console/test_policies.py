"""Reminder policies and wordings at the console: edited, looked at before saving, never overwritten unseen."""

from datetime import timedelta

import pytest

from bot.console.text_preview import preview
from messages import outbox_store
from messages.kinds import Kind, traits
from scheduler import tables
from scheduler.people import store as people
from scheduler.reminders import store
from scheduler.reminders.policy import Channel, Days, Hours
from tests.console.conftest import SignIn
from tests.console.visitor import FRAGMENT, ORIGIN
from tests.rig.clock import ManualClock
from tests.rig.office import Office, local


def touch(
    at: int, n: int, *, unit: str = "days", key: str = "", time: str = "10:00", channel: str = "sms"
) -> dict[str, str]:
    return {f"t{at}-key": key, f"t{at}-n": str(n), f"t{at}-unit": unit, f"t{at}-at": time, f"t{at}-channel": channel}


def form(*touches: dict[str, str], act: str = "save", based_on: int = 1) -> dict[str, str]:
    sent = {"rows": str(len(touches)), "act": act, "based_on": str(based_on)}
    for each in touches:
        sent |= each
    return sent


async def planned(office: Office, visit: str) -> list[tuple[str | None, str]]:
    async with office.record.read(office.practice_id) as r:
        found = (await outbox_store.messages_about(r, [visit])).get(visit, ())
        return [(each.touch, f"{each.due_at:%m-%d %H}") for each in found if each.state == "pending"]


@pytest.fixture
async def visit(office: Office) -> str:
    """Ana's visit in nine days, with its two default reminders planned."""
    booked = await office.book(await office.client(0), at=local("2026-03-13 14:00"))
    return booked.participation_ids[0]


async def test_the_policy_in_force_is_shown_with_its_texts(enter: SignIn):
    page = await (await enter("auditor")).get("/console/policies")
    assert page.status == 200
    assert "3 days before at 10:00" in page
    assert "Lee Office: visit Thu, Mar 12, 3:00 PM." in page
    assert "Lee Office: cita jue 12 mar" in page
    assert "plain letters (GSM-7)" in page
    assert 'name="act"' not in page, "an auditor edits nothing"


async def test_saving_plans_everything_that_waits_anew(office: Office, enter: SignIn, visit: str):
    owner = await enter("owner")
    before = await planned(office, visit)
    assert [key for key, _ in before] == ["three_days_before", "day_before"]
    kept = touch(0, 4, key="three_days_before")
    page = await owner.press("/console/policies", form(kept, touch(1, 2, unit="hours")))
    assert page.toast == "Saved as version 2. Everything still waiting is planned by it."
    assert await planned(office, visit) == [("three_days_before", "03-09 14"), ("sms_2h", "03-13 16")]
    async with office.record.read(office.practice_id) as r:
        policy = await store.policy_in_force(r)
    assert [(each.key, each.offset) for each in policy.touches] == [
        ("three_days_before", Days(4, 600)),
        ("sms_2h", Hours(2)),
    ]


async def test_looking_says_what_would_move_and_changes_nothing(office: Office, enter: SignIn, visit: str):
    owner = await enter("owner")
    before = await planned(office, visit)
    wanted = form(touch(0, 4, key="three_days_before"), touch(1, 2, unit="hours"))
    part = await owner.post("/console/policies/preview", wanted, **FRAGMENT)
    assert "<html" not in part
    for number, words in ((1, "New"), (1, "At another time"), (1, "Taken back"), (0, "Unchanged")):
        assert f"<dt>{words}</dt><dd>{number}</dd>" in part
    assert "Mon, Mar 9, 10:00" in part
    assert await planned(office, visit) == before
    page = await owner.post("/console/policies", {**wanted, "act": "look"})
    assert page.status == 200
    assert "What would move" in page
    assert await planned(office, visit) == before
    await owner.press("/console/policies", wanted)
    assert len(await planned(office, visit)) == 2
    same = form(touch(0, 4, key="three_days_before"), touch(1, 2, unit="hours", key="sms_2h"), based_on=2)
    assert "stays as it is" in await owner.post("/console/policies/preview", same, **FRAGMENT)


async def test_rows_are_added_and_removed_without_saving(office: Office, enter: SignIn):
    owner = await enter("owner")
    page = await owner.post("/console/policies", form(touch(0, 3), act="add"))
    assert page.text.count('class="touch-row') == 2 + page.text.count('class="touch-rows')
    page = await owner.post("/console/policies", form(touch(0, 3), touch(1, 7), act="remove-0"))
    assert 'value="7"' in page
    assert 'value="3"' not in page
    page = await owner.post("/console/policies", form(touch(0, 3), act="remove-0"))
    assert "No reminders at all" in page
    async with office.record.read(office.practice_id) as r:
        assert len(await store.versions(r)) == 1


async def test_a_row_at_fault_is_said_where_it_is_and_nothing_is_saved(office: Office, enter: SignIn):
    owner = await enter("owner")
    page = await owner.post("/console/policies", form({**touch(0, 3), "t0-n": "soon"}))
    assert page.status == 422
    assert "Error: Policies" in page
    assert 'href="#f-t0-n"' in page
    assert 'value="soon"' in page
    async with office.record.read(office.practice_id) as r:
        assert len(await store.versions(r)) == 1


async def test_a_version_saved_meanwhile_is_not_overwritten(office: Office, enter: SignIn):
    owner = await enter("owner")
    await owner.press("/console/policies", form(touch(0, 5)))
    page = await owner.post("/console/policies", form(touch(0, 6), based_on=1))
    assert page.status == 409
    assert "Somebody saved another version meanwhile" in page
    assert 'value="6"' in page
    async with office.record.read(office.practice_id) as r:
        assert (await store.policy_in_force(r)).touches[0].offset == Days(5, 600)


async def test_no_reminders_at_all_is_a_choice(office: Office, enter: SignIn, visit: str):
    owner = await enter("owner")
    page = await owner.press("/console/policies", form())
    assert "No reminders" in page
    assert await planned(office, visit) == []


async def test_an_email_reminder_travels_by_text_where_only_texts_are_agreed_to(
    office: Office, enter: SignIn, visit: str
):
    owner = await enter("owner")
    await owner.press("/console/policies", form(touch(0, 2, channel="email")))
    async with office.record.read(office.practice_id) as r:
        assert (await store.policy_in_force(r)).touches[0].channel is Channel.EMAIL
    assert await planned(office, visit) == [("email_2d", "03-11 14")]


# ---- wordings -------------------------------------------------------------------------------------------------------

OWN = "{label}: we look forward to {date}, {time}. C confirms, R changes, N if you can't. {link} STOP ends texts."
SPANISH = (
    "{label}: cita {date}, {time}. Responda C confirmar, R cambiar, N si no puede venir. {link} STOP: no mas mensajes."
)


async def test_every_text_that_may_be_worded_is_listed(enter: SignIn):
    page = await (await enter("owner")).get("/console/policies/words")
    for kind in Kind:
        assert (f'href="/console/policies/words/{kind.value}"' in page) == traits(kind).editable


async def test_own_words_are_saved_as_a_version_and_taken_back_by_an_empty_field(office: Office, enter: SignIn):
    owner = await enter("owner")
    page = await owner.press("/console/policies/words/reminder", {"words_en": OWN, "words_es": "", "based_on": "1"})
    assert page.toast.startswith("Saved as version 2")
    assert "In your own words" in page
    assert "we look forward to Thu, Mar 12, 3:00 PM" in page
    async with office.record.read(office.practice_id) as r:
        newest = await store.newest_version(r)
    assert newest is not None
    assert newest.wordings == {"reminder": {"en": OWN}}
    assert len(newest.policy.touches) == 2, "the touches stay"
    await owner.press("/console/policies/words/reminder", {"words_en": "", "words_es": "", "based_on": "2"})
    async with office.record.read(office.practice_id) as r:
        assert await store.wordings_in_force(r) == {}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (OWN.replace("visit", "").replace("we look", "your therapy team looks"), "tells anyone who sees the phone"),
        (OWN.replace("{link}", ""), "is missing. This text needs it"),
        (OWN.replace("C confirms", "reply YES to confirm"), "phone companies act on themselves"),
        (OWN.replace("STOP ends texts.", ""), "The way out is missing"),
        (OWN + " {name}", "cannot be filled in here"),
        (OWN + " \N{SPARKLES}", "more than twice as expensive"),
        (OWN * 3, "too long"),
    ],
)
async def test_words_with_a_problem_are_not_saved_and_the_page_says_why(
    office: Office, enter: SignIn, words: str, sentence: str
):
    owner = await enter("owner")
    page = await owner.post("/console/policies/words/reminder", {"words_en": words, "words_es": SPANISH})
    assert page.status == 422
    assert sentence in page
    assert "Error: Wording" in page
    async with office.record.read(office.practice_id) as r:
        assert await store.wordings_in_force(r) == {}


async def test_a_preview_shows_the_text_its_price_and_its_problems(enter: SignIn):
    owner = await enter("owner")
    sent = {"words_en": OWN.replace("we look", "therapy looks"), "words_es": SPANISH}
    part = await owner.post("/console/policies/words/reminder/preview", sent, **FRAGMENT)
    assert "<html" not in part
    assert "therapy looks forward to Thu, Mar 12" in part
    assert "of 160 characters, 1 text" in part
    assert "tells anyone who sees the phone" in part
    part = await owner.post("/console/policies/words/reminder/preview", {"words_en": "{nobody}"}, **FRAGMENT)
    assert "appears once every placeholder can be filled in" in part


async def test_words_that_fit_today_and_not_on_the_longest_day_are_warned_of(office: Office, enter: SignIn):
    async with office.record.read(office.practice_id) as r:
        practice = await people.practice(r)
    start = "{label}: {date}, {time}. C to confirm, R to change, N if not. {link} STOP=opt out"

    def seen(more: int) -> tuple[bool, int]:
        own = {"reminder": {"en": start + "." * more}}
        drawn = preview(Kind.REMINDER, "en", practice, ORIGIN, local("2026-03-12 15:00"), own)
        return bool(drawn.warning), drawn.count

    found = [seen(more) for more in range(160)]
    assert found[0] == (False, 1)  # short on every day
    assert (True, 1) in found  # short on the day shown, not on all
    assert (True, 2) in found  # a little too long
    assert found[-1] == (False, 2)  # meant to be long
    sent = {"words_en": start + "." * found.index((True, 1)), "words_es": SPANISH}
    part = await (await enter("owner")).post("/console/policies/words/reminder/preview", sent, **FRAGMENT)
    assert "On the longest days" in part


async def test_words_saved_meanwhile_are_not_overwritten(office: Office, enter: SignIn):
    owner = await enter("owner")
    await owner.press("/console/policies/words/reminder", {"words_en": OWN, "words_es": "", "based_on": "1"})
    page = await owner.post("/console/policies/words/offer", {"words_en": "", "words_es": "", "based_on": "1"})
    assert page.status == 409
    assert "Somebody saved another version meanwhile" in page


async def test_fixed_texts_have_no_editor(enter: SignIn):
    owner = await enter("owner")
    for kind in ("stop_confirmed", "confirmed", "nonsense"):
        assert (await owner.get(f"/console/policies/words/{kind}")).status == 404


async def test_a_sent_reminder_is_not_planned_again(office: Office, enter: SignIn, visit: str, clock: ManualClock):
    clock.advance(timedelta(days=6))
    async with office.record.engines.writer.begin() as conn:
        t = tables.message
        await conn.execute(t.update().where(t.c.touch == "three_days_before").values(state="sent", attempt=1))
    owner = await enter("owner")
    kept = (touch(0, 2, key="three_days_before"), touch(1, 1, key="day_before"))
    part = await owner.post("/console/policies/preview", form(*kept), **FRAGMENT)
    assert "stays as it is" in part
    await owner.press("/console/policies", form(*kept))
    assert [key for key, _ in await planned(office, visit)] == ["day_before"]
