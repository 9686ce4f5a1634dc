"""Who on the waitlist was asked whether they still wait, and when they were heard of again."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("waitlist_entry", sa.Column("asked_whether_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("waitlist_entry", sa.Column("heard_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("waitlist_entry", "heard_at")
    op.drop_column("waitlist_entry", "asked_whether_at")
