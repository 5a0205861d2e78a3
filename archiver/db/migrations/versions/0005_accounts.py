"""How people sign in: accounts, identities elsewhere, sessions, failed attempts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("user", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("token", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("password", sa.LargeBinary),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("password_at", sa.BigInteger),
        sa.Column("signed_in_at", sa.BigInteger),
    )
    op.create_table(
        "external_identity",
        sa.Column("token", sa.LargeBinary, primary_key=True),
        sa.Column("user", sa.BigInteger, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_index("external_identity_user", "external_identity", ["user"])
    op.create_table(
        "web_session",
        sa.Column("digest", sa.LargeBinary, primary_key=True),
        sa.Column("user", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("browser", sa.LargeBinary, nullable=False),
    )
    op.create_index("web_session_user", "web_session", ["user"])
    op.create_table(
        "sign_in_failure",
        sa.Column("key", sa.LargeBinary, primary_key=True),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("last_at", sa.BigInteger, nullable=False),
    )
