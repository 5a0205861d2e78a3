"""Binding the address that a server listens on, before anybody is told of it."""

from __future__ import annotations

import socket

from archiver.errors import ConfigError


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound; port 0 takes a free one. `ConfigError` if the port is taken."""
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET
        )
    except OSError as error:
        raise ConfigError(
            f"Port {port} on {host} cannot be used: {error.strerror}.",
            remedy="Choose another with --port, or 0 for any free one.",
        ) from error
