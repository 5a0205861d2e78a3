"""Takes from this process what a reader of hostile files has no need of, for good.

Limits of memory, CPU and files hold everywhere; where Linux has Landlock, nothing can be written
or made, only programs and libraries can be read, and no TCP connection opened; where it lets us,
the process has a network of its own with nothing in it. What the kernel does not know is left out:
it is the second wall, not the first. GDPR art. 32.
"""

from __future__ import annotations

import ctypes
import os
import resource
import sys
from collections.abc import Iterable

_CREATE, _ADD, _RESTRICT = 444, 445, 446  # system calls of Landlock, the same on every machine
_NO_NEW_PRIVILEGES = 38
_EXECUTE, _READ_FILE, _READ_DIR = 1 << 0, 1 << 2, 1 << 3
_TREE = _EXECUTE | _READ_FILE | _READ_DIR
_FILES = {1: 13, 2: 14, 3: 15, 4: 15, 5: 16}  # version → bits of rights over files it knows
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000
_READABLE = ("/usr", "/lib", "/lib64", "/bin", "/etc/ld.so.cache", "/dev/null", "/dev/urandom")


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("net", ctypes.c_uint64), ("scoped", ctypes.c_uint64))


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def confine(*, memory: int, seconds: int) -> None:
    """From here on: `memory` bytes, `seconds` of CPU, no file written, no core, no network."""
    for what, most in (
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_NOFILE, 64),
    ):
        hard = resource.getrlimit(what)[1]
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (value, value))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.unshare(_NEW_USER | _NEW_NETWORK)
        _landlock(libc, {sys.prefix, sys.base_prefix, *_READABLE})


def _landlock(libc: ctypes.CDLL, readable: Iterable[str]) -> None:
    version = libc.syscall(_CREATE, None, 0, 1)
    if version < 1:
        return
    files = (1 << _FILES.get(version, 16)) - 1
    rules = _Ruleset(files, 3 if version >= 4 else 0, 3 if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    ruleset = libc.syscall(_CREATE, ctypes.byref(rules), size, 0)
    if ruleset < 0:
        return
    for path in sorted(readable):
        try:
            place = os.open(path, os.O_PATH | os.O_CLOEXEC)
        except OSError:
            continue  # not a part of this machine
        allowed = _TREE if os.path.isdir(path) else _READ_FILE
        libc.syscall(_ADD, ruleset, 1, ctypes.byref(_Beneath(allowed, place)), 0)
        os.close(place)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    libc.syscall(_RESTRICT, ruleset, 0)
    os.close(ruleset)
