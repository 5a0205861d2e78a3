"""A-ALTKANAL (row 2.2): the texts name a way to reach the authority without the platform.

An e-mail address, a telephone number, or a web address that is not the platform's own
(förvaltningslagen 7 §).
"""

from __future__ import annotations

from archiver.governance.information.check import TextCheck

check = TextCheck("A-ALTKANAL")
