"""Decision final (laga kraft), as a person noted it."""

from __future__ import annotations

from retention.core.schedule import TriggerName
from retention.notes.noted import Noted

trigger = Noted(TriggerName.DECISION_FINAL)
