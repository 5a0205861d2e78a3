"""Days of events that no table tells, as persons note them."""
