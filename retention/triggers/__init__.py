"""Events that retention periods run from: one file each, found by folder."""
