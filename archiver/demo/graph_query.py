"""What the Graph API makes of a `fields` parameter, and its errors.

`a,b{c,d{e}}` asks for fields and for fields of fields. A field that has no value is left out; one
that the node does not have is a code 100 (Graph API documentation, "Field Expansion").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeAlias

Fields: TypeAlias = Mapping[str, "Fields"]

# What each kind of node has, as far as the demo's can be asked for.
NODES: Mapping[str, frozenset[str]] = {
    "Page": frozenset({"id", "name", "username", "is_published"}),
    "PagePost": frozenset(
        {"id", "created_time", "updated_time", "message", "story", "from", "is_hidden"}
        | {"is_published", "permalink_url", "attachments", "shares", "status_type"}
    ),
    "Comment": frozenset(
        {"id", "object", "parent", "created_time", "message", "from", "is_hidden", "is_private"}
        | {"permalink_url", "attachment", "can_hide", "comment_count", "like_count"}
    ),
}
_TOKEN = re.compile(r"[A-Za-z_]+|[{},]")


class GraphError(Exception):
    """An error answer: HTTP status, Meta's code and subcode (0 = none), and its words."""

    def __init__(self, status: int, code: int, text: str, subcode: int = 0) -> None:
        super().__init__(text)
        self.status, self.code, self.text, self.subcode = status, code, text, subcode

    def body(self, trace: str) -> Mapping[str, Any]:
        """The JSON of it."""
        error: dict[str, Any] = {"message": self.text, "type": "OAuthException", "code": self.code}
        if self.subcode:
            error["error_subcode"] = self.subcode
        return {"error": {**error, "fbtrace_id": trace}}


def nested(text: str) -> Fields:
    """The fields asked for, as a tree."""
    root: dict[str, Any] = {}
    stack, last = [root], ""
    for part in _TOKEN.findall(text):
        if part == "{":
            stack.append(stack[-1][last])
        elif part == "}":
            stack.pop()
        elif part != ",":
            last = part
            stack[-1][last] = {}
    return root


def picked(row: Mapping[str, Any], fields: Fields, node: str = "") -> dict[str, Any]:
    """The row's values that are asked for; `node` names its kind, where unknown fields are an
    error. The id always comes along."""
    odd = [name for name in fields if node and name not in NODES[node]]
    if odd:
        text = f"(#100) Tried accessing nonexisting field ({odd[0]}) on node type ({node})"
        raise GraphError(400, 100, text)
    found = {}
    for name, value in row.items():
        if name == "id" or name in fields:
            found[name] = _inner(value, fields.get(name, {}))
    return found


def _inner(value: Any, fields: Fields) -> Any:
    if not fields or not isinstance(value, dict):
        return value
    if isinstance(value.get("data"), list):
        return {"data": [picked(one, fields) for one in value["data"]]}
    return picked(value, fields)
