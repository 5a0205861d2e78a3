"""`python -m archiver.webdiary`: serves one web diarium's file on loopback, for a reverse proxy.

It needs the file and nothing of the home: run it as a user who can read nothing else.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog
import waitress

from archiver.errors import ConfigError
from archiver.web.listening import listen
from archiver.webdiary.app import create

HOST, PORT = "127.0.0.1", 8467
THREADS = 4


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until interrupted; the exit code."""
    parser = argparse.ArgumentParser(prog="python -m archiver.webdiary", description=__doc__)
    parser.add_argument("--database", type=Path, required=True, help="the web diarium's file")
    parser.add_argument("--port", type=int, default=PORT, help="0 = any free one")
    parser.add_argument("--json", action="store_true", help="say where it listens as JSON")
    asked = parser.parse_args(arguments)
    structlog.configure(
        processors=[structlog.processors.add_log_level, structlog.processors.JSONRenderer()],
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
    logging.disable(logging.CRITICAL)  # what libraries log may quote the request
    try:
        listening = listen(HOST, asked.port)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    place = {"host": HOST, "port": listening.getsockname()[1]}
    words = f"The web diarium is on http://{HOST}:{place['port']}/"
    print(json.dumps(place) if asked.json else words, flush=True)
    waitress.serve(
        create(asked.database),
        sockets=[listening],
        threads=THREADS,
        ident=None,
        clear_untrusted_proxy_headers=True,
        max_request_body_size=1024,
        channel_timeout=30,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
