"""A-HANVIS (row 5.1): whoever has a matter of their own is told to turn elsewhere, and where.

Replies to those who write all the same come with the grounds of moderation and the routes; whether
they are used is in the moderation log.
"""

from __future__ import annotations

from archiver.governance.information.check import TextCheck

check = TextCheck("A-HANVIS")
