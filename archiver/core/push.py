"""Push: platforms that tell of news by themselves. What they tell is a reason to look, no fact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from archiver.core.connector import Credential
from archiver.core.observation import ItemRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Hint:
    """What a push message says has happened: never a fact, only a reason to look. `verb` is the
    platform's word; `by_owner`: it says that the account's own side did it."""

    ref: ItemRef | None
    root: ItemRef | None
    verb: str
    by_owner: bool = False


@runtime_checkable
class PushConnector(Protocol):
    """A connector whose platform tells of news by itself."""

    def greet(self, query: Mapping[str, str], credential: Credential) -> str | None:
        """The answer to the platform's question whether this address is ours; None = refuse."""
        ...

    def hints(
        self, headers: Mapping[str, str], body: bytes, credential: Credential, *, url: str = ""
    ) -> Sequence[Hint]:
        """What a message says of the account at `url` (others of the same app are another
        channel's); empty if nothing. `PushForged` if its signature is not the platform's, before
        anything in it is believed; `SourceChanged` if its shape is unknown."""
        ...
