"""Switching WhatsApp on, the wish of a client for it, and what the history beside a number says of a STOP."""

from datetime import UTC, datetime

import pytest

from bot.console.stop_words import stop_line
from messages import consent
from messages.consent import StopSource
from messages.consent_store import OptOut
from messages.kinds import Channel
from messages.opt_out_scope import scope_of
from scheduler.people import store as people
from tests.console.conftest import SignIn
from tests.rig.office import OWNER, Office

HERE = "/console/settings/whatsapp"
SID = "HX" + "a" * 32
GIVEN = {"number": "+12025550199", "knows": "yes", "reminder-en": SID}


async def test_it_is_off_and_shows_the_words_to_have_approved(office: Office, enter: SignIn) -> None:
    page = await (await enter("owner")).get(HERE)
    assert "Off. Nobody is written to by WhatsApp." in page
    assert "Lee Office: visit {{1}}, {{2}}. Reply C to confirm" in page
    assert "Lee Office: cita {{1}}, {{2}}." in page


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"knows": ""}, "Say that you know this"),
        ({"number": "12"}, "Enter the number with country code"),
        ({"reminder-en": "HX12"}, "HX and 32 letters"),
    ],
)
async def test_what_does_not_fit_is_said_and_nothing_is_switched_on(
    office: Office, enter: SignIn, changed: dict[str, str], said: str
) -> None:
    owner = await enter("owner")
    answer = await owner.post(HERE, {**GIVEN, **changed})
    assert answer.status == 422
    assert said in answer
    assert "Off. Nobody" in await owner.get(HERE)


async def test_on_then_a_signed_wish_then_off(office: Office, enter: SignIn) -> None:
    owner = await enter("owner")
    ana = await office.client()
    here = f"/console/clients/{ana.id}"
    assert "Reminders by WhatsApp" not in await owner.get(here)
    assert "On. Clients who asked" in await owner.press(HERE, GIVEN)
    assert SID in await owner.get(HERE)
    assert "no agreement on health privacy covers it" in await owner.get(here)
    wish = {"purpose": "whatsapp", "to": "grant"}
    assert (await owner.post(f"{here}/points/{ana.phone_id}/consent", {**wish, "how": "verbal"})).status >= 400
    await owner.press(f"{here}/points/{ana.phone_id}/consent", {**wish, "how": "form"})
    async with office.record.read(office.practice_id) as r:
        given = await people.consents(r, [ana.phone_id])
    assert given[ana.phone_id, "whatsapp", "reminders"].granted
    assert "Off. Nobody" in await owner.press(f"{HERE}/end", {})
    assert "Reminders by WhatsApp" not in await owner.get(here)


async def test_the_history_says_what_a_stop_ended_and_why(office: Office, enter: SignIn) -> None:
    ana = await office.client()
    async with office.record.write(office.practice_id, OWNER) as tx:
        await consent.stop_contact(tx, ana.phone_id or "", Channel.SMS, StopSource.KEYWORD)
    page = await (await enter("owner")).get(f"/console/clients/{ana.id}")
    assert "said STOP by text; ends texts and WhatsApp, for reminders and waitlist offers" in page
    assert "One STOP ends every automatic text" in page
    assert page.text.count("said STOP") == 1


@pytest.mark.parametrize(
    ("day", "ends"),
    [
        (30, "ends texts and WhatsApp, for reminders and waitlist offers"),
        (31, "ends texts, WhatsApp and calls, for reminders and waitlist offers"),
    ],
)
def test_the_same_stop_a_day_later(day: int, ends: str) -> None:
    at = datetime(2027, 1, day, 15, tzinfo=UTC)
    said = OptOut(b"x", "sms", True, "keyword", at, at)
    line = stop_line(said, scope_of(Channel.SMS, at.date(), "US"))
    assert (line.said, line.ends) == ("said STOP by text", ends)
    taken_back = OptOut(b"x", "sms", False, "keyword", at, at)
    assert stop_line(taken_back, scope_of(Channel.SMS, at.date(), "US")).said == "said START by text"
