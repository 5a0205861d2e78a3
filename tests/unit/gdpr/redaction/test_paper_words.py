"""What a file made anew says of itself is no word of anybody's."""

from __future__ import annotations

import pytest

from gdpr.core.recognizer import Mode
from gdpr.detector import detector
from gdpr.leak import Output, check
from gdpr.redaction import Limits, redact
from tests.unit.gdpr.leak.made import here
from tests.unit.gdpr.redaction.received import with_pages

pytestmark = pytest.mark.usefixtures("without_child")


def test_our_own_metadata_is_no_suspect() -> None:
    made = redact(with_pages(1), "application/pdf", (), limits=Limits(reading_seconds=0))
    finder = detector(2026)

    def suspects(text: str) -> tuple[object, ...]:
        return finder.detect(text, Mode.LEAK_CHECK)

    found = check([Output("bilaga-001.pdf", made.content)], [], suspects=suspects, reader=here)
    assert [one for one in found if "metadata" in one.place] == []
