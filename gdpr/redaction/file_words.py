"""What the pages where files are masked call reasons, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from archiver.web.i18n import Words
from archiver.web.i18n import lazy_gettext as _l
from gdpr.redaction.answer import Refusal

REFUSALS: Mapping[Refusal, Words] = {
    Refusal.CORRUPT: _l("Filen är trasig, eller inte det den säger sig vara."),
    Refusal.ENCRYPTED: _l("Filen är låst med lösenord. Begär den utan lösenord av avsändaren."),
    Refusal.MANY_PAGES: _l("Filen har fler sidor än vad som maskas. Dela den."),
    Refusal.TOO_LARGE: _l("Filen, eller det den packas upp till, är för stor för att maskas."),
    Refusal.UNSUPPORTED: _l("Filer av det här slaget kan inte maskas."),
    Refusal.RECORDING: _l(
        "Ljud och film kan inte maskas så att inget blir kvar. Lämna inte ut filen, eller lämna ut "
        "en utskrift av vad som sägs."
    ),
    Refusal.OUTSIDE: _l("Rutan ligger inte på sidan eller bilden."),
    Refusal.TOO_SLOW: _l("Filen tog för lång tid att läsa."),
    Refusal.MEMORY: _l("Filen behöver mer minne än den får."),
    Refusal.CRASHED: _l("Det som läser filen gick sönder på den."),
}


def refusal(reason: str) -> str:
    """Why a file cannot be masked."""
    return str(REFUSALS[Refusal(reason)])
