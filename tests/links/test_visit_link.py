"""The pages behind a reminder's link, through HTTP, on both engines."""

import re
from datetime import timedelta

import pytest
from sqlalchemy import text

from bot.links.misses import PER_ADDRESS, Misses, asker
from messages.links import Purpose
from scheduler.appointments.states import ParticipationState
from scheduler.core.record import Record
from tests.links.conftest import TUESDAY, Behind
from tests.rig.clock import ManualClock
from tests.rig.office import OWNER, Office


async def everything(record: Record) -> list[tuple[str, int]]:
    """How many rows each table has, and the newest audit entry: what a GET must leave alone."""
    async with record.read("") as r:
        names = ("appointment", "participation", "message", "question", "busy", "audit_entry", "link", "task")
        return [(each, (await r.conn.execute(text(f"SELECT count(*) FROM {each}"))).scalar_one()) for each in names]


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("step", ["", "/cannot", "/times", "/confirm", "/undo"])
async def test_no_method_but_post_changes_anything(behind, record: Record, method: str, step: str) -> None:
    link: Behind = await behind()
    before = await everything(record)
    await link.site.request(method, f"/l/{link.token}{step}")
    assert await everything(record) == before


async def test_the_page_says_no_more_than_the_text_did(behind) -> None:
    link: Behind = await behind()
    status, page = await link.get()
    assert status == 200
    assert "Tuesday, March 10" in page
    assert "3:00\xa0PM" in page
    who = link.client.who
    for secret in (who.given, who.family, "Clinician", "Session", "First floor", "og:", "<script"):
        assert secret not in page


async def test_headers_keep_the_token_out_of_sight(behind) -> None:
    link: Behind = await behind()
    answer = await link.site.get(f"/l/{link.token}")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "noindex" in answer.headers["X-Robots-Tag"]
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in answer.headers


async def test_confirming(behind) -> None:
    link: Behind = await behind()
    status, page = await link.press("confirm")
    assert (status, "Confirmed" in page) == (200, True)
    assert (await link.visit()).state is ParticipationState.CONFIRMED
    assert "You have confirmed" in (await link.get())[1]


async def test_cancelling_early_and_taking_it_back(behind) -> None:
    link: Behind = await behind()
    status, page = await link.press("cannot", page="cannot")
    assert (status, "Cancelled" in page, "Undo" in page) == (200, True, True)
    assert (await link.visit()).state is ParticipationState.CANCELLED
    assert await link.texts("cancelled") == 1
    status, page = await link.press("undo")
    assert (status, "Undone" in page) == (200, True)
    assert (await link.visit()).state is ParticipationState.BOOKED


async def test_a_late_cancellation_is_said_to_be_late_before_it_is_accepted(behind, clock: ManualClock) -> None:
    link: Behind = await behind()
    clock.advance_to(TUESDAY - timedelta(hours=3))
    status, page = await link.press("cannot")
    assert (status, "inside 24 hours" in page) == (200, True)
    assert (await link.visit()).state is ParticipationState.BOOKED
    status, page = await link.press("cannot", page="cannot", late="yes")
    assert (status, "inside 24 hours" in page) == (200, True)
    visit = await link.visit()
    assert (visit.state, visit.cancelled_via) == (ParticipationState.LATE_CANCELLED, "link")
    assert await link.texts("late_cancelled") == 1


async def test_the_undo_ends_after_fifteen_minutes(behind, clock: ManualClock) -> None:
    link: Behind = await behind()
    await link.press("cannot", page="cannot")
    clock.advance(timedelta(minutes=16))
    _, page = await link.get()
    assert "Undo" not in page
    await link.press("undo")
    assert (await link.visit()).state is ParticipationState.CANCELLED


async def test_picking_another_time_moves_and_kills_the_link(behind) -> None:
    link: Behind = await behind()
    _, page = await link.get("times")
    options = re.findall(r'name="option" value="([^"]+)"', page)
    assert 3 <= len(options) <= 6
    status, page = await link.press("times", page="times", option=options[0])
    assert (status, "Moved and confirmed" in page) == (200, True)
    visit = await link.visit()
    assert visit.starts_at.isoformat() == options[0]
    assert (visit.state, visit.revision) == (ParticipationState.CONFIRMED, 2)
    assert (await link.get())[0] == 404
    assert await link.texts("moved") == 1


@pytest.mark.parametrize("option", ["", "tomorrow", "2026-03-10T03:00:00+00:00", "2026-03-10T15:00:00", "1" * 500])
async def test_a_time_that_is_not_open_is_not_taken(behind, option: str) -> None:
    link: Behind = await behind()
    status, page = await link.press("times", page="times", option=option)
    assert (status, "Pick a new time" in page) == (200, True)
    assert (await link.visit()).starts_at == TUESDAY


async def test_a_time_taken_meanwhile_is_offered_no_more(behind, office: Office) -> None:
    link: Behind = await behind()
    _, page = await link.get("times")
    option = re.findall(r'name="option" value="([^"]+)"', page)[0]
    await link.press("times", page="times", option=option)
    other = await office.client(1)
    await office.book(other, at=TUESDAY)
    assert (await link.visit()).starts_at.isoformat() == option


