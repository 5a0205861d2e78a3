"""Requests to harvest are jobs now, in a database of their own. One that the worker has not carried
out before the upgrade is to be made again."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.drop_table("harvest_request")
