"""How fast a number may speak: guessed from its shape, set by the practice, followed when the number changes."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.actions.add_sender import add_sender
from scheduler.actions.practice import create_practice, edit_practice, fields_of
from scheduler.actions.rate_sender import rate_sender
from scheduler.actions.remove_sender import remove_sender
from scheduler.core.actor import OPERATOR
from scheduler.core.errors import Conflict, Invalid, NotFound
from scheduler.core.record import Record
from scheduler.people import sender_store
from scheduler.people import store as people
from scheduler.people.practice_fields import PracticeFields
from scheduler.people.sender_rate import RATES, rate_of
from scheduler.people.sender_store import SenderRate

LOCAL, TOLL_FREE = "+12025550199", "+18335550199"


@pytest.mark.parametrize(
    ("number", "rate"),
    [(LOCAL, 1), (TOLL_FREE, 3), ("+447700900123", 1), ("58225", 100), ("+18005550199", 3), ("+180055", 1)],
)
def test_the_shape_of_a_number_tells_its_rate(number: str, rate: int) -> None:
    assert rate_of(number) == rate


@given(st.text(alphabet="+0123456789", max_size=16))
def test_every_number_has_one_of_the_rates(number: str) -> None:
    assert rate_of(number) in RATES


def fields(sender: str = LOCAL) -> PracticeFields:
    return PracticeFields(
        name="Hudson Quiet Rooms",
        label="Lee Office",
        office_phone="202-555-0198",
        sender=sender,
        zone="America/New_York",
    )


@pytest.fixture
async def practice_id(record: Record) -> str:
    made = record.make_id(record.clock.now())
    async with record.write(made, OPERATOR) as tx:
        await create_practice(tx, fields())
    return made


async def rates(record: Record, practice_id: str) -> list[SenderRate]:
    async with record.read(practice_id) as r:
        return list(await sender_store.sender_rates(r))


async def test_a_new_practice_is_paced_by_the_shape_of_its_number(record: Record, practice_id: str) -> None:
    assert await rates(record, practice_id) == [SenderRate(LOCAL, 1)]


async def test_another_number_takes_the_place_of_the_old(record: Record, practice_id: str) -> None:
    async with record.write(practice_id, OPERATOR) as tx:
        before = fields_of(await people.practice(tx))
        await edit_practice(tx, replace(before, sender=TOLL_FREE))
    assert await rates(record, practice_id) == [SenderRate(TOLL_FREE, 3)]


async def test_a_rate_that_was_set_survives_other_edits(record: Record, practice_id: str) -> None:
    async with record.write(practice_id, OPERATOR) as tx:
        assert await rate_sender(tx, LOCAL, 100)
        assert not await rate_sender(tx, LOCAL, 100)
    async with record.write(practice_id, OPERATOR) as tx:
        await edit_practice(tx, replace(fields_of(await people.practice(tx)), label="Holt Office"))
    assert await rates(record, practice_id) == [SenderRate(LOCAL, 100)]


@pytest.mark.parametrize(("number", "rate", "error"), [(LOCAL, 2, Invalid), (TOLL_FREE, 3, NotFound)])
async def test_no_other_rate_and_no_other_number(
    record: Record, practice_id: str, number: str, rate: int, error: type[Exception]
) -> None:
    with pytest.raises(error):
        async with record.write(practice_id, OPERATOR) as tx:
            await rate_sender(tx, number, rate)
    assert await rates(record, practice_id) == [SenderRate(LOCAL, 1)]


async def test_texts_leave_from_another_number_too_until_they_do_not(record: Record, practice_id: str) -> None:
    async with record.write(practice_id, OPERATOR) as tx:
        assert await add_sender(tx, " (833) 555-0199 ")
        assert not await add_sender(tx, TOLL_FREE)
        assert await add_sender(tx, "58225")
    assert set(await rates(record, practice_id)) == {
        SenderRate(LOCAL, 1), SenderRate(TOLL_FREE, 3), SenderRate("58225", 100)
    }  # fmt: skip
    async with record.write(practice_id, OPERATOR) as tx:
        await remove_sender(tx, "58225")
    assert await rates(record, practice_id) == [SenderRate(LOCAL, 1), SenderRate(TOLL_FREE, 3)]


@pytest.mark.parametrize("typed", ["", "nobody", "1234", "+1206555", "(202) 555-0123 ext 4", "9" * 400])
async def test_what_is_no_number_is_not_texted_from(record: Record, practice_id: str, typed: str) -> None:
    with pytest.raises(Invalid, match="sender_unreadable"):
        async with record.write(practice_id, OPERATOR) as tx:
            await add_sender(tx, typed)
    assert await rates(record, practice_id) == [SenderRate(LOCAL, 1)]


@pytest.mark.parametrize(("number", "error"), [(LOCAL, Conflict), (TOLL_FREE, NotFound)])
async def test_the_practices_own_number_and_a_strangers_are_not_removed(
    record: Record, practice_id: str, number: str, error: type[Exception]
) -> None:
    with pytest.raises(error):
        async with record.write(practice_id, OPERATOR) as tx:
            await remove_sender(tx, number)
    assert await rates(record, practice_id) == [SenderRate(LOCAL, 1)]
