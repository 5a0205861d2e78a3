"""The rules of personal data: pure, without clock, database or network."""
