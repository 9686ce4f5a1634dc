"""WhatsApp as a way to be reached; when an offer was said yes to, and what a page said to a text."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _whatsapp()
    op.add_column("offer", sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("inbound", sa.Column("answers", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("inbound", "answers")
    op.drop_column("offer", "accepted_at")
    _no_whatsapp()


def _whatsapp() -> None:
    op.create_table(
        "whatsapp",
        sa.Column("practice_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("templates", sa.JSON(), nullable=False),
        sa.Column("made_by", sa.String(length=32), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["practice_id"], ["practice.id"], name=op.f("fk_whatsapp_practice_id")),
        sa.PrimaryKeyConstraint("practice_id", name=op.f("pk_whatsapp")),
    )


def _no_whatsapp() -> None:
    op.drop_table("whatsapp")
