"""What alembic runs around each revision. The connection always comes from our code, never from a file."""

from alembic import context

from gateway.database.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    # SQLite alters a table by copying it.
    render_as_batch=True,
    # The caller's transaction is the only one: a revision that fails leaves nothing behind.
    transactional_ddl=True,
    transaction_per_migration=False,
)
context.run_migrations()
