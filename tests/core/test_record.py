"""Transactions: all or nothing, subscribers inside, audit last, on both engines."""

import asyncio

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from scheduler import tables
from scheduler.core import audit
from scheduler.core.actor import OPERATOR
from scheduler.core.bell import Work
from scheduler.core.engine import open_engines
from scheduler.core.errors import Misconfigured, Unavailable
from scheduler.core.record import Record, Tx, constraint_of, insert_once
from scheduler.events import PolicyChanged, TimeFreed
from tests.rig.office import Office


async def chain(record: Record, office: Office) -> audit.ChainReport:
    async with record.read(office.practice_id) as r:
        return await audit.verify(r.conn, record.vault.audit_key, office.practice_id)


async def names(record: Record, office: Office) -> list[str]:
    async with record.read(office.practice_id) as r:
        found = await r.conn.execute(select(tables.clinician.c.name).order_by(tables.clinician.c.name))
        return list(found.scalars())


async def add(tx: Tx, name: str) -> None:
    row = {"practice_id": tx.practice_id, "id": tx.new_id(), "name": name, "active": True}
    await tx.conn.execute(insert(tables.clinician).values(row))
    tx.note("clinician.added", "clinician", row["id"])


async def test_an_exception_leaves_no_row_and_no_entry(record: Record, office: Office) -> None:
    before, entries = await names(record, office), (await chain(record, office)).entries
    with pytest.raises(ZeroDivisionError):
        async with record.write(office.practice_id, OPERATOR) as tx:
            await add(tx, "Zoe")
            raise ZeroDivisionError
    assert await names(record, office) == before
    assert (await chain(record, office)).entries == entries


async def test_subscribers_run_in_the_same_transaction_and_may_emit_more(record: Record, office: Office) -> None:
    seen: list[str] = []

    async def on_policy(tx: Tx, event: PolicyChanged) -> None:
        seen.append(f"policy {event.version}")
        await add(tx, "By subscriber")
        tx.emit(TimeFreed("c", "s", "l", "a", "b", None))

    async def on_freed(_tx: Tx, event: TimeFreed) -> None:
        seen.append(f"freed {event.depth}")

    record.subscriptions.on(PolicyChanged, on_policy)
    record.subscriptions.on(TimeFreed, on_freed)
    async with record.write(office.practice_id, OPERATOR) as tx:
        tx.emit(PolicyChanged(3))
        assert seen == []
    assert seen == ["policy 3", "freed 0"]
    assert "By subscriber" in await names(record, office)


async def test_a_failing_subscriber_undoes_the_action(record: Record, office: Office) -> None:
    async def fail(_tx: Tx, _event: PolicyChanged) -> None:
        raise ZeroDivisionError

    record.subscriptions.on(PolicyChanged, fail)
    with pytest.raises(ZeroDivisionError):
        async with record.write(office.practice_id, OPERATOR) as tx:
            await add(tx, "Zoe")
            tx.emit(PolicyChanged(3))
    assert "Zoe" not in await names(record, office)


async def test_an_attempt_that_fails_leaves_nothing_and_what_was_done_around_it_stands(
    record: Record, office: Office
) -> None:
    told: list[int] = []

    async def on_policy(_tx: Tx, event: PolicyChanged) -> None:
        told.append(event.version)

    record.subscriptions.on(PolicyChanged, on_policy)
    before, entries = await names(record, office), (await chain(record, office)).entries
    async with record.write(office.practice_id, OPERATOR) as tx:
        tx.emit(PolicyChanged(1))
        await add(tx, "Zoe")
        with pytest.raises(ZeroDivisionError):
            async with tx.attempt():
                await add(tx, "Yan")
                tx.emit(PolicyChanged(2))
                tx.call_off(["m"])
                raise ZeroDivisionError
        assert tx.called_off == []
        async with tx.attempt():
            tx.emit(PolicyChanged(3))
    assert await names(record, office) == sorted([*before, "Zoe"])
    assert (await chain(record, office)).entries == entries + 1
    assert told == [1, 3]


