"""A waitlist that asks several at once: the order of turns as an index, versions of its policy, what was learned."""

from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ANY_PART = (1 << 21) - 1
"""Every part of every day of the week."""


def upgrade() -> None:
    _waitlist()
    _conversation()


def downgrade() -> None:
    _no_conversation()
    _no_waitlist()


def _conversation() -> None:
    """By which way they spoke, who says they are late, whom distress reaches, and the hours of states and clients."""
    op.add_column("inbound", sa.Column("via", sa.String(length=40), nullable=True))
    op.add_column("participation", sa.Column("late_said_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("participation", sa.Column("late_minutes", sa.Integer(), nullable=True))
    for name, length in (("alert_phone", 20), ("second_email", 120), ("second_phone", 20), ("subdivision", 3)):
        op.add_column("practice", sa.Column(name, sa.String(length=length), nullable=True))
    for name in ("strict_hours", "follow_ups"):
        op.add_column("practice", sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    for name in ("from_minute", "until_minute"):
        op.add_column("client", sa.Column(name, sa.Integer(), nullable=True))


def _no_conversation() -> None:
    for name in ("until_minute", "from_minute"):
        op.drop_column("client", name)
    for name in ("follow_ups", "strict_hours", "subdivision", "second_phone", "second_email", "alert_phone"):
        op.drop_column("practice", name)
    for name in ("late_minutes", "late_said_at"):
        op.drop_column("participation", name)
    op.drop_column("inbound", "via")


def _waitlist() -> None:
    entry = "waitlist_entry"
    op.add_column(entry, sa.Column("only_clinician", sa.String(length=32), nullable=False, server_default=""))
    op.add_column(entry, sa.Column("grid", sa.Integer(), nullable=False, server_default=str(ANY_PART)))
    op.add_column(entry, sa.Column("unanswered", sa.Integer(), nullable=False, server_default="0"))
    op.add_column(entry, sa.Column("turn", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column(entry, sa.Column("urgency_reason", sa.String(length=40), nullable=True))
    op.add_column(entry, sa.Column("paused_until", sa.DateTime(timezone=True), nullable=True))
    op.add_column(entry, sa.Column("expires_on", sa.Date(), nullable=True))
    op.add_column(entry, sa.Column("location_id", sa.String(length=32), nullable=True))
    op.create_index(
        "ix_waitlist_entry_turn", entry, ["practice_id", "service_id", "state", "only_clinician", "turn", "id"]
    )
    for name in ("place", "among", "points"):
        op.add_column("offer", sa.Column(name, sa.Integer(), nullable=True))
    op.add_column("offer", sa.Column("in_vain_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_offer_held", "offer", ["practice_id", "state", "expires_at"])
    op.create_index("ix_offer_client", "offer", ["practice_id", "client_id", "offered_at"])
    op.create_table(
        "waitlist_policy",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_waitlist_policy_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "version", name=op.f("pk_waitlist_policy")),
    )
    op.create_table(
        "waitlist_curve",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.Column("learned_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_waitlist_curve_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", name=op.f("pk_waitlist_curve")),
    )
    _narrow_and_order()


def _narrow_and_order() -> None:
    """Fill the columns by which the list is narrowed, from what the entries say; see waitlist/turns.py."""
    entry = sa.table(
        "waitlist_entry",
        sa.column("practice_id", sa.String),
        sa.column("id", sa.String),
        sa.column("clinician_ids", sa.JSON),
        sa.column("windows", sa.JSON),
        sa.column("priority", sa.Integer),
        sa.column("credit", sa.Integer),
        sa.column("joined_at", sa.DateTime(timezone=True)),
        sa.column("last_offered_at", sa.DateTime(timezone=True)),
        sa.column("only_clinician", sa.String),
        sa.column("grid", sa.Integer),
        sa.column("turn", sa.BigInteger),
    )
    link = op.get_bind()
    for row in link.execute(sa.select(entry)).all():
        chosen = row.clinician_ids
        link.execute(
            sa.update(entry)
            .where(entry.c.practice_id == row.practice_id, entry.c.id == row.id)
            .values(
                only_clinician=chosen[0] if len(chosen) == 1 else "",
                grid=_grid(row.windows),
                turn=_turn(row),
            )
        )


def _grid(windows: list[list[int]]) -> int:
    found = 0
    for weekday, start, until in windows:
        for part, (begins, ends) in enumerate(((0, 720), (720, 1020), (1020, 1440))):
            if start < ends and until > begins:
                found |= 1 << (weekday * 3 + part)
    return found or ANY_PART


def _turn(row: sa.Row[Any]) -> int:
    """By the weights that came with this version: a day waited 1, a day not asked 8, a lost offer 8, urgency 100."""
    joined, asked = _minutes(row.joined_at), _minutes(row.last_offered_at or row.joined_at)
    return joined + 8 * asked - 1440 * (8 * row.credit + 100 * row.priority)


def _minutes(instant: datetime) -> int:
    return int(instant.replace(tzinfo=instant.tzinfo or UTC).timestamp() // 60)


def _no_waitlist() -> None:
    op.drop_table("waitlist_curve")
    op.drop_table("waitlist_policy")
    op.drop_index("ix_offer_held", table_name="offer")
    op.drop_index("ix_offer_client", table_name="offer")
    for name in ("in_vain_at", "points", "among", "place"):
        op.drop_column("offer", name)
    op.drop_index("ix_waitlist_entry_turn", table_name="waitlist_entry")
    for name in (
        "location_id",
        "expires_on",
        "paused_until",
        "urgency_reason",
        "turn",
        "unanswered",
        "grid",
        "only_clinician",
    ):
        op.drop_column("waitlist_entry", name)
