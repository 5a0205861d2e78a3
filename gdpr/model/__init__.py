"""Names of persons: the trained model, its lists, and how it is made."""
