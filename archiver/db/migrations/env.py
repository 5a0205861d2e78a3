"""Alembic's entry point for the operations database: always on the connection the caller gives
(`config.attributes["connection"]`), inside its transaction. There is no command line and no ini
file: `archiver.db.operations` runs migrations when it opens a database that is behind."""

from __future__ import annotations

from alembic import context

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=None,
    transactional_ddl=True,
)
context.run_migrations()
