"""The last day a series was to have before it was ended: so that its end can be taken back."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("series", sa.Column("planned_last_day", sa.Date(), nullable=True))


def downgrade() -> None:
    op.drop_column("series", "planned_last_day")
