"""Signing in with a passkey: Web Authentication, beside or instead of a local account's password.

What is checked (Web Authentication Level 2, 7.1 and 7.2): the question is ours, of this browser (it
lies sealed in its cookie) or of this session, not old and never answered before; the answer was
given at our origin, in no frame, for our domain, by a present user whom the authenticator verified;
its signature is under the key that was registered; the counter has risen, or the passkey may have
been copied and lets nobody in again. The user handle and the credential name the same user. Nothing
about the make of an authenticator is asked for or kept.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any
from urllib.parse import urlsplit

import orjson
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    options_to_json,
    parse_authentication_credential_json,
    parse_client_data_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    RegistrationCredential,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from archiver.core.ports import Clock, Random
from archiver.core.record import clean
from archiver.db.passkeys import PasskeyRow
from archiver.errors import AccessRefused, ConfigError
from archiver.people.service import User
from archiver.people.sign_in import Attempt, SignIn

LIFE = 5 * 60_000  # milliseconds between a question and its answer
FRESH = 10 * 60_000  # milliseconds after signing in in which passkeys may be added and removed
MOST = 20  # passkeys of one user
LONGEST_NAME = 60  # characters
_CHALLENGE = 32  # bytes
_LONGEST_ANSWER = 64 * 1024
_MAX_CREDENTIAL = 1023  # bytes (7.1, step 25)
_NAME_OF_PARTY = "Diarkiv"


class PasskeyRefused(AccessRefused):
    """What a browser answered does not prove that somebody holds a passkey of ours."""

    code = "passkey-refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """Who asks: the domain that passkeys are for, and the one origin they are used at."""

    domain: str
    origin: str


def party_of(origin: str, port: int) -> Party | None:
    """The party behind a public `origin`, or on this machine without one (passkeys are for names:
    `localhost`, never 127.0.0.1); None where the origin names no domain."""
    if not origin:
        place = f"http://localhost:{port}" if port != 80 else "http://localhost"
        return Party(domain="localhost", origin=place)
    name = urlsplit(origin).hostname or ""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return Party(domain=name, origin=origin) if name else None
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What was asked of a browser. `session`: of which session, "" for one that is not signed in;
    `at` in milliseconds UTC."""

    challenge: bytes
    session: str
    at: int

    def encode(self) -> bytes:
        """The bytes that lie sealed in the browser."""
        return orjson.dumps([self.challenge.hex(), self.session, self.at])

    @classmethod
    def decode(cls, data: bytes) -> Question:
        """What `encode` gave."""
        challenge, session, at = orjson.loads(data)
        return cls(challenge=bytes.fromhex(challenge), session=session, at=at)


