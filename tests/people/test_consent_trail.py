"""What is written about consent without anybody asking for it is in the audit like everything else."""

from sqlalchemy import select

from scheduler.actions.clients import NewContact, add_contact_point, remove_contact_point
from scheduler.core.record import Record
from scheduler.tables import audit_entry
from tests.rig.office import FRONT_DESK, Office


async def test_a_number_that_comes_back_loses_its_consents_on_record(record: Record, office: Office) -> None:
    ana = await office.client()
    assert ana.phone_id is not None
    async with record.write(office.practice_id, FRONT_DESK) as tx:
        await remove_contact_point(tx, ana.phone_id)
        assert await add_contact_point(tx, ana.id, NewContact("phone", ana.who.phone)) == ana.phone_id
    e = audit_entry.c
    async with record.read(office.practice_id) as r:
        wanted = select(e.detail).where(e.practice_id == office.practice_id, e.action == "consent.withdrawn")
        found = [detail["purpose"] for detail in (await r.conn.execute(wanted.order_by(e.seq))).scalars()]
    assert sorted(found) == ["reminders", "waitlist"]
