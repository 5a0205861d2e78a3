"""Records schedules, disposal decisions and record classes."""
