"""The web diarium: a program of its own that reads one small file and shows it to everybody."""
