"""What Alembic runs. The connection, its transaction and its lock are `database`'s."""

from alembic import context

from wardscribe_server.records.tables import Base

context.configure(connection=context.config.attributes["connection"], target_metadata=Base.metadata)
context.run_migrations()
