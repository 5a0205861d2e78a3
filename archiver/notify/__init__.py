"""Telling people what they must know when they are not looking: alerts, ways, who is on duty."""
