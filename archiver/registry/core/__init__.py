"""The rules of the register: pure, without clock, database or network."""
