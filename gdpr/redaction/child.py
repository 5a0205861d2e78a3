"""The child that reads received files: a question on standard input, an answer on standard output.

A question is a line of JSON and the file; an answer a line of JSON and what was made of it. Before
a byte of the file is looked at, the process gives up what it does not need (`confine`); what reads
the kind of file is loaded before that, since afterwards our own modules cannot be read.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

from archiver.errors import CannotRedact
from gdpr.redaction.answer import Limits, Refusal
from gdpr.redaction.confine import confine

Answerer = Callable[[dict[str, Any], bytes, Limits], tuple[Any, bytes]]


def answerer(asked: dict[str, Any]) -> Answerer:
    """What answers a question, with all it will need in memory."""
    from PIL import Image

    Image.init()  # reads its formats
    if asked["do"] == "leaks":
        from gdpr.leak import contained, pdf  # noqa: F401 which is loaded when it is first needed

        return contained.answer
    if asked["mime"] != "application/pdf":
        from gdpr.redaction import of_pictures

        return of_pictures.answer
    from gdpr.redaction import of_pages

    if asked["do"] == "redact":
        from gdpr.redaction import paper, traces  # noqa: F401 pikepdf, which no other needs
    return of_pages.answer


def reply(answer: Answerer, asked: dict[str, Any], content: bytes) -> bytes:
    """What is written back, whatever happens to the file."""
    made = b""
    try:
        said, made = answer(asked, content, Limits(**asked["limits"]))
        head = {"answer": said, "size": len(made)}
    except CannotRedact as error:
        head = {"refused": error.reason, "number": error.number}
    except MemoryError:
        head = {"refused": Refusal.MEMORY.value, "number": 0}
    except Exception:  # noqa: BLE001 decoders raise whatever they like over a broken file
        head = {"refused": Refusal.CORRUPT.value, "number": 0}
    return json.dumps(head).encode() + b"\n" + made


def main() -> None:
    """Answer the question on standard input."""
    asked = json.loads(sys.stdin.buffer.readline())
    answer = answerer(asked)
    if page := sys.modules.get("gdpr.redaction.page"):
        page.without_fonts_of_the_machine()
    confine(memory=asked["limits"]["memory"], seconds=asked["limits"]["seconds"])
    sys.stdout.buffer.write(reply(answer, asked, sys.stdin.buffer.read()))
    sys.stdout.buffer.flush()
    os._exit(0)  # libraries that were fed a hostile file are not asked to tidy up


if __name__ == "__main__":
    main()
