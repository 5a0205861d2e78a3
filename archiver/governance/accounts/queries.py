"""An authority's register of accounts, folded from its sealed notes."""

from __future__ import annotations

from sqlalchemy import select

from archiver.db.governance_tables import account_act
from archiver.governance.core import account as a
from archiver.ledger.service import Ledger


def register(ledger: Ledger, authority: int) -> a.Register:
    """The register as it stands; empty if nothing was ever noted."""
    c = account_act.c
    with ledger.database.read() as connection:
        query = select(c.seq).where(c.authority == authority).order_by(c.seq)
        seqs = list(connection.scalars(query))
    opened = ledger.open(seqs)
    return a.folded((seq, a.BOOK.note_of(opened[seq].envelope)) for seq in seqs)


def authority_of(ledger: Ledger, seq: int) -> int | None:
    """Whose a note is; None if there is no such note."""
    c = account_act.c
    with ledger.database.read() as connection:
        return connection.scalar(select(c.authority).where(c.seq == seq))
