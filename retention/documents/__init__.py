"""Retention's documents of record, for people: the certificate, the petition, the description."""
