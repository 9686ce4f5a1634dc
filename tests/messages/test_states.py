"""The table of states: the database keeps to it in every test of sending, and the page drawn from it is current."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import update
from sqlalchemy.exc import DBAPIError

from messages.states import BORN, TRANSITIONS, State
from scheduler import tables
from tests.messages.post import Post

ROOT = Path(__file__).parents[2]


def test_the_page_shows_the_table_as_it_is() -> None:
    drawn = subprocess.run([sys.executable, ROOT / "docs" / "draw_states.py", "--check"], check=False)
    assert drawn.returncode == 0, "make diagrams"


def test_every_state_can_be_reached_and_nothing_is_stuck_on_its_way() -> None:
    reached = set(BORN)
    for _ in State:
        reached |= {after for before, after in TRANSITIONS if before in reached}
    assert reached == set(State)
    on_the_way = {State.PENDING, State.INTENT, State.UNKNOWN}
    assert on_the_way <= {before for before, _ in TRANSITIONS}


def test_only_an_intent_is_ever_posted() -> None:
    """Nothing comes to `unknown` from `pending`, and nothing to `sent` without the carrier's word."""
    assert {before for before, after in TRANSITIONS if after is State.UNKNOWN} == {State.INTENT, State.SENT}
    assert {before for before, after in TRANSITIONS if after is State.INTENT} == {State.PENDING}


@pytest.mark.parametrize("after", sorted({State.UNKNOWN, State.FAILED}))
async def test_the_guard_of_these_tests_refuses_what_is_not_in_the_table(post: Post, after: State) -> None:
    message_id = await post.say(await post.office.client())
    m = tables.message
    with pytest.raises(DBAPIError, match="state_not_in_the_table"):
        async with post.record.engines.writer.begin() as conn:
            await conn.execute(update(m).where(m.c.id == message_id).values(state=after.value))


PLACES = {
    "messages/callback_store.py",
    "messages/outbox_store.py",
    "messages/plan_store.py",
    "messages/send_store.py",
    "messages/settle_store.py",
}
# These change rows, but never the state of one.
OTHERS = {
    "messages/clock_back_store.py",
    "messages/overdue_store.py",
    "messages/redact_store.py",
    "messages/spread_store.py",
    "messages/undeliverable_store.py",
}


def test_rows_change_state_in_few_places() -> None:
    """Whoever writes to `message` in one more store looks at the table of states as well."""
    stores = [
        file for package in ("bot", "messages", "waitlist", "scheduler") for file in (ROOT / package).rglob("*.py")
    ]
    changing = {
        str(file.relative_to(ROOT))
        for file in stores
        if re.search(r"update\((tables\.)?message\)|message\.update\(|Update\(\s*message,", file.read_text("utf-8"))
    }
    assert changing - OTHERS == PLACES
    assert not any(re.search(r"[( ]state=", (ROOT / each).read_text("utf-8")) for each in OTHERS)
