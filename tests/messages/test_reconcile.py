"""Properties of the pure step from the rows there are to the rows there should be."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from messages.kinds import Channel, Kind
from messages.reconcile import LEFT, Changes, TouchRow, WantedTouch, reconcile

NOW = datetime(2026, 3, 4, 15, tzinfo=UTC)
KEYS = ("a", "b", "c")
moments = st.integers(-48, 96).map(lambda hours: NOW + timedelta(hours=hours))
channels = st.sampled_from(list(Channel))


@st.composite
def wanted_touches(draw) -> list[WantedTouch]:
    keys = draw(st.lists(st.sampled_from(KEYS), unique=True))
    return [
        WantedTouch(
            key=key,
            kind=Kind.REMINDER,
            channel=draw(channels),
            contact_point_id=draw(st.sampled_from(("p1", "p2"))),
            address_ix=b"x",
            due_at=draw(st.none() | moments),
            useful_until=NOW + timedelta(days=9),
            only_if_unconfirmed=draw(st.booleans()),
        )
        for key in keys
    ]


@st.composite
def touch_rows(draw) -> list[TouchRow]:
    slots = draw(st.lists(st.tuples(st.sampled_from(KEYS), st.sampled_from((1, 2)), channels), unique=True, max_size=8))
    return [
        TouchRow(
            id=f"row{number}",
            key=key,
            revision=revision,
            channel=channel,
            contact_point_id=draw(st.sampled_from(("p1", "p2"))),
            state=draw(st.sampled_from((*sorted(LEFT), "pending", "cancelled"))),
            attempt=draw(st.sampled_from((0, 0, 1))),
            due_at=draw(moments),
            useful_until=NOW + timedelta(days=9),
            only_if_unconfirmed=draw(st.booleans()),
        )
        for number, (key, revision, channel) in enumerate(slots)
    ]


def applied(rows: list[TouchRow], changes: Changes, revision: int) -> list[TouchRow]:
    """The rows as they are after the changes."""
    by_id = {row.id: row for row in rows}
    for row in (*changes.cancel, *changes.superseded):
        by_id[row.id] = replace(row, state="cancelled")
    for row, touch in (*changes.change, *changes.revive):
        assert touch.due_at is not None
        by_id[row.id] = replace(
            row,
            state="pending",
            due_at=touch.due_at,
            useful_until=touch.useful_until,
            contact_point_id=touch.contact_point_id,
            only_if_unconfirmed=touch.only_if_unconfirmed,
        )
    new = [
        TouchRow(
            id=f"new{number}",
            key=touch.key,
            revision=revision,
            channel=touch.channel,
            contact_point_id=touch.contact_point_id,
            state="pending" if touch.due_at else "cancelled",
            attempt=0,
            due_at=touch.due_at or touch.useful_until,
            useful_until=touch.useful_until,
            only_if_unconfirmed=touch.only_if_unconfirmed,
        )
        for number, touch in enumerate(changes.add)
    ]
    return [*by_id.values(), *new]


def steps(changes: Changes) -> int:
    return sum(map(len, (changes.add, changes.change, changes.revive, changes.cancel, changes.superseded)))


@given(touch_rows(), wanted_touches())
def test_a_touch_that_may_have_left_is_neither_added_nor_revived(
    rows: list[TouchRow], wanted: list[WantedTouch]
) -> None:
    changes = reconcile(rows, wanted, revision=2, now=NOW)
    over = {row.key for row in rows if row.revision == 2 and row.has_left}
    assert not over & {touch.key for touch in changes.add}
    assert not over & {touch.key for _, touch in changes.revive}


@given(touch_rows(), wanted_touches())
def test_nothing_is_made_due_in_the_past(rows: list[TouchRow], wanted: list[WantedTouch]) -> None:
    changes = reconcile(rows, wanted, revision=2, now=NOW)
    touched = [*changes.add, *(touch for _, touch in (*changes.change, *changes.revive))]
    assert all(touch.due_at is None or touch.due_at >= NOW for touch in touched)


@given(touch_rows(), wanted_touches())
def test_the_same_wish_again_changes_nothing(rows: list[TouchRow], wanted: list[WantedTouch]) -> None:
    changes = reconcile(rows, wanted, revision=2, now=NOW)
    after = applied(rows, changes, 2)
    assert steps(reconcile(after, wanted, revision=2, now=NOW)) == 0


@given(touch_rows(), wanted_touches())
def test_what_waits_in_the_end_is_wanted_and_of_this_time(rows: list[TouchRow], wanted: list[WantedTouch]) -> None:
    changes = reconcile(rows, wanted, revision=2, now=NOW)
    waiting = [row for row in applied(rows, changes, 2) if row.state == "pending"]
    assert {row.revision for row in waiting} <= {2}
    assert {row.key for row in waiting} <= {touch.key for touch in wanted}


@given(touch_rows(), wanted_touches())
def test_only_rows_that_wait_or_rest_are_changed(rows: list[TouchRow], wanted: list[WantedTouch]) -> None:
    changes = reconcile(rows, wanted, revision=2, now=NOW)
    assert all(row.state == "pending" for row in (*changes.cancel, *changes.superseded))
    assert all(row.state == "pending" for row, _ in changes.change)
    assert all(row.state == "cancelled" and row.attempt == 0 for row, _ in changes.revive)


@given(touch_rows())
def test_kept_keys_stay_although_nothing_wants_them(rows: list[TouchRow]) -> None:
    changes = reconcile(rows, [], revision=2, now=NOW, kept_keys=frozenset({"a"}))
    assert all(row.key != "a" for row in changes.cancel)
