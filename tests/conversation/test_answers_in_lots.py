"""Texts that wait together are dealt with in lots: few commits for many, each text its own client's act."""

import pytest
from sqlalchemy import event, select, update

from bot.conversation import due as conversation
from bot.conversation.due import LOT
from scheduler.tables import audit_entry, inbound
from tests.conversation.scene import Scene

MANY = LOT + 2


@pytest.fixture
async def clients(scene: Scene) -> dict[str, str]:
    """By number so many clients with a visit that they were reminded of."""
    made = [await scene.client() for _ in range(MANY)]
    visits = [await scene.book(each, f"03-{9 + n // 3:02d} {10 + 2 * (n % 3)}:00") for n, each in enumerate(made)]
    await scene.remind(*visits)
    return {await scene.number_of(each): each for each in made}


@pytest.fixture
def commits(scene: Scene) -> list[str]:
    found: list[str] = []
    event.listen(scene.record.engines.writer.sync_engine, "commit", lambda _conn: found.append("commit"))
    return found


async def entries(scene: Scene, action: str) -> list[tuple[str | None, str]]:
    """Who did it to what, in the order of the chain."""
    e = audit_entry.c
    async with scene.record.read(scene.practice) as r:
        found = await r.conn.execute(select(e.actor_id, e.subject_id).where(e.action == action).order_by(e.seq))
        return [(row.actor_id, row.subject_id) for row in found]


async def test_many_answers_take_few_commits_and_are_each_their_own_clients_act(
    scene: Scene, clients: dict[str, str], commits: list[str]
):
    said = {await scene.hear(number, "C"): client for number, client in clients.items()}
    commits.clear()
    assert await conversation.do_due(scene.record, scene.practice) == MANY
    assert len(commits) <= 4
    assert {text: actor for actor, text in await entries(scene, "inbound.handled")} == said
    confirmed = await entries(scene, "participation.confirmed")
    assert {actor for actor, _ in confirmed} == set(clients.values())
    assert len(confirmed) == MANY


async def test_one_that_cannot_be_handled_keeps_nobody_else_from_an_answer(scene: Scene, clients: dict[str, str]):
    said = [await scene.hear(number, "C") for number in clients]
    async with scene.record.write(scene.practice, conversation.WORKER) as tx:
        await tx.conn.execute(update(inbound).where(inbound.c.id == said[3]).values(body_ct=b"unreadable"))
    assert await conversation.do_due(scene.record, scene.practice) == MANY - 1
    async with scene.record.read(scene.practice) as r:
        left = (await r.conn.execute(select(inbound.c.id, inbound.c.tries).where(inbound.c.state == "new"))).all()
    assert left == [(said[3], 1)]
    assert len(await entries(scene, "participation.confirmed")) == MANY - 1


async def test_what_is_pressing_goes_first_and_alone(scene: Scene, clients: dict[str, str], commits: list[str]):
    words = ["C"] * (MANY - 2) + ["i want to kill myself", "stop"]
    said = [await scene.hear(number, word) for number, word in zip(clients, words, strict=True)]
    commits.clear()
    await conversation.do_due(scene.record, scene.practice)
    order = [text for _, text in await entries(scene, "inbound.handled")]
    assert set(order[:2]) == set(said[-2:])
    assert len(order) == MANY
    assert len(commits) > 2
