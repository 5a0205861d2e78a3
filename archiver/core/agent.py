"""Who said it: the author of an item, as the platform names them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A platform account. `native_id` may be empty (WordPress visitors have none)."""

    native_id: str = ""
    name: str = ""
    url: str = ""