class PasskeySignIn:
    """Questions and answers of one party."""

    def __init__(self, sign_in: SignIn, party: Party, clock: Clock, random: Random) -> None:
        self._sign_in, self._people = sign_in, sign_in.people
        self._passkeys = sign_in.people.accounts.passkeys
        self._party, self._clock, self._random = party, clock, random

    # --- signing in --------------------------------------------------------------------------

    def ask(self) -> tuple[Mapping[str, Any], Question]:
        """A question to whoever is there, as options for `navigator.credentials.get`: which user
        it is the authenticator says."""
        question = self._question("")
        options = generate_authentication_options(
            rp_id=self._party.domain,
            challenge=question.challenge,
            timeout=LIFE,
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return orjson.loads(options_to_json(options)), question

    def attempt(self, question: Question | None, answer: str, *, address: str) -> Attempt:
        """Try an answer from a network address. As with a password it is counted before it is
        looked at, and why it fails is not told."""
        pause = self._sign_in.hold_back(address)
        if pause:
            return Attempt(wait=pause)
        try:
            found, count = self._answered(question, answer)
        except PasskeyRefused:
            return Attempt()
        user = self._people.numbered(found.user)
        if user is None or user.disabled or not user.login:
            return Attempt(meant=found.user)
        if found.suspected_at is not None or not self._passkeys.note_use(found, count):
            return Attempt(meant=found.user, suspected=True)
        self._sign_in.forgive(address)
        return Attempt(user=found.user)

    def _answered(self, question: Question | None, answer: str) -> tuple[PasskeyRow, int]:
        """The passkey that a right answer was given with, and what its counter says now."""
        self._spend(question, "")
        assert question is not None
        given = _parsed(answer, parse_authentication_credential_json)
        found = self._passkeys.of_credential(given.raw_id)
        if found is None:
            raise PasskeyRefused("There is no such passkey.")
        handle = given.response.user_handle
        if handle is None or not compare_digest(handle, self._passkeys.handle(found.user)):
            raise PasskeyRefused("The passkey is somebody else's.")
        self._check_frame(given.response.client_data_json)
        try:
            shown = verify_authentication_response(
                credential=given,
                expected_challenge=question.challenge,
                expected_rp_id=self._party.domain,
                expected_origin=self._party.origin,
                credential_public_key=found.public_key,
                credential_current_sign_count=0,  # compared when all else holds: `note_use`
                require_user_verification=True,
            )
        except Exception as error:  # noqa: BLE001 whatever it is, it lets nobody in
            raise PasskeyRefused("The passkey's answer does not hold.") from _named(error)
        return found, shown.new_sign_count

    # --- one's own ---------------------------------------------------------------------------

    def ask_for_new(self, user: User, session: str) -> tuple[Mapping[str, Any], Question]:
        """A question to make a passkey, as options for `navigator.credentials.create`.
        `ConfigError` for who has no account here."""
        _check_account(user)
        question = self._question(session)
        options = generate_registration_options(
            rp_id=self._party.domain,
            rp_name=_NAME_OF_PARTY,
            user_name=user.login,
            user_id=self._passkeys.handle(user.seq),
            user_display_name=user.name,
            challenge=question.challenge,
            timeout=LIFE,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=[
                PublicKeyCredentialDescriptor(id=one.credential)
                for one in self._passkeys.of_user(user.seq)
            ],
        )
        return orjson.loads(options_to_json(options)), question

    def add(
        self, user: User, session: str, question: Question | None, answer: str, name: str
    ) -> None:
        """Keep the passkey that was made. `PasskeyRefused` if it does not hold, or is somebody's;
        `ConfigError` for who has no account here, too many passkeys, or a name that is none."""
        name = passkey_name(name)
        _check_account(user)
        if len(self._passkeys.of_user(user.seq)) >= MOST:
            raise ConfigError(f"A user has at most {MOST} passkeys.", remedy="Remove one first.")
        self._spend(question, session)
        assert question is not None
        given = _parsed(answer, parse_registration_credential_json)
        self._check_frame(given.response.client_data_json)
        try:
            made = verify_registration_response(
                credential=given,
                expected_challenge=question.challenge,
                expected_rp_id=self._party.domain,
                expected_origin=self._party.origin,
                require_user_verification=True,
            )
        except Exception as error:  # noqa: BLE001 whatever it is, nothing is kept
            raise PasskeyRefused("The new passkey does not hold.") from _named(error)
        if len(made.credential_id) > _MAX_CREDENTIAL or not self._passkeys.add(
            user.seq, made.credential_id, made.credential_public_key, name, made.sign_count
        ):
            raise PasskeyRefused("That passkey is taken.")

    # --- questions ---------------------------------------------------------------------------

    def _question(self, session: str) -> Question:
        at = self._clock.now()
        return Question(challenge=self._random(_CHALLENGE), session=session, at=at)

    def _spend(self, question: Question | None, session: str) -> None:
        """`PasskeyRefused` unless the question is this session's, young and never answered."""
        if question is None or not compare_digest(question.session, session):
            raise PasskeyRefused("This browser was asked nothing.")
        if not 0 <= self._clock.now() - question.at < LIFE:
            raise PasskeyRefused("Answering took too long.")
        if not self._passkeys.spend(question.challenge, life=LIFE):
            raise PasskeyRefused("That question is answered already.")

    def _check_frame(self, client_data: bytes) -> None:
        try:
            framed = parse_client_data_json(client_data).cross_origin
        except Exception as error:  # noqa: BLE001 the library's words may quote what was sent
            raise PasskeyRefused("The answer cannot be read.") from _named(error)
        if framed:
            raise PasskeyRefused("The answer was given in a frame of another site.")


def passkey_name(text: str) -> str:
    """What its owner calls a passkey: one line; `ConfigError` if it is none."""
    name = clean(text.strip())
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise ConfigError(f"A passkey's name is one line of at most {LONGEST_NAME} characters.")
    return name


def _check_account(user: User) -> None:
    if not user.login:
        raise ConfigError("A passkey is for an account here, with a login name.")


def _parsed(answer: str, parse: Any) -> Any:
    """What a browser sent; `PasskeyRefused` if it is nothing of the kind."""
    if len(answer) > _LONGEST_ANSWER:
        raise PasskeyRefused("The answer is too long.")
    try:
        found: AuthenticationCredential | RegistrationCredential = parse(answer)
    except Exception as error:  # noqa: BLE001 the library's words may quote what was sent
        raise PasskeyRefused("The answer cannot be read.") from _named(error)
    return found


def _named(error: Exception) -> Exception:
    """An error with nothing of it but its kind."""
    return RuntimeError(type(error).__name__)
