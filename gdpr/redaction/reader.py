"""Which program reads letters here: tesseract with its Swedish model, or none."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache

LANGUAGE = "swe"


@cache
def reader() -> str | None:
    """The program, if it is there with Swedish."""
    program = shutil.which("tesseract")
    if program is None:
        return None
    try:
        done = subprocess.run(  # noqa: S603 no shell, and no word of it is from outside
            [program, "--list-langs"],
            check=False,
            stdin=subprocess.PIPE,
            capture_output=True,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return program if LANGUAGE in done.stdout.decode("ascii", "replace").split() else None
