"""Signing in at an identity provider: OpenID Connect, authorization code with PKCE.

What is checked (OpenID Connect Core 3.1.3.7, RFC 7636, RFC 9207): the state, which came back in the
browser that was sent; the code, good only with this transaction's verifier; the ID token's
signature under the provider's published keys, its issuer, audience, time and nonce. Both issuer and
subject together name somebody. No token is kept; what is between going and coming back lies sealed
in the browser's own cookie.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import orjson
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import SecretStr

from archiver.config import OidcSettings
from archiver.core.ports import Clock, Random
from archiver.errors import AccessRefused, ConfigError

_LIFE = 10 * 60_000  # milliseconds between going and coming back
_KEYS_FOR = 60 * 60_000
_LEEWAY = 60  # seconds that two clocks may differ
_TIMEOUT = 10.0
_MOST = 2**20  # bytes of an answer
# Signatures under a published key only: neither "none" nor one under the client's own secret.
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"]
_ALGORITHMS += ["EdDSA", "Ed25519"]


class ProviderRefused(AccessRefused):
    """What came back from the identity provider does not let anybody in."""

    code = "provider-refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """What must be known when the browser comes back. `to`: the page that was asked for; `at` in
    milliseconds UTC."""

    state: str
    nonce: str
    verifier: str
    to: str
    at: int

    def encode(self) -> bytes:
        """The bytes that lie sealed in the browser."""
        return orjson.dumps([self.state, self.nonce, self.verifier, self.to, self.at])

    @classmethod
    def decode(cls, data: bytes) -> Transaction:
        """What `encode` gave."""
        state, nonce, verifier, to, at = orjson.loads(data)
        return cls(state=state, nonce=nonce, verifier=verifier, to=to, at=at)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Somebody as the provider knows them."""

    issuer: str
    subject: str
    name: str
    claims: Mapping[str, Any]


