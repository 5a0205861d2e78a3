"""Passkeys, the questions they answered, links for a new password, users' addresses."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "passkey",
        sa.Column("token", sa.LargeBinary, primary_key=True),
        sa.Column("user", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("sign_count", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger),
        sa.Column("suspected_at", sa.BigInteger),
    )
    op.create_index("passkey_user", "passkey", ["user"])
    op.create_table(
        "spent_challenge",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("spent_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "password_link",
        sa.Column("user", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "user_address",
        sa.Column("user", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
