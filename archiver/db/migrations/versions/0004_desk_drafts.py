"""What registrars have asked for and may still undo."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "desk_draft",
        sa.Column("id", sa.LargeBinary, primary_key=True),
        sa.Column("actor", sa.BigInteger, nullable=False),
        sa.Column("authority", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("claimed", sa.Integer, nullable=False),
        sa.Column("failure", sa.Text, nullable=False),
    )
    op.create_index("desk_draft_due", "desk_draft", ["failure", "claimed", "due_at"])
