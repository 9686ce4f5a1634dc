"""What the carrier posts while the record is away is kept, sealed, and put into the record once when it is back."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient

from bot.conversation import due as conversation
from bot.settings import Settings, load
from bot.twilio.carrier import SPOOL
from bot.twilio.drain import drain
from bot.twilio.spool import Spool
from messages import consent, task_store
from messages import inbound as texts
from messages.kinds import Channel, Kind
from messages.outbox import Draft, enqueue
from messages.outbox_store import message_row
from messages.particulars import Particulars
from scheduler.appointments import store as appointments
from scheduler.core.engine import Engines, open_engines
from scheduler.core.errors import Unavailable
from scheduler.core.record import Record
from scheduler.people import store as people
from scheduler.tables import message
from tests.links.conftest import ACCOUNT, TOKEN, site, subscriptions
from tests.rig.canary import canary
from tests.rig.office import OWNER, Office, local
from tests.twilio.test_webhooks import rows, signed, text_of

__all__ = ["site", "subscriptions"]
ANA = canary(0).phone


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "spool"


@pytest.fixture
def settings(folder: Path) -> Settings:
    return load(
        {
            "STILLON_PUBLIC_URL": "http://localhost:8080",
            "STILLON_TWILIO_ACCOUNT_SID": ACCOUNT,
            "STILLON_TWILIO_AUTH_TOKEN": TOKEN,
            "STILLON_SPOOL_DIR": str(folder),
        },
        dotenv=None,
    )


@pytest.fixture
def spool(folder: Path, record: Record) -> Spool:
    return Spool(folder, record.vault)


@pytest.fixture
async def nowhere(engine_name: str) -> AsyncIterator[Engines]:
    """A database that is away: nobody listens there, or its folder is not there."""
    away = "postgresql://nobody@127.0.0.1:9/none" if engine_name == "postgresql" else "sqlite:////proc/none/x.db"
    engines = open_engines(away)
    yield engines
    await engines.close()


@pytest.fixture
def away(record: Record, nowhere: Engines):
    @contextmanager
    def gone() -> Iterator[None]:
        there, record.engines = record.engines, nowhere
        try:
            yield
        finally:
            record.engines = there

    return gone


async def post_text(site: TestClient, office: Office, number: int, body: str) -> int:
    path = f"/twilio/{office.practice_id}/inbound"
    fields = text_of(office, MessageSid=f"SM{number:032d}", From=ANA, Body=body)
    return (await site.post(path, data=fields, headers=signed(path, fields))).status


def files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.sealed")) if folder.is_dir() else []


async def waiting(record: Record, office: Office) -> list[str]:
    async with record.read(office.practice_id) as r:
        found = [await texts.read(r, each) for each in await texts.unhandled(r, 1000)]
    return [each.body for each in found if each is not None]


async def test_texts_are_answered_kept_and_stored_once_stops_first(
    site: TestClient, office: Office, record: Record, spool: Spool, folder: Path, away
) -> None:
    with away():
        for number, body in enumerate(("C", "R", "Stop", "N")):
            assert await post_text(site, office, number, body) == 200
        assert await post_text(site, office, 0, "C") == 200
        assert len(files(folder)) == 5
        with pytest.raises(Unavailable):
            await drain(record, spool)
        assert len(files(folder)) == 5
    assert await drain(record, spool) == 5
    assert files(folder) == []
    first, *others = await waiting(record, office)
    assert (first, sorted(others)) == ("Stop", ["C", "N", "R"])
    assert await drain(record, spool) == 0


async def test_the_web_process_empties_it_by_itself(
    site: TestClient, office: Office, record: Record, folder: Path, away
) -> None:
    with away():
        assert await post_text(site, office, 1, "C") == 200
    for _ in range(200):
        record.clock.advance(1)
        await asyncio.sleep(0.01)
        if not files(folder):
            break
    assert await rows(record, "inbound") == 1


async def test_neither_words_nor_numbers_are_in_a_file_or_its_name(
    site: TestClient, office: Office, folder: Path, away
) -> None:
    with away():
        await post_text(site, office, 1, "cannot come, the kid is ill")
    (file,) = files(folder)
    assert ANA not in file.name
    for secret in (b"kid is ill", ANA.encode(), ANA[1:].encode(), office.practice_id.encode()):
        assert secret not in file.read_bytes()
    assert file.stat().st_mode & 0o077 == 0
    assert folder.stat().st_mode & 0o077 == 0


async def test_what_was_kept_and_came_again_by_itself_is_stored_once(
    site: TestClient, office: Office, record: Record, spool: Spool, away
) -> None:
    with away():
        await post_text(site, office, 1, "C")
    await post_text(site, office, 1, "C")
    await drain(record, spool)
    assert await rows(record, "inbound") == 1


async def test_a_status_is_kept_and_counts_later(
    site: TestClient, office: Office, record: Record, spool: Spool, away
) -> None:
    client = await office.client()
    async with record.write(office.practice_id, OWNER) as tx:
        fields = Particulars(starts_at=tx.now)
        draft = Draft(kind=Kind.CONFIRMED, channel=Channel.SMS, to=client.phone_id or "", dedupe="x", fields=fields)
        message_id = await enqueue(tx, draft)
        assert message_id is not None
        await tx.conn.execute(_posted(message_id))
    path = f"/twilio/{office.practice_id}/status?m={message_id}&a=1"
    told = text_of(office, MessageStatus="delivered")
    with away():
        assert (await site.post(path, data=told, headers=signed(path, told))).status == 204
    assert await drain(record, spool) == 1
    async with record.read(office.practice_id) as r:
        found = await message_row(r, message_id)
    assert found is not None
    assert (found.state, found.provider_status) == ("sent", "delivered")


def _posted(message_id: str):
    return message.update().where(message.c.id == message_id).values(state="unknown", attempt=1)


@pytest.mark.parametrize("damage", ["a byte", "the end", "everything", "its name"])
async def test_a_damaged_file_is_put_aside_and_told_and_the_others_are_stored(
    site: TestClient, office: Office, record: Record, spool: Spool, folder: Path, away, damage: str
) -> None:
    with away():
        for number in range(3):
            await post_text(site, office, number, "C")
    bad = files(folder)[1]
    whole = bad.read_bytes()
    spoilt = {"a byte": whole[:40] + b"\0" + whole[41:], "the end": whole[:-3], "everything": b""}
    if damage == "its name":
        bad.rename(folder / ("0" * 14 + "-another.sealed"))
    else:
        bad.write_bytes(spoilt[damage])
    assert await drain(record, spool) == 2
    assert await rows(record, "inbound") == 2
    assert len(list((folder / "damaged").iterdir())) == 1
    assert files(folder) == []
    async with record.read(office.practice_id) as r:
        assert [each.kind for each in await task_store.live(r)] == ["sending_trouble"]


async def test_what_a_dying_process_left_half_written_is_no_post(
    office: Office, record: Record, spool: Spool, folder: Path
) -> None:
    folder.mkdir()
    (folder / "00000000000001-aa.sealed.draft").write_bytes(b"half")
    assert spool.is_empty()
    assert await drain(record, spool) == 0


async def test_a_practice_nobody_knows_is_put_aside(
    site: TestClient, office: Office, record: Record, spool: Spool, folder: Path, away
) -> None:
    path = f"/twilio/{'e' * 32}/inbound"
    fields = text_of(office)
    with away():
        assert (await site.post(path, data=fields, headers=signed(path, fields))).status == 200
        nonsense = "/twilio/nonsense/inbound"
        assert (await site.post(nonsense, data=fields, headers=signed(nonsense, fields))).status == 404
    assert await drain(record, spool) == 0
    assert len(list((folder / "damaged").iterdir())) == 1


async def test_a_full_spool_says_so_to_the_carrier(
    site: TestClient, office: Office, record: Record, folder: Path, away
) -> None:
    small = Spool(folder, record.vault, longest=2)
    site.app._state[SPOOL] = small
    with away():
        answers = [await post_text(site, office, number, "C") for number in range(3)]
    assert answers == [200, 200, 503]
    assert len(files(folder)) == 2


async def test_a_disk_that_cannot_be_written_is_a_503_and_leaves_nothing(
    site: TestClient, office: Office, folder: Path, away
) -> None:
    folder.write_text("a file where the folder should be")
    with away():
        assert await post_text(site, office, 1, "C") == 503


async def test_a_forged_post_is_never_kept(site: TestClient, office: Office, folder: Path, away) -> None:
    path = f"/twilio/{office.practice_id}/inbound"
    with away():
        assert (await site.post(path, data=text_of(office))).status == 403
    assert files(folder) == []


async def call(site: TestClient, office: Office, step: str, query: str, **fields: str) -> tuple[int, str]:
    """The carrier posts a step of a call."""
    path = f"/twilio/{office.practice_id}/voice/{step}?m={'a' * 32}&a=1{query}"
    given = {"CallSid": "CA" + "1" * 32, "AccountSid": ACCOUNT, "To": ANA, "From": "+15005550006", **fields}
    answer = await site.post(path, data=given, headers=signed(path, given))
    return answer.status, await answer.text()


async def test_a_call_while_the_record_is_away_is_answered_kindly_and_its_keys_are_kept(
    site: TestClient, office: Office, record: Record, spool: Spool, folder: Path, away
) -> None:
    ana = await office.client()
    booked = await office.book(ana, at=local("2026-03-10 15:00"))
    with away():
        for step, query, digits in (("answer", "", ""), ("keys", "&s=hear&n=1", "5"), ("keys", "&s=act&n=2", "0")):
            status, said = await call(site, office, step, query, Digits=digits)
            assert status == 200
            assert "We are sorry" in said
            assert "Disculpe" in said
        assert files(folder) == []
        for _ in range(2):  # the carrier posts it twice
            status, said = await call(site, office, "keys", "&s=act&n=2", Digits="1")
            assert (status, "we have noted that" in said) == (200, True)
        assert (await call(site, office, "keys", "&s=act&n=3", Digits="9"))[0] == 200
        assert (await call(site, office, "status", "", CallStatus="completed"))[0] == 204
        assert len(files(folder)) == 4
    assert await drain(record, spool) == 4
    assert await waiting(record, office) == ["STOP", "C"]
    await conversation.do_due(record, office.practice_id)
    async with record.read(office.practice_id) as r:
        (point,) = [each for each in await people.contact_points(r, ana.id) if each.kind == "phone"]
        assert await consent.is_stopped(r, point.value_ix, Channel.VOICE)
        assert not await consent.is_stopped(r, point.value_ix, Channel.SMS)
        visit = await appointments.visit(r, booked.participation_ids[0])
        assert visit is not None
        assert visit.confirmed_at is not None