class Provider:
    """One identity provider. `client` may be given for tests."""

    def __init__(
        self,
        settings: OidcSettings,
        secret: SecretStr,
        clock: Clock,
        random: Random,
    ) -> None:
        if not secret.get_secret_value():
            raise ConfigError(
                "The identity provider's client secret is missing.",
                remedy="Give it as DIARKIV_OIDC_SECRET or the credential diarkiv-oidc-secret.",
            )
        self.settings = settings
        self._secret = secret
        self._clock = clock
        self._random = random
        self._lock = threading.Lock()
        self._known: tuple[int, Mapping[str, Any], KeySet] | None = None

    # --- going -------------------------------------------------------------------------------

    def begin(self, to: str, redirect_uri: str) -> tuple[str, Transaction]:
        """Where to send the browser, and what must be known when it comes back."""
        metadata, _ = self._discovered()
        state, nonce, verifier = (_text(self._random(32)) for _ in range(3))
        asked = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": redirect_uri,
            "scope": self.settings.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        address = str(metadata["authorization_endpoint"])
        joint = "&" if "?" in address else "?"
        now = self._clock.now()
        going = Transaction(state=state, nonce=nonce, verifier=verifier, to=to, at=now)
        return f"{address}{joint}{urlencode(asked)}", going

    # --- coming back -------------------------------------------------------------------------

    def finish(self, going: Transaction, answer: Mapping[str, str], redirect_uri: str) -> Identity:
        """Who came back. `ProviderRefused` if anything about it is not as it must be."""
        if not compare_digest(going.state.encode(), answer.get("state", "").encode()):
            raise ProviderRefused("The answer is to another question (state).")
        if not 0 <= self._clock.now() - going.at < _LIFE:
            raise ProviderRefused("Signing in took too long.")
        if answer.get("iss", self.settings.issuer) != self.settings.issuer:
            raise ProviderRefused("The answer is another provider's (iss).")
        if "code" not in answer:
            raise ProviderRefused("The provider let nobody in.")
        tokens = self._exchange(answer["code"], going.verifier, redirect_uri)
        claims = self._verified(str(tokens.get("id_token", "")), going.nonce)
        subject = str(claims["sub"])
        claims = self._completed(claims, str(tokens.get("access_token", "")))
        name = str(claims.get("name") or claims.get("preferred_username") or subject)
        return Identity(issuer=self.settings.issuer, subject=subject, name=name, claims=claims)

    def _exchange(self, code: str, verifier: str, redirect_uri: str) -> Mapping[str, Any]:
        metadata, _ = self._discovered()
        secret = quote(self._secret.get_secret_value(), safe="")
        sent = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        login = (quote(self.settings.client_id, safe=""), secret)  # RFC 6749 2.3.1
        return self._ask("POST", str(metadata["token_endpoint"]), data=sent, auth=login)

    def _verified(self, token: str, nonce: str) -> Mapping[str, Any]:
        """The claims of an ID token that holds in every respect."""
        _, keys = self._discovered()
        try:
            try:
                decoded = jwt.decode(token, keys, algorithms=_ALGORITHMS)
            except (JoseError, ValueError):
                _, keys = self._discovered(anew=True)  # the provider may have changed its keys
                decoded = jwt.decode(token, keys, algorithms=_ALGORITHMS)
            options = {
                "iss": {"essential": True, "value": self.settings.issuer},
                "aud": {"essential": True, "value": self.settings.client_id},
            }
            params = {"nonce": nonce, "client_id": self.settings.client_id}
            claims = CodeIDToken(decoded.claims, decoded.header, options, params)
            claims.validate(now=self._clock.now() // 1000, leeway=_LEEWAY)
        except Exception as error:  # noqa: BLE001 whatever it is, it lets nobody in
            # The library's errors name claims and may hold their values: none of it goes on.
            raise ProviderRefused("The provider's ID token does not hold.") from _named(error)
        return dict(claims)

    def _completed(self, claims: Mapping[str, Any], access_token: str) -> Mapping[str, Any]:
        """With what the provider tells at its userinfo endpoint, where something is missing."""
        wanted = {"name", *(rule.claim for rule in self.settings.role)}
        metadata, _ = self._discovered()
        if wanted <= claims.keys() or "userinfo_endpoint" not in metadata or not access_token:
            return claims
        headers = {"Authorization": f"Bearer {access_token}"}
        more = self._ask("GET", str(metadata["userinfo_endpoint"]), headers=headers)
        if more.get("sub") != claims["sub"]:  # OpenID Connect Core 5.3.2
            raise ProviderRefused("The provider tells of somebody else (sub).")
        return {**more, **claims}

    # --- the provider itself -----------------------------------------------------------------

    def _discovered(self, *, anew: bool = False) -> tuple[Mapping[str, Any], KeySet]:
        """The provider's metadata and keys (OpenID Connect Discovery 4), asked for once an hour."""
        with self._lock:
            now = self._clock.now()
            if self._known is None or anew or now - self._known[0] >= _KEYS_FOR:
                issuer = self.settings.issuer
                place = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
                metadata = self._ask("GET", place)
                if metadata.get("issuer") != issuer:
                    raise ProviderRefused("The identity provider calls itself something else.")
                for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                    check_address(str(metadata.get(name, "")))
                keys = KeySet.import_key_set(dict(self._ask("GET", metadata["jwks_uri"])))  # type: ignore[arg-type]
                self._known = now, metadata, keys
            return self._known[1], self._known[2]

    def _ask(self, method: str, url: str, **named: Any) -> Mapping[str, Any]:
        check_address(url)
        try:
            with httpx.Client(timeout=_TIMEOUT, follow_redirects=False) as client:
                answer = client.request(method, url, **named)
            if answer.status_code != 200 or len(answer.content) > _MOST:
                raise ProviderRefused(
                    f"The identity provider answers with HTTP status {answer.status_code}."
                )
            found = answer.json()
        except (httpx.HTTPError, ValueError) as error:
            raise ProviderRefused("The identity provider does not answer.") from _named(error)
        if not isinstance(found, dict):
            raise ProviderRefused("The identity provider does not answer as one.")
        return found


def check_address(url: str) -> None:
    """`ConfigError` unless the address is https, or loopback."""
    parts = urlsplit(url)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not (parts.scheme == "https" and parts.hostname) and not (parts.scheme == "http" and local):
        raise ConfigError("An identity provider's addresses are https.")


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _named(error: Exception) -> Exception:
    """An error with nothing of it but its kind."""
    return RuntimeError(type(error).__name__)
