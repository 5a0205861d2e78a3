"""`python -m tests.bench.site FOLDER`: a site that answers from memory, as fast as Python can.

Serves page n of the comments from FOLDER/n.json, no posts, and the API's root. Prints its port.
"""

from __future__ import annotations

import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.bench import corpus


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    pages: tuple[bytes, ...] = ()

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        body, count = b'{"namespaces":["wp\\/v2"]}', 0
        if address.path.endswith("/posts"):
            body = b"[]"
        elif address.path.endswith("/comments"):
            body = self.pages[int(parse_qs(address.query)["page"][0]) - 1]
            count = len(self.pages)
        head = (
            "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=UTF-8\r\n"
            f"Content-Length: {len(body)}\r\nX-WP-Total: {count * corpus.PER_PAGE}\r\n"
            f"X-WP-TotalPages: {count}\r\n\r\n"
        )
        self.wfile.write(head.encode() + body)


def main() -> None:
    files = sorted(Path(sys.argv[1]).glob("*.json"), key=lambda path: int(path.stem))
    _Handler.pages = tuple(path.read_bytes() for path in files)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
