"""An environment of their own for programs that are compared with, made by the bench from PyPI."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

_ROOT = Path(__file__).parents[2]


def environment(folder: Path, needed: Sequence[str]) -> str | None:
    """The Python of a new environment with the peers; None if there is no way to one."""
    uv = shutil.which("uv") or str(_ROOT / ".uv" / "bin" / "uv")
    python = folder / "peers" / "bin" / "python"
    steps = (
        [uv, "venv", "--quiet", "--python", sys.executable, str(folder / "peers")],
        [uv, "pip", "install", "--quiet", "--python", str(python), *needed],
    )
    for step in steps:
        try:
            subprocess.run(step, check=True, timeout=900)
        except (OSError, subprocess.SubprocessError):
            return None
    return str(python)
