"""Tables of the auditor's assessments. Codes and days; words are in frames only.

Like `archiver.db.tables`, of the same metadata and under the same rules. Days are YYYYMMDD in
Swedish time.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import BigInteger, Column, Index, Integer, Table
from sqlalchemy.sql.dml import UpdateBase

from archiver.db.tables import Text, metadata

audit_assessment = Table(
    "audit_assessment",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("authority", BigInteger, nullable=False),
    Column("question", Text, nullable=False),
    Column("since", Integer, nullable=False),
    Column("until", Integer, nullable=False),
    Column("verdict", Text, nullable=False),
    Index("audit_assessment_authority", "authority", "seq"),
)

STATEMENTS: Mapping[str, UpdateBase] = {}  # an assessment is added, and never changed
