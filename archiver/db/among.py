"""Whether a column is one of many numbers, as one parameter of a statement.

A list of parameters is made and sent anew for each statement, which costs more than what is looked
up by it. Here all numbers go as one text, which the database takes apart; an index of the column
serves as it does for a list.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Dialect, String, bindparam, literal_column, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator


class _Numbers(TypeDecorator[list[int]]):
    """Numbers as the text that the database takes apart."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: list[int] | None, dialect: Dialect) -> str:
        said = ",".join(map(str, value or ()))
        return f"{{{said}}}" if dialect.name == "postgresql" else f"[{said}]"


class _Each(FunctionElement[int]):
    """The numbers in a parameter, one row each."""

    inherit_cache = True


@compiles(_Each, "sqlite")
def _of_json(element: _Each, compiler: SQLCompiler, **how: Any) -> str:
    return f"json_each{compiler.process(element.clause_expr, **how)}"


@compiles(_Each, "postgresql")
def _of_array(element: _Each, compiler: SQLCompiler, **how: Any) -> str:
    return f"unnest(CAST({compiler.process(element.clauses, **how)} AS bigint[])) AS value"


def among(column: ColumnElement[int], numbers: Iterable[int]) -> ColumnElement[bool]:
    """The condition that a column is one of the numbers; of any count of them."""
    each = _Each(bindparam(None, list(numbers), _Numbers, unique=True))
    return column.in_(select(literal_column("value")).select_from(each))
