"""No text is lost, none acts twice, and whatever it can mean there is somebody who deals with it."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from bot.conversation import answer, question_store, said_store
from bot.conversation import due as conversation
from bot.conversation.answer import handle
from bot.conversation.not_sure import VISIT_WISHES
from bot.conversation.question_store import QuestionKind, QuestionState
from messages.intents import IntentKind
from messages.kinds import Kind
from scheduler.core.actor import Actor, ActorKind, Via
from scheduler.core.engine import open_engines
from scheduler.core.ids import seeded_ids
from scheduler.core.record import Record
from scheduler.tables import contact_point, inbound
from tests.conversation.scene import Scene
from tests.conversation.test_transcripts import offered, reminded, shared

CLIENT = Actor(ActorKind.CLIENT, None, Via.SMS)
READ_BEFORE_THE_ACTS = {IntentKind.STOP, IntentKind.START, IntentKind.HELP, IntentKind.CRISIS, IntentKind.WRONG_NUMBER}


def test_whatever_a_text_can_mean_has_its_act():
    by_visit = VISIT_WISHES | {IntentKind.CHOOSE}
    assert set(IntentKind) == set(answer._PLAIN) | by_visit | READ_BEFORE_THE_ACTS


@pytest.mark.parametrize("situation", ["nothing", "reminder", "several", "offer", "times", "after_cancelling"])
@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
async def test_every_short_answer_in_every_situation_is_handled(scene, situation):
    number = await _into(scene, situation)
    for text in (
        "C",
        "R",
        "N",
        "L",
        "U",
        "A",
        "P",
        "1",
        "2",
        "9",
        "2c",
        "1n",
        "both",
        "both n",
        "yes",
        "no",
        "ok",
        "?",
    ):
        await scene.hear(number, text)
    await scene.work()
    async with scene.record.read(scene.practice) as r:
        left = await r.conn.execute(inbound.select().where(inbound.c.state != "handled"))
        assert left.all() == []
        assert not [each for each in await scene.live_tasks(r) if each.kind == "not_understood"]


async def _into(scene: Scene, situation: str) -> str:
    if situation == "several":
        return (await shared(scene))[0]
    ana = await scene.client()
    number = await scene.number_of(ana)
    if situation == "nothing":
        return number
    if situation == "offer":
        return (await offered(scene))[1]
    await scene.remind(await scene.book(ana, "03-10 12:30"))
    if situation == "times":
        await scene.says(number, "R")
    if situation == "after_cancelling":
        await scene.says(number, "N")
    return number


async def test_a_text_is_handled_once(scene):
    ana, number, _ = await reminded(scene)
    inbound_id = await scene.hear(number, "C")
    async with scene.record.write(scene.practice, CLIENT) as tx:
        assert await handle(tx, inbound_id) == "confirmed"
    async with scene.record.write(scene.practice, CLIENT) as tx:
        assert await handle(tx, inbound_id) is None
        assert await handle(tx, "0" * 32) is None
    assert await scene.told(ana) == ["reminder", "confirmed"]


async def test_what_was_read_is_noted_without_the_words(scene):
    _, number, _ = await reminded(scene)
    inbound_id = await scene.hear(number, "im so sorry cant make it")
    await scene.work()
    async with scene.record.read(scene.practice) as r:
        row = (await r.conn.execute(inbound.select().where(inbound.c.id == inbound_id))).one()
    assert (row.reading, row.why, row.outcome) == ("cannot_come", "en.cannot", "cancelled")
    assert row.client_id is not None


async def test_two_workers_with_the_same_text_act_once(scene, engine_url):
    ana, number, _ = await reminded(scene)
    engines = open_engines(engine_url)
    record = scene.record
    other = Record(engines, record.clock, record.vault, make_id=seeded_ids(3), subscriptions=record.subscriptions)
    inbound_id = await scene.hear(number, "N")

    async def one(of: Record):
        async with of.write(scene.practice, CLIENT) as tx:
            return await handle(tx, inbound_id)

    outcomes = await asyncio.gather(one(record), one(other))
    assert sorted(outcomes, key=str) == [None, "cancelled"]
    assert await scene.told(ana) == ["reminder", "cancelled"]
    await engines.close()


async def test_two_texts_of_one_number_are_answered_one_after_another(scene, engine_url):
    _, number, _ = await reminded(scene)
    engines = open_engines(engine_url)
    record = scene.record
    other = Record(engines, record.clock, record.vault, make_id=seeded_ids(3), subscriptions=record.subscriptions)
    first, second = await scene.hear(number, "R"), await scene.hear(number, "R")

    async def one(of: Record, inbound_id: str):
        async with of.write(scene.practice, CLIENT) as tx:
            return await handle(tx, inbound_id)

    texts = (first, second)
    outcomes = await asyncio.gather(one(record, first), one(other, second))
    # Whoever finds another worker at the number passes it over, and a later round has it.
    later = [await one(record, text) for text, outcome in zip(texts, outcomes, strict=True) if outcome is None]
    assert [each for each in (*outcomes, *later) if each is not None] == ["times_offered", "times_offered"]
    async with record.read(scene.practice) as r:
        assert await scene.holds(r) == 3
        (point,) = await scene.everybody(r)
        assert len(await question_store.open_of(r, point.value_ix, question_store.NUMBERED)) == 1
    await engines.close()


async def test_a_text_that_cannot_be_handled_is_tried_three_times_and_then_a_person_has_it(scene):
    ana, number, _ = await reminded(scene)
    async with scene.record.write(scene.practice, CLIENT) as tx:
        # A ciphertext that does not open stands for whatever nobody thought of.
        await tx.conn.execute(update(contact_point).values(value_ct=b"\x01" + bytes(40)))
    inbound_id = await scene.hear(number, "C")
    for tries in (1, 2):
        assert await conversation.do_due(scene.record, scene.practice) == 0
        async with scene.record.read(scene.practice) as r:
            row = (await r.conn.execute(inbound.select().where(inbound.c.id == inbound_id))).one()
        assert (row.state, row.tries) == ("new", tries)
    assert await conversation.do_due(scene.record, scene.practice) == 1
    assert await scene.tasks() == [("not_understood", True)]
    assert await scene.upcoming(ana) == ["03-10 12:30 booked"]
    assert await conversation.do_due(scene.record, scene.practice) == 0


async def test_a_question_ends_when_its_time_is_over(scene):
    _, number, _ = await reminded(scene)
    await scene.says(number, "R")
    async with scene.record.read(scene.practice) as r:
        (point,) = await scene.everybody(r)
    scene.pass_time(minutes=11)
    assert await conversation.do_due(scene.record, scene.practice) == 0  # an answer may still be on its way in
    scene.pass_time(minutes=2)
    assert await conversation.do_due(scene.record, scene.practice) == 1
    async with scene.record.read(scene.practice) as r:
        question = await question_store.newest(r, point.value_ix, (QuestionKind.TIMES,))
    assert question.state is QuestionState.EXPIRED


async def test_answers_are_for_the_moment_and_bound_to_their_text(scene):
    ana, number, visit = await reminded(scene)
    inbound_id = await scene.hear(number, "C")
    await scene.work()
    reply = (await scene.messages(ana))[-1]
    assert (reply.kind, reply.inbound_id, reply.participation_id, reply.priority) == (
        Kind.CONFIRMED,
        inbound_id,
        visit,
        0,
    )


async def test_at_night_a_person_who_writes_is_answered(scene):
    _, number, _ = await reminded(scene)
    scene.pass_time(hours=12)
    assert await scene.says(number, "C") == ["Lee Office: confirmed, Tue, Mar 10, 12:30 PM. See you then."]


async def test_after_a_stop_nothing_is_answered_but_what_was_asked_is_done(scene):
    ana, number, _ = await reminded(scene)
    await scene.says(number, "STOP")
    assert await scene.says(number, "C") == []
    assert await scene.upcoming(ana) == ["03-10 12:30 confirmed"]


async def test_limits_count_what_was_said_to_this_number_only(scene):
    await reminded(scene)
    bo = await scene.client()
    await scene.says(await scene.number_of(bo), "N")
    async with scene.record.read(scene.practice) as r:
        points = await scene.everybody(r)
        since = r.now - timedelta(hours=1)
        counts = [await said_store.count(r, each.value_ix, (Kind.NOTHING_OPEN,), since) for each in points]
    assert sorted(counts) == [0, 1]


words = st.sampled_from(
    [
        "ok",
        "yes",
        "no",
        "cant",
        "come",
        "1",
        "2",
        "see you",
        "stop",
        "thanks",
        "late",
        "?",
        "R",
        "N",
        "mañana",
        "👍",
        "move",
    ]
)


@pytest.mark.parametrize("engine_name", ["sqlite"], indirect=True)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(texts=st.lists(st.lists(words, min_size=1, max_size=4).map(" ".join), min_size=1, max_size=4))
async def test_whatever_is_written_the_record_stays_whole(scene, texts):
    ana = await scene.client()
    number = await scene.number_of(ana)
    visit = await scene.book(ana, "03-10 12:30", clinician=await scene.clinician_with_hours())
    await scene.remind(visit)
    for text in texts:
        await scene.hear(number, text)
        await scene.work()
    async with scene.record.read(scene.practice) as r:
        left = await r.conn.execute(inbound.select().where(inbound.c.state != "handled"))
        assert left.all() == []
        assert not [each for each in await scene.live_tasks(r) if each.kind == "not_understood"]
    assert len(await scene.upcoming(ana)) <= 1
