"""Credentials of channels, and requests to harvest left for the worker."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "credential",
        sa.Column("channel", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("last_ok_at", sa.BigInteger),
    )
    op.create_table(
        "harvest_request",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("channels", sa.Text, nullable=False),
        sa.Column("requested_at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("results", sa.Text, nullable=False),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("exit_code", sa.Integer),
        # an id is never given again: a caller may still follow a request that was pruned
        sqlite_autoincrement=True,
    )
    op.create_index("harvest_request_state", "harvest_request", ["state", "id"])
