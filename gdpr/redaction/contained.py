"""Runs the reader of received files as a child, and turns each way it may end into an answer.

The child gets the question and the file on its standard input and answers on its standard output;
it has no environment to speak of, so no token of ours, and a session of its own, so that whatever
it started ends with it. Invariants: a child that breaks down, hangs or grows is a `CannotRedact`
and never more than that; two run at a time, others wait.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict
from threading import BoundedSemaphore
from typing import Any

from gdpr.redaction.answer import Limits, Refusal, refused

_AT_ONCE = BoundedSemaphore(2)
_COMMAND = (sys.executable, "-I", "-m", "gdpr.redaction.child")
_GRACE = 5  # seconds beyond the child's own limits
_SLOW = {signal.SIGALRM, signal.SIGXCPU}
_PASSED_ON = ("PATH", "TESSDATA_PREFIX", "LD_LIBRARY_PATH")


def ask(question: Mapping[str, Any], content: bytes, limits: Limits) -> tuple[Any, bytes]:
    """What the child says of `content`, and the bytes it made. Raises `CannotRedact`."""
    if len(content) > limits.content:
        raise refused(Refusal.TOO_LARGE)
    head = json.dumps({**question, "limits": asdict(limits)}).encode()
    with _AT_ONCE:
        status, out = _run(head + b"\n" + content, limits.seconds + _GRACE)
    if status != 0:
        slow = status is None or -status in _SLOW
        raise refused(Refusal.TOO_SLOW if slow else Refusal.CRASHED)
    line, _, blob = out.partition(b"\n")
    try:
        said = json.loads(line)
        if "refused" in said:
            error = refused(Refusal(said["refused"]), int(said["number"]))
        elif said["size"] == len(blob):
            return said["answer"], blob
        else:
            error = refused(Refusal.CRASHED)
    except (ValueError, KeyError, TypeError):
        error = refused(Refusal.CRASHED)
    raise error


def _run(sent: bytes, seconds: float) -> tuple[int | None, bytes]:
    """The child's exit status, None if it had to be stopped, and what it wrote."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    with subprocess.Popen(  # noqa: S603 our own program
        _COMMAND,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # libraries quote the file there
        env={**environment, "LC_ALL": "C.UTF-8", "OMP_THREAD_LIMIT": "1"},
        start_new_session=True,
    ) as child:
        try:
            out, _ = child.communicate(sent, timeout=seconds)
        except subprocess.TimeoutExpired:
            return None, b""
        finally:
            with suppress(ProcessLookupError):  # nothing of its session is left
                os.killpg(child.pid, signal.SIGKILL)
    return child.returncode, out
