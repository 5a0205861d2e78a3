"""A-INFO2 (rows 6.2 a–f): the six notices stand where people post (BBS-lagen 3 §).

Who provides the channel, what it is for, how far others see what is posted, that it becomes an
official document, which data do not belong there, and what may be done about it.
"""

from __future__ import annotations

from archiver.governance.information.check import TextCheck

check = TextCheck("A-INFO2")
