"""Keeps child processes running: the web and the worker of `diarkiv run`."""

from __future__ import annotations

import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from types import FrameType

import structlog

_log = structlog.get_logger()
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 30.0  # seconds before a restart
_STEADY = 60.0  # seconds after which a process counts as well
_GRACE = 20.0  # seconds to end by itself


def supervise(commands: Mapping[str, Sequence[str]], *, fatal: frozenset[int]) -> int:
    """Run the named commands until one is told to stop; restart those that die, more slowly each
    time. An exit code in `fatal` (usage, integrity) ends everything and is returned."""
    stop = threading.Event()

    def on_signal(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
    children = {name: _Child(name, command) for name, command in commands.items()}
    code = 0
    while not stop.wait(0.1):
        for child in children.values():
            ended = child.keep_running()
            if ended is not None and ended in fatal:
                code = ended
                stop.set()
    for child in children.values():
        child.stop()
    return code


class _Child:
    """One process and how patient we are with it."""

    def __init__(self, name: str, command: Sequence[str]) -> None:
        self._name, self._command = name, command
        self._wait = _FIRST_WAIT
        self._again_at = 0.0
        self._started = time.monotonic()
        self._process: subprocess.Popen[bytes] | None = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        self._started = time.monotonic()
        return subprocess.Popen(self._command)  # noqa: S603 our own program

    def keep_running(self) -> int | None:
        """Start it again if it ended; the exit code when it has just ended, else None."""
        now = time.monotonic()
        if self._process is None:
            if now >= self._again_at:
                self._process = self._start()
            return None
        code = self._process.poll()
        if code is None:
            return None
        self._wait = _FIRST_WAIT if now - self._started > _STEADY else self._wait * 2
        self._wait = min(self._wait, _LONGEST_WAIT)
        self._again_at, self._process = now + self._wait, None
        _log.warning("process ended", process=self._name, code=code, again_in=self._wait)
        return code

    def stop(self) -> None:
        """Ask it to end, then insist."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