async def test_workers_are_woken_by_commits_only(record: Record, office: Office) -> None:
    listener = record.bell.listener()
    with pytest.raises(ZeroDivisionError):
        async with record.write(office.practice_id, OPERATOR) as tx:
            tx.wake(Work.TEXTS)
            raise ZeroDivisionError
    assert not await listener.wait(0.01)
    async with record.write(office.practice_id, OPERATOR) as tx:
        tx.wake(Work.TEXTS)
    assert await listener.wait(1)
    assert not await listener.wait(0.01)


async def test_who_does_other_work_is_not_woken(record: Record, office: Office) -> None:
    texts, planned = record.bell.listener([Work.TEXTS]), record.bell.listener([Work.PLANNED])
    async with record.write(office.practice_id, OPERATOR) as tx:
        tx.wake(Work.PLANNED)
    assert await planned.wait(1)
    assert not await texts.wait(0.01)
    record.bell.ring()
    assert await texts.wait(1)


async def test_many_writers_leave_a_chain_without_gaps(record: Record, office: Office) -> None:
    async def write(number: int) -> None:
        async with record.write(office.practice_id, OPERATOR) as tx:
            await add(tx, f"Clinician {number:02}")

    await asyncio.gather(*(write(number) for number in range(20)))
    assert (await chain(record, office)).broken_at is None
    assert len(await names(record, office)) == 22


TAMPERINGS = {
    "an entry is edited": "UPDATE audit_entry SET action = 'nothing' WHERE seq = 3",
    "an actor is edited": "UPDATE audit_entry SET actor_kind = 'client' WHERE seq = 2",
    "a time is edited": "UPDATE audit_entry SET at = '2020-01-01 00:00:00.000000' WHERE seq = 1",
    "an entry is dropped": "DELETE FROM audit_entry WHERE seq = 2",
    "the first is dropped": "DELETE FROM audit_entry WHERE seq = 1",
    "the last is dropped": "DELETE FROM audit_entry WHERE seq = (SELECT max(seq) FROM audit_entry)",
    "the head is moved back": "UPDATE audit_head SET seq = seq - 1",
    "two are swapped": "UPDATE audit_entry SET seq = CASE seq WHEN 2 THEN 1000003 WHEN 3 THEN 2 ELSE seq END",
}


@pytest.mark.parametrize("how", TAMPERINGS)
async def test_tampering_is_seen(record: Record, office: Office, how: str) -> None:
    for number in range(3):
        async with record.write(office.practice_id, OPERATOR) as tx:
            await add(tx, f"Zoe {number}")
    for change in ("DELETE FROM audit_entry", "UPDATE audit_entry SET via = ''"):
        with pytest.raises(DBAPIError, match="append_only"):
            async with record.engines.writer.begin() as conn:
                await conn.execute(text(change))
    async with record.engines.writer.begin() as conn:
        await _drop_guards(conn, sqlite=record.engines.is_sqlite)
        await conn.execute(text(TAMPERINGS[how]))
    assert (await chain(record, office)).broken_at is not None


async def test_a_chain_rebuilt_without_the_key_is_seen(record: Record, office: Office) -> None:
    async with record.engines.writer.begin() as conn:
        await _drop_guards(conn, sqlite=record.engines.is_sqlite)
        link = audit.GENESIS
        found = (await conn.execute(select(tables.audit_entry).order_by(tables.audit_entry.c.seq))).mappings().all()
        for row in found:
            link = audit.chained(b"a guessed key", link, dict(row))
            c = tables.audit_entry.c
            await conn.execute(update(tables.audit_entry).where(c.seq == row["seq"]).values(hash=link))
        await conn.execute(update(tables.audit_head).values(hash=link))
    assert (await chain(record, office)).broken_at == 1


async def _drop_guards(conn, *, sqlite: bool) -> None:
    if sqlite:
        await conn.execute(text("DROP TRIGGER append_only_audit_entry_UPDATE"))
        await conn.execute(text("DROP TRIGGER append_only_audit_entry_DELETE"))
    else:
        await conn.execute(text("DROP TRIGGER append_only ON audit_entry"))


