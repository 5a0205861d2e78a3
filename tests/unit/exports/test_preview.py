"""What a reviewer is shown as given out hides as a release does."""

from __future__ import annotations

from exports.core.preview import preview
from gdpr.core.ground import Citation, Clause
from gdpr.core.mask import Mask, MaskState, TextSpan, WholeField

HEALTH = (Citation(clause=Clause.parse("21:1")),)


def hiding(target: TextSpan | WholeField, state: MaskState = MaskState.ACCEPTED) -> Mask:
    return Mask(record=1, version=2, target=target, category="name", citations=HEALTH, state=state)


def test_what_leads_to_a_hidden_author_goes_with_the_name() -> None:
    fields = {
        "author_name": "Zorka Ek",
        "author_url": "https://plattform.example/zorka",
        "url": "https://plattform.example/zorka/17",
        "text": "Hälsar Zorka",
        "attachments": [{"alt": "Zorka", "mime": "image/png"}],
    }
    masks = [
        (1, hiding(WholeField("author_name"))),
        (2, hiding(TextSpan("text", 7, 12))),
        (3, hiding(TextSpan("text", 0, 6), MaskState.SUGGESTED)),
        (4, hiding(WholeField("attachments/0/alt"))),
    ]
    assert preview(fields, masks) == {
        "author_name": "[NAMN]",
        "author_url": "[NAMN]",
        "url": "[NAMN]",
        "text": "Hälsar [NAMN]",
        "attachments": [{"alt": "[NAMN]", "mime": "image/png"}],
    }
