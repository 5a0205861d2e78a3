"""A-INFO1 (row 6.1): what may not be posted is said where people post (BBS-lagen 5 §).

The list of 2010 was shorter; all that the law names today is asked for. That a text names it is
what a program can see: whether it forbids it, a person reads.
"""

from __future__ import annotations

from archiver.governance.information.check import TextCheck

check = TextCheck("A-INFO1")
