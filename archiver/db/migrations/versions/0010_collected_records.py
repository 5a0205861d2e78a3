"""What is collected for requests for public records."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_table(
        "collected_record",
        sa.Column("request", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("record", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("actor", sa.BigInteger, nullable=False),
        sa.Column("added_at", sa.BigInteger, nullable=False),
    )
    op.create_index("collected_record_order", "collected_record", ["request", "added_at", "record"])
