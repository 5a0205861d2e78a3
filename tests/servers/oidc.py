"""A real, certified OpenID provider (npm `oidc-provider`) for as long as a `with` block lasts.

It listens on a loopback port of its own and ends when its standard input does, so that nothing is
left behind whatever happens to the test. A person's browser is an HTTP client that fills its forms.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any

import httpx

from tests.servers.atproto import free_ports
from tests.servers.wordpress import ServerDidNotStart, ServerNotInstalled

HERE = Path(__file__).parent
INSTALLED = HERE.parents[1] / ".cache" / "oidc"
CLIENT, SECRET = "diarkiv", "hemlighet/med+tecken=som:behover%kodas"


class OidcServer:
    """The provider. `people`: login name → claims; `in_userinfo`: claims beyond the subject are
    told at the userinfo endpoint, not in the ID token."""

    def __init__(
        self,
        redirect_uri: str,
        people: Mapping[str, Mapping[str, Any]],
        *,
        in_userinfo: bool = True,
    ) -> None:
        (self.port,) = free_ports(1)
        self._config = {
            "port": self.port,
            "client_id": CLIENT,
            "client_secret": SECRET,
            "redirect_uris": [redirect_uri],
            "people": people,
            "in_userinfo": in_userinfo,
        }
        self._node: subprocess.Popen[str] | None = None

    @property
    def issuer(self) -> str:
        return f"http://localhost:{self.port}"

    def __enter__(self) -> OidcServer:
        missing = [] if shutil.which("node") else ["node"]
        missing += [] if (INSTALLED / "installed").is_file() else ["oidc-provider (npm)"]
        if missing:
            raise ServerNotInstalled(missing)
        log = INSTALLED / "node.log"
        with log.open("ab") as said:
            self._node = subprocess.Popen(
                ["node", str(HERE / "oidc.mjs"), str(INSTALLED), json.dumps(self._config)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=said,
                text=True,
            )
        if not self._answered("ready"):
            raise ServerDidNotStart(f"It ended with {self._node.wait()}", log)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._node is not None and self._node.stdin is not None:
            self._node.stdin.close()
            self._node.wait(10)

    def tell(self, **what: object) -> None:
        """`people={…}`: other claims from now on; `rotate=True`: other signing keys."""
        assert self._node is not None
        assert self._node.stdin is not None
        self._node.stdin.write(json.dumps(what) + "\n")
        self._node.stdin.flush()
        assert self._answered("done")

    def _answered(self, word: str) -> bool:
        assert self._node is not None
        assert self._node.stdout is not None
        return any(line.startswith(f'{{"{word}"') for line in self._node.stdout)

    def let_in(self, address: str, login: str) -> str:
        """Go where a browser is sent, sign in and agree; where it is sent back to."""
        home = f"http://localhost:{self.port}"
        with httpx.Client(follow_redirects=False, timeout=20) as browser:
            for _ in range(12):
                answer = browser.get(address)
                while answer.status_code == 200:
                    form = re.search(r'<form[^>]*action="([^"]+)"', answer.text)
                    assert form, answer.text[:500]
                    prompt = re.search(r'name="prompt" value="(\w+)"', answer.text)
                    sent = {"prompt": prompt[1] if prompt else "", "login": login, "password": "x"}
                    answer = browser.post(str(httpx.URL(home).join(form[1])), data=sent)
                address = str(httpx.URL(home).join(answer.headers["Location"]))
                if not address.startswith(home + "/"):
                    return address
        raise AssertionError("the provider never sent anybody back")
