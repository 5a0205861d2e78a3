"""A table that spreadsheets read, and run nothing of."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exports.core.sheet import as_csv, safe


@pytest.mark.parametrize("cell", ["=1+1", "+46", "-2", "@x", "\t=1", "\r=1", " =1", "\n=1", "＝1"])
def test_no_cell_is_a_formula(cell: str) -> None:
    assert safe(cell) == f"'{cell}"


def test_as_the_standard_says() -> None:
    made = as_csv(("a", "b"), [("x, y", 'säger "hej"\nså')])
    assert made == 'a,b\r\n"x, y","säger ""hej""\nså"\r\n'.encode()
    with pytest.raises(ValueError, match="each column"):
        as_csv(("a", "b"), [("x",)])


@given(st.lists(st.tuples(st.text(alphabet="ab=,\"\n\r'å", max_size=6), st.text(max_size=4))))
def test_what_was_written_is_read(rows: list[tuple[str, str]]) -> None:
    rows = [tuple(c.replace("\x00", "") for c in row) for row in rows]  # type: ignore[misc]
    text = as_csv(("a", "b"), rows).decode("utf-8", "surrogatepass") if rows else ""
    read = list(csv.reader(io.StringIO(text, newline="")))[1:]
    assert read == [[safe(one) for one in row] for row in rows]
