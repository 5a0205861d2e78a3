"""Documents of record as bytes and back: one canonical form, and each fault by its name.

A document is a frozen dataclass; its form is canonical JSON (`archiver.core.canonical`: RFC 8785
without floats and null), in which what is None is left out. Reading checks types strictly, writes
again and compares: a second spelling, or a member that this version does not know, is refused.
Then the document's own `faults` are asked, on writing and on reading, so that what is sealed can
always be read. Invariant: `parse(kind, as_json(x)) == x` for every x without faults. Errors name
members and rules, never values. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from typing import Any, Protocol, TypeVar

from pydantic import TypeAdapter, ValidationError

from archiver.core.canonical import encode
from archiver.errors import DocumentInvalid, NotCanonical

_SHOWN = 12  # faults that an error names


class Form(Protocol):
    """A document of record: a dataclass that knows what would be wrong with it."""

    def faults(self) -> Iterator[str]:
        """What is wrong with the document, each as `member: rule`."""
        ...


FormT = TypeVar("FormT", bound=Form)


def as_json(document: Form) -> bytes:
    """The document's canonical bytes. Raises `DocumentInvalid` if it has faults."""
    _refuse([*document.faults()])
    return _encoded(document)


def parse(kind: type[FormT], data: bytes) -> FormT:
    """The document that `data` is the form of.

    Raises `DocumentInvalid` that names what is missing, of the wrong type or against a rule, and
    `NotCanonical` for bytes that are not the one form of what they say.
    """
    try:
        document: FormT = _adapter(kind).validate_json(data, strict=True)
    except ValidationError as error:
        # Without their inputs: those are what the document says.
        found = error.errors(include_url=False, include_context=False, include_input=False)
        _refuse([f"{'.'.join(map(str, one['loc'])) or 'document'}: {one['msg']}" for one in found])
        raise DocumentInvalid("The document cannot be read.") from None
    _refuse([*document.faults()])
    if _encoded(document) != data:
        raise NotCanonical("The document says more than is known, or not in its one form.")
    return document


def digest(document: Form) -> str:
    """SHA-256 of the canonical bytes, in hexadecimal digits."""
    return sha256(as_json(document)).hexdigest()


def _encoded(document: Form) -> bytes:
    adapter = _adapter(type(document))
    return encode(adapter.dump_python(document, mode="json", exclude_none=True))


@cache
def _adapter(kind: type[Any]) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


def _refuse(faults: list[str]) -> None:
    if faults:
        more = f" (and {len(faults) - _SHOWN} more)" if len(faults) > _SHOWN else ""
        raise DocumentInvalid(
            f"The document is not valid: {'; '.join(faults[:_SHOWN])}{more}.",
            remedy="Correct what is named, or report it if the program made the document.",
        )
