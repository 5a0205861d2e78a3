"""Which media may be shown on a page, told by their bytes and not by what anybody calls them.

Only raster images that browsers decode without running anything. SVG, HTML, PDF, sound and film are
offered as files: they may hold scripts or fetch things.
"""

from __future__ import annotations

_SIGNATURES: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
)
UNKNOWN = "application/octet-stream"
SNIFFED = 16  # bytes


def sniff(head: bytes) -> str:
    """The content type of a file that begins with `head`: an image's, or octet-stream."""
    for at, magic, mime in _SIGNATURES:
        if head[at : at + len(magic)] == magic and (mime != "image/webp" or head[:4] == b"RIFF"):
            return mime
    return UNKNOWN


def suffix(mime: str) -> str:
    """A file-name ending for a sniffed type."""
    return "." + mime.removeprefix("image/") if mime.startswith("image/") else ".bin"