async def test_exceptions_of_the_database_carry_no_values(record: Record, office: Office) -> None:
    secret = "Anneliese Torvald"
    with pytest.raises(IntegrityError) as caught:
        async with record.write(office.practice_id, OPERATOR) as tx:
            row = {"practice_id": tx.practice_id, "id": "x" * 32, "name": secret, "active": True}
            await tx.conn.execute(insert(tables.clinician).values([row, row]))
    assert secret not in str(caught.value)
    assert secret not in constraint_of(caught.value)


async def test_insert_once_counts_what_was_new(record: Record, office: Office) -> None:
    async with record.write(office.practice_id, OPERATOR) as tx:
        row = {"practice_id": tx.practice_id, "id": "y" * 32, "name": "Yves", "active": True}
        assert await insert_once(tx, tables.clinician, [row, row]) == 1
        assert await insert_once(tx, tables.clinician, [row]) == 0


async def test_a_cancelled_task_gives_the_write_lock_back(record: Record, office: Office) -> None:
    """The driver would keep it until garbage collection: sqlite closes lazily with a statement unfinished."""
    started = asyncio.Event()

    async def slow() -> None:
        async with record.write(office.practice_id, OPERATOR) as tx:
            started.set()
            await tx.conn.execute(
                text(
                    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000000)"
                    " SELECT count(*) FROM n"
                )
            )

    task = asyncio.create_task(slow())
    await started.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with asyncio.timeout(10):
        async with record.write(office.practice_id, OPERATOR) as tx:
            await add(tx, "Zoe")


async def test_readers_never_wait_for_a_writer(record: Record, office: Office) -> None:
    async with record.write(office.practice_id, OPERATOR) as tx:
        await add(tx, "Zoe")
        async with asyncio.timeout(5):
            assert "Zoe" not in await names(record, office)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("nonsense", "database_url_unreadable"),
        ("mysql://root:secret@db/x", "database_url_unsupported"),
        ("sqlite://", "database_url_needs_a_file"),
        ("sqlite:///:memory:", "database_url_needs_a_file"),
    ],
)
def test_other_databases_are_refused_without_repeating_the_address(url: str, code: str) -> None:
    with pytest.raises(Misconfigured, match=f"^{code}$"):
        open_engines(url)


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
async def test_two_in_a_deadlock_end_with_one_who_may_try_again(record: Record, office: Office) -> None:
    """PostgreSQL gives one of them up; what it had done is undone, and the answer says so instead of breaking."""
    first_has_one, second_has_two = asyncio.Event(), asyncio.Event()

    async def cross(own: str, other: str, mine: asyncio.Event, theirs: asyncio.Event) -> None:
        async with record.write(office.practice_id, OPERATOR) as tx:
            for clinician_id in (own, other):
                c = tables.clinician.c
                await tx.conn.execute(update(tables.clinician).where(c.id == clinician_id).values(name=own))
                mine.set()
                await theirs.wait()

    one, two = office.clinician_ids
    outcomes = await asyncio.gather(
        cross(one, two, first_has_one, second_has_two),
        cross(two, one, second_has_two, first_has_one),
        return_exceptions=True,
    )
    (given_up,) = [each for each in outcomes if each is not None]
    assert isinstance(given_up, Unavailable)
    assert given_up.code == "record_busy"
    assert len(set(await names(record, office))) == 1


@pytest.mark.parametrize("engine_name", ["postgresql"], indirect=True)
async def test_a_server_that_is_not_there_is_away(record: Record, office: Office, tmp_path) -> None:
    engines = open_engines(f"postgresql://nobody@/nowhere?host={tmp_path}")
    absent = Record(engines, record.clock, record.vault)
    with pytest.raises(Unavailable, match="record_away"):
        async with absent.write(office.practice_id, OPERATOR):
            pass
    with pytest.raises(Unavailable, match="record_away"):
        async with absent.read(office.practice_id):
            pass
    await absent.close()
