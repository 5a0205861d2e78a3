"""True redaction of received files: what leaves is new pixels, in which what was hidden never was.

A box laid over text hides nothing: the text stays in the file. So a received PDF is drawn, page by
page, the boxes are filled in the drawing, and a new PDF is made of that; a picture is decoded,
filled and encoded anew. Nothing else of the source is carried over. Sound and film are withheld
whole (docs/adr/0025). Everything that reads a received file does so in a child process that may
neither write, nor reach a network, nor grow, nor go on for ever (`contained`, `confine`).
"""

from gdpr.redaction.answer import ACTIVE, Limits, Redacted, Refusal, Word
from gdpr.redaction.grid import hidden
from gdpr.redaction.service import (
    frames,
    measure,
    measured,
    page_image,
    reads,
    redact,
    text_seen,
    words,
)

__all__ = [
    "ACTIVE",
    "Limits",
    "Redacted",
    "Refusal",
    "Word",
    "frames",
    "hidden",
    "measure",
    "measured",
    "page_image",
    "reads",
    "redact",
    "text_seen",
    "words",
]
