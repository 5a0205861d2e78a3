"""The local-folder adapter: the one module that writes archive bytes to disk.

Implements `BlobStore` (whole objects) and `AppendStore` (growing files) below one root folder.
Durability: an object is written to `tmp/`, fdatasync'ed, linked or renamed into place, and its
folder is fsync'ed; an append is durable after `sync`. Files are 0600: the folder holds key files.
Linking is atomic, so of two `put`s one wins; swaps take turns under a flock on `tmp/`.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import stat
import weakref
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from archiver.errors import AlreadyExists, IntegrityError, NotFound, StoreUnavailable

_OPEN_FILES = 64
_SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"
_NAME = re.compile(rf"{_SEGMENT}(/{_SEGMENT})*")
_REMEDIES = {
    errno.ENOSPC: "Free some disk space and run the command again; nothing was lost.",
    errno.EDQUOT: "Raise the disk quota and run the command again; nothing was lost.",
    errno.EROFS: "The file system is read-only: remount it or move the home.",
    errno.EACCES: "Give this user read and write access to the home folder.",
    errno.EPERM: "Give this user read and write access to the home folder.",
}
_serial = count()


def checked_name(name: str) -> str:
    """The object's name; `StoreUnavailable` if it is none: it leads elsewhere, or is spelled so
    that two names are one object's."""
    if not _NAME.fullmatch(name):
        raise StoreUnavailable(f"{name!r} is not an object name.")
    return name


@contextmanager
def _explained(name: str) -> Iterator[None]:
    """Turn an operating-system error into one that says which object and what to do."""
    try:
        yield
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise NotFound(f"The archive has no object {name}.") from error
    except OSError as error:
        remedy = _REMEDIES.get(error.errno or 0, "Check the disk and its mount.")
        raise StoreUnavailable(
            f"The object {name} could not be read or written: {error.strerror}.", remedy=remedy
        ) from error


def _close_all(files: OrderedDict[str, int]) -> None:
    """Close descriptors; also when a store is dropped without being closed."""
    while files:
        os.close(files.popitem()[1])


