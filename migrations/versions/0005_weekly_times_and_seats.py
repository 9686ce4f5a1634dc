"""What an opening is besides a cancelled hour: a weekly time, a seat in a group, a time for one who came second."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("waitlist_entry", sa.Column("weekly", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("service", sa.Column("offers_seats", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("opening", sa.Column("kind", sa.String(length=40), nullable=False, server_default="freed"))
    op.add_column("opening", sa.Column("every_weeks", sa.Integer(), nullable=True))
    op.add_column("opening", sa.Column("appointment_id", sa.String(length=32), nullable=True))


def downgrade() -> None:
    op.drop_column("opening", "appointment_id")
    op.drop_column("opening", "every_weeks")
    op.drop_column("opening", "kind")
    op.drop_column("service", "offers_seats")
    op.drop_column("waitlist_entry", "weekly")
