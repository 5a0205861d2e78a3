"""Konton i livscykeln: one row per channel, whose it is, how far it has come and what it lacks, and
the shadow pages. What is noted of them is noted with `diarkiv lifecycle account`."""

from __future__ import annotations

from flask import render_template

from archiver.channels.reading import register
from archiver.core.access import Permission
from archiver.governance import queries
from archiver.governance.core import account as a
from archiver.governance.core.steps import STEPS
from archiver.governance.web import pages, rooms
from archiver.governance.web_choices import platform_name
from archiver.web.needs import needs
from archiver.web.services import services, viewer


@pages.get("/livscykel/konton")
@needs(Permission.OVERSEE)
def accounts() -> str:
    """The register of accounts, those that need looking at first, and shadow pages."""
    at, asks = rooms(), viewer()
    kept = {one.channel.seq: one for one in at.accounts.list(asks)}
    with services().ledger.database.read() as connection:
        initiatives = queries.by_channel(connection)
    rows = [
        (row, kept[row.channel.seq], initiatives.get(row.channel.seq))
        for row in register(at.desk, services(), asks)
        if row.channel.seq in kept
    ]
    mine = [one for one in services().authorities() if asks.may(Permission.OVERSEE, one.seq)]
    shadows = [
        (one, page) for one in mine for page in at.accounts.register(asks, one.seq).shadows.values()
    ]
    return render_template(
        "lifecycle/accounts.html",
        rows=rows,
        shadows=shadows,
        steps=STEPS,
        lacks=a.LACKS,
        wrong=a.CONTRADICTS,
        rights=a.RIGHTS,
        mfa=a.MFA,
        unknown=a.Mfa.UNKNOWN,
        settlements=a.SETTLEMENTS,
        platform_name=platform_name,
    )
