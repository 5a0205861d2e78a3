"""Transfer receipted (leverans kvitterad), as a person noted it."""

from __future__ import annotations

from retention.core.schedule import TriggerName
from retention.notes.noted import Noted

trigger = Noted(TriggerName.TRANSFER_RECEIPTED)
