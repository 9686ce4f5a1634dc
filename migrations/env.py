"""Alembic's way in. The connection comes from scheduler/core/schema.py, which also owns the transaction."""

from alembic import context

from scheduler.tables import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    transactional_ddl=False,
)
context.run_migrations()
