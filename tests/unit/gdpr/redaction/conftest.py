"""Answers without a child where it is not the child that is tested: it takes most of the time."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from gdpr.redaction import child, contained


@pytest.fixture(scope="module")
def without_child() -> Iterator[None]:
    """The same question and answer, in this process."""

    def run(sent: bytes, _seconds: float) -> tuple[int, bytes]:
        head, _, content = sent.partition(b"\n")
        asked = json.loads(head)
        return 0, child.reply(child.answerer(asked), asked, content)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(contained, "_run", run)
        yield
