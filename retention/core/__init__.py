"""The rules of retention: pure, without clock, database or network."""
