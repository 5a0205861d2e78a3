"""Project closed (projektslut), as a person noted it: of a channel, as a rule."""

from __future__ import annotations

from retention.core.schedule import TriggerName
from retention.notes.noted import Noted

trigger = Noted(TriggerName.PROJECT_CLOSED)