class FilesystemStore:
    """Objects as files below `root`; names are relative paths with forward slashes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._files: OrderedDict[str, int] = OrderedDict()
        weakref.finalize(self, _close_all, self._files)

    def path(self, name: str) -> Path:
        """The file of an object; refuses names that would leave the root or have two spellings."""
        return self.root / checked_name(name)

    # --- BlobStore ---------------------------------------------------------------------------

    def put(self, name: str, data: bytes) -> None:
        path = self.path(name)
        with _explained(name):
            if (path.exists() or not self._link(path, data)) and path.read_bytes() != data:
                raise AlreadyExists(f"The object {name} exists with other bytes.")
            self._sync_folder(path.parent)  # also when it was there: its writer may have died here

    def swap(self, name: str, data: bytes, *, expect: bytes | None) -> None:
        path = self.path(name)
        with _explained(name), self._alone():
            held = path.read_bytes() if path.exists() else None
            if held != expect or (expect is None and not self._link(path, data)):
                raise AlreadyExists(f"The object {name} was changed by another process.")
            if expect is not None:
                temporary = self._write_temporary(data)
                try:
                    os.replace(temporary, path)
                except OSError:
                    with suppress(OSError):
                        os.unlink(temporary)
                    raise
            self._sync_folder(path.parent)
        self._forget(name)

    def get(self, name: str, start: int = 0, length: int | None = None) -> bytes:
        with _explained(name), open(self.path(name), "rb") as file:
            file.seek(start)
            return file.read() if length is None else file.read(length)

    def size(self, name: str) -> int | None:
        try:
            with _explained(name):
                found = self.path(name).stat()
        except NotFound:
            return None
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def names(self, prefix: str) -> Iterator[str]:
        folder = self.path(prefix.removesuffix("/"))
        with _explained(prefix):
            found = [path for path in folder.rglob("*") if path.is_file()]
        yield from sorted(path.relative_to(self.root).as_posix() for path in found)

    def delete(self, name: str) -> None:
        path = self.path(name)
        self._forget(name)
        with _explained(name), self._alone():
            path.unlink()
            self._sync_folder(path.parent)

    # --- AppendStore -------------------------------------------------------------------------

    def append(self, name: str, offset: int, data: bytes) -> None:
        with _explained(name):
            file = self._file(name)
            if os.fstat(file).st_size != offset:
                raise IntegrityError(
                    f"The file {name} does not end where the log says.",
                    remedy="Another program may have written to the home; run `diarkiv verify`.",
                )
            view, at = memoryview(data), offset
            try:
                while view:
                    written = os.pwrite(file, view, at)
                    view, at = view[written:], at + written
            except OSError:
                with suppress(OSError):
                    os.ftruncate(file, offset)
                raise

    def sync(self, name: str) -> None:
        with _explained(name):
            os.fdatasync(self._file(name))

    def cut(self, name: str, size: int) -> None:
        with _explained(name):
            file = self._file(name)
            if os.fstat(file).st_size > size:
                os.ftruncate(file, size)
            os.fsync(file)

    # --- inside ------------------------------------------------------------------------------

    def close(self) -> None:
        """Close the files kept open for appending."""
        _close_all(self._files)

    def clear_temporary(self) -> None:
        """Remove what a killed process left half-written; the caller holds the writer's lock."""
        with _explained("tmp"):
            for path in (self.root / "tmp").glob("object-*"):
                path.unlink(missing_ok=True)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """One at a time over threads and processes: comparing and replacing are two calls."""
        folder = self.root / "tmp"
        folder.mkdir(parents=True, exist_ok=True)
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield
        finally:
            os.close(file)

    def _link(self, path: Path, data: bytes) -> bool:
        """Write a new object; False if another writer was first."""
        temporary = self._write_temporary(data)
        try:
            os.link(temporary, self._made(path))
        except FileExistsError:
            return False
        finally:
            with suppress(OSError):
                os.unlink(temporary)
        return True

    def _made(self, path: Path) -> Path:
        if not path.parent.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            for folder in list(path.parents):
                self._sync_folder(folder)
                if folder == self.root:
                    break
        return path

    def _write_temporary(self, data: bytes) -> Path:
        folder = self.root / "tmp"
        folder.mkdir(parents=True, exist_ok=True)
        path, file = self._new_temporary(folder)
        try:
            view = memoryview(data)
            while view:
                view = view[os.write(file, view) :]
            os.fdatasync(file)
        except OSError:
            with suppress(OSError):
                os.unlink(path)
            raise
        finally:
            os.close(file)
        return path

    @staticmethod
    def _new_temporary(folder: Path) -> tuple[Path, int]:
        """A new file; a killed process of the same number may have left one of the same name."""
        while True:
            path = folder / f"object-{os.getpid()}-{next(_serial)}"
            with suppress(FileExistsError):
                flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
                return path, os.open(path, flags, 0o600)

    def _file(self, name: str) -> int:
        """A descriptor for appending; the least recently used is closed beyond 64. Another process
        may have put a new file in the old one's place: then the descriptor is of no use."""
        path = self.path(name)
        file = self._files.get(name)
        if file is not None:
            with suppress(FileNotFoundError):
                if os.path.samestat(os.fstat(file), os.stat(path)):
                    self._files.move_to_end(name)
                    return file
            self._forget(name)
        self._made(path)
        new = not path.exists()
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if new:
            self._sync_folder(path.parent)
        self._files[name] = file
        if len(self._files) > _OPEN_FILES:
            os.close(self._files.popitem(last=False)[1])
        return file

    def _forget(self, name: str) -> None:
        file = self._files.pop(name, None)
        if file is not None:
            os.close(file)

    @staticmethod
    def _sync_folder(folder: Path) -> None:
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(file)
        finally:
            os.close(file)
