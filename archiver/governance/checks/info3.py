"""A-INFO3 (row 7.3): the privacy notice is where people post, or where the channel leads.

What GDPR art. 13 asks of it; the page it stands on is noted as one of the channel's texts.
"""

from __future__ import annotations

from archiver.governance.information.check import TextCheck

check = TextCheck("A-INFO3")
