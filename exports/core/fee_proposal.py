"""A proposal for an authority's table of fees, to be adopted by its own decision or written anew.

It is the model of avgiftsförordningen (1992:191), which many municipalities copy though it binds
the state only: fewer than ten pages cost nothing, the tenth 50 kr for all of them, each page more
2 kr. The amounts are from secondary sources and were changed last in 2019; they are not verified.
Files are given without a fee in the proposal. Nothing is charged before a table is adopted.
"""

from __future__ import annotations

from exports.core.fees import Medium, Rate

SOURCE = "avgiftsförordningen (1992:191) 15–16 §§, overifierat"
VERIFIED = False
RATES = (
    Rate(medium=Medium.PAPER, free_below=10, first=50_00, each=2_00),
    Rate(medium=Medium.DIGITAL, free_below=1, first=0, each=0),
)
