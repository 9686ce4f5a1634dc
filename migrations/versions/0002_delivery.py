"""Delivery that can be trusted: what waits is indexed by itself, senders are paced, words are erased at the carrier."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_PENDING = sa.text("state = 'pending'")
_PRESSING = sa.text("state = 'pending' AND priority < 5")
_UNDER_WAY = sa.text("state = 'intent' OR state = 'unknown'")
_TO_REDACT = sa.text("redact_at IS NOT NULL")
_TAKES_A_PLACE = sa.text("instead_of IS NOT NULL")
_WITH_ERROR = sa.text("error_code IS NOT NULL")
_REFUSED = sa.text("state = 'pending' AND refused_since IS NOT NULL")

# What the numbering plan tells of a number's rate: North American toll-free numbers send three segments a second,
# short codes a hundred, all others one. A practice may know better and says so in its settings.
_PACED = """
INSERT INTO sender (practice_id, number, segments_per_second)
SELECT id, sender, CASE
    WHEN length(sender) <= 6 THEN 100
    WHEN substr(sender, 1, 5) IN ('+1800', '+1833', '+1844', '+1855', '+1866', '+1877', '+1888') THEN 3
    ELSE 1 END
FROM practice WHERE sender <> ''
"""


def upgrade() -> None:
    op.add_column("message", sa.Column("sender", sa.String(length=120), nullable=True))
    op.add_column("message", sa.Column("redact_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("redacted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("message", sa.Column("instead_of", sa.String(length=32), nullable=True))
    op.add_column("message", sa.Column("refused_since", sa.DateTime(timezone=True), nullable=True))
    op.drop_index("ix_message_due", table_name="message")
    _partial("ix_message_pending", ["practice_id", "state", "due_at", "priority", "useful_until", "id"], _PENDING)
    _partial("ix_message_pressing", ["practice_id", "due_at", "id"], _PRESSING)
    _partial("ix_message_under_way", ["practice_id", "state", "deadline", "settle_at"], _UNDER_WAY)
    _partial("ix_message_redact", ["practice_id", "redact_at"], _TO_REDACT)
    _partial("ix_message_instead_of", ["practice_id", "instead_of"], _TAKES_A_PLACE)
    _partial("ix_message_error", ["practice_id", "error_code", "intent_at"], _WITH_ERROR)
    _partial("ix_message_refused", ["practice_id", "refused_since"], _REFUSED)
    op.add_column("inbound", sa.Column("pressing", sa.Boolean(), nullable=True))
    op.add_column("inbound", sa.Column("redact_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("inbound", sa.Column("redacted_at", sa.DateTime(timezone=True), nullable=True))
    _partial("ix_inbound_redact", ["practice_id", "redact_at"], _TO_REDACT, table="inbound")
    op.create_table(
        "sender",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("segments_per_second", sa.Integer(), nullable=False),
        sa.Column("free_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_sender_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "number", name=op.f("pk_sender")),
    )
    op.execute(_PACED)
    op.create_table(
        "sending",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("paused_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("why", sa.String(length=40), nullable=True),
        sa.Column("reason", sa.String(length=40), nullable=True),
        sa.Column("count", sa.Integer(), nullable=True),
        sa.Column("usual", sa.Integer(), nullable=True),
        sa.Column("by_id", sa.String(length=32), nullable=True),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=True),
        sa.Column("backlog", sa.Integer(), nullable=True),
        sa.Column("ahead", sa.JSON(), nullable=True),
        sa.Column("busiest", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_sending_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", name=op.f("pk_sending")),
    )
    op.create_table(
        "heartbeat",
        sa.Column("worker", sa.String(length=64), nullable=False),
        sa.Column("lane", sa.String(length=40), nullable=False),
        sa.Column("host", sa.String(length=64), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("beats", sa.Integer(), nullable=False),
        sa.Column("did", sa.String(length=40), nullable=True),
        sa.Column("clock_off_ms", sa.BigInteger(), nullable=True),
        sa.Column("silent_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("worker", "lane", name=op.f("pk_heartbeat")),
    )
    op.create_table(
        "watermark",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_watermark_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", "name", name=op.f("pk_watermark")),
    )


def downgrade() -> None:
    op.drop_table("watermark")
    op.drop_table("heartbeat")
    op.drop_table("sending")
    op.drop_table("sender")
    op.drop_index("ix_inbound_redact", table_name="inbound")
    for name in ("redacted_at", "redact_at", "pressing"):
        op.drop_column("inbound", name)
    for name in ("ix_message_refused", "ix_message_error", "ix_message_instead_of"):
        op.drop_index(name, table_name="message")
    for name in ("ix_message_redact", "ix_message_under_way", "ix_message_pressing", "ix_message_pending"):
        op.drop_index(name, table_name="message")
    op.create_index("ix_message_due", "message", ["state", "due_at", "priority"], unique=False)
    for name in ("refused_since", "instead_of", "redacted_at", "redact_at", "sender"):
        op.drop_column("message", name)


def _partial(name: str, columns: list[str], where: sa.TextClause, table: str = "message") -> None:
    op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
