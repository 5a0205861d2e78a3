"""Requests for public records: received, answered, decided on, closed."""
