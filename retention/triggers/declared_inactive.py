"""Declared inactive (inaktuell): a person has said that a record is no longer needed."""

from __future__ import annotations

from retention.core.schedule import TriggerName
from retention.notes.noted import Noted

trigger = Noted(TriggerName.DECLARED_INACTIVE)
