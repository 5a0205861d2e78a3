"""Security events on their way to a syslog: what happened, never who."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from archiver.errors import ConfigError
from archiver.people.syslog import forwarder
from archiver.people.trail import Happened


def test_to_a_log_server_over_udp() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(5)
        forward = forwarder(f"udp://127.0.0.1:{server.getsockname()[1]}", "diarkiv/ab12/1")
        forward(Happened.SIGN_IN_FAILED)
        assert server.recv(500).rstrip(b"\0") == (
            b"<84>diarkiv: event=sign_in_failed home=diarkiv/ab12/1"  # authpriv.warning
        )


def test_to_the_machines_own(tmp_path: Path) -> None:
    place = tmp_path / "log"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server:
        server.bind(str(place))
        server.settimeout(5)
        forward = forwarder(f"unix:{place}", "diarkiv/ab12/1")
        forward(Happened.SIGNED_IN)
        assert b"event=signed_in" in server.recv(500)
    place.unlink()
    forward(Happened.SIGNED_IN)  # a log that is gone holds nobody up


def test_nothing_is_forwarded_unless_it_is_said() -> None:
    forwarder("", "diarkiv/ab12/1")(Happened.SIGNED_IN)


@pytest.mark.parametrize("place", ["loghost", "tcp://loghost:514", "udp://", "unix:relative", "x"])
def test_what_is_no_place_is_refused(place: str) -> None:
    with pytest.raises(ConfigError):
        forwarder(place, "")