async def test_an_act_needs_a_page_of_ours(behind) -> None:
    link: Behind = await behind()
    answer = await link.site.post(f"/l/{link.token}/confirm", data={"nonce": "0" * 32})
    assert answer.status == 409
    answer = await link.site.post(f"/l/{link.token}/confirm")
    assert answer.status == 409
    status, _ = await link.press("confirm", headers={"Sec-Fetch-Site": "cross-site"})
    assert status == 409
    status, _ = await link.press("confirm", headers={"Origin": "https://elsewhere.example"})
    assert status == 409
    assert (await link.visit()).state is ParticipationState.BOOKED


async def test_every_dead_link_is_the_same_page(behind, clock: ManualClock, office: Office) -> None:
    link: Behind = await behind()
    unknown = await (await link.site.get("/l/" + "a" * 22)).read()
    mistyped = await (await link.site.get("/l/" + link.token[:-1])).read()
    wrong_purpose = await (await link.site.get(f"/l/{link.token}/stop")).read()
    async with office.record.write(office.practice_id, OWNER) as tx:
        from messages import links

        await links.revoke_for(tx, participation_id=link.booked.participation_ids[0])
    revoked = await (await link.site.get(f"/l/{link.token}")).read()
    clock.advance_to(TUESDAY)
    expired = await (await link.site.get(f"/l/{link.token}")).read()
    assert {unknown, mistyped, wrong_purpose, revoked, expired} == {unknown}


async def test_a_link_expires_with_its_visit(behind, clock: ManualClock) -> None:
    link: Behind = await behind()
    clock.advance_to(TUESDAY)
    assert (await link.get())[0] == 404
    assert (await link.press("confirm"))[0] == 404


async def test_guessing_is_slowed_down_without_telling_and_keeps_out_nobody_else(behind) -> None:
    link: Behind = await behind()

    async def asked(token: str, **headers: str) -> int:
        return (await link.site.get(f"/l/{token}", headers=headers)).status

    guesser, other = {"X-Forwarded-For": "10.1.1.1, 203.0.113.7"}, {"X-Forwarded-For": "203.0.113.8"}
    for number in range(PER_ADDRESS):
        assert await asked(f"{number:022}", **guesser) == 404
    assert await asked(link.token, **guesser) == 404
    assert await asked(link.token, **other) == 200
    for number in range(PER_ADDRESS + 1):  # from a proxy that does not say who asks
        assert await asked(f"{number:022}") == 404
    assert await asked(link.token) == 200


def test_who_asks_is_whom_the_proxy_names_and_nobody_names_another() -> None:
    assert asker("8.8.4.4", "203.0.113.7") == asker("8.8.4.4", "") == "8.8.4.4"
    assert asker("172.18.0.5", "1.2.3.4, 8.8.8.8") == "8.8.8.8"
    assert asker("::1", "2a01:4f8:1:2::9") == asker("::1", "2a01:4f8:1:2::8") != asker("::1", "2a01:4f8:1:3::8")
    assert asker("127.0.0.1", "") == asker("127.0.0.1", "unknown") == asker("", "") == ""


def test_misses_are_forgotten_after_a_minute() -> None:
    clock = ManualClock()
    misses = Misses(clock)
    for _ in range(PER_ADDRESS):
        assert not misses.too_many("a")
        misses.count("a")
    assert misses.too_many("a")
    assert not misses.too_many("b")
    clock.advance(61)
    assert not misses.too_many("a")


async def test_spanish_is_spoken_to_whom_it_is_spoken(behind) -> None:
    link: Behind = await behind(language="es")
    _, page = await link.get()
    assert 'lang="es"' in page
    assert "Sí, voy" in page
    assert "martes" in page


async def test_preferences_language_and_stop(behind, record: Record) -> None:
    link: Behind = await behind(Purpose.PREFERENCES)
    status, page = await link.press("preferences", language="es")
    assert (status, "Guardado" in page or "Saved" in page) == (200, True)
    assert 'lang="es"' in (await link.get())[1]
    status, page = await link.press("stop", page="stop")
    assert status == 200
    async with record.read(link.office.practice_id) as r:
        stopped = (await r.conn.execute(text("SELECT stopped, source FROM opt_out"))).all()
        waiting = (await r.conn.execute(text("SELECT count(*) FROM message WHERE state = 'pending'"))).scalar_one()
    assert sorted((bool(row.stopped), row.source) for row in stopped) == [(True, "link"), (True, "with_another")]
    assert waiting == 0


async def test_choosing_mail_moves_the_consent(behind, record: Record) -> None:
    link: Behind = await behind(Purpose.PREFERENCES, email=True)
    await link.press("preferences", language="en", channel="email")
    async with record.read(link.office.practice_id) as r:
        rows = (
            await r.conn.execute(text("SELECT channel, granted FROM consent WHERE how = 'link' ORDER BY channel"))
        ).all()
    assert [(row.channel, bool(row.granted)) for row in rows] == [("email", True), ("sms", False)]
    _, page = await link.get()
    assert re.search(r'value="email" checked', page)
